"""`python rules.py FILE`: how many rows break four rules, and the first hundred of each, by DuckDB as one writes it by hand."""

from __future__ import annotations

import sys

import duckdb

SOURCE = f"read_parquet('{sys.argv[1]}', file_row_number=true)"
BROKEN = {
    "unique": "id IN (SELECT id FROM {source} GROUP BY id HAVING count(*) > 1)",
    "in": "label NOT IN ('yes', 'no', 'maybe')",
    "max": "score > 1.9999",
    "regex": "NOT regexp_full_match(text, '[0-9a-f]{{32}}')",
}
for name, condition in BROKEN.items():
    rule = condition.format(source=SOURCE)
    (count,) = duckdb.execute(f"SELECT count(*) FROM {SOURCE} WHERE {rule}").fetchall()
    rows = duckdb.execute(f"SELECT file_row_number FROM {SOURCE} WHERE {rule} ORDER BY 1 LIMIT 100").fetchall()
    print(name, count[0], rows[:3])
