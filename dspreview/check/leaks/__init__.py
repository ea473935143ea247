"""Rows that stand where they should not: the same input twice, with other labels, or in what a model is tested on."""
