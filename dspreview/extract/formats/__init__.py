"""Formats that are read here, without `datasets`."""
