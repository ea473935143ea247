"""A process that does one job after the other, and can be killed alone."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from dspreview import errors
from dspreview.extract.local import identify
from dspreview.models import DatasetRef, Status
from dspreview.preview import Preview
from dspreview.preview.freshness import is_split_current
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.database import transaction, translated
from dspreview.store.job import Job, JobKey
from dspreview.work.resources import pause

UNSTORED = errors.StoreError.exit_code
"""What is told of a job that could not be stored."""


def run(values: dict[str, Any], sources: dict[str, str], pipe: Connection) -> None:
    """Do the jobs whose numbers come through the pipe, each claimed by the parent; 0 or UNSTORED goes back."""
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
            store = store or Store(settings, must_write=True)
            attempt(store, job)
        except errors.StoreError:
            store = None
            pipe.send(UNSTORED)
        else:
            pipe.send(0)


def listen(pipe: Connection, jobs: SimpleQueue[int]) -> None:
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
    from huggingface_hub import HfFileSystem

    HfFileSystem.clear_instance_cache()


def do(store: Store, settings: Settings, job: Job) -> None:
    """List a dataset and enqueue what follows, or extract a split. Raises StoreError where that cannot be stored."""
    preview = Preview(store, settings, warn=lambda _: None)
    preview.keeper.adopted[job.key] = job.id
    ref = ref_of(job.key)
    success, told = True, None
    try:
        if job.key.split:
            preview.page(ref, job.key.config, job.key.split)
        else:
            preview.after_listing = lambda ref: follow(preview, ref)
            preview.list_again(ref, store.cache.find_dataset(ref), force=True)
    except errors.RateLimitedError as error:
        postpone(store, job, error)
        return
    except errors.PreviewError as error:
        success, told = False, str(error)
    preview.keeper.must_store()
    with transaction(store.connection):
        store.queue.finish(job.id, success=success, error=told)


def ref_of(key: JobKey) -> DatasetRef:
    """The dataset of a job."""
    return identify(key.dataset, key.asked_revision or None)


def follow(preview: Preview, ref: DatasetRef) -> None:
    """Enqueue a job for each split that needs one."""
    cache = preview.store.cache
    entry = cache.find_dataset(ref)
    if entry is None:
        return
    for config in cache.read_listing(entry).configs:
        for split in config.splits:
            found = cache.find_split(entry, config.config, split.split)
            if found is None or found.status is Status.EMPTY or not is_split_current(entry, found, preview.settings):
                key = JobKey(entry.dataset.name, entry.dataset.asked_revision, config.config, split.split)
                preview.store.queue.enqueue([key])


def postpone(store: Store, job: Job, error: errors.RateLimitedError) -> None:
    """Let a job wait, and all workers with it, as long as the Hub asks."""
    with transaction(store.connection):
        pause(store, error.retry_after or 5.0)
    store.queue.postpone(job.id)
