"""`python -m tests.benchmarks.texts` (a part of `nox -s bench`): CSV and JSON Lines with what people have in them, against what users
would type instead. Writes its part of docs/performance.md."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version
from math import inf
from pathlib import Path

from tests.benchmarks.firstrows import DUCKDB, POLARS
from tests.benchmarks.measure import Line, Timing, interleaved, milliseconds
from tests.benchmarks.page import report

WHERE, ORDER = "score > 0.5 AND category = 'eta'", "price DESC"
ASK = "import duckdb; print(duckdb.sql(\"SELECT *, count(*) OVER () FROM '{path}' WHERE {where} ORDER BY {order} LIMIT 100\").fetchall())"
SUMMARIZE = "import duckdb; duckdb.sql(\"CREATE TABLE t AS SELECT * FROM '{path}'\"); print(duckdb.sql('SUMMARIZE t').fetchall())"
LIKE = "import duckdb; print(duckdb.sql(\"SELECT count(*) FROM '{path}' WHERE text LIKE '%gq%'\").fetchall())"
ROUNDS = 9
SIZES = {"people.csv": 0.5, "people.jsonl": 0.6, "chats.jsonl": inf, "wide.csv": inf}
"""The files whose first rows are shown, and at most how much of the time of a duckdb script that may take."""


def measure(folder: Path, environment: dict[str, str]) -> list[Line]:
    """All of it."""
    made = folder / "texts"
    made.mkdir()
    subprocess.run([sys.executable, "-m", "tests.benchmarks.makers.texts", str(made)], check=True)
    lines = []
    for name, most in SIZES.items():
        lines += first_rows(made / name, most, environment)
    for name in ("people.csv", "people.jsonl"):
        lines += questions(made / name, environment)
    return [*lines, *search(made / "texts.parquet", environment)]


def cold(path: Path, *words: str) -> list[str]:
    """A call with an empty cache."""
    database, assets = path.with_suffix(".sqlite"), path.with_suffix(".assets")
    call = " ".join(f"'{word}'" if " " in word and "'" not in word else f'"{word}"' for word in words)
    script = f"rm -rf {database}* {assets}; export DSPREVIEW_DATABASE={database} ASSETS_DIRECTORY={assets}; exec {sys.executable} -m dspreview {call}"
    return ["sh", "-c", script]


def warm(path: Path, *words: str) -> list[str]:
    """The same with what was converted before."""
    command = cold(path, *words)
    return [*command[:2], command[2].partition("; ")[2]]


def line(what: str, against: str, found: dict[str, Timing], pair: tuple[str, str], most: float) -> Line:
    """Our time and another's."""
    ours, theirs = found[pair[0]], found[pair[1]]
    told = f"{milliseconds(ours, theirs)}; {ours.peak_bytes / 1e6:.0f} MB"
    return Line(what, against, ours.seconds / theirs.seconds, most, told)


def first_rows(path: Path, most: float, environment: dict[str, str]) -> list[Line]:
    """The first rows of a file."""
    calls = {
        "rows": cold(path, "rows", str(path), "--json"),
        "duckdb": [sys.executable, "-c", DUCKDB.format(path=path)],
        "polars": [sys.executable, "-c", POLARS[path.suffix[1:]].format(path=path)],
    }
    found = interleaved(calls, environment, ROUNDS)
    size = path.stat().st_size / 1e6
    polars = {".csv": 0.6, ".jsonl": 0.9}[path.suffix] if most < inf else inf
    return [
        line(f"first rows of {path.name}, {size:.0f} MB", "a duckdb script", found, ("rows", "duckdb"), most),
        line("the same", "a polars script", found, ("rows", "polars"), polars),
    ]


def questions(path: Path, environment: dict[str, str]) -> list[Line]:
    """The first question about a file, a later one, and what looks at all of it."""
    ask = ["--orderby", ORDER, "--json"]
    calls = {
        "filter": cold(path, "filter", str(path), "--where", WHERE, *ask),
        "later": warm(path, "filter", str(path), "--where", WHERE.replace("0.5", "0.6"), *ask),
        "duckdb": [sys.executable, "-c", ASK.format(path=path, where=WHERE, order=ORDER)],
        "check": cold(path, "check", str(path), "--all-rows", "--json"),
        "stats": cold(path, "stats", str(path), "--json"),
        "lock": cold(path, "lock", str(path), "--output", str(path.with_suffix(".toml"))),
        "summarize": [sys.executable, "-c", SUMMARIZE.format(path=path)],
    }
    found = interleaved(calls, environment, ROUNDS)
    all_of_it = [
        line(f"`{name}` of {path.name}, first time", "duckdb, a table and `SUMMARIZE`", found, (name, "summarize"), 1.5)
        for name in ("check", "stats", "lock")
    ]
    return [
        line(f"first `filter` of {path.name} with an order", "duckdb by hand", found, ("filter", "duckdb"), 1.5),
        line("a later one", "duckdb by hand", found, ("later", "duckdb"), 0.6),
        *all_of_it,
    ]


def search(path: Path, environment: dict[str, str]) -> list[Line]:
    """The first search of texts, which scans them; one that builds their index, and a later one."""
    calls = {
        "search": cold(path, "search", str(path), "gq", "--json"),
        "index": cold(path, "search", str(path), "gq", "--index", "--json"),
        "later": warm(path, "search", str(path), "gq", "--json"),
        "duckdb": [sys.executable, "-c", LIKE.format(path=path)],
    }
    found = interleaved(calls, environment, 5)
    return [
        line("first `search` of 300,000 texts of 60 words", "duckdb's `LIKE`", found, ("search", "duckdb"), 4),
        line("the same with `--index`, which builds it", "duckdb's `LIKE`", found, ("index", "duckdb"), inf),
        line("a later one, of another page of the same index", "duckdb's `LIKE`", found, ("later", "duckdb"), inf),
    ]


def part_of(lines: list[Line]) -> str:
    """This part of the page."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars", "pyarrow"))
    rows = [
        f"| {one.what} | {one.against} | {one.ratio:.3g}{'' if one.holds else ' **over**'} | "
        f"{'' if one.target == inf else f'{one.target:g}'} | {one.detail} |"
        for one in lines
    ]
    return "\n".join([
        "## CSV and JSON Lines", "",
        "This part of `nox -s bench` measures what people have in such files: identifiers, hashes, dates, flags (`people`, 1,000,000 rows), nested",
        "messages, links, nulls, lines of 1 MB (`chats`), 200 columns (`wide`). Caches are empty unless the row says otherwise. Whole processes run",
        f"alternately; times are medians of {ROUNDS} rounds (5 for `search`). The last figure is dspreview's peak memory.", "",
        f"Measured with Python {platform.python_version()}, {packages}, on {os.cpu_count()} cores under {platform.system()}.", "",
        "| what | against | measured | limit | times and memory |", "|---|---|---|---|---|", *rows, "",
        "Rows over their limit, and why:", "",
        "- First `filter`: 0.2 s are Python and imports (pyarrow, duckdb, the command line), as in the later one. The rest parses the file into",
        "  Parquet once, and syncs it to disk (0.05 s), where duckdb reads only the columns of the question and keeps nothing.",
        "- `check` of JSON Lines, `stats`, `lock`: the same. `stats` is exact, where `SUMMARIZE` estimates distinct values and quantiles.",
        "  `lock` still goes over the rows in Python, one block of Arrow at a time.",
        "- The first `search` scans the texts, and ranks as the index does. The second one, or `--index`, builds the index: SQLite in one process,",
        "  while another reads the rows.", "",
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(report(measure, part_of))
