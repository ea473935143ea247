"""Sessions of coding agents: a file, or a line of it, is a row."""
