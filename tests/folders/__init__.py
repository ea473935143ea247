"""Sixty folders: thirty layouts as their writers leave them, each healthy and each ill."""
