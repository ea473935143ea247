"""The one way to an answer: a fresh entry if there is one, an extraction if there is none.

Two terminals and a worker never extract one split twice: whoever comes second waits for the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from dspreview import errors
from dspreview.choice import choose
from dspreview.extract.extractor import Extractor
from dspreview.models import DatasetRef, Json, Kind, Listing, Page, Resolved, SplitId, Status, dump
from dspreview.page.staging import Staging
from dspreview.preview.freshness import Freshness, entry_time
from dspreview.preview.keeping import Keeper
from dspreview.settings import Settings
from dspreview.slices import is_slice, parse, refuse_part
from dspreview.store import Store
from dspreview.store.database import translated
from dspreview.store.entries import DatasetEntry, SplitEntry, StoredPage, iso
from dspreview.store.job import JobKey
from dspreview.suggestions import did_you_mean

USE_SECONDS = 3_600.0
"""How exact the time of last use is: a cached answer should write nothing."""


class PageAnswer(NamedTuple):
    """A page, and whose it is."""

    asked: str
    config: str
    split: str
    page: StoredPage
    from_cache: bool
    splits: tuple[str, ...] = ()
    """That of each row, where a slice was asked for."""


class Preview:
    """The one way to an answer, for every command."""

    def __init__(
        self, store: Store, settings: Settings, *, cached: bool = False, warn: Callable[[str], None] = print,
        extractor: Extractor | None = None, adopted: Mapping[JobKey, int | None] | None = None,
        after_listing: Callable[[Preview, DatasetRef], None] | None = None,
    ) -> None:  # fmt: skip
        """A preview of one call.

        Args:
            cached: answer from the cache only: no network, no work.
            warn: tells what the user should know.
            adopted: jobs that somebody else claimed for this call, as in `Keeper`.
            after_listing: writes together with a listing what follows from it.

        """
        self.store = store
        self.settings = settings
        self.warn = warn
        self.after_listing = after_listing
        self.extractor = extractor or Extractor(settings)
        self.keeper = Keeper(store, warn, adopted or {})
        self.choices: dict[str, Json] = {}
        """What there was to choose from, as JSON, where the last question left a name out."""
        self.freshness = Freshness(self.keeper, self.extractor, settings, cached=cached, warn=warn)

    def use_cache_only(self) -> None:
        """From now on ask nobody and compute nothing."""
        self.freshness.cached = True

    @property
    def cached(self) -> bool:
        """Whether nobody is asked, and nothing computed."""
        return self.freshness.cached

    def splits(self, ref: DatasetRef) -> Listing:
        """The configs and splits of a dataset. Raises PreviewError."""
        entry = self.dataset(ref)  # this may replace the store: nothing of it is looked up before
        if self.cached and self.freshness.has_moved(ref, entry):
            self.warn(f"{ref.asked}: the data has changed since it was listed")
        return self.store.cache.read_listing(entry)

    def page(self, ref: DatasetRef, config: str | None = None, split: str | None = None) -> PageAnswer:
        """The first rows of a split. Raises PreviewError."""
        entry = self.dataset(ref)
        found = self.split(ref, entry, config, split)
        refuse_part(ref.asked, found.split)
        stored = self.freshness.stored_page(ref, entry, found)
        if stored is not None:
            return PageAnswer(ref.asked, found.config, found.split, stored, from_cache=True)
        try:
            computed = self.compute_page(ref, entry, found)
        except errors.HubError as error:
            old = self.store.cache.read_page(found) if found.status is Status.STALLED else None
            if old is None:
                raise
            self.warn(f"{error}; these rows are from {old.created_at}")
            return PageAnswer(ref.asked, found.config, found.split, old, from_cache=True)
        return PageAnswer(ref.asked, found.config, found.split, computed, from_cache=False)

    def split(self, ref: DatasetRef, entry: DatasetEntry, config: str | None, split: str | None) -> SplitEntry:
        """The entry of the split that is meant; of a slice that of its first split, under its own name. Raises PreviewError."""
        self.choices = {}
        found = self.store.cache.find_split(entry, config, split) if config and split else None
        if found is None:
            choice = choose(self.store.cache.read_listing(entry), config, split, ref.asked)
            self.choices = choice.document
            if told := choice.words(ref.asked):
                self.warn(told)
            names = choice.names
            first = parse(names.split)[0].split if is_slice(names.split) else names.split
            found = self.store.cache.find_split(entry, names.config, first)
            if found is None:
                raise errors.SplitNotFoundError(f"{ref.asked}: {names[0]}/{names[1]} is gone; try again")
            found = found._replace(split=names.split)
        return found

    def dataset(self, ref: DatasetRef) -> DatasetEntry:
        """The entry of a dataset, computed where it is absent or stale. Raises PreviewError, also a stored one."""
        entry = self.store.cache.find_dataset(ref)
        if self.cached and entry is None:
            raise errors.NotCachedError(f"{ref.asked} is not in the cache; run: {errors.command('refresh', ref.word)}")
        if entry is None or not self.freshness.is_current(ref, entry):
            entry = self.list_again(ref, entry)
        else:
            entry = self.store.cache.find_dataset(ref) or entry  # what the Hub has just said of it is in there
        self.refuse_private(ref, entry.dataset)
        if self.store.cache.clock() - entry.used_at > USE_SECONDS and self.store.writable and not self.cached:
            self.keeper.write(partial(self.store.cache.mark_used, entry))
        if entry.status is Status.ERROR:
            raise errors.restore(entry.error)
        return entry

    def refuse_private(self, ref: DatasetRef, dataset: Resolved) -> None:
        """A private dataset stays private in the cache."""
        if dataset.private and not self.settings.datasets_enable_private:
            raise errors.PrivateError(
                f"{ref.asked} is private; set DATASETS_ENABLE_PRIVATE=true to read private datasets"
            )

    def list_again(self, ref: DatasetRef, entry: DatasetEntry | None, *, force: bool = False) -> DatasetEntry:
        """Compute the listing of a dataset, or take that of a process that was faster."""
        with self.keeper.claimed(JobKey(ref.name, ref.revision or "")) as job:
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
                if isinstance(error, errors.DatasetNotFoundError) and ref.kind is Kind.HUB:
                    from dspreview.store.overview import hub_ids  # that only a mistake pays

                    hint = did_you_mean(ref.name, hub_ids(self.store))
                    raise errors.DatasetNotFoundError(f"{error}{hint}") from error.__cause__
                raise

            outdated: list[str] = []

            def put() -> None:
                self.store.cache.put_listing(ref, listing)
                outdated.extend(self.store.whole.drop_queries(listing.dataset))
                if self.after_listing is not None:
                    self.after_listing(self, ref)

            if not self.keeper.finish(job, put, success=True):
                self.store.use_memory(self.store.lost or errors.StoreError("the store is gone"))
                self.store.cache.put_listing(ref, listing)
            elif entry is not None and entry.dataset.revision != listing.dataset.revision:
                self.store.assets.remove(*outdated)
                self.store.derived.drop(listing.dataset.name, self.store.cache.revisions(listing.dataset.name))
        found = self.store.cache.find_dataset(ref)
        if found is None:
            raise errors.StoreError(f"{self.settings.dspreview_database}: {ref.asked} was removed meanwhile; try again")
        return found

    def put_failed_listing(self, ref: DatasetRef, job: int | None, error: errors.PreviewError) -> None:
        """Store that a dataset cannot be listed, where that is a fact about the data."""
        if not error.cacheable or error.dataset is None:
            return
        put = partial(self.store.cache.put_dataset_error, ref, error.dataset, errors.describe(error))
        self.keeper.finish(job, put, success=False, error=str(error))

    def compute_page(
        self, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry, *, force: bool = False
    ) -> StoredPage:
        """Extract the page of a split and store it with its assets, or take that of a process that was faster."""
        revision, limits = entry.dataset.revision, self.settings.limits
        key = JobKey(entry.dataset.name, entry.dataset.asked_revision, split.config, split.split)
        with self.keeper.claimed(key) as job:
            fresh = self.store.cache.find_split(entry, split.config, split.split)
            stored = self.freshness.stored_page(ref, entry, fresh) if fresh is not None and not force else None
            if stored is not None:
                return stored
            old = self.store.cache.asset_folder(split)

            def store_page(page: Page, staging: Staging) -> None:
                published: list[str | None] = []

                def put() -> None:
                    published.append(self.store.assets.publish(staging))
                    self.store.cache.put_page(split, page, revision=revision, limits=limits, folder=published[0])

                if self.keeper.finish(job, put, success=True):
                    self.store.assets.remove(old)
                elif published:
                    self.store.assets.remove(published[0])

            try:
                page = self.extract(ref, entry.dataset, SplitId(split.config, split.split), store_page)
            except errors.PreviewError as error:
                if error.cacheable:
                    described = errors.describe(error)
                    put_error = partial(
                        self.store.cache.put_split_error, split, described, revision=revision, limits=limits
                    )
                    if self.keeper.finish(job, put_error, success=False, error=str(error)):
                        self.store.assets.remove(old)
                raise
        self.keep_to_limit()
        return as_stored(page, revision, self.store)

    def keep_to_limit(self) -> None:
        """Make room where the cache has grown over CACHE_MAX_BYTES."""
        limit = self.settings.cache_max_bytes
        if limit and self.store.writable:
            from dspreview.store import report

            with translated(self.settings.dspreview_database):
                report.prune(self.store, limit)

    def extract(
        self, ref: DatasetRef, dataset: Resolved, split: SplitId, keep: Callable[[Page, Staging], None]
    ) -> Page:
        """Extract rows and hand them to `keep` with their staged assets, once more elsewhere where these find no room."""
        try:
            with self.store.assets.staging() as staging:
                page = self.extractor.page(ref, dataset, split, staging)
                keep(page, staging)
                return page
        except errors.StoreFullError as error:
            self.keeper.give_up(error)
        with self.store.assets.staging(elsewhere=True) as staging:
            return self.extractor.page(ref, dataset, split, staging)


def as_stored(page: Page, revision: str, store: Store) -> StoredPage:
    """A fresh page as the cache would give it."""
    return StoredPage(
        dump(page.features), dump([column.as_json() for column in page.columns]), page.rows, page.num_rows,
        page.num_rows_total, page.partial, dump(page.extra), iso(store.cache.clock()), revision, stalled=False,
    )  # fmt: skip
