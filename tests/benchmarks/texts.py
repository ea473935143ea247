"""CSV and JSON Lines with what people have in them, against what users would type instead: whole processes, empty caches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from math import inf
from pathlib import Path

from tests.benchmarks.firstrows import DUCKDB, POLARS
from tests.benchmarks.measure import Line, Timing, interleaved, milliseconds

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
    subprocess.run([sys.executable, "-m", "tests.benchmarks.textdata", str(made)], check=True)
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
    """The first search of texts, which builds their index, and a later one."""
    calls = {
        "search": cold(path, "search", str(path), "gq", "--json"),
        "later": warm(path, "search", str(path), "gq", "--json"),
        "duckdb": [sys.executable, "-c", LIKE.format(path=path)],
    }
    found = interleaved(calls, environment, 3)
    return [
        line("first `search` of 300,000 texts of 60 words", "duckdb's `LIKE`", found, ("search", "duckdb"), 4),
        line("a later one, of another page of the same index", "duckdb's `LIKE`", found, ("later", "duckdb"), inf),
    ]


def main() -> int:
    """This part alone, printed."""
    with tempfile.TemporaryDirectory() as name:
        environment = {"PATH": os.environ["PATH"], "HOME": name, "HF_HUB_OFFLINE": "1"}
        lines = measure(Path(name), environment)
    for one in lines:
        print(json.dumps([one.what, one.against, round(one.ratio, 3), one.target, one.detail]))
    return 0 if all(one.holds for one in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
