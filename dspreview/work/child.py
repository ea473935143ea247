"""One job in a process of its own."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing.connection import Connection
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
"""Exit code of a job that could not be stored."""


def run(job_id: int, values: dict[str, Any], sources: dict[str, str], parent: Connection) -> None:
    """Do a job that the parent has claimed, and end with 0 where its end is stored."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=die_with, args=(parent,), daemon=True).start()
    settings = Settings(values, sources)
    code = 0
    try:
        with Store(settings, must_write=True) as store, translated(settings.dspreview_database):
            if store.queue.adopt(job_id):
                job = store.queue.find(job_id)
                assert job is not None
                do(store, settings, job)
    except errors.StoreError:
        code = UNSTORED
    os._exit(code)


def die_with(parent: Connection) -> None:
    """End this process as soon as its parent is gone."""
    try:
        parent.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


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
