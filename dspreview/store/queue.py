"""Jobs: one row each, claimed in one immediate transaction."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from dspreview.store.database import Connection, transaction

LEASE_SECONDS = 60.0
"""After that long without a heartbeat a job of another machine counts as lost."""


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


def stamp(seconds: float) -> str:
    """A job's time, `2022-01-20T13:48:06.705000`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def start_time(pid: int) -> str:
    """When a process started, so that a reused number is not taken for it; empty where the OS does not say."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        import psutil  # where there is no /proc, as on macOS; 25 ms

        try:
            return str(psutil.Process(pid).create_time())
        except psutil.Error:
            return ""


def me() -> str:
    """The calling process as the owner of a job: `host/pid/start`."""
    return f"{os.uname().nodename}/{os.getpid()}/{start_time(os.getpid())}"


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

    def is_started(self, key: JobKey) -> bool:
        """Whether somebody is at the job of this key."""
        return (
            self.connection.execute(
                "SELECT 1 FROM jobs WHERE status = 'STARTED' AND kind = ? AND dataset_name = ? AND config_name = ?"
                " AND split_name = ? AND asked_revision = ?",
                (key.kind, key.dataset, key.config, key.split, key.asked_revision),
            ).fetchone()
            is not None
        )

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
