"""Guards of unattended work: each of these conditions could once be left out, and no test noticed.

The engine here is one more of the kind that the supervisor works with: its jobs end as the test says, in the order of its looks.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.database import transaction
from dspreview.store.job import Job, JobKey
from dspreview.work.engine import WorkEngine
from dspreview.work.patient_store import Ledger
from dspreview.work.supervisor import Done, Limits, Supervisor

Make = Callable[..., Settings]


class Hands:
    """Does jobs by saying that they are done, the `refused` first ones not at all, and of the `lost` next ones nothing is heard again."""

    def __init__(self, store: Store, *, refused: int = 0, lost: int = 0, looks: int = 0, scarce: bool = False) -> None:
        """`looks` is how many looks a job takes; `scarce` is whether there is room for one job at a time, and no more."""
        self.store, self.refused, self.lost, self.looks, self.scarce = store, refused, lost, looks, scarce
        self.running: list[Job] = []
        self.left: dict[int, int] = {}
        self.starts = 0

    def free(self) -> int:
        """One more, whatever runs."""
        return 1

    def shortage(self) -> str | None:
        """Of room, while a job runs."""
        return "there is no room" if self.scarce and self.running else None

    def start(self, job: Job) -> str | None:
        """Take a job, or not."""
        self.starts += 1
        if self.starts <= self.refused:
            return "it could not be started"
        self.running.append(job)
        self.left[job.id] = self.looks
        return None

    def look(self) -> list[Job]:
        """End the jobs whose time has come."""
        ended = [job for job in self.running if self.left[job.id] == 0]
        for job in self.running:
            self.left[job.id] -= 1
        self.running = [job for job in self.running if job not in ended]
        return [self.end(job) for job in ended]

    def end(self, job: Job) -> Job:
        """What became of a job."""
        if self.lost > 0:
            self.lost -= 1
            self.store.queue.give_back(job.id, "its worker died")
        else:
            with transaction(self.store.connection):
                self.store.queue.finish(job.id, success=True)
        found = self.store.queue.find(job.id)
        assert found is not None
        return found

    def stop(self, job: Job) -> None:
        """Nobody cancels here."""
        raise AssertionError(job)

    def wait(self, seconds: float) -> None:
        """No time passes."""

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def store(settings: Make, tmp_path: Path) -> Iterator[Store]:
    """A queue with two jobs."""
    before = signal.getsignal(signal.SIGTERM)
    with Store(settings(WORKER_SLEEP_SECONDS="0")) as opened:
        with transaction(opened.connection):
            opened.queue.enqueue([JobKey("a/b"), JobKey("a/c")])
        yield opened
    signal.signal(signal.SIGTERM, before)


def work(store: Store, engine: WorkEngine, limits: Limits) -> tuple[bool, list[str]]:
    """Work, and how it ended; the names of the jobs that were reported as done."""
    done: list[Done] = []
    ledger = Ledger(store, store.settings, 60, lambda _: None)
    ended = Supervisor(ledger, engine, limits, done.append).run()
    return ended, [one.job.key.dataset for one in done if one.status == "SUCCESS"]


def states(store: Store) -> list[tuple[str, str, int]]:
    """The jobs, and how often each was tried."""
    return [(job.key.dataset, job.status, job.attempts) for job in store.queue.jobs()]


def test_a_job_that_was_lost_is_not_the_last_that_may_be_claimed(store: Store) -> None:
    assert work(store, Hands(store, lost=1), Limits(max_jobs=1)) == (True, ["a/b"])
    assert states(store) == [("a/b", "SUCCESS", 2), ("a/c", "WAITING", 0)]


def test_a_job_that_could_not_be_started_waits_again(store: Store) -> None:
    assert work(store, Hands(store, refused=1), Limits(until_empty=True)) == (True, ["a/b", "a/c"])
    assert states(store) == [("a/b", "SUCCESS", 2), ("a/c", "SUCCESS", 1)]


def test_a_job_that_can_never_be_started_ends_after_its_attempts(store: Store) -> None:
    assert work(store, Hands(store, refused=3), Limits(until_empty=True)) == (True, ["a/c"])
    assert states(store) == [("a/b", "ERROR", 3), ("a/c", "SUCCESS", 1)]


def test_nobody_gives_up_while_a_job_runs(store: Store) -> None:
    engine = Hands(store, looks=5, scarce=True)
    assert work(store, engine, Limits(until_empty=True, max_wait=0)) == (True, ["a/b", "a/c"])
    assert states(store) == [("a/b", "SUCCESS", 1), ("a/c", "SUCCESS", 1)]
