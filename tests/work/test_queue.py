"""The queue: order, limits, uniqueness, and what becomes of jobs whose workers die. Real SQLite files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspreview.settings import Settings, resolve
from dspreview.store import Store
from dspreview.store.database import transaction
from dspreview.store.job import KINDS, Job, JobKey
from dspreview.work.resources import pause, paused_until

OPERATIONS = (
    "enqueue",
    "enqueue",
    "claim",
    "claim_key",
    "finish",
    "give_back",
    "postpone",
    "release",
    "cancel",
    "drop",
)
Make = Callable[..., Settings]


def enqueue(store: Store, *keys: JobKey) -> int:
    with transaction(store.connection):
        return store.queue.enqueue(keys)


def finish(store: Store, job: Job | None) -> None:
    assert job is not None
    with transaction(store.connection):
        store.queue.finish(job.id, success=True)


def names(store: Store, per_dataset: int, count: int) -> list[str | None]:
    """Claim so many jobs, and say which."""
    found = [store.queue.claim(KINDS, per_dataset) for _ in range(count)]
    return [job and f"{job.key.dataset}{job.key.split}" for job in found]


def places_are_true(store: Store) -> bool:
    """The columns that claims look at, computed anew from the jobs."""
    read = store.connection.execute
    heads = read("SELECT min(id) FROM jobs WHERE status = 'WAITING' GROUP BY kind, dataset_name ORDER BY 1").fetchall()
    started = read("SELECT id FROM jobs WHERE status = 'STARTED' ORDER BY 1").fetchall()
    forgotten = read("SELECT count(*) FROM jobs WHERE status = 'WAITING' AND latest = 0").fetchone()
    return (
        read("SELECT id FROM jobs WHERE place = 1 ORDER BY 1").fetchall() == heads
        and read("SELECT id FROM jobs WHERE place = 0 ORDER BY 1").fetchall() == started
        and forgotten == (0,)
    )


def test_the_oldest_goes_first_and_busy_datasets_are_passed_over(settings: Make) -> None:
    with Store(settings()) as store:
        enqueue(
            store,
            *[JobKey("a", "", "c", str(n)) for n in range(3)],
            JobKey("b", "", "c", "0"),
            JobKey("b", "", "c", "1"),
        )
        assert names(store, 2, 5) == ["a0", "a1", "b0", "b1", None]
        finish(store, store.queue.find(1))
        assert names(store, 2, 2) == ["a2", None]
        assert places_are_true(store)


def test_a_limit_of_one_and_kinds(settings: Make) -> None:
    with Store(settings()) as store:
        enqueue(store, JobKey("a"), JobKey("a", "", "c", "x"), JobKey("a", "", "c", "y"))
        job = store.queue.claim(("splits",), 1)
        assert job is not None
        assert (job.key, job.status, job.attempts) == (JobKey("a", "", "c", "x"), "STARTED", 1)
        assert store.queue.claim(("splits",), 1) is None
        listing = store.queue.claim(("datasets",), 1)
        assert listing is not None
        assert listing.key == JobKey("a")


def test_waiting_jobs_are_unique_and_an_update_during_a_run_is_kept(settings: Make) -> None:
    with Store(settings()) as store:
        assert enqueue(store, JobKey("a"), JobKey("a")) == 1
        running = store.queue.claim(KINDS, 2)
        assert enqueue(store, JobKey("a")) == 1
        assert enqueue(store, JobKey("a")) == 0
        assert store.queue.claim(KINDS, 2) is None
        finish(store, running)
        assert names(store, 2, 2) == ["a", None]
        assert places_are_true(store)


def test_a_job_whose_worker_dies_is_tried_three_times(settings: Make) -> None:
    with Store(settings()) as store:
        enqueue(store, JobKey("a"))
        for expected in ("WAITING", "WAITING", "ERROR"):
            job = store.queue.claim(KINDS, 2)
            assert job is not None
            assert store.queue.give_back(job.id, "its worker was killed by SIGKILL") == expected
        (ended,) = store.queue.jobs()
        assert store.queue.error_of(ended.id) == "its worker was killed by SIGKILL; tried 3 times"
        assert places_are_true(store)


def test_the_jobs_of_dead_processes_are_taken_back(settings: Make) -> None:
    chosen = settings()
    script = (
        "import os, sys, signal; from dspreview.settings import resolve; from dspreview.store import Store\n"
        "Store(resolve({'DSPREVIEW_DATABASE': sys.argv[1]})).queue.claim(('datasets',), 2)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with Store(chosen) as store:
        enqueue(store, JobKey("a"))
        subprocess.run([sys.executable, "-c", script, chosen.dspreview_database], check=False)
        assert [job.status for job in store.queue.jobs()] == ["STARTED"]
        assert [status for _, status in store.queue.take_back()] == ["WAITING"]
        assert names(store, 2, 1) == ["a"]


def test_a_postponed_job_has_lost_no_attempt(settings: Make) -> None:
    with Store(settings()) as store:
        enqueue(store, JobKey("a"))
        for _ in range(5):
            job = store.queue.claim(KINDS, 2)
            assert job is not None
            assert job.attempts == 1
            store.queue.postpone(job.id)


def test_cancel_clean_and_counts(settings: Make) -> None:
    with Store(settings()) as store:
        enqueue(store, JobKey("a"), JobKey("b"), JobKey("c"), JobKey("c", "", "x", "y"))
        job = store.queue.claim(KINDS, 2)
        finish(store, store.queue.claim(KINDS, 2))
        assert store.queue.cancel("STARTED") == 1
        assert job is not None
        assert store.queue.heartbeat([job.id]) == set()
        counts = store.queue.counts()
        assert counts["datasets"] == {"waiting": 1, "started": 0, "success": 1, "error": 0, "cancelled": 1}
        assert counts["splits"]["waiting"] == 1
        assert store.queue.clean(finished=True) == 2
        assert store.queue.clean(finished=False) == 2
        assert places_are_true(store)


@pytest.mark.parametrize("processes", [4])
def test_processes_share_the_work_and_run_nothing_twice(processes: int, settings: Make) -> None:
    chosen = settings()
    script = (
        "import sys; from dspreview.settings import resolve; from dspreview.store import Store\n"
        "from dspreview.store.database import transaction\n"
        "with Store(resolve({'DSPREVIEW_DATABASE': sys.argv[1]})) as store:\n"
        "    while job := store.queue.claim(('splits',), 3):\n"
        "        print(job.id)\n"
        "        with transaction(store.connection): store.queue.finish(job.id, success=True)\n"
    )
    with Store(chosen) as store:
        enqueue(store, *[JobKey(f"d{n % 7}", "", "c", str(n)) for n in range(400)])
        command = [sys.executable, "-c", script, chosen.dspreview_database]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
        done = [int(line) for process in running for line in process.communicate(timeout=60)[0].split()]
        left = 0
        while job := store.queue.claim(("splits",), 3):  # a process may stop early while others hold the limit
            finish(store, job)
            done.append(job.id)
            left += 1
        assert sorted(done) == sorted(set(done))
        assert len(done) == 400
        assert store.queue.counts()["splits"]["success"] == 400
        assert places_are_true(store)


def test_a_clock_set_back_an_hour_loses_and_doubles_nothing(settings: Make) -> None:
    now = [1_000_000.0]
    with Store(settings(), clock=lambda: now[0]) as store:
        enqueue(store, JobKey("a"), JobKey("b"), JobKey("c"))
        first = store.queue.claim(KINDS, 2)
        pause(store, 5.0)
        assert paused_until(store) == now[0] + 5.0
        gone = f"{os.uname().nodename}/999999999/1"
        second = store.queue.claim(KINDS, 2)
        assert first is not None
        assert second is not None
        store.connection.execute("UPDATE jobs SET owner = ? WHERE id = ?", (gone, second.id))
        now[0] -= 3_600
        assert paused_until(store) is None
        assert store.queue.heartbeat([first.id]) == {first.id}
        assert store.queue.take_back() == [(second.id, "WAITING")]
        finish(store, first)
        assert names(store, 2, 3) == ["b", "c", None]
        assert {job.status for job in store.queue.jobs()} == {"SUCCESS", "STARTED"}
        assert places_are_true(store)


def test_old_jobs_go_after_their_days(settings: Make) -> None:
    now = [1_000_000.0]
    with Store(settings(), clock=lambda: now[0]) as store:
        enqueue(store, JobKey("a"), JobKey("b"), JobKey("c"))
        finish(store, store.queue.claim(KINDS, 2))
        now[0] += 31 * 86_400
        finish(store, store.queue.claim(KINDS, 2))
        assert store.queue.clean(finished=True, older_than=30 * 86_400) == 1
        assert [job.key.dataset for job in store.queue.jobs()] == ["b", "c"]


@given(st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 5), st.integers(0, 2)), max_size=60))
@hypothesis.settings(max_examples=150)
def test_whatever_happens_places_are_true_and_no_key_runs_twice(steps: list[tuple[str, int, int]]) -> None:
    store = Store(resolve({"DSPREVIEW_DATABASE": "/proc/nowhere/x.sqlite"}, {"HOME": "/nowhere"}))  # so: in memory
    for operation, number, split in steps:
        started = [job for job in store.queue.jobs() if job.status == "STARTED"]
        key = JobKey(f"d{number % 3}", "", "c", str(split)) if number > 2 else JobKey(f"d{number}")
        if operation == "enqueue":
            enqueue(store, key)
        elif operation == "claim":
            store.queue.claim(KINDS, 1 + split)
        elif operation == "claim_key":
            store.queue.claim_key(key)
        elif operation in {"cancel", "drop"}:
            if operation == "drop":
                store.queue.drop_waiting(key.dataset)
            elif split == 0:
                store.queue.cancel("STARTED" if number % 2 else "WAITING")
        elif started:
            job = started[number % len(started)]
            if operation == "finish":
                finish(store, job)
            elif operation == "give_back":
                store.queue.give_back(job.id, "died")
            elif operation == "postpone":
                store.queue.postpone(job.id)
            else:
                store.queue.release(job.id)
        assert places_are_true(store)
        jobs = store.queue.jobs(("STARTED", "WAITING"))
        assert len({(job.key, job.status) for job in jobs}) == len(jobs)
        assert store.queue.count_open() == len(jobs)
