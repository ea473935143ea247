"""What a cluster computed, stored on this machine the way its own processes would have."""

from __future__ import annotations

from functools import partial

from dspreview import errors, local
from dspreview.extract.extractor import Extractor
from dspreview.extract.reader import Window
from dspreview.models import DatasetRef, Kind, Listing, Page, Resolved, SplitId, Status
from dspreview.page.staging import Staging
from dspreview.preview import Preview
from dspreview.preview.freshness import is_split_current
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.job import Job, JobKey
from dspreview.work.dask.outcome import Outcome, Task
from dspreview.work.doing import follow, ref_of, settle


class SupersededError(Exception):
    """The cache knows another revision by now: the job is done anew."""


def make_task(store: Store, settings: Settings, job: Job) -> Task:
    """What a machine of the cluster has to know for a job. Raises PreviewError: nothing can be computed."""
    ref = ref_of(job.key)
    here = local.resolve(ref).revision if ref.kind is Kind.LOCAL else ""
    entry = store.cache.find_dataset(ref)
    sent = settings.replace(webhook_secret="")
    if entry is None or entry.status is Status.ERROR or not job.key.split:
        return Task(job.key, ref, sent, here=here)
    found = store.cache.find_split(entry, job.key.config, job.key.split)
    is_stored = found is not None and found.status is not Status.EMPTY and is_split_current(entry, found, settings)
    return Task(job.key, ref, sent, entry.dataset, is_stored, here)


def land(store: Store, settings: Settings, job: Job, outcome: Outcome) -> None:
    """Store an outcome and end its job. Raises StoreError."""
    found = store.queue.find(job.id)
    if found is None or found.status != "STARTED":
        return  # cancelled meanwhile
    ref = ref_of(job.key)
    preview = Preview(
        store, settings, warn=lambda _: None, extractor=Landed(settings, outcome), adopted=adopted(job, outcome),
        after_listing=None if job.key.split else follow,
    )  # fmt: skip
    put = (
        partial(put_split, preview, ref, job, outcome) if job.key.split else partial(put_listing, preview, ref, outcome)
    )
    try:
        settle(preview, job, put)
    except SupersededError:
        store.queue.postpone(job.id)


def adopted(job: Job, outcome: Outcome) -> dict[JobKey, int | None]:
    """The job that was claimed, under each name of its dataset, and the listing beside it: a preview waits for no other."""
    key, found = job.key, dict[JobKey, int | None]()
    for name in {key.dataset, *([outcome.dataset.name] if outcome.dataset else [])}:
        found[key._replace(dataset=name)] = job.id
        if key.split:
            found[JobKey(name, key.asked_revision)] = None
    return found


def put_listing(preview: Preview, ref: DatasetRef, outcome: Outcome) -> None:
    """Store a listing, or why there is none. Raises PreviewError, SupersededError."""
    unseen = outcome.failure is not None and isinstance(outcome.failure.restored(), errors.UnseenDataError)
    if unseen and local.resolve(ref).revision != outcome.here:
        raise SupersededError  # it was not unseen, but edited meanwhile
    preview.list_again(ref, preview.store.cache.find_dataset(ref), force=True)


def put_split(preview: Preview, ref: DatasetRef, job: Job, outcome: Outcome) -> None:
    """Store a page, and before it the listing where it is new. Raises PreviewError, SupersededError."""
    store = preview.store
    if outcome.listing is None and outcome.dataset is not None and store.cache.find_dataset(ref) is None:
        return  # removed meanwhile
    if outcome.listing is not None or outcome.dataset is None:
        put_listing(preview, ref, outcome)
    entry = store.cache.find_dataset(ref)
    if entry is None or outcome.dataset is None or entry.dataset.revision != outcome.dataset.revision:
        raise SupersededError
    if ref.is_remote and outcome.listing is None:
        touch = partial(store.cache.touch, entry, private=outcome.dataset.private, gated=outcome.dataset.gated)
        preview.keeper.write(touch)
    preview.compute_page(ref, entry, preview.split(ref, entry, job.key.config, job.key.split))


class Landed(Extractor):
    """Gives what was computed elsewhere."""

    def __init__(self, settings: Settings, outcome: Outcome) -> None:
        super().__init__(settings)
        self.outcome = outcome

    def list(self, ref: DatasetRef) -> Listing:
        """The listing. Raises PreviewError: what it failed with."""
        del ref
        if self.outcome.listing is None:
            raise self.failure()
        return self.outcome.listing

    def page(
        self, ref: DatasetRef, dataset: Resolved, split: SplitId, staging: Staging, window: Window = Window(),  # noqa: B008 - a value
    ) -> Page:  # fmt: skip
        """The page, its assets into their folder. Raises PreviewError: what it failed with."""
        del ref, dataset, split, window
        if self.outcome.page is None:
            raise self.failure()
        try:
            for name, data in self.outcome.files.items():
                (staging.assets / name).write_bytes(data)
        except OSError as error:
            raise errors.StoreFullError(f"{staging.assets}: {error.strerror}") from error
        return self.outcome.page

    def failure(self) -> errors.PreviewError:
        """Why there is no answer. Raises SupersededError."""
        found = self.outcome.failure
        if found is None:  # its page was in the cache when it was sent out, and is gone now
            raise SupersededError
        return found.restored()
