"""Whole splits: `filter` and `stats` against DuckDB by hand, memory over 5 GB, and the parser of predicates."""

from __future__ import annotations

import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.measure import HERE, Line, Timing, interleaved, program

WHERE = "score > 0.5 AND category = 'eta' AND ratio < 0.9"
TIMES = 25
"""How often the rows of 200 MB are repeated to make 5 GB."""
PARSED = 100_000
FRESH = "rm -rf $(dirname $DSPREVIEW_DATABASE)/assets/.derived; exec "
"""Before a call whose answer must not come from what was computed before."""


def measure(big: Path, environment: Mapping[str, str]) -> list[Line]:
    """The lines of this page about whole splits."""
    return [*against_duckdb(big, environment), *memory(big, environment), *parsing()]


def against_duckdb(big: Path, environment: Mapping[str, str]) -> list[Line]:
    """The same questions typed by hand into the duckdb package, start of the process included."""
    question = ["--where", WHERE, "--orderby", "price DESC", "--offset", "200", "--length", "100", "--json"]
    found = interleaved(
        {
            "filter": program("filter", big, *question),
            "by hand": [sys.executable, str(HERE / "peers" / "filter.py"), str(big)],
        },
        environment,
        11,
    )
    stats = interleaved(
        {
            "stats": ["sh", "-c", f"{FRESH}{sys.executable} -m dspreview stats {big} --json"],
            "by hand": [sys.executable, str(HERE / "peers" / "stats.py"), str(big)],
        },
        environment,
        5,
    )
    size = big.stat().st_size / 1e6
    return [
        compared(f"`filter` with an order, {size:.0f} MB", found["filter"], found["by hand"], 1.3),
        compared(f"`stats` of all columns, {size:.0f} MB", stats["stats"], stats["by hand"], 1.25),
    ]


def compared(what: str, ours: Timing, other: Timing, target: float) -> Line:
    """Our time and that of the query by hand."""
    told = f"{ours.seconds * 1000:.0f} ms against {other.seconds * 1000:.0f} ms"
    return Line(what, "duckdb by hand", ours.seconds / other.seconds, target, told)


def memory(big: Path, environment: Mapping[str, str]) -> list[Line]:
    """The largest process over a split of 5 GB."""
    large = big.with_name("large.parquet")
    command = [sys.executable, "-m", "tests.benchmarks.makers.repeated", str(big), str(large), str(TIMES)]
    subprocess.run(command, check=True)
    size = large.stat().st_size / 1e9
    calls: dict[str, list[str | Path]] = {
        "filter": ["filter", large, "--where", WHERE, "--orderby", "text, price DESC", "--json"],
        "stats": ["stats", large, "--column", "id", "--column", "text", "--json"],
        "check --all-rows": ["check", large, "--all-rows", "--json"],
        "rows --offset": ["rows", large, "--offset", "60000000", "--json"],
    }
    lines = []
    for name, words in calls.items():
        command = ["sh", "-c", f"{FRESH}{sys.executable} -m dspreview {shlex.join(str(word) for word in words)}"]
        found = interleaved({name: command}, environment, 1)[name]
        told = f"{found.seconds:.1f} s, {found.peak_bytes / 1e6:.0f} MB"
        lines.append(Line(f"`{name}` over {size:.1f} GB: peak memory", "1 GB", found.peak_bytes / 1e9, 1.0, told))
    large.unlink()
    return lines


def parsing() -> list[Line]:
    """A predicate of 200 KB against one of 100 KB."""
    from dspreview.query.language.predicate import parse_where

    text = " OR ".join(f"(\"a column\" = 'it''s {n}' AND b <> -1.5e3)" for n in range(6_000))
    seconds = []
    for size in (PARSED, 2 * PARSED):
        part = text[: text.rindex(")", 0, size) + 1]
        rounds = []
        for _ in range(9):
            started = time.perf_counter()
            parse_where(part)
            rounds.append(time.perf_counter() - started)
        seconds.append(statistics.median(rounds))
    told = f"{seconds[1] * 1000:.0f} ms against {seconds[0] * 1000:.0f} ms"
    return [Line("parsing a predicate of 200 KB", "one of 100 KB", seconds[1] / seconds[0], 2.5, told)]
