"""How much is read to say how many rows there are."""

COUNTED_BYTES = 10_000_000
"""Local files up to this size are read to their end."""
FOOTERS_READ = 1_000
"""Local Parquet files whose footers are read; 0.1 ms each."""
