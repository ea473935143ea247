"""Statistics of columns."""
