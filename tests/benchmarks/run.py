"""`nox -s bench`: measures what the project promises about speed, prints it, and writes docs/performance.md.

All figures are ratios within one run, of whole processes that take turns.
"""

from __future__ import annotations

import compileall
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from math import inf
from pathlib import Path

from tests.benchmarks import cached, checks, firstrows, nights, queries
from tests.benchmarks.measure import HERE, Line, draw
from tests.benchmarks.page import put


def write_page(lines: list[Line]) -> str:
    """The page of the docs."""
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("typer", "datasets", "huggingface_hub", "pyarrow", "duckdb", "polars")
    )
    parts = [
        "# Performance",
        "",
        "`nox -s bench` generates data, measures everything in one run, and writes this page. Each figure compares whole processes,",
        "run alternately. A first round warms the page cache and is not counted. Times are medians. Trust the ratios, not the times.",
        "",
        f"Measured with Python {platform.python_version()}, {packages}, on {os.cpu_count()} cores under {platform.system()}.",
        "",
        'In most rows, "measured" is the time of `dspreview` divided by the time of the other program. The other programs are:',
        "",
        "- `hello` is a Typer program with two commands (`tests/benchmarks/hello.py`).",
        "- A loop that streams is `tests/benchmarks/loop.py`.",
        "- `datasets` streaming is `tests/benchmarks/stream.py`.",
        "- A duckdb or polars script is one line, `SELECT * ... LIMIT 100` or `scan_...().head(100)`. `hf datasets sql` gets the same query.",
        "- DuckDB by hand is `tests/benchmarks/peers/filter.py` and `stats.py`. Its statistics are exact, and of the same kinds.",
        "  The answer of `dspreview` is not taken from the cache.",
        "- DuckDB reading all columns copies them into a table (`tests/benchmarks/checks.py`). `check` also inspects the values and",
        "  compares the rows.",
        "- The bare `UPDATE ... RETURNING` writes what dspreview's queue writes, on a table with one partial index",
        "  (`tests/benchmarks/jobs.py`).",
        "",
        "| what | against | measured | limit | times or memory |",
        "|---|---|---|---|---|",
    ]
    for line in lines:
        shown = f"{line.ratio:.0f} MB" if line.unit == "MB" else f"{line.ratio:.3g}"
        bound = "" if line.target == inf else f"{line.target:.0f} MB" if line.unit == "MB" else f"{line.target:g}"
        parts.append(
            f"| {line.what} | {line.against} | {shown}{'' if line.holds else ' **over**'} | {bound} | {line.detail} |"
        )
    times: dict[str, dict[str, float]] = {}
    what = ""
    for line in lines:
        what = what if line.what == "the same" else line.what
        if line.seconds is not None:
            times.setdefault(what, {"dspreview": line.seconds[0]})[line.against.replace("`", "")] = line.seconds[1]
    parts += [
        "",
        "The first rows of files on this machine, with an empty cache:",
        "",
        draw(times, "first-rows.svg"),
        "",
        "For the first rows of one local Parquet file, nearly all the time is imports. numpy is half of pyarrow's import time, and is not",
        "imported there.",
        "",
        "`tests/hub/test_ranges.py` counts the bytes that are read of remote files. A late page of 50 rows reads one row group and the",
        "footers. A predicate that selects ten of 200,000 sorted rows reads less than a tenth of its file.",
    ]
    return "\n".join(parts) + "\n"


def main() -> int:
    """Measure, print, write."""
    compileall.compile_dir(HERE.parent.parent / "dspreview", quiet=1)  # as pip does for its users
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        environment = kept | {
            "HOME": name,
            "HF_HOME": f"{name}/hf",
            "HF_HUB_OFFLINE": "1",
            "DSPREVIEW_DATABASE": f"{name}/cache.sqlite",
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        }
        lines = [
            *cached.cached_answers(folder, environment),
            *cached.many_in_one_call(folder, environment),
            *cached.shell_loop(folder, environment),
            *cached.scale(folder, environment),
            *nights.queue(folder),
            *nights.warming(folder, environment),
            *nights.hub_status(folder, environment),
            *firstrows.first_rows(folder, environment),
            *queries.measure(folder / "big.parquet", environment),
            *checks.measure(folder, folder / "big.parquet", environment),
        ]
    page = write_page(lines)
    print(page)
    put(page)
    others = [
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{part}"], check=False).returncode
        for part in ("texts", "taken", "deeper", "remote")
    ]
    return 0 if all(line.holds for line in lines) and not any(others) else 1


if __name__ == "__main__":
    sys.exit(main())
