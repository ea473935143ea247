"""The first rows and the splits of datasets on the Hub, over a link of 40 ms and 100 Mbit/s, against `datasets`.

`python -m tests.benchmarks.remote` (a part of `nox -s bench`) counts requests and bytes on a Hub on loopback, measures whole processes
that take turns, each with an empty cache, and writes its part of docs/performance.md.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tests.benchmarks.measure import draw
from tests.benchmarks.page import put
from tests.support.data import parquet
from tests.support.hub import Hub, Link

LINK = Link(0.040, 100e6 / 8)
ROWS = 700_000
CONFIGS = 12
ROWS_SCRIPT = "import datasets, json; d = datasets.load_dataset({name!r}, split='train', streaming=True); print(json.dumps(list(d.take(100))))"
SPLITS_SCRIPT = "import datasets; [print(c, datasets.get_dataset_split_names({name!r}, c)) for c in datasets.get_dataset_config_names({name!r})]"
WARM_SCRIPT = """
import datasets, json, sys
from tests.benchmarks.page import put
for name in sys.stdin.read().split():
    for split, rows in datasets.load_dataset(name, streaming=True).items():
        print(json.dumps(list(rows.take(100))))
"""
SMALL = 300


class Cost(NamedTuple):
    """What a call took, as medians."""

    seconds: float
    requests: float
    bytes: float


class Case(NamedTuple):
    """A call, what it is compared with, and at most how much of that it may take; requests are absolute."""

    what: str
    words: tuple[str, ...]
    script: str
    seconds: float | None
    share: float | None
    requests: int | None
    rounds: int = 3


CASES = (
    Case("first rows, row groups of 4 MB", ("rows", "me/small"), ROWS_SCRIPT.format(name="me/small"), 0.2, 0.15, 7),
    Case(
        "first rows, one row group of 40 MB", ("rows", "me/large"), ROWS_SCRIPT.format(name="me/large"), 0.3, 0.25, 12
    ),
    Case("`splits` of 12 configs", ("splits", "me/configs"), SPLITS_SCRIPT.format(name="me/configs"), 0.3, None, 3),
    Case("first rows of 100 files", ("rows", "me/files"), ROWS_SCRIPT.format(name="me/files"), 1.0, None, 20),
    Case(
        "first rows of 100 files of one row", ("rows", "me/ones"), ROWS_SCRIPT.format(name="me/ones"), 0.35, None, 210
    ),
    Case("first rows of 70 MB of CSV", ("rows", "me/csv"), ROWS_SCRIPT.format(name="me/csv"), 0.3, None, 4),
    Case("first rows of 90 MB of JSON Lines", ("rows", "me/jsonl"), ROWS_SCRIPT.format(name="me/jsonl"), 0.12, None, 4),
    Case(
        "`warm --workers 2` of 300 datasets",
        ("warm", "--from", "-", "--workers", "2", "--quiet"),
        WARM_SCRIPT,
        0.25,
        None,
        None,
        1,
    ),
)


def fill(hub: Hub) -> None:
    """The datasets."""
    random = np.random.default_rng(0)
    floats = {name: random.normal(size=ROWS) for name in ("x", "y", "z", "w")}
    texts = [f"text {n} {n * 7919 % 100_003}" for n in range(ROWS)]
    table = pa.table({"id": np.arange(ROWS), "k": random.integers(0, 2**60, ROWS), "t": texts, **floats})
    hub.add("me/small", {"train.parquet": parquet(table, row_group_size=60_000)})
    hub.add("me/large", {"train.parquet": parquet(table, row_group_size=ROWS)})
    configs = "".join(
        f"- config_name: c{n}\n  data_files:\n  - {{split: train, path: c{n}/train-*}}\n  - {{split: test, path: c{n}/test-*}}\n"
        for n in range(CONFIGS)
    )
    files: dict[str, bytes | str] = {
        f"c{n}/{split}-0.parquet": parquet({"a": [n]}) for n in range(CONFIGS) for split in ("train", "test")
    }
    hub.add("me/configs", {"README.md": f"---\nconfigs:\n{configs}---\n", **files})
    lines = [{"id": n, "t": f"text {n}", "x": n * 0.37, "pad": "x" * 60} for n in range(ROWS)]
    hub.add("me/jsonl", {"train.jsonl": "".join(json.dumps(line) + "\n" for line in lines)})
    hub.add(
        "me/csv", {"train.csv": "id,t,x,pad\n" + "".join(f"{n},text {n},{n * 0.37},{'x' * 70}\n" for n in range(ROWS))}
    )
    for number in range(SMALL):
        columns = parquet({"n": [number] * 50, "t": [f"text {number}"] * 50})
        hub.add(f"me/small-{number}", {"data/train-00000-of-00001.parquet": columns})
    for name, rows in (("me/files", 200), ("me/ones", 1)):
        hub.add(name, {f"data/train-{n:05d}-of-00100.parquet": parquet({"a": [n] * rows}) for n in range(100)})


def run(hub: Hub, command: list[str]) -> Cost:
    """One call with empty caches."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "PATH": os.environ["PATH"], "HOME": home, "HF_HOME": f"{home}/hf", "HF_ENDPOINT": hub.url,
            "DSPREVIEW_DATABASE": f"{home}/x.sqlite", "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        }  # fmt: skip
        before, started = len(hub.seen), time.perf_counter()
        names = "\n".join(f"me/small-{number}" for number in range(SMALL))
        subprocess.run(
            command,
            env=environment,
            input=names.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        seconds, seen = time.perf_counter() - started, hub.seen[before:]
    return Cost(seconds, len(seen), sum(one.sent for one in seen))


def median(costs: list[Cost]) -> Cost:
    """Of each cost by itself."""
    return Cost(*(statistics.median(values) for values in zip(*costs, strict=True)))


def line(case: Case, ours: Cost, theirs: Cost) -> str:
    """A row of the table."""
    share = ours.bytes / theirs.bytes
    over = [
        word
        for word, beyond in (
            ("time", case.seconds is not None and ours.seconds > case.seconds * theirs.seconds),
            ("bytes", case.share is not None and share > case.share),
            ("requests", case.requests is not None and ours.requests > case.requests),
        )
        if beyond
    ]
    told = f" **over: {', '.join(over)}**" if over else ""
    bytes_ = f"{share:.2f}" + (f" ({case.share:g})" if case.share is not None else "")
    seconds = f"{ours.seconds / theirs.seconds:.2f}" + (f" ({case.seconds:g})" if case.seconds is not None else "")
    requests = f"{ours.requests:.0f}" + (f" ({case.requests})" if case.requests is not None else "")
    return (
        f"| {case.what}{told} | {seconds} | {ours.seconds:.2f} s against {theirs.seconds:.2f} s |"
        f" {requests} against {theirs.requests:.0f} | {bytes_} | {ours.bytes / 1e6:.1f} MB against {theirs.bytes / 1e6:.1f} MB |"
    )


def main() -> int:
    """Measure, print, write."""
    hub = Hub()
    fill(hub)
    hub.link = LINK
    lines = []
    times: dict[str, dict[str, float]] = {}
    for case in CASES:
        ours: list[Cost] = []
        theirs: list[Cost] = []
        for _ in range(case.rounds):
            ours.append(run(hub, [sys.executable, "-m", "dspreview", *case.words, "--json"]))
            theirs.append(run(hub, [sys.executable, "-c", case.script]))
        lines.append(line(case, median(ours), median(theirs)))
        if len(ours) > 1:
            times[case.what] = {"dspreview": median(ours).seconds, "datasets": median(theirs).seconds}
    hub.close()
    packages = ", ".join(f"{name} {version(name)}" for name in ("datasets", "huggingface_hub", "pyarrow"))
    part = "\n".join([
        "## Over a link", "",
        "This part of `nox -s bench` uses a loopback Hub that answers after 40 ms and sends 100 Mbit/s per request. Caches are empty.",
        "Whole processes run alternately. Times are medians of 3 rounds (1 round for `warm`). Limits are in parentheses.", "",
        f"Measured with Python {platform.python_version()}, {packages}, on {os.cpu_count()} cores under {platform.system()}.", "",
        "| what | time of `datasets` | | requests | bytes of `datasets` | |", "|---|---|---|---|---|---|", *lines, "",
        draw(times, "link.svg"), "",
        "The rest of dspreview's time is imports (huggingface_hub's client, the command line, for Parquet pyarrow) and the link.",
        "`hf datasets sql`, duckdb and polars read `hf://` only from huggingface.co, and cannot be pointed at a loopback Hub.", "",
    ])  # fmt: skip
    print(part)
    put(part)
    return 1 if any("**over" in one for one in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
