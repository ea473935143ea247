"""`python -m tests.benchmarks.taken` (a part of `nox -s bench`): `sql` and `export` beside the duckdb package by hand. Writes its part of
docs/performance.md."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.measure import Line, interleaved
from tests.benchmarks.page import report
from tests.benchmarks.texts import line

ROWS, ROUNDS = 2_000_000, 9
QUERY = "SELECT category, count(*) AS n, avg(price) AS p, max(text) AS t FROM {table} WHERE flag GROUP BY category ORDER BY category"
MATCHING = "category = 'alpha'"


def write(path: Path) -> None:
    """Rows as people have them: an id, a category, a price, a hash, a flag."""
    draw = np.random.default_rng(1)
    pq.write_table(
        pa.table({
            "id": np.arange(ROWS),
            "category": pa.array(draw.choice(["alpha", "beta", "gamma", "delta"], ROWS)),
            "price": draw.random(ROWS) * 100,
            "text": [hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest() for number in range(ROWS)],
            "flag": draw.random(ROWS) > 0.5,
        }),
        path,
        row_group_size=200_000,
    )  # fmt: skip


def measure(folder: Path, environment: dict[str, str]) -> list[Line]:
    """All of it; the dataset is known to the cache."""
    path = folder / "rows.parquet"
    write(path)
    ours = [sys.executable, "-m", "dspreview"]
    copy = "import duckdb; duckdb.sql(\"COPY (FROM '{path}' WHERE {where}) TO '{to}' {options}\")"
    calls = {
        "sql": [*ours, "sql", str(path), QUERY.format(table="train"), "--json"],
        "sql by hand": [
            sys.executable,
            "-c",
            f'import duckdb; print(duckdb.sql("{QUERY.format(table=repr(str(path)))}").fetchall())',
        ],
    }
    for ending, options in (("parquet", "(COMPRESSION zstd)"), ("csv", ""), ("jsonl", "(FORMAT json)")):
        to, by_hand = folder / f"ours.{ending}", folder / f"theirs.{ending}"
        calls[ending] = [*ours, "export", str(path), "--to", str(to), "--where", MATCHING, "--force"]
        calls[f"{ending} by hand"] = [
            sys.executable,
            "-c",
            copy.format(path=path, where=MATCHING, to=by_hand, options=options),
        ]
    found = interleaved(calls, environment, ROUNDS)
    limits = {"sql": 1.3, "parquet": 1.2, "csv": 1.2, "jsonl": 1.2}
    told = {"sql": "`sql`, a GROUP BY over 2,000,000 rows"} | {
        name: f"`export` of the quarter that matches to .{name}" for name in ("parquet", "csv", "jsonl")
    }
    return [line(told[name], "duckdb by hand", found, (name, f"{name} by hand"), most) for name, most in limits.items()]


def part_of(lines: list[Line]) -> str:
    """This part of the page."""
    rows = [
        f"| {one.what} | {one.ratio:.3g}{'' if one.holds else ' **over**'} | {one.target:g} | {one.detail} |"
        for one in lines
    ]
    return "\n".join([
        "## SQL and exports", "",
        "This part of `nox -s bench` runs whole processes alternately, against scripts of the duckdb package that do the same on the same Parquet file",
        f"of 2,000,000 rows (95 MB); medians of {ROUNDS} rounds. The last figure is dspreview's peak memory.", "",
        f"Measured with Python {platform.python_version()}, duckdb {version('duckdb')}, pyarrow {version('pyarrow')}, on {os.cpu_count()} cores under {platform.system()}.", "",
        "| what | against duckdb by hand | limit | times and memory |", "|---|---|---|---|", *rows, "",
        "What is over its limit: 0.25 s of each are Python and imports (pyarrow, duckdb, the command line), which weigh less on larger data. Parquet is",
        "written by pyarrow, which compresses in one thread where DuckDB takes all. CSV and JSON Lines are written a column at a time, so that each value is the one",
        "that `rows` shows: floats as Python writes them, integers of any size.", "",
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(report(measure, part_of))
