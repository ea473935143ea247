"""What a job does to the store: computed here, or landed from elsewhere, and ended as that went."""

from __future__ import annotations

from collections.abc import Callable

from dspreview import errors
from dspreview.local import identify
from dspreview.models import DatasetRef, Status
from dspreview.preview import Preview
from dspreview.preview.freshness import is_split_current
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.database import transaction
from dspreview.store.job import Job, JobKey
from dspreview.work.resources import pause


def do(store: Store, settings: Settings, job: Job) -> None:
    """List a dataset and enqueue what follows, or extract a split. Raises StoreError where that cannot be stored."""
    preview = Preview(
        store, settings, warn=lambda _: None, adopted={job.key: job.id}, after_listing=None if job.key.split else follow
    )
    ref = ref_of(job.key)

    def compute() -> None:
        if job.key.split:
            preview.page(ref, job.key.config, job.key.split)
        else:
            preview.list_again(ref, store.cache.find_dataset(ref), force=True)

    settle(preview, job, compute)


def settle(preview: Preview, job: Job, act: Callable[[], None]) -> None:
    """Do what a job is for, and end it as that went. Raises StoreError."""
    store = preview.store
    success, told = True, None
    try:
        act()
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
