"""`nox -s scale`: how a cluster grows, and what the one SQLite writer takes; writes its part of docs/scale.md.

The work is sleep: a Hub on loopback that answers each request after LATENCY, so that what is measured is the cluster
and not the processors of this machine, which run everything. Growth counts from the first job's start to the last end.
"""

from __future__ import annotations

import os
import pickle
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dspreview.models import Asset, Column, ConfigListing, Kind, Listing, Page, Resolved, SplitListing, dump
from dspreview.settings import resolve
from dspreview.store import Store
from dspreview.store.database import transaction
from dspreview.store.job import KINDS, JobKey
from dspreview.work.dask.landing import land, make_task
from dspreview.work.dask.outcome import Outcome
from tests.support.cluster import Cluster
from tests.support.data import parquet
from tests.support.hub import Hub, Link
from tests.support.program import Program

PAGE = Path(__file__).parent.parent.parent / "docs" / "scale.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
DATASETS, WARM_UP = 40, 8
LATENCY = 0.5
GROWTH = 0.9
"""The share of linear that four workers must reach."""
OUTCOMES = 1_000
BATCH = 64


def grow(folder: Path) -> dict[int, float]:
    """Seconds that the same sleep-bound night takes, by number of workers of one thread each."""
    hub = Hub()
    names = [f"a/d{number}" for number in range(DATASETS)]
    for name in names:
        hub.add(name, {"data.parquet": parquet({"x": [1, 2, 3]})})
    hub.add("a/first", {"data.parquet": parquet({"x": [1]})})
    for number in range(WARM_UP):
        hub.add(f"b/w{number}", {"data.parquet": parquet({"x": [1]})})
    hub.link = Link(LATENCY, 1e9)
    cluster = Cluster(folder / "dask")
    cluster.start()
    found: dict[int, float] = {}
    try:
        for workers in range(1, 5):
            cluster.add_worker()
            home = folder / f"home{workers}"
            home.mkdir()
            program = Program(home, {"HF_ENDPOINT": hub.url, "MAX_JOBS_PER_DATASET": "4"})
            warm(program, [f"b/w{number}" for number in range(WARM_UP)], cluster)  # libraries are imported there
            warm(program, names, cluster)
            found[workers] = night(program)
            print(f"{workers} workers: {found[workers]:.1f} s", flush=True)
    finally:
        cluster.close()
        hub.close()
    return found


def warm(program: Program, names: list[str], cluster: Cluster) -> None:
    """Fill a cache."""
    (program.home / "names").write_text("\n".join(names))
    process = program.start("warm", "--from", "names", "--quiet", "--engine", cluster.engine)
    assert process.wait() == 0


def night(program: Program) -> float:
    """Seconds from the first start to the last end of the jobs of a night."""
    with sqlite3.connect(program.database) as connection:
        first, last, number = connection.execute(
            "SELECT min(started_at), max(finished_at), count(*) FROM jobs WHERE dataset_name LIKE 'a/d%' AND status = 'SUCCESS'"
        ).fetchone()
    connection.close()
    assert number == 2 * DATASETS
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()


class Written(NamedTuple):
    """What the writer took."""

    what: str
    outcomes: float
    """A second."""
    bytes: float
    """A second, of pages and assets."""


def pages() -> Iterator[tuple[str, Page, dict[str, bytes], int]]:
    """Kinds of outcomes: name, page, asset files, and how many to write."""
    random = np.random.default_rng(0)
    for what, width, number in (("100 rows of 100 bytes", 80, OUTCOMES), ("100 rows of 10 KB", 9_980, OUTCOMES // 4)):
        rows = "[" + ",\n".join(dump({"row_idx": n, "row": {"x": "x" * width}}) for n in range(100)) + "]"
        yield what, Page([], (Column("x", "STRING"),), rows, 100, 100), {}, number
    files = {f"{n}.jpg": random.bytes(20_000) for n in range(100)}
    assets = tuple(Asset(f"assets/d/{name}", name, n, "image", 20_000) for n, name in enumerate(files))
    yield (
        "100 images of 20 KB",
        Page([], (Column("image", "RELATIVE_IMAGE_URL"),), "[]", 100, 100, assets=assets),
        files,
        OUTCOMES // 8,
    )


def write(folder: Path, what: str, page: Page, files: dict[str, bytes], number: int) -> Written:
    """Store so many outcomes the way the engine does: claimed in batches, unpickled, landed one by one."""
    settings = resolve({"DSPREVIEW_DATABASE": str(folder / what / "x.sqlite")}, {"HOME": str(folder)})
    with Store(settings, must_write=True) as store:
        with transaction(store.connection):
            for n in range(number):
                store.queue.enqueue([JobKey(f"a/d{n}", "", "default", "train")])
        listing = (ConfigListing("default", (SplitListing("train"),)),)
        parcels = {}
        for n in range(number):
            dataset = Resolved(Kind.HUB, f"a/d{n}", "0" * 40)
            parcels[dataset.name] = pickle.dumps(Outcome(dataset, Listing(dataset, listing), page, files))
        size = len(page.rows) + sum(map(len, files.values()))
        since = time.perf_counter()
        while batch := store.queue.claim_many(KINDS, 2, BATCH):
            for job in batch:
                make_task(store, settings, job)
                land(store, settings, job, pickle.loads(parcels.pop(job.key.dataset)))
        seconds = time.perf_counter() - since
        assert store.queue.counts()["splits"]["success"] == number
    shutil.rmtree(folder / what)
    return Written(what, number / seconds, number * size / seconds)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the disk of this checkout: the system's one for temporary files may be memory."""
    with tempfile.TemporaryDirectory(dir=PAGE.parent, prefix=".scale-") as name:
        yield Path(name)


def section(growth: dict[int, float], written: list[Written]) -> str:
    """The part of the page."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("distributed", "datasets"))
    lines = [
        BEGIN,
        f"Measured with Python {platform.python_version()}, {packages}, SQLite {sqlite3.sqlite_version}, on {os.cpu_count()} cores under {platform.system()}.",
        "",
        f"A night of {DATASETS} datasets ({2 * DATASETS} jobs) on a Hub that answers each request after {LATENCY:g} s, on workers of one thread:",
        "",
        f"| workers | seconds | times as fast as one | of linear, at least {GROWTH:g} |",
        "|---|---|---|---|",
        *(f"| {n} | {growth[n]:.1f} | {growth[1] / growth[n]:.2f} | {growth[1] / growth[n] / n:.2f} |" for n in growth),
        "",
        "How fast this machine can write, if it never waits for the cluster. One outcome here is a listing and a page, and both of",
        "their jobs are marked as finished.",
        "",
        "| an outcome of | outcomes a second | of pages and assets |",
        "|---|---|---|",
        *(f"| {one.what} | {one.outcomes:,.0f} | {one.bytes / 1e6:,.1f} MB a second |" for one in written),
        END,
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    """Measure, print, write."""
    with scratch() as folder:
        written = [write(folder, *one) for one in pages()]
        growth = grow(folder)
    page = section(growth, written)
    print(page)
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + page + rest.partition(END)[2], encoding="utf-8")
    return 0 if all(growth[1] / growth[n] / n >= GROWTH for n in growth) else 1


if __name__ == "__main__":
    sys.exit(main())
