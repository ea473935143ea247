"""Read-through: a fresh entry if there is one, an extraction if there is none.

Two terminals and a worker never extract one split twice: whoever comes second waits for the first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from dspreview import errors
from dspreview.choice import choose, choose_config
from dspreview.extract import local
from dspreview.jobs.runner import Extractor
from dspreview.models import EXTRACTOR_VERSION, DatasetRef, Kind, Listing, Page, Resolved, Status
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.assets import Staging
from dspreview.store.cache import DatasetEntry, EntryGoneError, SplitEntry, StoredPage, dump, iso
from dspreview.store.database import transaction, translated
from dspreview.store.queue import JobKey

REVISION_SECONDS = 2.0
"""How long a cached answer waits for the Hub to say that nothing changed."""
POLL_SECONDS = 0.05
UNANSWERED = "hub_unanswered_at"


class PageAnswer(NamedTuple):
    """A page, and whose it is."""

    asked: str
    config: str
    split: str
    page: StoredPage
    from_cache: bool


class Preview:
    """The one way to an answer, for every command."""

    def __init__(
        self, store: Store, settings: Settings, *, cached: bool = False, warn: Callable[[str], None] = print
    ) -> None:
        """`cached` answers from the cache only: no network, no work. `warn` tells what the user should know."""
        self.store = store
        self.settings = settings
        self.cached = cached
        self.warn = warn
        self.extractor = Extractor(settings)
        self.told = False
        """Whether it was said that nothing can be stored."""

    def splits(self, ref: DatasetRef) -> Listing:
        """The configs and splits of a dataset. Raises PreviewError."""
        entry = self.dataset(ref)  # this may replace the store: nothing of it is looked up before
        if self.cached and self.has_moved(ref, entry):
            self.warn(f"{ref.asked}: the data has changed since it was listed")
        return self.store.cache.read_listing(entry)

    def page(self, ref: DatasetRef, config: str | None = None, split: str | None = None) -> PageAnswer:
        """The first rows of a split. Raises PreviewError."""
        entry = self.dataset(ref)
        found = self.store.cache.find_split(entry, config, split) if config and split else None
        if found is None:
            names = choose(self.store.cache.read_listing(entry), config, split, ref.asked)
            found = self.store.cache.find_split(entry, *names)
            if found is None:
                raise errors.SplitNotFoundError(f"{ref.asked}: {names[0]}/{names[1]} is gone; try again")
        stored = self.stored_page(ref, entry, found)
        if stored is not None:
            return PageAnswer(ref.asked, found.config, found.split, stored, from_cache=True)
        return PageAnswer(ref.asked, found.config, found.split, self.compute_page(ref, entry, found), from_cache=False)

    def window(
        self, ref: DatasetRef, config: str | None, split: str | None, offset: int, length: int | None, *, whole: bool
    ) -> PageAnswer:
        """Rows that no stored page holds, or `whole` cells of them; nothing of it is stored. Raises PreviewError."""
        if self.cached:
            raise errors.NotCachedError(f"{ref.asked}: these rows are not in the cache; leave --cached out")
        entry = self.dataset(ref)
        names = choose(self.store.cache.read_listing(entry), config, split, ref.asked)
        wanted = self.settings.rows_max_number if length is None else length
        page = self.extract(ref, entry.dataset, names, keep_nothing, offset=offset, length=wanted, whole=whole)
        return PageAnswer(ref.asked, *names, as_stored(page, entry.dataset.revision, self.store), from_cache=False)

    def dataset(self, ref: DatasetRef) -> DatasetEntry:
        """The entry of a dataset, computed where it is absent or stale. Raises PreviewError, also a stored one."""
        entry = self.store.cache.find_dataset(ref)
        if entry is not None:
            self.refuse_private(ref, entry.dataset)
        if self.cached and entry is None:
            raise errors.NotCachedError(
                f"{ref.asked} is not in the cache; leave --cached out, or run: dspreview refresh {ref.asked}"
            )
        if entry is None or not self.is_current(ref, entry):
            entry = self.list_again(ref, entry)
        if entry.status is Status.ERROR:
            raise errors.restore(entry.error)
        return entry

    def refuse_private(self, ref: DatasetRef, dataset: Resolved) -> None:
        """A private dataset stays private in the cache."""
        if dataset.private and not self.settings.datasets_enable_private:
            raise errors.PrivateError(
                f"{ref.asked} is private; set DATASETS_ENABLE_PRIVATE=true to read private datasets"
            )

    def is_current(self, ref: DatasetRef, entry: DatasetEntry) -> bool:
        """Whether an entry may be served as it is."""
        if self.cached:
            return True
        if entry.extractor != EXTRACTOR_VERSION:
            return False
        if ref.kind is Kind.LOCAL:
            return local.resolve(ref).revision == entry.dataset.revision
        now = self.store.cache.clock()
        if 0 <= now - entry.checked_at < self.settings.max_age_long_seconds or self.settings.hf_hub_offline:
            return True
        return self.ask_revision(ref, entry, now)

    def ask_revision(self, ref: DatasetRef, entry: DatasetEntry, now: float) -> bool:
        """Ask the Hub once whether an entry is of today; no answer is remembered for all processes."""
        unanswered = float(self.store.cache.read_fact(UNANSWERED) or 0)
        if 0 <= now - unanswered < self.settings.max_age_long_seconds:
            self.warn(f"{ref.asked}: the Hub did not answer lately; this is from {entry_time(entry)}")
            return True
        try:
            current = self.extractor.current_revision(ref, REVISION_SECONDS)
        except errors.HubError:
            self.write(lambda: self.store.cache.write_fact(UNANSWERED, str(now)))
            self.warn(f"{ref.asked}: the Hub does not answer; this is from {entry_time(entry)}")
            return True
        if current.revision != entry.dataset.revision:
            return False
        self.write(lambda: self.store.cache.touch(entry))
        return True

    def list_again(self, ref: DatasetRef, entry: DatasetEntry | None, *, force: bool = False) -> DatasetEntry:
        """Compute the listing of a dataset, or take that of a process that was faster."""
        with self.claimed(JobKey(ref.name, ref.revision or "")) as job:
            found = self.store.cache.find_dataset(ref)
            if found is not None and not force and (entry is None or found.checked_at > entry.checked_at):
                return found
            try:
                listing = self.extractor.list(ref)
            except errors.PreviewError as error:
                if entry is not None and isinstance(error, errors.HubError) and not force:
                    self.warn(f"{error}; this is from {entry_time(entry)}")
                    return entry
                self.put_failed_listing(ref, job, error)
                raise
            if not self.finish(job, lambda: self.store.cache.put_listing(ref, listing), success=True):
                self.store.use_memory(self.store.lost or errors.StoreError("the store is gone"))
                self.store.cache.put_listing(ref, listing)
        found = self.store.cache.find_dataset(ref)
        if found is None:
            raise errors.StoreError(f"{self.settings.dspreview_database}: {ref.asked} was removed meanwhile; try again")
        return found

    def put_failed_listing(self, ref: DatasetRef, job: int | None, error: errors.PreviewError) -> None:
        """Store that a dataset cannot be listed, where that is a fact about the data."""
        dataset = self.failed_dataset(ref) if error.cacheable else None
        if dataset is None:
            return
        described = errors.describe(error)
        put = partial(self.store.cache.put_dataset_error, ref, dataset, described)
        self.finish(job, put, success=False, error=str(error))

    def failed_dataset(self, ref: DatasetRef) -> Resolved | None:
        """Which revision of a dataset it is that cannot be listed; None where nobody can say."""
        try:
            return (
                local.resolve(ref) if ref.kind is Kind.LOCAL else self.extractor.current_revision(ref, REVISION_SECONDS)
            )
        except errors.PreviewError:
            return None

    def stored_page(self, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry) -> StoredPage | None:
        """The stored page of a split where it may be served; a stored failure is raised like a fresh one."""
        current = (
            split.revision == entry.dataset.revision
            and split.extractor == EXTRACTOR_VERSION
            and split.limits == self.settings.limits
        )
        if not (current or self.cached) or split.status is Status.EMPTY:
            if self.cached:
                raise errors.NotCachedError(
                    f"{ref.asked} {split.config}/{split.split}: its rows are not in the cache; leave --cached out"
                )
            return None
        if split.status is Status.ERROR:
            raise errors.restore(split.error)
        page = self.store.cache.read_page(split)
        if page is not None and self.cached and self.has_moved(ref, entry):
            page = page._replace(stalled=True)
        return page

    def has_moved(self, ref: DatasetRef, entry: DatasetEntry) -> bool:
        """Whether local data is no longer what the cache was made from."""
        if ref.kind is not Kind.LOCAL:
            return False
        try:
            return local.resolve(ref).revision != entry.dataset.revision
        except errors.DatasetNotFoundError:
            return True

    def compute_page(
        self, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry, *, force: bool = False
    ) -> StoredPage:
        """Extract the page of a split and store it with its assets, or take that of a process that was faster."""
        revision, limits = entry.dataset.revision, self.settings.limits
        key = JobKey(entry.dataset.name, entry.dataset.asked_revision, split.config, split.split)
        with self.claimed(key) as job:
            fresh = self.store.cache.find_split(entry, split.config, split.split)
            stored = self.stored_page(ref, entry, fresh) if fresh is not None and not force else None
            if stored is not None:
                return stored
            old = self.store.cache.asset_folder(split)

            def store_page(page: Page, staging: Staging) -> None:
                published: list[str | None] = []

                def put() -> None:
                    published.append(self.store.assets.publish(staging))
                    self.store.cache.put_page(split, page, revision=revision, limits=limits, folder=published[0])

                if self.finish(job, put, success=True):
                    self.store.assets.remove(old)
                elif published:
                    self.store.assets.remove(published[0])

            try:
                page = self.extract(ref, entry.dataset, (split.config, split.split), store_page)
            except errors.PreviewError as error:
                if error.cacheable:
                    described = errors.describe(error)
                    put_error = partial(
                        self.store.cache.put_split_error, split, described, revision=revision, limits=limits
                    )
                    if self.finish(job, put_error, success=False, error=str(error)):
                        self.store.assets.remove(old)
                raise
            return as_stored(page, revision, self.store)

    def extract(
        self, ref: DatasetRef, dataset: Resolved, names: tuple[str, str], keep: Callable[[Page, Staging], None],
        *, offset: int = 0, length: int | None = None, whole: bool = False,
    ) -> Page:  # fmt: skip
        """Extract rows and hand them to `keep` with their staged assets, once more elsewhere where these find no room."""
        try:
            with self.store.assets.staging() as staging:
                page = self.extractor.page(ref, dataset, *names, staging, offset=offset, length=length, whole=whole)
                keep(page, staging)
                return page
        except errors.StoreFullError as error:
            self.give_up(error)
        with self.store.assets.staging(elsewhere=True) as staging:
            return self.extractor.page(ref, dataset, *names, staging, offset=offset, length=length, whole=whole)

    def refresh(
        self, ref: DatasetRef, config: str | None, split: str | None
    ) -> Iterator[tuple[str, str | None, errors.PreviewError | None]]:
        """Recompute a dataset, a config or a split; each split with its failure, if any, as it is done.

        A config that cannot be listed comes without a split. Raises StoreError where nothing can be stored.
        """
        entry = self.list_again(ref, self.store.cache.find_dataset(ref), force=True)
        listing = self.store.cache.read_listing(entry)
        if split is not None:
            wanted = [choose(listing, config, split, ref.asked)]
        else:
            configs = listing.configs if config is None else (choose_config(listing, config, ref.asked),)
            wanted = [(one.config, place.split) for one in configs for place in one.splits]
            for one in configs:
                if one.error:
                    yield one.config, None, errors.restore(one.error)
        for names in wanted:
            self.must_store()
            found = self.store.cache.find_split(entry, *names)
            if found is None:
                continue
            try:
                self.compute_page(ref, entry, found, force=True)
            except errors.PreviewError as error:
                yield (*names, error)
            else:
                yield (*names, None)
        self.must_store()

    def must_store(self) -> None:
        """Raise the StoreError that keeps answers from being stored."""
        if self.store.lost is not None:
            raise self.store.lost

    def is_valid(self, ref: DatasetRef, config: str | None = None, split: str | None = None) -> bool:
        """Whether some split of a dataset (of a config, or that split) gives rows.

        Raises PreviewError where nobody can tell.
        """
        try:
            listing = self.splits(ref)
            configs = listing.configs if config is None else (choose_config(listing, config, ref.asked),)
        except errors.DatasetError:
            return False
        wanted = [(one.config, place.split) for one in configs for place in one.splits]
        if split is not None:
            wanted = [choose(listing, config, split, ref.asked)]
        unknown: errors.PreviewError | None = None
        for names in wanted:
            try:
                if self.page(ref, *names).page.num_rows:
                    return True
            except errors.MissingPackageError as error:
                unknown = error
            except errors.DatasetError:
                continue
            except errors.PreviewError as error:
                unknown = error
        if unknown is not None:
            raise unknown
        return False

    @contextmanager
    def claimed(self, key: JobKey) -> Iterator[int | None]:
        """Hold the job of `key`, after whoever holds it now; None where nothing can be written."""
        job: int | None = None
        while job is None and self.store.writable:
            try:
                with translated(self.settings.dspreview_database):
                    job = self.store.queue.claim_key(key)
            except errors.StoreError as error:
                self.give_up(error)
            else:
                if job is None:
                    time.sleep(POLL_SECONDS)
        try:
            yield job
        finally:
            if job is not None:
                self.write(partial(self.store.queue.release, job))

    def finish(self, job: int | None, put: Callable[[], None], *, success: bool, error: str | None = None) -> bool:
        """Entry in and job out in one transaction; whether that could be written."""

        def both() -> None:
            put()
            if job is not None:
                self.store.queue.finish(job, success=success, error=error)

        return self.write(both)

    def write(self, change: Callable[[], None]) -> bool:
        """Change the store; where that cannot be, say so and go on: the answer matters more."""
        if self.store.lost is not None:
            self.give_up(self.store.lost)
            return False
        try:
            with translated(self.settings.dspreview_database), transaction(self.store.connection):
                change()
        except EntryGoneError:
            self.warn("the entry was removed while it was computed; the answer is given, but not stored")
            return False
        except errors.StoreError as error:
            self.give_up(error)
            return False
        return True

    def give_up(self, error: errors.StoreError) -> None:
        """Say once that nothing is stored any more."""
        self.store.lost = error
        if not self.told:
            self.warn(f"{error}; the answer is given, but not stored")
        self.told = True


def keep_nothing(page: Page, staging: Staging) -> None:
    """What an answer that is not stored does with its page."""
    del page, staging


def entry_time(entry: DatasetEntry) -> str:
    """When an entry was last known to be of today."""
    return iso(entry.checked_at)


def as_stored(page: Page, revision: str, store: Store) -> StoredPage:
    """A fresh page as the cache would give it."""
    return StoredPage(
        dump(page.features), dump([column.as_json() for column in page.columns]), page.rows, page.num_rows,
        page.num_rows_total, page.partial, dump(page.extra), iso(store.cache.clock()), revision, stalled=False,
    )  # fmt: skip
