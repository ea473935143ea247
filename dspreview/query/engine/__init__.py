"""DuckDB on the files of a split, and the rows that come from it."""
