"""A split, or some of its rows, as a file to take along."""
