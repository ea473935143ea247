"""Jobs: one row each, claimed in one immediate transaction."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from dspreview.store.database import Connection, transaction

LEASE_SECONDS = 60.0
"""After that long without a heartbeat a job of another machine counts as lost."""
MAX_ATTEMPTS = 3
STATUSES = ("WAITING", "STARTED", "SUCCESS", "ERROR", "CANCELLED")
KINDS = ("datasets", "splits")
COLUMNS = "id, kind, dataset_name, config_name, split_name, asked_revision, status, created_at, started_at, finished_at, attempts"


class JobKey(NamedTuple):
    """What a job computes; config and split are empty for the listing of a dataset."""

    dataset: str
    asked_revision: str = ""
    config: str = ""
    split: str = ""

    @property
    def kind(self) -> str:
        """Which of the two queues it belongs to."""
        return "splits" if self.split else "datasets"


OWN_NAMES: dict[int, str] = {}
"""This process's name by its number, which changes in a fork."""


class Job(NamedTuple):
    """A job as it is stored."""

    id: int
    key: JobKey
    status: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    attempts: int

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Self:
        """From the columns of `COLUMNS`."""
        identity, _, dataset, config, split, revision, status, created, started, finished, attempts = row
        return cls(identity, JobKey(dataset, revision, config, split), status, created, started, finished, attempts)


def stamp(seconds: float) -> str:
    """A job's time, `2022-01-20T13:48:06.705000`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def start_time(pid: int) -> str:
    """When a process started, so that a reused number is not taken for it; empty where the OS does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]  # a zombie does nothing any more
    except (OSError, IndexError):
        import psutil  # where there is no /proc, as on macOS; 25 ms

        try:
            return str(psutil.Process(pid).create_time())
        except psutil.Error:
            return ""


def me() -> str:
    """The calling process as the owner of a job: `host/pid/start`."""
    pid = os.getpid()
    if pid not in OWN_NAMES:
        OWN_NAMES[pid] = f"{os.uname().nodename}/{pid}/{start_time(pid)}"
    return OWN_NAMES[pid]


def is_gone(owner: str, lease_until: float, now: float) -> bool:
    """Whether the owner of a started job is dead: at once on this machine, after its lease elsewhere."""
    host, pid, start = owner.rsplit("/", 2)
    if host != os.uname().nodename:
        return now > lease_until
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return start != start_time(int(pid))


