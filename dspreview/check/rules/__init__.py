"""Rules that the author of a dataset writes down: what must be true of its columns."""
