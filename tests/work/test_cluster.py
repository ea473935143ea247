"""Work on a Dask cluster: a real scheduler, real workers, and what befalls them."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from dspreview import errors
from dspreview.local import identify
from dspreview.models import DatasetRef, Kind
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.job import KINDS, JobKey
from dspreview.work.dask.landing import land, make_task
from dspreview.work.dask.outcome import Failure, Outcome, Task, compute
from tests.support.cluster import Cluster
from tests.support.data import parquet, picture, write
from tests.support.hub import TOKEN, Hub, refuse_with
from tests.support.program import Program


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    found = Cluster(tmp_path / "dask")
    found.start()
    yield found
    found.close()


@pytest.fixture
def night(online: Program, hub: Hub) -> Program:
    """Eight datasets on the Hub: plain, with pictures, of several splits, broken."""
    for number in range(4):
        hub.add(f"a/plain{number}", {"train.csv": f"x\n{number}\n", "test.csv": "x\n7\n"})
    hub.add("a/pictures", {"train/a.png": picture(), "train/b.png": picture(size=(9, 5))})
    hub.add("a/parquet", {"data.parquet": parquet({"x": [1, 2, 3]})})
    hub.add("a/broken", {"train.parquet": b"no", "test.parquet": parquet({"x": [1]})})
    hub.add("a/nothing", {"README.md": "text"})
    (online.home / "names").write_text("\n".join(hub.repositories))
    return online


def wait_for(condition: Callable[[], Any]) -> Any:
    """What a condition gives as soon as it gives something."""
    while not (found := condition()):
        time.sleep(0.02)
    return found


def query(program: Program, statement: str) -> list[Any]:
    """Look into the database."""
    connection = sqlite3.connect(program.database)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def content(program: Program) -> list[Any]:
    """All that the cache holds, but times."""
    found = query(
        program,
        "SELECT d.name, d.status, d.revision, d.error, c.config, s.split, s.status, s.error, s.num_examples, r.features, r.columns,"
        " r.rows, r.num_rows, r.extra FROM datasets d LEFT JOIN configs c ON c.dataset_id = d.id"
        " LEFT JOIN splits s ON s.config_id = c.id LEFT JOIN rows r ON r.split_id = s.id ORDER BY 1, 5, 6",
    )
    assets = query(program, 'SELECT url, row_idx, "column", size FROM assets ORDER BY 1')
    return [without_traces(row) for row in found] + assets


def without_traces(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row whose errors have no traceback: these tell of the way to them."""
    return tuple(
        {key: value for key, value in json.loads(cell).items() if key != "cause_traceback"}
        if isinstance(cell, str) and cell.startswith('{"status_code"')
        else cell
        for cell in row
    )


@pytest.fixture
def held(hub: Hub) -> Iterator[threading.Event]:
    """A Hub that holds every request for data files until the event is set."""
    answering = threading.Event()

    def hold(handler: Any, path: str) -> bool:
        del handler
        if "/resolve/" in path:
            answering.wait(120)
        return False

    hub.fault = hold
    yield answering
    answering.set()


def files_asked(hub: Hub) -> int:
    """How many requests for data files have come."""
    return sum("/resolve/" in path for path in hub.asked)


def started(program: Program) -> int:
    """How many jobs run."""
    return int(query(program, "SELECT count(*) FROM jobs WHERE status = 'STARTED'")[0][0])


