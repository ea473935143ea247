"""Rows that are the same, or differ."""
