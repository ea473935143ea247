"""Formats that are read here, without `datasets`, one a module."""
