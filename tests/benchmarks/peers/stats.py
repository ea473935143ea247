"""`python stats.py FILE`: exact statistics of all columns by DuckDB, as somebody writes them who knows it.

The same numbers as `dspreview stats`: all simple aggregates of all columns in one query, all histograms in another, then the
most frequent values of each column of text.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import duckdb

SOURCE = f"read_parquet('{sys.argv[1]}')"
QUANTILES = "[0.05, 0.25, 0.5, 0.75, 0.95]"

connection = duckdb.connect()
kinds = {name: kind for name, kind, *_ in connection.execute(f"describe select * from {SOURCE}").fetchall()}
values: dict[str, str] = {}
for name, kind in kinds.items():
    if kind in {"BIGINT", "INTEGER"}:
        values[name] = f'"{name}"'
    elif kind in {"DOUBLE", "FLOAT"}:
        values[name] = f'case when isfinite("{name}") then "{name}"::double end'
    elif kind.startswith("TIMESTAMP"):
        values[name] = f'epoch_us("{name}")'
    elif kind == "VARCHAR":
        values[name] = f'length("{name}")'
found: dict[str, Any] = {}
parts, keys = [], []
for name, value in values.items():
    column = f'"{name}"'
    for key, expression in {
        "rows": "count(*)", "present": f"count({column})", "min": f"min({value})", "max": f"max({value})", "mean": f"avg({value})",
        "std": f"stddev_samp({value})", "quantiles": f"quantile_cont({value}, {QUANTILES})", "zeros": f"count(*) filter ({value} = 0)",
        "distinct": f"count(distinct {column})",
    }.items():  # fmt: skip
        parts.append(expression)
        keys.append((name, key))
aggregates = connection.execute(f"select {', '.join(parts)} from {SOURCE}").fetchall()
for (name, key), one in zip(keys, aggregates[0], strict=True):
    found.setdefault(name, {})[key] = one
parts, places = [], []
for name, value in values.items():
    low, high = found[name]["min"], found[name]["max"]
    whole = isinstance(low, int)
    step = -(-(high - low + 1) // 10) if whole else (high - low) / 10
    edges = [low + step * number for number in range(1, 10) if low + step * number < high]
    found[name]["edges"] = [low, *edges, high]
    for edge in edges:
        parts.append(f"count(*) filter ({value} >= {edge})")
        places.append(name)
counted = connection.execute(f"select {', '.join(parts)} from {SOURCE}").fetchall()
for name, count in zip(places, counted[0], strict=True):
    found[name].setdefault("above", []).append(count)
for name, kind in kinds.items():
    if kind in {"VARCHAR", "BOOLEAN"}:
        most = connection.execute(
            f'select "{name}", count(*) as n from {SOURCE} group by all order by n desc, 1 limit 10'
        ).fetchall()
        found.setdefault(name, {})["most"] = most
print(json.dumps(found, default=str))
