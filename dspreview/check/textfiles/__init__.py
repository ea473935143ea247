"""Files of CSV and JSON Lines: their lines, and their rows as tables."""
