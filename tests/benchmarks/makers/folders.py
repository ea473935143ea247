"""`python -m tests.benchmarks.makers.folders FOLDER COUNT`: folders of 200 rows, a third each of CSV, JSON Lines and Parquet."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

for number in range(int(sys.argv[2])):
    place = Path(sys.argv[1]) / f"d{number}"
    place.mkdir(parents=True)
    rows = [{"id": n, "text": f"row {n} of {number} " + "x" * (n % 100), "score": n / 7} for n in range(200)]
    table = pa.Table.from_pylist(rows)
    if number % 3 == 0:
        pc.write_csv(table, place / "train.csv")
    elif number % 3 == 1:
        (place / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(table, place / "train.parquet")
