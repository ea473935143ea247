"""How fast jobs are claimed and finished: one transaction each, nothing done between them."""

from __future__ import annotations

import itertools
import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from huey import SqliteHuey
from litequeue import LiteQueue

from dspreview.settings import resolve
from dspreview.store import Store
from dspreview.store.database import transaction
from dspreview.store.job import KINDS, JobKey, stamp
from dspreview.store.owners import me
from dspreview.store.queue import LEASE_SECONDS
from tests.benchmarks.measure import Line

MANY = 1_000_000
FEW = 1_000
CAPPED = 50_000
ROUNDS = 9
STEPS = 90
"""Jobs of a round; all rounds together take fewer than FEW."""
SLOW_STEPS = 3


def keys(count: int) -> Iterable[JobKey]:
    """A split each of so many datasets."""
    return (JobKey(f"owner/dataset-{number}", "", "default", "train") for number in range(count))


class Ours:
    """The store's own queue."""

    def __init__(self, folder: Path, jobs: Iterable[JobKey]) -> None:
        flags = {"DSPREVIEW_DATABASE": str(folder / "x.sqlite")}
        self.store = Store(resolve(flags, {"HOME": str(folder)}), must_write=True)
        self.store.__enter__()
        with transaction(self.store.connection):
            self.store.queue.enqueue(jobs)
        checkpoint(self.store.connection)

    def claim(self) -> int:
        """Start a job."""
        job = self.store.queue.claim(KINDS, 2)
        assert job is not None
        return job.id

    def step(self) -> None:
        """Claim a job and finish it."""
        job = self.claim()
        with transaction(self.store.connection):
            self.store.queue.finish(job, success=True)


class Bare:
    """The least that a queue in SQLite does: two statements that write what ours write, on one partial index."""

    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute(
            "CREATE TABLE jobs (id INTEGER PRIMARY KEY, key TEXT, status TEXT, created_at TEXT, started_at TEXT,"
            " finished_at TEXT, owner TEXT, lease_until REAL, attempts INTEGER DEFAULT 0)"
        )
        self.connection.execute("CREATE INDEX waiting ON jobs (id) WHERE status = 'WAITING'")
        self.connection.execute("BEGIN")
        self.connection.executemany(
            "INSERT INTO jobs (key, status, created_at) VALUES (?, 'WAITING', ?)",
            (("/".join(key), stamp(0)) for key in keys(MANY)),
        )
        self.connection.execute("COMMIT")
        checkpoint(self.connection)

    def step(self) -> None:
        """Claim a job and finish it."""
        now = time.time()
        (job,) = self.connection.execute(
            "UPDATE jobs SET status = 'STARTED', started_at = ?, owner = ?, lease_until = ?, attempts = attempts + 1"
            " WHERE id = (SELECT id FROM jobs WHERE status = 'WAITING' ORDER BY id LIMIT 1) RETURNING id",
            (stamp(now), me(), now + LEASE_SECONDS),
        ).fetchone()
        self.connection.execute(
            "UPDATE jobs SET status = 'SUCCESS', finished_at = ?, owner = NULL, lease_until = NULL WHERE id = ?",
            (stamp(time.time()), job),
        )


def checkpoint(connection: sqlite3.Connection) -> None:
    """Start with an empty log."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def huey_step(folder: Path) -> Callable[[], None]:
    """Dequeue from huey, which forgets a job as it hands it out."""
    storage = SqliteHuey(filename=str(folder / "huey.sqlite")).storage
    connection = storage.conn
    connection.execute("BEGIN")
    rows = (("huey", "/".join(key).encode(), 0) for key in keys(MANY))
    connection.executemany("INSERT INTO task (queue, data, priority) VALUES (?, ?, ?)", rows)
    connection.execute("COMMIT")
    checkpoint(connection)

    def step() -> None:
        assert storage.dequeue() is not None

    return step


def litequeue_step(folder: Path) -> Callable[[], None]:
    """Pop and finish with litequeue."""
    queue = LiteQueue(str(folder / "lite.sqlite"))
    queue.put("first")
    (columns,) = queue.conn.execute("SELECT group_concat(name) FROM pragma_table_info('Queue')").fetchone()
    first = queue.conn.execute(f"SELECT {columns} FROM Queue").fetchone()
    names = columns.split(",")
    key = names.index("message_id")
    queue.conn.execute("BEGIN")
    queue.conn.executemany(
        f"INSERT INTO Queue ({columns}) VALUES ({','.join('?' * len(names))})",
        ([f"id-{number}" if place == key else value for place, value in enumerate(first)] for number in range(MANY)),
    )
    queue.conn.execute("COMMIT")
    checkpoint(queue.conn)

    def step() -> None:
        message = queue.pop()
        assert message is not None
        queue.done(message.message_id)

    return step


def measured(steps: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Seconds per job, as the median of rounds that take turns."""
    found: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS):
        for name, step in steps.items():
            count = SLOW_STEPS if name == "litequeue" else STEPS
            started = time.perf_counter()
            for _ in range(count):
                step()
            found[name].append((time.perf_counter() - started) / count)
    return {name: statistics.median(times) for name, times in found.items()}


def queue_lines(folder: Path) -> list[Line]:
    """What the project promises of its queue."""
    folders = {name: folder / name for name in ("few", "many", "behind")}
    for place in folders.values():
        place.mkdir()
    busy = (JobKey("owner/busy", "", "default", str(number)) for number in range(CAPPED))
    behind = Ours(folders["behind"], itertools.chain(busy, keys(FEW)))
    for _ in range(2):
        behind.claim()
    steps = {
        "few": Ours(folders["few"], keys(FEW)).step,
        "many": Ours(folders["many"], keys(MANY)).step,
        "behind": behind.step,
        "bare": Bare(folder).step,
        "huey": huey_step(folder),
        "litequeue": litequeue_step(folder),
    }
    found = measured(steps)

    def line(what: str, name: str, against: str, other: str, target: float) -> Line:
        told = f"{1 / found[name]:,.0f} against {1 / found[other]:,.0f} a second"
        return Line(what, against, found[name] / found[other], target, told)

    many = f"claim and finish a job of {MANY:,}"
    return [
        line(many, "many", f"a job of {FEW:,}", "few", 1.2),
        line(many, "many", "a bare `UPDATE ... RETURNING`", "bare", 1 / 0.6),
        line(many, "many", "huey (dequeue)", "huey", 1.0),
        line(many, "many", "litequeue (pop, done)", "litequeue", 1.0),
        line(f"the same behind {CAPPED:,} jobs of a dataset at its limit", "behind", f"a job of {FEW:,}", "few", 1.2),
    ]


if __name__ == "__main__":
    for one in queue_lines(Path(sys.argv[1])):
        sys.stdout.write(json.dumps(asdict(one)) + "\n")
