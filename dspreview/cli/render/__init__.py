"""Ways to show an answer, one a module."""
