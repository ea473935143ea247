"""Arrow values and Parquet files as they are, also where pyarrow alone is not right."""
