"""The first rows and the splits of datasets on the Hub, over a link of 40 ms and 100 Mbit/s, against `datasets`.

`python -m tests.benchmarks.remote` (a part of `nox -s bench`) counts requests and bytes on a Hub on loopback, measures whole processes
that take turns, each with an empty cache, and writes its part of docs/performance.md.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tests.benchmarks.measure import LINK_HEADING
from tests.support.data import parquet
from tests.support.hub import Hub, Link

PAGE = Path(__file__).parent.parent.parent / "docs" / "performance.md"
AFTER = "## Serving assets"
LINK = Link(0.040, 100e6 / 8)
ROUNDS = 3
ROWS = 700_000
CONFIGS = 12
ROWS_SCRIPT = "import datasets, json; d = datasets.load_dataset({name!r}, split='train', streaming=True); print(json.dumps(list(d.take(100))))"
SPLITS_SCRIPT = "import datasets; [print(c, datasets.get_dataset_split_names({name!r}, c)) for c in datasets.get_dataset_config_names({name!r})]"


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
    seconds: float
    share: float | None
    requests: int | None


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
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
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
            ("time", ours.seconds > case.seconds * theirs.seconds),
            ("bytes", case.share is not None and share > case.share),
            ("requests", case.requests is not None and ours.requests > case.requests),
        )
        if beyond
    ]
    told = f" **over: {', '.join(over)}**" if over else ""
    bytes_ = f"{share:.2f}" + (f" ({case.share:g})" if case.share is not None else "")
    return (
        f"| {case.what}{told} | {ours.seconds / theirs.seconds:.2f} ({case.seconds:g}) | {ours.seconds:.2f} s against {theirs.seconds:.2f} s |"
        f" {ours.requests:.0f} ({case.requests}) against {theirs.requests:.0f} | {bytes_} | {ours.bytes / 1e6:.1f} MB against {theirs.bytes / 1e6:.1f} MB |"
    )


def main() -> int:
    """Measure, print, write."""
    hub = Hub()
    fill(hub)
    hub.link = LINK
    lines = []
    for case in CASES:
        ours: list[Cost] = []
        theirs: list[Cost] = []
        for _ in range(ROUNDS):
            ours.append(run(hub, [sys.executable, "-m", "dspreview", *case.words, "--json"]))
            theirs.append(run(hub, [sys.executable, "-c", case.script]))
        lines.append(line(case, median(ours), median(theirs)))
    hub.close()
    packages = ", ".join(f"{name} {version(name)}" for name in ("datasets", "huggingface_hub", "pyarrow"))
    part = "\n".join([
        LINK_HEADING, "",
        "A part of `nox -s bench`: a Hub on loopback that answers after 40 ms and sends 100 Mbit/s to each request, empty caches, whole processes that",
        f"take turns, medians of {ROUNDS} rounds. In brackets what it may be at most.", "",
        f"Measured with Python {platform.python_version()}, {packages}, on {os.cpu_count()} cores under {platform.system()}.", "",
        "| what | time of `datasets` | | requests | bytes of `datasets` | |", "|---|---|---|---|---|---|", *lines, "",
        "What stands in the way where time is over: 0.6 s of ours are the import of `datasets`, which lists the files and reads the README; a way",
        "without it, as there is for one file on this machine, is not built yet.", "",
    ])  # fmt: skip
    print(part)
    text = PAGE.read_text(encoding="utf-8")
    kept, _, load = text.partition(AFTER)
    PAGE.write_text(f"{kept.partition(LINK_HEADING)[0].rstrip()}\n\n{part}\n{AFTER}{load}", encoding="utf-8")
    return 1 if any("**over" in one for one in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
