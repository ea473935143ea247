"""Turning a job into an outcome."""
