"""Croissant 1.1: a dataset described for other tools, and a description held against its dataset."""
