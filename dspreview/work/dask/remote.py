"""On a machine of the cluster: a task is done by a process of ours that can be killed alone, never in the cluster's own.

A Dask worker runs tasks in threads of one process. What reads hostile data needs limits of time and memory, may die of
it, and puts a fence around the network: it gets a process of its own, kept from task to task.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from dspreview import DISTRIBUTION
from dspreview.extract.hub.description import QUIET
from dspreview.settings import Settings
from dspreview.work.child import forget, listen
from dspreview.work.dask.outcome import Task, compute
from dspreview.work.exit_reasons import LOOK_SECONDS, MOST_JOBS, death, over_memory, over_time
from dspreview.work.resources import tree_memory

IDLE: dict[tuple[Any, ...], list[Child]] = {}
"""The processes with nothing to do, by what the libraries are told only once."""
GUARD = threading.Lock()


class Ended(NamedTuple):
    """What became of a task."""

    outcome: bytes | None = None
    """The outcome, pickled; nobody on the way looks into it."""
    over_limit: str | None = None
    """Which limit its process was killed for: such a job is not tried again."""
    died: str | None = None
    """Why its process ended without an outcome."""


def own_version() -> str:
    """The version of dspreview here, where it can be imported."""
    return version(DISTRIBUTION)


def run(task: Task) -> Ended:
    """Do a task. This is what a Dask worker calls, in one of its threads."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def is_unwanted() -> bool:
        """Whether the task was cancelled, or whoever asked for it is gone, or the worker ends."""
        found = worker.state.tasks.get(key)
        return found is None or found.state == "cancelled" or worker.status.name in {"closing", "closed", "failed"}

    return attend(task, worker.local_directory, is_unwanted)


def attend(task: Task, scratch: str, is_unwanted: Callable[[], bool]) -> Ended:
    """Do a task in a process of this machine, with a folder below `scratch`, unless nobody wants it any more."""
    kind = once(task.settings)
    with tempfile.TemporaryDirectory(prefix="dspreview-", dir=scratch, ignore_cleanup_errors=True) as folder:
        child = idle(kind) or Child(task.settings)
        try:
            ended = child.do(task, folder, is_unwanted)
        except BaseException:
            child.kill()
            raise
        if ended.outcome is None or child.is_worn(task.settings):
            child.kill()
            return ended
    with GUARD:
        IDLE.setdefault(kind, []).append(child)
    return ended


def idle(kind: tuple[Any, ...]) -> Child | None:
    """A process that waits for such a task; those for other tasks, and those that died meanwhile, are let go."""
    with GUARD:
        for other in [other for other in IDLE if other != kind]:
            for child in IDLE.pop(other):
                child.kill()
        while IDLE.get(kind):
            child = IDLE[kind].pop()
            if child.process.poll() is None:
                return child
            child.kill()
    return None


def once(settings: Settings) -> tuple[Any, ...]:
    """What the libraries read once, at their import: a process is kept for tasks that agree in it."""
    return settings.hf_endpoint, settings.hf_hub_offline, settings.hub_timeout_seconds


class Child:
    """A process that does one task after the other; it ends with the process that started it."""

    def __init__(self, settings: Settings) -> None:
        self.pipe, theirs = Pipe()
        number = theirs.fileno()
        own = QUIET | {"HF_ENDPOINT": settings.hf_endpoint, "HF_HUB_OFFLINE": str(int(settings.hf_hub_offline))}
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"from dspreview.work.dask.remote import serve; serve({number})"],
            env=os.environ | own, pass_fds=[number], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()
        self.tasks = 0

    def do(self, task: Task, folder: str, is_unwanted: Callable[[], bool]) -> Ended:
        """Let it do a task, and watch its time and memory."""
        started, settings = time.monotonic(), task.settings
        self.tasks += 1
        try:
            self.pipe.send((task, folder))
            while not self.pipe.poll(LOOK_SECONDS):
                if is_unwanted():
                    return Ended(died="nobody waits for it")
                if time.monotonic() - started > settings.job_max_seconds:
                    return Ended(over_limit=over_time(settings.job_max_seconds))
                if tree_memory(self.process.pid) > settings.job_max_memory:
                    return Ended(over_limit=over_memory(settings.job_max_memory))
            return Ended(outcome=self.pipe.recv_bytes())
        except (EOFError, OSError):
            return Ended(died=death(self.process.wait()))

    def is_worn(self, settings: Settings) -> bool:
        """Whether it has grown so much that a new one is better."""
        return self.tasks >= MOST_JOBS or tree_memory(self.process.pid) > settings.job_max_memory // 4

    def kill(self) -> None:
        """Stop it at once."""
        self.pipe.close()
        self.process.kill()
        self.process.wait()


def serve(number: int) -> None:
    """Do the tasks that come through the pipe of that file number, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker decides
    pipe: Connection[Any, Any] = Connection(number)
    orders: SimpleQueue[tuple[Task, str]] = SimpleQueue()
    threading.Thread(target=listen, args=(pipe, orders), daemon=True).start()
    while True:
        task, folder = orders.get()
        forget()
        outcome = compute(task, Path(folder))
        with suppress(BrokenPipeError):  # the listener ends this process
            pipe.send(outcome)
