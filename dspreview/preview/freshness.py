"""Whether an entry may be served as it is."""

from __future__ import annotations

from collections.abc import Callable

from dspreview import errors, local
from dspreview.extract.extractor import Extractor
from dspreview.models import EXTRACTOR_VERSION, DatasetRef, Kind, Status
from dspreview.preview.keeping import Keeper
from dspreview.settings import Settings
from dspreview.store.entries import DatasetEntry, SplitEntry, StoredPage, iso

REVISION_SECONDS = 2.0
"""How long a cached answer waits for the Hub to say that nothing changed."""
UNANSWERED = "hub_unanswered_at"


class Freshness:
    """Compares entries with the data they were made from."""

    def __init__(
        self, keeper: Keeper, extractor: Extractor, settings: Settings, *, cached: bool, warn: Callable[[str], None]
    ) -> None:
        self.keeper = keeper
        self.extractor = extractor
        self.settings = settings
        self.cached = cached
        self.warn = warn

    def is_current(self, ref: DatasetRef, entry: DatasetEntry) -> bool:
        """Whether an entry may be served as it is."""
        if self.cached:
            return True
        if entry.extractor != EXTRACTOR_VERSION:
            return False
        if ref.kind is Kind.LOCAL:
            return local.resolve(ref).revision == entry.dataset.revision
        now = self.keeper.store.cache.clock()
        if 0 <= now - entry.checked_at < self.settings.max_age_long_seconds or self.settings.hf_hub_offline:
            return True
        return self.ask_revision(ref, entry, now)

    def ask_revision(self, ref: DatasetRef, entry: DatasetEntry, now: float) -> bool:
        """Ask the Hub once whether an entry is of today; no answer is remembered for all processes."""
        unanswered = float(self.keeper.store.cache.read_fact(UNANSWERED) or 0)
        if 0 <= now - unanswered < self.settings.max_age_long_seconds:
            self.warn(f"{ref.asked}: the Hub did not answer lately; this is from {entry_time(entry)}")
            return True
        try:
            current = self.extractor.current_revision(ref, REVISION_SECONDS)
        except errors.PrivateError:
            self.keeper.write(lambda: self.keeper.store.cache.touch(entry, private=True, gated=entry.dataset.gated))
            raise
        except errors.HubError:
            self.keeper.write(lambda: self.keeper.store.cache.write_fact(UNANSWERED, str(now)))
            self.warn(f"{ref.asked}: the Hub does not answer; this is from {entry_time(entry)}")
            return True
        if current.revision != entry.dataset.revision:
            return False
        touch = self.keeper.store.cache.touch
        self.keeper.write(lambda: touch(entry, private=current.private, gated=current.gated))
        return True

    def stored_page(self, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry) -> StoredPage | None:
        """The stored page of a split where it may be served; a stored failure is raised like a fresh one."""
        current = is_split_current(entry, split, self.settings)
        if not (current or self.cached) or split.status is Status.EMPTY:
            if self.cached:
                raise errors.NotCachedError(
                    f"{ref.asked} {split.config}/{split.split}: its rows are not in the cache; run: "
                    + errors.command("refresh", ref.word, split.config, split.split)
                )
            return None
        if split.status is Status.ERROR:
            raise errors.restore(split.error)
        page = self.keeper.store.cache.read_page(split)
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


def entry_time(entry: DatasetEntry) -> str:
    """When an entry was last known to be of today."""
    return iso(entry.checked_at)


def is_split_current(entry: DatasetEntry, split: SplitEntry, settings: Settings) -> bool:
    """Whether the entry of a split was made from its dataset as listed, under the limits of now."""
    return (
        split.revision == entry.dataset.revision
        and split.extractor == EXTRACTOR_VERSION
        and split.limits == settings.limits
    )