def test_a_night_on_a_cluster_fills_the_cache_as_this_machine_does(
    night: Program, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.add_worker(threads=2)
    far = night("warm", "--from", "names", "--json", "--engine", cluster.engine)
    (tmp_path / "other").mkdir()
    other = Program(tmp_path / "other", night.env)
    (other.home / "names").write_text((night.home / "names").read_text())
    near = other("warm", "--from", "names", "--json")
    assert far.code == near.code == 1
    assert {key: far.json[key] for key in ("enqueued", "done", "failed", "left")} == {
        key: near.json[key] for key in ("enqueued", "done", "failed", "left")
    }
    assert content(night) == content(other)
    assert len(content(night)) > 12
    assert night("cache", "verify").code == 0
    assert len(night("rows", "a/pictures", "--cached", "--json").row_values) == 2
    counted = [one("queue", "stats", "--json").json | {"created_at": ""} for one in (night, other)]
    assert counted[0] == counted[1]
    again = night("warm", "--from", "names", "--json", "--engine", cluster.engine)
    assert (again.json["enqueued"], again.json["done"]) == (0, 0)


def test_local_data_that_every_machine_sees(dspreview: Program, cluster: Cluster, tmp_path: Path) -> None:
    cluster.add_worker()
    data = write(tmp_path / "däta", {"train.csv": "a\n1\n", "test.csv": "a\n2\n"})
    (dspreview.home / "names").write_text(f"{data}\n{tmp_path / 'gone'}\n")
    done = dspreview("warm", "--from", "names", "--json", "--engine", cluster.engine)
    assert (done.code, done.json["done"], done.json["failed"]) == (1, 3, 1), done.err
    assert str(tmp_path / "gone") in done.json["failures"][0]["error"]
    assert dspreview("rows", data, "default", "train", "--cached", "--json").row_values == [{"a": 1}]


def test_local_data_that_a_machine_does_not_see_is_told(settings: Callable[..., Settings], tmp_path: Path) -> None:
    ref = DatasetRef("x", Kind.LOCAL, str(tmp_path / "x"))
    for made in (False, True):
        if made:
            write(tmp_path / "x", {"train.csv": "a\n1\n"})
        outcome = compute(Task(JobKey(ref.name), ref, settings(), here="another fingerprint"), tmp_path)
        assert outcome.failure is not None
        error = outcome.failure.restored()
        assert isinstance(error, errors.UnseenDataError)
        assert "without --engine" in str(error)


def test_a_failure_crosses_machines_whole() -> None:
    limited = errors.RateLimitedError("slower")
    limited.retry_after = 7.0
    back = Failure.of(limited).restored()
    assert (type(back), str(back)) == (errors.RateLimitedError, "slower")
    assert getattr(back, "retry_after", None) == 7.0
    assert errors.describe(back) == errors.describe(limited)


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(
    night: Program, hub: Hub, cluster: Cluster, held: threading.Event
) -> None:
    victim = cluster.add_worker()
    cluster.add_worker()
    running = night.start("warm", "--from", "names", "--json", "--engine", cluster.engine, stdout=subprocess.PIPE)
    wait_for(lambda: files_asked(hub) >= 2)
    orphans = psutil.Process(victim.pid).children()
    assert orphans
    victim.kill()
    victim.wait()
    held.set()
    out, _ = running.communicate(timeout=120)
    assert (running.returncode, json.loads(out)["left"]) == (1, 0)
    assert {failure["dataset"] for failure in json.loads(out)["failures"]} == {"a/broken", "a/nothing"}
    assert query(night, "SELECT DISTINCT status FROM jobs ORDER BY 1") == [("ERROR",), ("SUCCESS",)]
    assert night("cache", "stats", "--json").json["splits"] == {"empty": 0, "error": 1, "stalled": 0, "valid": 11}
    assert night("cache", "verify").code == 0
    wait_for(lambda: not any(child.is_running() and child.status() != "zombie" for child in orphans))


def test_a_scheduler_that_restarts_is_found_again(
    night: Program, hub: Hub, cluster: Cluster, held: threading.Event
) -> None:
    first = cluster.add_worker()
    running = night.start(
        "warm", "--from", "names", "--json", "--engine", cluster.engine, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    wait_for(lambda: files_asked(hub) >= 1)
    cluster.kill_scheduler()
    wait_for(lambda: started(night) == 0)
    held.set()
    cluster.start()
    cluster.add_worker()
    out, err = running.communicate(timeout=120)
    assert (running.returncode, json.loads(out)["left"]) == (1, 0)
    assert b"does not answer" in err
    assert {failure["dataset"] for failure in json.loads(out)["failures"]} == {"a/broken", "a/nothing"}
    assert night("cache", "stats", "--json").json["splits"]["valid"] == 11
    assert query(night, "SELECT max(attempts) FROM jobs") == [(1,)]
    first.wait(60)


def test_a_cluster_that_grows_gets_more_to_do(
    night: Program, hub: Hub, cluster: Cluster, held: threading.Event
) -> None:
    cluster.add_worker()
    running = night.start("warm", "--from", "names", "--engine", cluster.engine, stdout=subprocess.PIPE)
    wait_for(lambda: files_asked(hub) >= 1)
    assert started(night) == 1
    cluster.add_worker(threads=3)
    wait_for(lambda: started(night) == 4)
    held.set()
    running.communicate(timeout=120)
    assert night("cache", "stats", "--json").json["splits"]["valid"] == 11


def test_workers_bounds_the_jobs_at_a_time(night: Program, hub: Hub, cluster: Cluster, held: threading.Event) -> None:
    cluster.add_worker(threads=4)
    words = ["warm", "--from", "names", "--workers", "2", "--engine", cluster.engine]
    running = night.start(*words, stdout=subprocess.PIPE)
    wait_for(lambda: files_asked(hub) >= 2)
    assert started(night) == 2
    held.set()
    running.communicate(timeout=120)


def test_a_cancelled_job_is_stopped_on_its_machine(
    night: Program, hub: Hub, cluster: Cluster, held: threading.Event
) -> None:
    del held
    cluster.add_worker()
    night("queue", "add", "a/parquet")
    running = night.start(
        "queue", "work", "--until-empty", "--json", "--engine", cluster.engine, stdout=subprocess.PIPE
    )
    wait_for(lambda: files_asked(hub) >= 1)
    (child,) = cluster.children()
    assert night("queue", "cancel", "--started", "--json").json == {"cancelled": 1}
    running.communicate(timeout=60)
    wait_for(lambda: not child.is_running() or child.status() == "zombie")
    assert query(night, "SELECT status FROM jobs WHERE kind = 'splits'") == [("CANCELLED",)]


def test_whoever_is_killed_here_is_missed_there(
    night: Program, hub: Hub, cluster: Cluster, held: threading.Event
) -> None:
    cluster.add_worker()
    night("queue", "add", "a/parquet")
    running = night.start("queue", "work", "--until-empty", "--engine", cluster.engine, stdout=subprocess.PIPE)
    wait_for(lambda: files_asked(hub) >= 1)
    (child,) = cluster.children()
    running.kill()
    running.communicate()
    wait_for(lambda: not child.is_running() or child.status() == "zombie")
    held.set()
    assert night("queue", "work", "--until-empty", "--engine", cluster.engine).code == 0
    assert night("rows", "a/parquet", "--cached", "--json").row_values == [{"x": 1}, {"x": 2}, {"x": 3}]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_being_stopped_hands_the_jobs_back_or_lets_them_end(
    sent: signal.Signals, night: Program, hub: Hub, cluster: Cluster, held: threading.Event
) -> None:
    cluster.add_worker()
    night("queue", "add", "a/parquet")
    running = night.start("queue", "work", "--engine", cluster.engine, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: files_asked(hub) >= 1)
    running.send_signal(sent)
    if sent == signal.SIGTERM:
        held.set()
    running.communicate(timeout=60)
    assert running.returncode == (130 if sent == signal.SIGINT else 0)
    expected = ("WAITING", 0) if sent == signal.SIGINT else ("SUCCESS", 1)
    assert query(night, "SELECT status, attempts FROM jobs WHERE kind = 'splits'") == [expected]


def test_a_job_over_its_time_is_killed_there_and_told_here(
    night: Program, cluster: Cluster, held: threading.Event
) -> None:
    del held
    cluster.add_worker()
    night("queue", "add", "a/parquet")
    limits = {"JOB_MAX_SECONDS": "2", "HUB_TIMEOUT_SECONDS": "100"}
    done = night("queue", "work", "--until-empty", "--engine", cluster.engine, **limits)
    assert (done.code, "JOB_MAX_SECONDS" in done.err) == (1, True)
    assert query(night, "SELECT status, attempts FROM jobs WHERE kind = 'splits'") == [("ERROR", 1)]


def test_a_process_that_dies_there_is_tried_three_times(
    night: Program, hub: Hub, cluster: Cluster, held: threading.Event
) -> None:
    del held
    cluster.add_worker()
    night("queue", "add", "a/parquet")
    running = night.start("queue", "work", "--until-empty", "--engine", cluster.engine, stderr=subprocess.PIPE)
    for number in range(1, 4):
        wait_for(lambda: files_asked(hub) >= number)  # noqa: B023 - called before the next round
        for child in cluster.children():
            child.kill()
    _, err = running.communicate(timeout=60)
    assert (running.returncode, b"SIGKILL" in err, b"tried 3 times" in err) == (1, True, True)


def test_a_rate_limit_slows_the_cluster_down_and_makes_no_error(night: Program, hub: Hub, cluster: Cluster) -> None:
    cluster.add_worker(threads=2)
    limited = refuse_with(429, {"Retry-After": "6"})

    def once(handler: Any, path: str) -> bool:
        hub.fault = None
        return limited(handler, path)

    hub.fault = once
    night("queue", "add", "a/parquet")
    done = night("queue", "work", "--until-empty", "--json", "--engine", cluster.engine)
    assert (done.code, done.json) == (0, {"done": 2, "failed": 0})
    assert query(night, "SELECT status, attempts FROM jobs") == [("SUCCESS", 1), ("SUCCESS", 1)]


def test_the_token_reaches_the_cluster_and_no_log(night: Program, hub: Hub, cluster: Cluster) -> None:
    hub.add("a/gated", {"data.parquet": parquet({"x": [1]})}, gated=True, readers={TOKEN})
    hub.add("a/broken", {"data.parquet": b"no"}, gated=True, readers={TOKEN})
    worker = cluster.add_worker()
    (night.home / "names").write_text("a/gated\na/broken\n")
    done = night("warm", "--from", "names", "--json", "--verbose", "--engine", cluster.engine, HF_TOKEN=TOKEN)
    assert (done.code, done.json["done"]) == (1, 3)
    assert {seen.token for seen in hub.seen if seen.origin == "hub"} == {TOKEN}
    assert {seen.token for seen in hub.seen if seen.origin == "cdn"} == {None}
    (child,) = cluster.children()
    assert TOKEN not in " ".join(child.cmdline()) + str(child.environ())
    worker.terminate()
    worker.wait(60)
    cluster.close()
    assert "dspreview-splits-" in cluster.logs  # the logs tell of our tasks
    kept = b"".join(path.read_bytes() for path in night.home.parent.rglob("*") if path.is_file())
    assert TOKEN.encode() not in kept
    assert TOKEN not in done.out + done.err


def test_the_token_is_in_no_log_of_a_task_that_fails_in_the_worker_itself(
    night: Program, hub: Hub, cluster: Cluster
) -> None:
    del hub
    cluster.add_worker(TMPDIR=str(cluster.folder))
    scratch = cluster.folder / "worker-0"
    for place in wait_for(lambda: list(scratch.glob("**/worker-*/"))):
        place.rmdir()  # where the task would make its folder
    night("queue", "add", "a/parquet")
    done = night("queue", "work", "--until-empty", "--engine", cluster.engine, HF_TOKEN=TOKEN)
    assert (done.code, "the cluster could not do it" in done.err, "tried 3 times" in done.err) == (1, True, True)
    assert "Compute Failed" in cluster.logs
    assert TOKEN not in cluster.logs + done.err


def test_a_worker_with_another_dspreview_gets_nothing_to_do(night: Program, cluster: Cluster, tmp_path: Path) -> None:
    old = write(
        tmp_path / "old",
        {"dspreview_cli-0.0.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: dspreview-cli\nVersion: 0.0.1\n"},
    )
    path = os.pathsep.join([str(old), *filter(None, [os.environ.get("PYTHONPATH")])])
    cluster.add_worker(threads=4, PYTHONPATH=path)
    night("queue", "add", "a/parquet")
    words = ["queue", "work", "--until-empty", "--json", "--max-wait", "0", "--engine", cluster.engine]
    refused = night(*words)
    assert refused.code == 1
    assert "0.0.1" in refused.err
    cluster.add_worker()
    assert night(*words).json == {"done": 2, "failed": 0}


def test_a_cluster_without_workers_is_waited_for_and_told(night: Program, cluster: Cluster) -> None:
    night("queue", "add", "a/parquet")
    done = night("queue", "work", "--until-empty", "--max-wait", "0", "--engine", cluster.engine)
    assert (done.code, "has no workers" in done.err) == (1, True)
    assert query(night, "SELECT status, attempts FROM jobs") == [("WAITING", 0)]


def test_no_scheduler_is_one_line(night: Program) -> None:
    done = night("queue", "work", "--until-empty", "--engine", "dask://127.0.0.1:9")
    assert (done.code, len(done.err.splitlines())) == (5, 1)
    assert "dask scheduler" in done.err


@pytest.mark.parametrize(
    "engine",
    [
        "dask",
        "dask://",
        "dask://host",
        "tcp://host:1",
        "spark://host:1",
        "dask://u:p@host:1",
        "dask://[::1:1",
        "dask://host:0",
        "dask://host:99999",
        f"dask://{'a' * 80}:1",
    ],
)
def test_another_engine_is_wrong_use(engine: str, dspreview: Program) -> None:
    for command in ("queue work --until-empty", "warm --from names"):
        (dspreview.home / "names").write_text("")
        done = dspreview(*command.split(), "--engine", engine)
        assert (done.code, len(done.err.splitlines())) == (2, 1)
        assert "dask://HOST:PORT" in done.err


def test_without_the_extra_it_says_what_to_install(dspreview: Program, tmp_path: Path) -> None:
    write(tmp_path / "stub", {"distributed/__init__.py": "raise ModuleNotFoundError('no', name='distributed')"})
    done = dspreview("queue", "work", "--engine", "dask://127.0.0.1:9", PYTHONPATH=str(tmp_path / "stub"))
    assert done.code == 2
    assert "pip install distributed" in done.err


def test_a_full_store_ends_the_work_with_its_own_code(night: Program, cluster: Cluster) -> None:
    cluster.add_worker()
    night("queue", "add", "a/pictures")
    night.assets.write_text("no folder")
    done = night("queue", "work", "--until-empty", "--engine", cluster.engine)
    assert (done.code, str(night.assets) in done.err, len(done.err.splitlines())) == (7, True, 1)
    assert query(night, "SELECT status FROM jobs") == [("WAITING",)]  # nothing is lost, and nothing is to blame


def test_a_store_that_is_locked_for_a_while_loses_no_outcome(
    night: Program, hub: Hub, cluster: Cluster, held: threading.Event
) -> None:
    cluster.add_worker()
    night("queue", "add", "a/parquet")
    running = night.start("queue", "work", "--until-empty", "--engine", cluster.engine, stderr=subprocess.PIPE)
    wait_for(lambda: files_asked(hub) >= 1)
    lock = sqlite3.connect(night.database, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    held.set()
    wait_for(lambda: any("/resolve/" in seen.path for seen in hub.seen if seen.origin == "hub"))
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(3)
    lock.execute("ROLLBACK")
    lock.close()
    running.communicate(timeout=60)
    assert running.returncode == 0
    assert query(night, "SELECT status, attempts FROM jobs") == [("SUCCESS", 1), ("SUCCESS", 1)]


def test_asking_the_hub_first_does_not_fence_the_scheduler_off(night: Program, hub: Hub, cluster: Cluster) -> None:
    del hub
    cluster.add_worker()
    found = night("warm", "--author", "a", "--json", "--engine", cluster.engine)
    assert (found.code, found.json["enqueued"], found.json["left"]) == (1, 8, 0)
    assert night("cache", "stats", "--json").json["splits"]["valid"] == 11


def test_what_accepts_and_says_nothing_is_no_scheduler(night: Program) -> None:
    night("queue", "add", "a/parquet")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = f"dask://127.0.0.1:{silent.getsockname()[1]}"
        done = night("queue", "work", "--until-empty", "--engine", engine)
    assert (done.code, len(done.err.splitlines())) == (5, 1)
    assert query(night, "SELECT status, attempts FROM jobs") == [("WAITING", 0)]


def test_a_worker_that_is_suspended_keeps_nobody_from_work(night: Program, cluster: Cluster) -> None:
    asleep = cluster.add_worker()
    cluster.add_worker()
    asleep.send_signal(signal.SIGSTOP)
    night("queue", "add", "a/parquet")
    done = night("queue", "work", "--until-empty", "--json", "--engine", cluster.engine)
    assert (done.code, done.json) == (0, {"done": 2, "failed": 0})


def test_processes_that_died_while_they_were_idle_are_replaced(night: Program, cluster: Cluster) -> None:
    cluster.add_worker(threads=3)
    night("warm", "--from", "names", "--engine", cluster.engine)
    children = cluster.children()
    assert len(children) == 3
    for child in children:
        child.kill()
    (night.home / "names").write_text("a/parquet@main\n")
    assert night("warm", "--from", "names", "--json", "--engine", cluster.engine).json["done"] == 2
    assert query(night, "SELECT max(attempts) FROM jobs") == [(1,)]


def test_a_scheduler_without_dspreview_is_told_and_no_job_is_tried(night: Program, tmp_path: Path) -> None:
    bare = Cluster(tmp_path / "bare")
    stub = write(tmp_path / "stub", {"dspreview/__init__.py": "raise ModuleNotFoundError('no dspreview here')"})
    bare.start(PYTHONPATH=str(stub))
    try:
        bare.add_worker()
        night("queue", "add", "a/parquet")
        done = night("queue", "work", "--until-empty", "--max-wait", "0", "--engine", bare.engine)
    finally:
        bare.close()
    assert (done.code, "the scheduler of" in done.err) == (1, True)
    assert query(night, "SELECT status, attempts FROM jobs") == [("WAITING", 0)]


@pytest.mark.parametrize(("edited", "expected"), [(True, ("WAITING", 0)), (False, ("ERROR", 1))])
def test_data_that_is_edited_on_the_way_is_read_again(
    edited: bool, expected: tuple[str, int], settings: Callable[..., Settings], tmp_path: Path
) -> None:
    data = write(tmp_path / "d", {"train.csv": "a\n1\n"})
    with Store(settings(), must_write=True) as store:
        store.enqueue(identify(str(data)))
        job = store.queue.claim(KINDS, 1)
        assert job is not None
        here = make_task(store, store.settings, job).here
        unseen = errors.UnseenDataError("not here")
        land(store, store.settings, job, Outcome(failure=Failure.of(unseen), here="before" if edited else here))
        assert store.connection.execute("SELECT status, attempts FROM jobs").fetchall() == [expected]
