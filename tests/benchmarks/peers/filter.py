"""`python filter.py FILE`: the query of the benchmark as somebody types it who knows DuckDB; page and total, as JSON."""

from __future__ import annotations

import json
import sys

import duckdb

WHERE = "score > 0.5 and category = 'eta' and ratio < 0.9"
SOURCE = f"read_parquet('{sys.argv[1]}', file_row_number = true)"

connection = duckdb.connect()
found = connection.execute(
    f"select * from {SOURCE} where {WHERE} order by price desc, file_row_number limit 100 offset 200"
)
names = [column[0] for column in found.description]
rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
total = connection.execute(f"select count(*) from {SOURCE} where {WHERE}").fetchall()
print(json.dumps({"rows": rows, "total": total[0][0]}, default=str))
