"""What a user would type instead: the first 100 rows of a Parquet file through pyarrow, as JSON."""

from __future__ import annotations

import json
import sys

import pyarrow.parquet as pq

batch = next(pq.ParquetFile(sys.argv[1]).iter_batches(batch_size=100))
print(json.dumps(batch.to_pylist(), default=str))
