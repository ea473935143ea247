"""The first rows of large files on this machine, against what users would type instead."""

from __future__ import annotations

import subprocess
import sys
from math import inf
from pathlib import Path

from tests.benchmarks.measure import HERE, Line, interleaved, milliseconds

ROWS = 2_600_000
PICTURES = 2_000
MOST = {"parquet": 0.2, "jsonl": 0.4, "csv": 0.9, "pictures": 0.3}
"""Of the time of `datasets`."""
PEER_MOST = {"a pyarrow script": 1.5}
HF = Path(sys.executable).with_name("hf")
READERS = {"jsonl": "json", "pictures": "imagefolder"}
DUCKDB = "import duckdb; print(duckdb.sql(\"SELECT * FROM '{path}' LIMIT 100\").fetchall())"
POLARS = {
    "parquet": "import polars; print(polars.scan_parquet('{path}').head(100).collect().write_json())",
    "csv": "import polars; print(polars.scan_csv('{path}').head(100).collect().write_json())",
    "jsonl": "import polars; print(polars.scan_ndjson('{path}').head(100).collect().write_json())",
}


def make_files(folder: Path) -> dict[str, Path]:
    """The same rows as Parquet, CSV and JSON Lines, and a folder of pictures. Made by another process: Linux counts the
    memory of whoever starts a process as that process's own peak, so this one must stay small."""
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.makers.tables", str(folder), str(ROWS), str(PICTURES)], check=True
    )
    return {kind: folder / f"big.{kind}" for kind in MOST}


def first_rows(folder: Path, environment: dict[str, str]) -> list[Line]:
    """The first rows of 200 MB of each kind."""
    return [line for kind, path in make_files(folder).items() for line in first_rows_of(kind, path, environment)]


def first_rows_of(kind: str, path: Path, environment: dict[str, str]) -> list[Line]:
    """Those of one kind, with an empty cache."""
    database = path.with_name(f"cold-{kind}.sqlite")
    cold = f"rm -f {database}*; export DSPREVIEW_DATABASE={database}; exec {sys.executable} -m dspreview rows {path} --json"
    calls = {
        "dspreview": ["sh", "-c", cold],
        "datasets": [sys.executable, str(HERE / "stream.py"), READERS.get(kind, kind), str(path)],
    } | peers(kind, path)
    found = interleaved(calls, environment, 7)
    own, streamed = found["dspreview"], found["datasets"]
    size = path.stat().st_size / 1e6
    what = f"first rows of {PICTURES:,} images" if path.is_dir() else f"first rows of {size:.0f} MB of {kind}"
    lines = [
        Line(
            what if name == "datasets" else "the same", "`datasets` streaming" if name == "datasets" else name,
            own.seconds / peer.seconds, MOST[kind] if name == "datasets" else PEER_MOST.get(name, inf),
            milliseconds(own, peer), seconds=(own.seconds, peer.seconds),
        )
        for name, peer in found.items()
        if name != "dspreview"
    ]  # fmt: skip
    more = (own.peak_bytes - streamed.peak_bytes) / 1e6
    told = f"{own.peak_bytes / 1e6:.0f} MB against {streamed.peak_bytes / 1e6:.0f} MB"
    return [
        *lines,
        Line(
            f"the same, peak memory above that ({'images' if path.is_dir() else kind})",
            "`datasets` streaming",
            more,
            100,
            told,
            "MB",
        ),
    ]


def peers(kind: str, path: Path) -> dict[str, list[str]]:
    """What else users type for such a file."""
    if kind not in POLARS:
        return {}
    found = {
        "a duckdb script": [sys.executable, "-c", DUCKDB.format(path=path)],
        "a polars script": [sys.executable, "-c", POLARS[kind].format(path=path)],
        "`hf datasets sql`": [str(HF), "datasets", "sql", f"SELECT * FROM '{path}' LIMIT 100", "--format", "json"],
    }
    return found | (
        {"a pyarrow script": [sys.executable, str(HERE / "peers" / "pyarrow_rows.py"), str(path)]}
        if kind == "parquet"
        else {}
    )
