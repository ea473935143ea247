"""Unattended work with real processes that are killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import parquet, picture, write
from tests.support.hub import Hub, refuse_with, silent
from tests.support.program import Program


@pytest.fixture
def worker(online: Program) -> Program:
    """The program without limits of load and memory."""
    online.env |= {"MAX_LOAD_PCT": "0", "MAX_MEMORY_PCT": "0", "WORKER_SLEEP_SECONDS": "0"}
    return online


@pytest.fixture
def held(hub: Hub) -> Iterator[threading.Event]:
    """A Hub that holds every request until the event is set."""
    answering = threading.Event()

    def hold(handler: Any, path: str) -> bool:
        del handler, path
        answering.wait(120)
        return False

    hub.fault = hold
    hub.add("a/slow", {"data.parquet": parquet({"x": [1]})})
    yield answering
    answering.set()


def query(program: Program, statement: str) -> list[Any]:
    """Look into the database."""
    connection = sqlite3.connect(program.database)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def child_of(program: Program, parent: int, not_this: int = 0) -> int:
    """The process that is at the started job, once it has taken it from its parent."""
    while True:
        for (owner,) in query(program, "SELECT owner FROM jobs WHERE status = 'STARTED'"):
            pid = int(owner.split("/")[-2])
            if pid not in {parent, not_this}:
                return pid
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_queue_is_worked_off_with_what_follows(worker: Program, tmp_path: Path) -> None:
    good = write(tmp_path / "good", {"train.csv": "a\n1\n", "test.csv": "a\n2\n"})
    half = write(tmp_path / "half", {"train.parquet": b"no", "test.png": picture()})
    for data in (good, half, tmp_path / "gone"):
        assert worker("queue", "add", data).code == 0
    done = worker("queue", "work", "--until-empty", "--workers", "2", "--json")
    assert done.code == 1
    listed = worker("queue", "list", "--json").json
    assert [job["dataset_name"] for job in listed["datasets"]["success"]] == [str(good)]
    assert len(listed["splits"]["success"]) == 2
    assert list(listed["splits"]["success"][0]) == [
        "dataset_name",
        "config_name",
        "split_name",
        "status",
        "created_at",
        "started_at",
        "finished_at",
    ]
    assert worker("cache", "stats", "--json").json["splits"]["valid"] == 2
    assert str(tmp_path / "gone") in done.err
    assert worker("queue", "stats", "--json").json["datasets"]["error"] == 2
    assert worker("rows", good, "default", "test", "--cached", "--json").row_values == [{"a": 2}]
    assert worker("cache", "verify").code == 0


def test_a_worker_that_is_killed_is_replaced_and_at_last_given_up(worker: Program, held: threading.Event) -> None:
    del held
    worker("queue", "add", "a/slow")
    parent = worker.start("queue", "work", "--until-empty", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pid = 0
    for _ in range(3):
        pid = child_of(worker, parent.pid, pid)
        os.kill(pid, signal.SIGKILL)
    out, err = parent.communicate(timeout=120)
    assert (parent.returncode, json.loads(out)["failed"]) == (1, 1)
    assert b"killed by SIGKILL" in err
    assert b"tried 3 times" in err
    assert query(worker, "SELECT status, attempts FROM jobs") == [("ERROR", 3)]
    assert worker("cache", "verify").code == 0


def test_a_job_over_its_time_is_killed_and_told(worker: Program, held: threading.Event) -> None:
    del held
    worker("queue", "add", "a/slow")
    result = worker("queue", "work", "--until-empty", JOB_MAX_SECONDS="1", HUB_TIMEOUT_SECONDS="100")
    assert result.code == 1
    assert "JOB_MAX_SECONDS" in result.err


def test_a_job_over_its_memory_is_killed_and_told(worker: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.csv": "a\n 1\n"})  # the blank is for pandas: without it the job is over at once
    worker("queue", "add", data)
    result = worker("queue", "work", "--until-empty", JOB_MAX_MEMORY="1000")
    assert (result.code, "JOB_MAX_MEMORY" in result.err) == (1, True)


def test_when_the_parent_is_killed_its_child_goes_and_the_job_is_done_by_the_next(
    worker: Program, held: threading.Event, hub: Hub
) -> None:
    worker("queue", "add", "a/slow")
    parent = worker.start("queue", "work", "--until-empty", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child = child_of(worker, parent.pid)
    parent.kill()
    parent.wait()
    while is_running(child):
        time.sleep(0.02)
    hub.fault = None
    held.set()
    assert worker("queue", "work", "--until-empty").code == 0
    assert worker("rows", "a/slow", "--cached", "--json").row_values == [{"x": 1}]
    assert {status for (status,) in query(worker, "SELECT status FROM jobs")} == {"SUCCESS"}


def test_ctrl_c_hands_the_job_back(worker: Program, held: threading.Event) -> None:
    del held
    worker("queue", "add", "a/slow")
    parent = worker.start("queue", "work", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child = child_of(worker, parent.pid)
    parent.send_signal(signal.SIGINT)
    _, err = parent.communicate(timeout=60)
    assert (parent.returncode, err) == (130, b"dspreview: interrupted\n")
    assert not is_running(child)
    assert query(worker, "SELECT status, attempts FROM jobs") == [("WAITING", 0)]


def test_sigterm_lets_the_running_job_finish(worker: Program, held: threading.Event, hub: Hub) -> None:
    worker("queue", "add", "a/slow")
    parent = worker.start("queue", "work", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child_of(worker, parent.pid)
    parent.send_signal(signal.SIGTERM)
    hub.fault = None
    held.set()
    _, err = parent.communicate(timeout=60)
    assert parent.returncode == 0, err
    assert query(worker, "SELECT kind, status FROM jobs ORDER BY id") == [
        ("datasets", "SUCCESS"),
        ("splits", "WAITING"),
    ]


def test_a_cancelled_job_is_stopped_and_stays_cancelled(worker: Program, held: threading.Event) -> None:
    del held
    worker("queue", "add", "a/slow")
    parent = worker.start("queue", "work", "--until-empty", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child = child_of(worker, parent.pid)
    assert worker("queue", "cancel", "--started", "--json").json == {"cancelled": 1}
    parent.communicate(timeout=60)
    assert not is_running(child)
    assert query(worker, "SELECT status FROM jobs") == [("CANCELLED",)]


def test_a_rate_limit_slows_down_and_makes_no_error(worker: Program, hub: Hub) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    limited = refuse_with(429, {"Retry-After": "6"})

    def once(handler: Any, path: str) -> bool:
        hub.fault = None
        return limited(handler, path)

    hub.fault = once
    worker("queue", "add", "a/b")
    result = worker("queue", "work", "--until-empty", "--json")
    assert (result.code, result.json) == (0, {"done": 2, "failed": 0})
    assert query(worker, "SELECT status, attempts FROM jobs") == [("SUCCESS", 1), ("SUCCESS", 1)]


def test_a_worker_waits_for_load_and_memory_and_says_so_once(worker: Program, tmp_path: Path) -> None:
    worker("queue", "add", write(tmp_path / "d", {"a.csv": "a\n1\n"}))
    result = worker("queue", "work", "--until-empty", "--max-wait", "0.5", MAX_MEMORY_PCT="1")
    assert result.code == 1
    assert result.err.count("MAX_MEMORY_PCT=1") == 2
    assert worker("queue", "work", "--max-jobs", "1").code == 0


def test_warm_fills_the_cache_once(worker: Program, tmp_path: Path) -> None:
    names = [str(write(tmp_path / str(n), {"train.csv": f"a\n{n}\n"})) for n in range(5)]
    bad = str(write(tmp_path / "bad", {"a.parquet": b"no"}))
    lines = "\n".join([*names, bad, "a b c d e"])
    first = worker("warm", "--from", "-", "--workers", "2", "--json", stdin=lines)
    assert first.code == 1
    assert (first.json["enqueued"], first.json["done"], first.json["failed"]) == (6, 11, 2)
    assert [failure["dataset"] for failure in first.json["failures"]] == [bad]
    again = worker("warm", "--from", "-", "--json", stdin="\n".join([*names, bad]))
    assert (again.code, again.json) == (0, {"enqueued": 0, "done": 0, "failed": 0, "left": 0, "failures": []})
    write(tmp_path / "3", {"train.csv": "a\n33\n"})
    changed = worker("warm", "--from", "-", "--json", stdin="\n".join(names))
    assert (changed.json["enqueued"], changed.json["done"]) == (1, 2)
    assert worker("rows", names[3], "--cached", "--json").row_values == [{"a": 33}]
    retried = worker("warm", "--from", "-", "--json", "--retry-errors", stdin=bad)
    assert (retried.code, retried.json["failed"]) == (1, 1)
    queued = worker(
        "warm", "--from", "-", "--json", "--enqueue-only", stdin=str(write(tmp_path / "new", {"a.csv": "a\n1\n"}))
    )
    assert (queued.json["enqueued"], queued.json["done"]) == (1, 0)


def start_warm(worker: Program, **options: Any) -> subprocess.Popen[bytes]:
    """Start to warm a/slow, and come back when its job is taken."""
    worker("cache", "stats")
    started = worker.start("warm", "--from", "-", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, **options)
    assert started.stdin is not None
    started.stdin.write(b"a/slow\n")
    started.stdin.close()
    child_of(worker, started.pid)
    return started


def test_warm_that_is_stopped_says_what_is_left(worker: Program, held: threading.Event) -> None:
    stopped = start_warm(worker, stderr=subprocess.PIPE)
    stopped.send_signal(signal.SIGTERM)
    held.set()
    assert stopped.wait(60) == 1
    assert stopped.stderr is not None
    assert b"stopped with 1 jobs left" in stopped.stderr.read()
    assert worker("warm", "--from", "-", "--json", stdin="a/slow").json["done"] == 1


def test_two_warms_do_the_work_once(worker: Program, held: threading.Event) -> None:
    first = start_warm(worker)
    second = worker("warm", "--from", "-", "--json", stdin="a/slow")
    assert (second.code, second.json["enqueued"]) == (0, 0)
    held.set()
    assert first.wait(60) == 0
    assert query(worker, "SELECT kind, status, attempts FROM jobs ORDER BY id") == [
        ("datasets", "SUCCESS", 1),
        ("splits", "SUCCESS", 1),
    ]


def test_a_job_that_takes_its_parent_down_is_given_up_too(worker: Program, held: threading.Event) -> None:
    del held
    child = 0
    for _ in range(3):
        parent = start_warm(worker)
        child = child_of(worker, parent.pid, child)
        parent.kill()
        parent.wait()
        while is_running(child):
            time.sleep(0.02)
    last = worker("warm", "--from", "-", "--json", stdin="a/slow")
    assert (last.code, last.json["failed"]) == (1, 1)
    assert "tried 3 times" in last.json["failures"][0]["error"]


def test_a_changed_revision_counts_under_every_name(worker: Program, hub: Hub) -> None:
    for old, new in (("glue", "nyu-mll/glue"), ("old/name", "new/name")):
        hub.add(new, {"data.csv": "a\n1\n"})
        hub.renamed[old] = new
    names = "glue\nold/name"
    worker("warm", "--from", "-", stdin=names)
    for name in ("nyu-mll/glue", "new/name"):
        hub.push(name, {"data.csv": "a\n2\n"})
    moved = worker("warm", "--from", "-", "--json", stdin=names)
    assert (moved.json["enqueued"], moved.json["failed"]) == (2, 0)
    for name in ("glue", "old/name"):
        assert worker("rows", name, "--cached", "--json").row_values == [{"a": 2}]


def test_a_listing_that_is_limited_is_waited_for(worker: Program, hub: Hub) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    limited = refuse_with(429, {"Retry-After": "1"})

    def once(handler: Any, path: str) -> bool:
        hub.fault = None
        return limited(handler, path)

    hub.fault = once
    result = worker("warm", "--author", "a", "--json")
    assert (result.code, result.json["done"]) == (0, 2)
    assert "waiting 1 s" in result.err


def test_an_idle_worker_stops_at_once(worker: Program, tmp_path: Path) -> None:
    worker.env["WORKER_SLEEP_SECONDS"] = "1000"
    worker("queue", "add", write(tmp_path / "d", {"a.csv": "a\n1\n"}))
    idle = worker.start("queue", "work", stdout=subprocess.DEVNULL)
    while query(worker, "SELECT count(*) FROM jobs WHERE status = 'SUCCESS'") != [(2,)]:
        time.sleep(0.02)
    idle.send_signal(signal.SIGTERM)
    assert idle.wait(60) == 0


def test_a_removed_dataset_waits_no_more(dspreview: Program) -> None:
    assert dspreview("webhook", '{"add": "datasets/a/b", "remove": "datasets/a/b"}').code == 0
    assert dspreview("queue", "stats", "--json").json["datasets"]["waiting"] == 0


def test_a_job_that_was_cleaned_away_leaves_no_files(worker: Program, hub: Hub) -> None:
    hub.add("a/slow", {"data.parquet": parquet({"x": [1]})})
    worker("splits", "a/slow")
    hub.fault = silent(200)
    worker("queue", "add", "a/slow", "default", "train")
    parent = worker.start("queue", "work", "--until-empty", stdout=subprocess.DEVNULL)
    child_of(worker, parent.pid)
    worker("queue", "clean", "--yes")
    parent.wait(60)
    assert worker("cache", "verify").code == 0


def test_warm_of_the_hub_and_its_status(worker: Program, hub: Hub) -> None:
    hub.add("own/one", {"data.csv": "a\n1\n"})
    hub.add("own/two", {"data.csv": "a\n2\n"})
    hub.add("alone", {"README.md": ""})
    assert worker("warm").code == 2
    listed = worker("hub", "list", "--json").json["datasets"]
    assert [list(item) for item in listed] == [
        ["id", "tags", "citation", "description", "paperswithcode_id", "downloads"]
    ] * 3
    status = worker("hub", "status", "--json").json
    assert status["community"] == {"valid": 0, "error": 0, "missing": 2}
    assert status["canonical"] == {"valid": 0, "error": 0, "missing": 1}
    worker("warm", "--all", "--json")
    status = worker("hub", "status", "--json").json
    assert (status["community"]["valid"], status["canonical"]["error"]) == (2, 1)
    asked = len(hub.seen)
    again = worker("warm", "--all", "--json").json
    assert again["enqueued"] == 0
    assert len(hub.seen) == asked + 1
    hub.push("own/one", {"data.csv": "a\n9\n"})
    moved = worker("warm", "--all", "--json").json
    assert (moved["enqueued"], moved["done"]) == (1, 2)


@pytest.mark.parametrize(
    ("payload", "waiting"),
    [
        ('{"update": "datasets/allenai/c4"}', ["allenai/c4"]),
        ('{"add": "datasets/glue", "update": "datasets/glue"}', ["glue"]),
        ('{"event": "update", "scope": "repo.content", "repo": {"type": "dataset", "name": "a/b"}}', ["a/b"]),
        ('{"event": "move", "scope": "repo", "movedTo": "a/c", "repo": {"type": "dataset", "name": "a/b"}}', ["a/c"]),
        ('{"event": "update", "scope": "discussion.comment", "repo": {"type": "dataset", "name": "a/b"}}', []),
        ('{"event": "update", "scope": "repo", "repo": {"type": "model", "name": "a/b"}}', []),
        ("{}", []),
    ],
)
def test_change_notices(payload: str, waiting: list[str], dspreview: Program) -> None:
    assert dspreview("webhook", payload, "--json").json == {"status": "ok"}
    listed = dspreview("queue", "list", "--status", "waiting", "--json").json
    assert [job["dataset_name"] for job in listed["datasets"]["waiting"]] == waiting
    assert dspreview("webhook", "-", "--json", stdin=payload).code == 0


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "no json",
        "[]",
        '"x"',
        '{"add": "glue"}',
        '{"add": 5}',
        '{"added": "datasets/x"}',
        '{"event": "explode", "repo": {}}',
        '{"update": "datasets/"}',
        '{"update": "datasets/./here"}',
        '{"update": "datasets//etc"}',
        '{"update": "datasets/a/../b"}',
        '{"add": "datasets/a b/c"}',
        '{"add": "datasets/a/b@main"}',
        "[" * 100_000,
        '{"event": "update", "scope": "repo", "repo": {"type": "dataset", "name": "../x"}}',
    ],
)
def test_bad_notices_are_wrong_use(payload: str, dspreview: Program) -> None:
    result = dspreview("webhook", "-", "--json", stdin=payload)
    assert (result.code, result.json["status_code"]) == (2, 422)
    assert result.err.count("\n") == 1


def test_a_removal_forgets_the_dataset(dspreview: Program, online: Program, hub: Hub) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    online("rows", "a/b")
    assert dspreview("webhook", '{"remove": "datasets/a/b"}').code == 0
    assert online("rows", "a/b", "--cached").code == 3


def test_refresh_may_wait_in_the_queue(dspreview: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.csv": "a\n1\n"})
    assert dspreview("refresh", data, "--queue", "--json").json == {"status": "ok"}
    assert dspreview("refresh", data, "default", "train", "--queue").code == 0
    assert dspreview("refresh", data, "default", "--queue").code == 2
    counts = dspreview("queue", "stats", "--json").json
    assert (counts["datasets"]["waiting"], counts["splits"]["waiting"]) == (1, 1)
