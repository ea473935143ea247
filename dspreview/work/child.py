"""A process that does one job after the other, and can be killed alone."""

from __future__ import annotations

import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from dspreview import errors
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.database import check_identity, translated
from dspreview.work.doing import do
from dspreview.work.exit_reasons import UNSTORED


def run(values: dict[str, Any], sources: dict[str, str], database: tuple[int, int], pipe: Connection) -> None:
    """Do the jobs whose numbers come through the pipe, each claimed by the parent; 0 or UNSTORED goes back.

    `database` is the identity of the parent's file: no other one is opened, or made in its place.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    settings = Settings(values, sources)
    jobs: SimpleQueue[int] = SimpleQueue()
    threading.Thread(target=listen, args=(pipe, jobs), daemon=True).start()
    store: Store | None = None
    while True:
        job = jobs.get()
        forget()
        try:
            check_identity(settings.dspreview_database, database)
            store = store or Store(settings, must_write=True)
            attempt(store, job)
        except errors.StoreError:
            store = None
            pipe.send(UNSTORED)
        else:
            pipe.send(0)


def listen(pipe: Connection, jobs: SimpleQueue[Any]) -> None:
    """Hand on what the parent says, and end this process as soon as the parent is gone, in the middle of a job too."""
    try:
        while True:
            jobs.put(pipe.recv())
    except (EOFError, OSError):
        os._exit(1)


def attempt(store: Store, job_id: int) -> None:
    """Do a job. Raises StoreError where its end cannot be written."""
    with translated(store.settings.dspreview_database):
        if store.queue.adopt(job_id):
            job = store.queue.find(job_id)
            assert job is not None
            do(store, store.settings, job)


def forget() -> None:
    """Drop what the clients of the Hub remember of earlier jobs: access may have changed."""
    if "huggingface_hub" in sys.modules:
        from huggingface_hub import HfFileSystem

        for files in (HfFileSystem, *HfFileSystem.__subclasses__()):
            files.clear_instance_cache()
