"""Processes killed at a certain step of a job, and stores that fail under a running worker.

A trigger with a query that takes hours holds the database's own code at the step; whoever reaches it is killed there.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.data import parquet, picture, write
from tests.support.hub import Hub
from tests.support.program import Program

FOR_HOURS = "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)"
STEPS = {
    "claimed": "BEFORE UPDATE OF owner ON jobs WHEN old.owner IS NOT NULL AND new.owner IS NOT NULL",
    "assets published": "BEFORE INSERT ON rows",
    "finishing": "BEFORE UPDATE OF status ON jobs WHEN new.status = 'SUCCESS' AND new.kind = 'splits'",
    "listing stored": "BEFORE UPDATE OF status ON jobs WHEN new.status = 'SUCCESS' AND new.kind = 'datasets'",
}


@contextmanager
def database(program: Program) -> Iterator[sqlite3.Connection]:
    """The file, as another program opens it."""
    connection = sqlite3.connect(program.database, isolation_level=None, timeout=60)
    try:
        yield connection
    finally:
        connection.close()


def hold_at(program: Program, step: str) -> None:
    """Let whoever reaches a step stay there; and count the jobs that end."""
    with database(program) as connection:
        connection.execute("CREATE TABLE ended (job, status)")
        connection.execute(
            "CREATE TRIGGER log AFTER UPDATE OF status ON jobs WHEN new.status IN ('SUCCESS', 'ERROR')"
            " BEGIN INSERT INTO ended VALUES (new.id, new.status); END"
        )
        if step:
            connection.execute(f"CREATE TRIGGER hold {STEPS[step]} BEGIN {FOR_HOURS}; END")


def release(program: Program) -> None:
    """Let everybody pass the step."""
    with database(program) as connection:
        connection.execute("DROP TRIGGER hold")


def busy_child(parent: int) -> psutil.Process:
    """The process below a parent that holds the database's write lock, for the query of the trigger runs in it."""
    while True:
        for forkserver in psutil.Process(parent).children():
            for process in forkserver.children():
                if is_at_work(process):
                    return process
        time.sleep(0.02)


def is_at_work(process: psutil.Process) -> bool:
    """Whether a process computes for longer than its job alone would."""
    try:
        return bool(process.cpu_times().user > 1.5)
    except psutil.Error:
        return False


