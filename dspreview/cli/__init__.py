"""The command line: parses, calls one function, writes one value."""