class Queue:
    """The jobs."""

    def __init__(self, connection: Connection, clock: Callable[[], float]) -> None:
        self.connection = connection
        self.clock = clock

    def claim_key(self, key: JobKey) -> int | None:
        """Start the job of this key for the calling process, or None where a living process is at it."""
        now = self.clock()
        where = "kind = ? AND dataset_name = ? AND config_name = ? AND split_name = ? AND asked_revision = ?"
        values = (key.kind, key.dataset, key.config, key.split, key.asked_revision)
        with transaction(self.connection):
            running = self.connection.execute(
                f"SELECT id, owner, lease_until FROM jobs WHERE status = 'STARTED' AND {where}", values
            ).fetchone()
            if running is not None:
                job, owner, lease = running
                if not is_gone(owner, lease, now):
                    return None
                self.connection.execute(
                    "UPDATE jobs SET owner = ?, lease_until = ?, attempts = attempts + 1, started_at = ? WHERE id = ?",
                    (me(), now + LEASE_SECONDS, stamp(now), job),
                )
                return int(job)
            waiting = self.connection.execute(
                f"SELECT id FROM jobs WHERE status = 'WAITING' AND {where}", values
            ).fetchone()
            if waiting is None:
                waiting = self.connection.execute(
                    "INSERT INTO jobs (kind, dataset_name, config_name, split_name, asked_revision, status, created_at)"
                    " VALUES (?, ?, ?, ?, ?, 'WAITING', ?) RETURNING id",
                    (*values, stamp(now)),
                ).fetchone()
            self.connection.execute(
                "UPDATE jobs SET status = 'STARTED', started_at = ?, owner = ?, lease_until = ?, attempts = attempts + 1"
                " WHERE id = ?",
                (stamp(now), me(), now + LEASE_SECONDS, waiting[0]),
            )
            return int(waiting[0])

    def finish(self, job: int, *, success: bool, error: str | None = None) -> None:
        """End a started job, inside the caller's transaction; a cancelled one stays cancelled."""
        self.connection.execute(
            "UPDATE jobs SET status = ?, finished_at = ?, error = ?, owner = NULL, lease_until = NULL"
            " WHERE id = ? AND status = 'STARTED'",
            ("SUCCESS" if success else "ERROR", stamp(self.clock()), error, job),
        )

    def release(self, job: int) -> None:
        """Forget a job that was interrupted or failed for a passing reason, as if it had never been claimed."""
        self.connection.execute("DELETE FROM jobs WHERE id = ? AND status = 'STARTED'", (job,))

    def drop_waiting(self, dataset: str) -> None:
        """Remove the waiting jobs of a dataset that goes."""
        self.connection.execute("DELETE FROM jobs WHERE dataset_name = ? AND status = 'WAITING'", (dataset,))

    def enqueue(self, keys: Iterable[JobKey]) -> int:
        """Add waiting jobs, inside the caller's transaction; how many are new. One that waits already stays where it is."""
        now = stamp(self.clock())
        return sum(
            self.connection.execute(
                "INSERT INTO jobs (kind, dataset_name, config_name, split_name, asked_revision, status, created_at)"
                " VALUES (?, ?, ?, ?, ?, 'WAITING', ?) ON CONFLICT DO NOTHING",
                (key.kind, key.dataset, key.config, key.split, key.asked_revision, now),
            ).rowcount
            for key in keys
        )

    def claim(self, kinds: tuple[str, ...], per_dataset: int) -> Job | None:
        """Start the oldest job whose dataset has fewer than `per_dataset` started, for the calling process."""
        marks = ",".join("?" * len(kinds))
        now = self.clock()
        with transaction(self.connection):
            lines = self.connection.execute(
                "SELECT kind, dataset_name FROM lines WHERE first_waiting IS NOT NULL AND started < ?"
                f" AND kind IN ({marks}) ORDER BY first_waiting",
                (per_dataset, *kinds),
            )
            for kind, dataset in lines:
                row = self.connection.execute(
                    "UPDATE jobs SET status = 'STARTED', started_at = ?, owner = ?, lease_until = ?, attempts = attempts + 1"
                    " WHERE id = (SELECT min(id) FROM jobs w WHERE w.kind = ? AND w.dataset_name = ? AND w.status = 'WAITING'"
                    " AND NOT EXISTS (SELECT 1 FROM jobs s WHERE s.kind = w.kind AND s.dataset_name = w.dataset_name"
                    " AND s.config_name = w.config_name AND s.split_name = w.split_name"
                    f" AND s.asked_revision = w.asked_revision AND s.status = 'STARTED')) RETURNING {COLUMNS}",
                    (stamp(now), me(), now + LEASE_SECONDS, kind, dataset),
                ).fetchone()
                if row is not None:
                    return Job.from_row(row)
        return None

    def adopt(self, job: int) -> bool:
        """Become the owner of a started job that the parent process claimed; False where it is no longer started."""
        changed = self.connection.execute(
            "UPDATE jobs SET owner = ?, lease_until = ? WHERE id = ? AND status = 'STARTED'",
            (me(), self.clock() + LEASE_SECONDS, job),
        )
        return changed.rowcount == 1

    def heartbeat(self, job: int) -> bool:
        """Renew the lease of a job; False where it was cancelled or taken away."""
        changed = self.connection.execute(
            "UPDATE jobs SET lease_until = ? WHERE id = ? AND status = 'STARTED'", (self.clock() + LEASE_SECONDS, job)
        )
        return changed.rowcount == 1

    def give_back(self, job: int, reason: str) -> str:
        """Let a job whose worker died wait again, or end it after its last attempt; the status it has now."""
        with transaction(self.connection):
            row = self.connection.execute(
                f"SELECT {COLUMNS} FROM jobs WHERE id = ? AND status = 'STARTED'", (job,)
            ).fetchone()
            if row is None:
                return "CANCELLED"
            if row[-1] >= MAX_ATTEMPTS:
                self.finish(job, success=False, error=f"{reason}; tried {row[-1]} times")
                return "ERROR"
            waits = self.connection.execute(
                "UPDATE OR IGNORE jobs SET status = 'WAITING', owner = NULL, lease_until = NULL, started_at = NULL"
                " WHERE id = ?",
                (job,),
            ).rowcount
            if not waits:  # the same job waits already: an update came while this one ran
                self.connection.execute("DELETE FROM jobs WHERE id = ?", (job,))
            return "WAITING"

    def postpone(self, job: int) -> None:
        """Let a started job wait again, as if it had not been tried: the Hub asked to slow down."""
        with transaction(self.connection):
            self.connection.execute(
                "UPDATE OR IGNORE jobs SET status = 'WAITING', owner = NULL, lease_until = NULL, started_at = NULL,"
                " attempts = attempts - 1 WHERE id = ? AND status = 'STARTED'",
                (job,),
            )
            self.connection.execute("DELETE FROM jobs WHERE id = ? AND status = 'STARTED'", (job,))

    def find(self, job: int) -> Job | None:
        """The job of that number."""
        row = self.connection.execute(f"SELECT {COLUMNS} FROM jobs WHERE id = ?", (job,)).fetchone()
        return Job.from_row(row) if row else None

    def count_open(self) -> int:
        """How many jobs wait or run."""
        query = "SELECT count(*) FROM jobs WHERE status = 'WAITING' OR status = 'STARTED'"
        return int(self.connection.execute(query).fetchone()[0])

    def error_of(self, job: int) -> str | None:
        """Why a job ended as an error."""
        row = self.connection.execute("SELECT error FROM jobs WHERE id = ?", (job,)).fetchone()
        return row[0] if row else None

    def has_waiting(self, kinds: tuple[str, ...]) -> bool:
        """Whether any job of these kinds waits."""
        marks = ",".join("?" * len(kinds))
        query = f"SELECT 1 FROM lines WHERE first_waiting IS NOT NULL AND kind IN ({marks}) LIMIT 1"
        return self.connection.execute(query, kinds).fetchone() is not None

    def take_back(self) -> list[tuple[int, str]]:
        """Give back the jobs whose owners are gone; each with the status it has now."""
        now = self.clock()
        started = self.connection.execute("SELECT id, owner, lease_until FROM jobs WHERE status = 'STARTED'").fetchall()
        gone = [job for job, owner, lease in started if is_gone(owner, lease, now)]
        return [(job, self.give_back(job, "its worker died")) for job in gone]

    def jobs(self, statuses: Iterable[str] = STATUSES) -> list[Job]:
        """The jobs of these statuses, the oldest first."""
        wanted = tuple(statuses)
        marks = ",".join("?" * len(wanted))
        rows = self.connection.execute(f"SELECT {COLUMNS} FROM jobs WHERE status IN ({marks}) ORDER BY id", wanted)
        return [Job.from_row(row) for row in rows]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many jobs there are of each kind and status."""
        found = {kind: dict.fromkeys((status.lower() for status in STATUSES), 0) for kind in KINDS}
        for kind, status, number in self.connection.execute("SELECT kind, status, count(*) FROM jobs GROUP BY 1, 2"):
            found[kind][status.lower()] = number
        return found

    def cancel(self, status: str) -> int:
        """Cancel all started or all waiting jobs; whoever runs one sees it at the next heartbeat. How many."""
        with transaction(self.connection):
            return self.connection.execute(
                "UPDATE jobs SET status = 'CANCELLED', finished_at = ?, owner = NULL, lease_until = NULL WHERE status = ?",
                (stamp(self.clock()), status),
            ).rowcount

    def clean(self, *, finished: bool, older_than: float = 0.0) -> int:
        """Remove every job, or those that ended, perhaps only before so many seconds ago; how many."""
        before = stamp(self.clock() - older_than)
        where = " WHERE status IN ('SUCCESS', 'ERROR', 'CANCELLED') AND finished_at <= ?" if finished else ""
        with transaction(self.connection):
            return self.connection.execute("DELETE FROM jobs" + where, (before,) if finished else ()).rowcount