def wait_for_end(process: psutil.Process) -> None:
    """Until a process is gone, or a zombie of whoever inherited it."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.02)


def all_is_well(program: Program) -> None:
    """Every job ended once and well, and the cache is intact."""
    with database(program) as connection:
        jobs = connection.execute("SELECT id, status FROM jobs ORDER BY id").fetchall()
        ended = connection.execute("SELECT job, status FROM ended ORDER BY job").fetchall()
        places = connection.execute("SELECT count(*) FROM jobs WHERE place IS NOT NULL").fetchone()
    assert jobs
    assert ended == jobs
    assert {status for _, status in jobs} == {"SUCCESS"}
    assert places == (0,)
    assert program("cache", "verify").out == "the cache is intact\n"


@pytest.fixture
def worker(dspreview: Program) -> Program:
    """The program without limits of load and memory."""
    dspreview.env |= {"MAX_LOAD_PCT": "0", "MAX_MEMORY_PCT": "0", "WORKER_SLEEP_SECONDS": "0"}
    return dspreview


@pytest.mark.parametrize("whom", ["child", "parent"])
@pytest.mark.parametrize("step", STEPS)
def test_kill_9_at_each_step_of_a_job(step: str, whom: str, worker: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.png": picture(), "b.png": picture()})
    worker("queue", "add", data)
    hold_at(worker, step)
    parent = worker.start("queue", "work", "--until-empty", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child = busy_child(parent.pid)
    (child if whom == "child" else psutil.Process(parent.pid)).kill()
    if whom == "parent":
        parent.wait()
        wait_for_end(child)  # it goes by itself
    while True:  # a write that was cut off is rolled back by the next who opens the file
        try:
            release(worker)
            break
        except sqlite3.OperationalError:
            os.kill(child.pid, signal.SIGKILL)
    _, err = parent.communicate(timeout=100)
    if whom == "parent":
        assert worker("queue", "work", "--until-empty").code == 0
    else:
        assert parent.returncode == 0, err
    all_is_well(worker)
    assert len(worker("rows", data, "--cached", "--json").row_values) == 2


def test_kill_9_while_assets_are_staged(worker: Program, hub: Hub) -> None:
    hub.add("a/b", {"a.png": picture(), "b.png": picture(size=(9, 9))})
    worker.env["HF_ENDPOINT"] = hub.url
    held = threading.Event()

    def hold(handler: Any, path: str) -> bool:
        del handler
        if "b.png" in path and "/resolve/" in path:
            held.wait(100)
        return False

    hub.fault = hold
    worker("queue", "add", "a/b")
    hold_at(worker, "")
    parent = worker.start("queue", "work", "--until-empty", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    staged: list[Path] = []
    while not staged:
        staged = list(worker.assets.glob(".staging/*/assets/*"))
        time.sleep(0.02)
    os.kill(int(staged[0].parent.parent.name.split("-")[0]), signal.SIGKILL)
    hub.fault = None
    held.set()
    _, err = parent.communicate(timeout=100)
    assert parent.returncode == 0, err
    all_is_well(worker)
    assert len(worker("rows", "a/b", "--cached", "--json").row_values) == 2


def test_kill_9_of_the_forkserver(worker: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.png": picture(), "b.png": picture()})
    worker("queue", "add", data)
    hold_at(worker, "listing stored")
    parent = worker.start("queue", "work", "--until-empty", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child = busy_child(parent.pid)
    forkserver = child.parent()
    assert forkserver is not None
    forkserver.kill()
    wait_for_end(child)
    release(worker)
    _, err = parent.communicate(timeout=100)
    assert parent.returncode == 0, err
    all_is_well(worker)


def test_a_database_that_is_locked_for_long_delays_the_work_and_loses_nothing(
    worker: Program, tmp_path: Path, hub: Hub
) -> None:
    worker.env |= {"STORE_TIMEOUT_SECONDS": "1", "HF_ENDPOINT": hub.url}
    hub.add("a/b", {"data.parquet": parquet({"a": [1]})})
    worker("queue", "add", "a/b")
    hold_at(worker, "")
    with database(worker) as other:

        def lock(handler: Any, path: str) -> bool:
            del handler, path
            hub.fault = None
            other_thread = sqlite3.connect(worker.database, isolation_level=None, check_same_thread=False)
            other_thread.execute("BEGIN IMMEDIATE")
            locks.append(other_thread)
            return False

        locks: list[sqlite3.Connection] = []
        hub.fault = lock
        parent = worker.start("queue", "work", "--until-empty", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert parent.stderr is not None
        told = parent.stderr.readline()
        assert b"locked" in told
        locks[0].execute("ROLLBACK")
        _, err = parent.communicate(timeout=100)
        assert (parent.returncode, err.count(b"locked")) == (0, 0), err
        assert other.execute("SELECT count(*) FROM jobs WHERE status = 'SUCCESS'").fetchone() == (2,)
    all_is_well(worker)


def test_a_disk_that_fills_up_while_a_job_is_stored(worker: Program, tmp_path: Path) -> None:
    data = write(
        tmp_path / "d", {"a.jsonl": "".join(json.dumps({"t": str(n % 10) * 9_000}) + "\n" for n in range(100))}
    )
    worker("queue", "add", data)
    hold_at(worker, "")
    # Python would leave cut off bytecode of the program behind, which no later process can read
    worker.env["PYTHONDONTWRITEBYTECODE"] = "1"

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    parent = worker.start(
        "queue", "work", "--until-empty", stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=little_room
    )
    _, err = parent.communicate(timeout=100)
    assert parent.returncode == 1, err
    assert b"Traceback" not in err
    assert b"full" in err
    assert worker("cache", "verify").code == 0
    assert worker("rows", data, "--cached").code == 3
    with database(worker) as connection:
        connection.execute("DELETE FROM ended")
        connection.execute("DELETE FROM jobs WHERE status = 'ERROR'")
        connection.execute("DELETE FROM jobs WHERE kind = 'datasets'")
    worker("queue", "add", data, "default", "train")
    assert worker("queue", "work", "--until-empty").code == 0
    all_is_well(worker)
    assert len(worker("rows", data, "--cached", "--json").row_values) == 100


def test_eight_workers_of_two_parents_run_each_job_once(worker: Program, tmp_path: Path) -> None:
    names = [str(write(tmp_path / str(n), {"train.csv": f"a\n{n}\n", "x.png": picture()})) for n in range(20)]
    listed = "\n".join(names)
    assert worker("warm", "--from", "-", "--enqueue-only", stdin=listed).code == 0
    hold_at(worker, "")
    both = [worker.start("queue", "work", "--until-empty", "--workers", "4", stderr=subprocess.PIPE) for _ in range(2)]
    for parent in both:
        _, err = parent.communicate(timeout=100)
        assert parent.returncode == 0, err
    with database(worker) as connection:
        assert connection.execute("SELECT max(attempts), count(*) FROM jobs").fetchone() == (1, 40)
    all_is_well(worker)
    status = worker("cache", "stats", "--json").json
    assert status["splits"]["valid"] == 20
