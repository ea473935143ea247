"""Jobs: one row each, claimed in one immediate transaction.

Two columns make claims fast, whatever the table holds. `place` is 0 for a job that runs and 1 for the head of a line,
the oldest waiting job of a kind and dataset; claims look at these only. `latest` marks the newest job of each key, so
that one index, which neither claims nor ends touch, keeps waiting jobs unique.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from dspreview.store.database import Connection, transaction
from dspreview.store.job import COLUMNS, KINDS, STATUSES, THIS_KEY, Job, JobKey, stamp
from dspreview.store.owners import is_gone, me

LEASE_SECONDS = 60.0
"""After that long without a heartbeat a job of another machine counts as lost."""
MAX_ATTEMPTS = 3
LOCAL = "dataset_name >= '/' AND dataset_name < '0'"
"""Jobs of data on this machine: their names are absolute paths."""


class Queue:
    """The jobs."""

    def __init__(self, connection: Connection, clock: Callable[[], float]) -> None:
        self.connection = connection
        self.clock = clock

    def claim_key(self, key: JobKey) -> int | None:
        """Start the job of this key for the calling process, or None where a living process is at it."""
        now = self.clock()
        with transaction(self.connection):
            running = self.connection.execute(
                f"SELECT id, owner, lease_until FROM jobs WHERE place = 0 AND {THIS_KEY}", key.values
            ).fetchone()
            if running is not None:
                job, owner, lease = running
                if not is_gone(owner, lease, now):
                    return None
                self._start(job, now)
                return int(job)
            self.enqueue([key])
            (waiting,) = self.connection.execute(
                f"SELECT id FROM jobs WHERE latest = 1 AND {THIS_KEY}", key.values
            ).fetchone()
            self._start(waiting, now)
            self._line_up(key)
            return int(waiting)

    def finish(self, job: int, *, success: bool, error: str | None = None) -> None:
        """End a started job, inside the caller's transaction; a cancelled one stays cancelled."""
        self.connection.execute(
            "UPDATE jobs SET status = ?, finished_at = ?, error = ?, owner = NULL, lease_until = NULL, place = NULL"
            " WHERE id = ? AND status = 'STARTED'",
            ("SUCCESS" if success else "ERROR", stamp(self.clock()), error, job),
        )

    def release(self, job: int) -> None:
        """Forget a job that was interrupted or failed for a passing reason, as if it had never been claimed."""
        self.connection.execute("DELETE FROM jobs WHERE id = ? AND status = 'STARTED'", (job,))

    def drop_waiting(self, dataset: str) -> None:
        """Remove the waiting jobs of a dataset that goes."""
        for kind in KINDS:
            self.connection.execute(
                "DELETE FROM jobs WHERE kind = ? AND dataset_name = ? AND latest = 1 AND status = 'WAITING'",
                (kind, dataset),
            )

    def enqueue(self, keys: Iterable[JobKey], *, unless_started: bool = False) -> int:
        """Add waiting jobs, inside the caller's transaction; how many are new. One that waits already stays where it is.

        Args:
            unless_started: a job that runs need not run again: its data has not changed since.

        """
        now = stamp(self.clock())
        added = 0
        lines: set[tuple[str, str]] = set()
        for key in keys:
            line = key.kind, key.dataset
            found = self.connection.execute(
                f"SELECT id, status FROM jobs WHERE latest = 1 AND {THIS_KEY}", key.values
            ).fetchone()
            if found and (found[1] == "WAITING" or (unless_started and found[1] == "STARTED")):
                continue
            if found:
                self.connection.execute("UPDATE jobs SET latest = 0 WHERE id = ?", found[:1])
            head = line not in lines and not self._has_line(*line)
            self.connection.execute(
                "INSERT INTO jobs (kind, dataset_name, config_name, split_name, asked_revision, status, created_at, place)"
                " VALUES (?, ?, ?, ?, ?, 'WAITING', ?, ?)",
                (*key.values, now, 1 if head else None),
            )
            lines.add(line)
            added += 1
        return added

    def _has_line(self, kind: str, dataset: str) -> bool:
        """Whether any job of a kind and dataset waits: most likely one behind the head does."""
        for waiting in ("status = 'WAITING' AND place IS NULL", "latest = 1 AND status = 'WAITING'"):
            query = f"SELECT 1 FROM jobs WHERE kind = ? AND dataset_name = ? AND {waiting} LIMIT 1"
            if self.connection.execute(query, (kind, dataset)).fetchone():
                return True
        return False

    def claim(self, kinds: tuple[str, ...], per_dataset: int) -> Job | None:
        """Start the oldest job whose dataset has fewer than `per_dataset` started, for the calling process."""
        return next(iter(self.claim_many(kinds, per_dataset, 1)), None)

    def claim_many(self, kinds: tuple[str, ...], per_dataset: int, most: int, *, local_only: bool = False) -> list[Job]:
        """Start the oldest jobs, as `claim` would one after the other, in one transaction."""
        with transaction(self.connection):
            found: list[Job] = []
            while (
                len(found) < most and (job := self._claim_next(kinds, per_dataset, local_only=local_only)) is not None
            ):
                found.append(job)
        return found

    def _claim_next(self, kinds: tuple[str, ...], per_dataset: int, *, local_only: bool) -> Job | None:
        marks = ",".join("?" * len(kinds))
        chosen_ones = f" AND {LOCAL}" if local_only else ""
        busy: dict[tuple[str, str], int] = {}
        running: list[Sequence[Any]] = []
        first = self.connection.execute(
            f"SELECT place, {COLUMNS} FROM jobs WHERE place IS NOT NULL AND (place = 0 OR (kind IN ({marks}){chosen_ones}))"
            " ORDER BY place, id",
            kinds,
        )
        for place, *row in first:
            line = row[1], row[2]
            if place == 0:
                busy[line] = busy.get(line, 0) + 1
                running.append(row)
            elif busy.get(line, 0) < per_dataset:
                job = Job.from_row(row)
                chosen = self._not_running(job, running) if line in busy else job
                if chosen is not None:
                    first.close()
                    return self._started(chosen, is_head=chosen is job)
        return None

    def _not_running(self, head: Job, started: list[Sequence[Any]]) -> Job | None:
        """The head of a line, or where that is, asked once more, a job that runs, the oldest behind it that is not."""
        running = {Job.from_row(row).key for row in started}
        if head.key not in running:
            return head
        behind = self.connection.execute(
            f"SELECT {COLUMNS} FROM jobs WHERE kind = ? AND dataset_name = ? AND status = 'WAITING' AND place IS NULL"
            " ORDER BY id",
            (head.key.kind, head.key.dataset),
        )
        return next((job for job in map(Job.from_row, behind) if job.key not in running), None)

    def _started(self, job: Job, *, is_head: bool) -> Job:
        """Start a waiting job, and let the next one be the head of its line."""
        started = self._start(job.id, self.clock())
        if is_head:
            self._promote(job.key)
        return Job(job.id, job.key, "STARTED", job.created_at, started, None, job.attempts + 1)

    def _start(self, job: int, now: float) -> str:
        """Make a job the calling process's; the time that is written."""
        started = stamp(now)
        self.connection.execute(
            "UPDATE jobs SET status = 'STARTED', started_at = ?, owner = ?, lease_until = ?, attempts = attempts + 1,"
            " place = 0 WHERE id = ?",
            (started, me(), now + LEASE_SECONDS, job),
        )
        return started

    def _promote(self, key: JobKey) -> None:
        """Make the oldest waiting job of a line without a head its head."""
        self.connection.execute(
            "UPDATE jobs SET place = 1 WHERE id = (SELECT min(id) FROM jobs"
            " WHERE kind = ? AND dataset_name = ? AND status = 'WAITING' AND place IS NULL)",
            (key.kind, key.dataset),
        )

    def _line_up(self, key: JobKey) -> None:
        """Find the head of a line again, after a job left it or came back to it."""
        self.connection.execute(
            "UPDATE jobs SET place = NULL WHERE kind = ? AND dataset_name = ? AND latest = 1 AND place = 1",
            (key.kind, key.dataset),
        )
        self._promote(key)

    def adopt(self, job: int) -> bool:
        """Become the owner of a started job that the parent process claimed; False where it is no longer started."""
        changed = self.connection.execute(
            "UPDATE jobs SET owner = ?, lease_until = ? WHERE id = ? AND status = 'STARTED'",
            (me(), self.clock() + LEASE_SECONDS, job),
        )
        return changed.rowcount == 1

    def heartbeat(self, jobs: Iterable[int]) -> set[int]:
        """Renew the leases of jobs; those that are still started: others were cancelled or taken away."""
        changed = self.connection.execute(
            "UPDATE jobs SET lease_until = ? WHERE status = 'STARTED' AND id IN (SELECT value FROM json_each(?)) RETURNING id",
            (self.clock() + LEASE_SECONDS, json.dumps(list(jobs))),
        )
        return {job for (job,) in changed}

    def give_back(self, job: int, reason: str) -> str:
        """Let a job whose worker died wait again, or end it after its last attempt; the status it has now."""
        with transaction(self.connection):
            found = self.find(job)
            if found is None or found.status != "STARTED":
                return "CANCELLED"
            if found.attempts >= MAX_ATTEMPTS:
                self.finish(job, success=False, error=f"{reason}; tried {found.attempts} times")
                return "ERROR"
            self._wait_again(found, found.attempts)
            return "WAITING"

    def postpone(self, job: int) -> None:
        """Let a started job wait again, as if it had not been tried: the Hub asked to slow down."""
        with transaction(self.connection):
            found = self.find(job)
            if found is not None and found.status == "STARTED":
                self._wait_again(found, found.attempts - 1)

    def _wait_again(self, job: Job, attempts: int) -> None:
        """Put a started job back at its old place, or drop it where a newer one of its key waits."""
        newer = self.connection.execute(
            f"SELECT id, status FROM jobs WHERE latest = 1 AND {THIS_KEY} AND id <> ?", (*job.key.values, job.id)
        ).fetchone()
        if newer and newer[1] == "WAITING":
            self.connection.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
            return
        if newer:
            self.connection.execute("UPDATE jobs SET latest = 0 WHERE id = ?", newer[:1])
        self.connection.execute(
            "UPDATE jobs SET status = 'WAITING', owner = NULL, lease_until = NULL, started_at = NULL, place = NULL,"
            " latest = 1, attempts = ? WHERE id = ?",
            (attempts, job.id),
        )
        self._line_up(job.key)

    def find(self, job: int) -> Job | None:
        """The job of that number."""
        row = self.connection.execute(f"SELECT {COLUMNS} FROM jobs WHERE id = ?", (job,)).fetchone()
        return Job.from_row(row) if row else None

    def count_open(self) -> int:
        """How many jobs wait or run."""
        behind = "SELECT count(*) FROM jobs WHERE status = 'WAITING' AND place IS NULL"
        query = f"SELECT count(*) + ({behind}) FROM jobs WHERE place IS NOT NULL"
        return int(self.connection.execute(query).fetchone()[0])

    def error_of(self, job: int) -> str | None:
        """Why a job ended as an error."""
        row = self.connection.execute("SELECT error FROM jobs WHERE id = ?", (job,)).fetchone()
        return row[0] if row else None

    def has_waiting(self, kinds: tuple[str, ...], *, local_only: bool = False) -> bool:
        """Whether any job of these kinds waits, or any whose data is on this machine."""
        where = f"latest = 1 AND {LOCAL} AND status = 'WAITING'" if local_only else "place = 1"
        query = f"SELECT 1 FROM jobs WHERE {where} AND kind IN ({','.join('?' * len(kinds))}) LIMIT 1"
        return self.connection.execute(query, kinds).fetchone() is not None

    def take_back(self, but: Collection[int] = ()) -> list[tuple[int, str]]:
        """Give back the jobs whose owners are gone, but for these; each with the status it has now."""
        now = self.clock()
        started = self.connection.execute("SELECT id, owner, lease_until FROM jobs WHERE place = 0").fetchall()
        gone = [job for job, owner, lease in started if job not in but and is_gone(owner, lease, now)]
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
                "UPDATE jobs SET status = 'CANCELLED', finished_at = ?, owner = NULL, lease_until = NULL, place = NULL WHERE status = ?",
                (stamp(self.clock()), status),
            ).rowcount

    def clean(self, *, finished: bool, older_than: float = 0.0) -> int:
        """Remove every job, or those that ended, perhaps only before so many seconds ago; how many."""
        before = stamp(self.clock() - older_than)
        where = " WHERE status IN ('SUCCESS', 'ERROR', 'CANCELLED') AND finished_at <= ?" if finished else ""
        with transaction(self.connection):
            return self.connection.execute("DELETE FROM jobs" + where, (before,) if finished else ()).rowcount
