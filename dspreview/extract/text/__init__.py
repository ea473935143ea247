"""CSV and JSON Lines, whose types the values tell: their first rows, and all rows, without `datasets`."""
