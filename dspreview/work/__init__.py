"""Unattended work: jobs in processes of their own, watched by a parent that imports nothing heavy."""
