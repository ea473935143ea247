"""How much is read to say how many rows there are."""

COUNTED_BYTES = 10_000_000
"""Local files up to this size are read to their end."""
COUNTED_FILES = 1_000
"""Local files that are opened for it: a folder may hold any number."""
COUNTED_UNPACKED = 10 * COUNTED_BYTES
"""Bytes of their rows after which it is given up: a small file may unpack to anything."""
FOOTERS_READ = 1_000
"""Local Parquet files whose footers are read; 0.1 ms each."""
