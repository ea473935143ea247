"""Parquet files of a split: their ends, their row groups, by ranges where they are remote."""
