"""What the cache lacks, as jobs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import NamedTuple, TypeVar

from dspreview import errors, local
from dspreview.extract.extractor import Extractor
from dspreview.models import EXTRACTOR_VERSION, DatasetRef, Kind, Status
from dspreview.preview.freshness import is_split_current
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.entries import DatasetEntry
from dspreview.store.job import JobKey

T = TypeVar("T")
ASK_SECONDS = 10.0
LISTING_TRIES = 10
LISTING_PAUSE = 5.0
"""Seconds to wait where a Hub that limits the rate does not say how long."""


class Wanted(NamedTuple):
    """A dataset that should be in the cache, perhaps one config or split of it."""

    ref: DatasetRef
    config: str | None = None
    split: str | None = None
    revision: str | None = None
    """The commit that a listing of the Hub gave for it."""


def missing(store: Store, settings: Settings, wanted: Wanted, *, retry_errors: bool) -> list[JobKey]:
    """The jobs that bring a dataset up to date: none where it is."""
    entry = store.cache.find_dataset(wanted.ref)
    name = entry.dataset.name if entry else wanted.ref.name
    whole = JobKey(name, wanted.ref.revision or "")
    if entry is None or entry.extractor != EXTRACTOR_VERSION or has_moved(entry, wanted):
        return [whole]
    if entry.status is Status.ERROR:
        return [whole] if retry_errors else []
    keys = []
    for config in store.cache.read_listing(entry).configs:
        for split in config.splits:
            if wanted.config not in {None, config.config} or wanted.split not in {None, split.split}:
                continue
            found = store.cache.find_split(entry, config.config, split.split)
            if (
                found is None
                or found.status is Status.EMPTY
                or not is_split_current(entry, found, settings)
                or (found.status is Status.ERROR and retry_errors)
            ):
                keys.append(JobKey(name, entry.dataset.asked_revision, config.config, split.split))
    return keys


def has_moved(entry: DatasetEntry, wanted: Wanted) -> bool:
    """Whether the data is of another revision than its entry, as far as that is known without a request."""
    if wanted.ref.kind is Kind.LOCAL:
        try:
            return local.resolve(wanted.ref).revision != entry.dataset.revision
        except errors.DatasetNotFoundError:
            return True
    return wanted.revision is not None and wanted.revision != entry.dataset.revision


def with_revisions(
    wanted: Iterable[Wanted], store: Store, extractor: Extractor, patience: Patience
) -> tuple[list[Wanted], errors.HubError | None]:
    """The same with the revisions of today for what is cached: one listing per owner, not one request per dataset.

    An id without an owner belongs to no listing: it is asked alone. Where the Hub fails, which comes back too, the rest
    stays without: everything else can still be done.
    """
    found = [(one, resolved_id(one, store)) for one in wanted]
    revisions: dict[str, str] = {}
    failure = None
    try:
        for owner in sorted({name.partition("/")[0] for _, name in found if "/" in name}):
            revisions |= revisions_of(patiently(partial(extractor.list_hub, author=owner), patience))
        for name in sorted({name for _, name in found if name and "/" not in name}):
            with suppress(errors.NotFoundError, errors.AccessError):  # its own job will tell
                revisions[name] = extractor.current_revision(DatasetRef(name, Kind.HUB, name), ASK_SECONDS).revision
    except errors.HubError as error:
        failure = error
    return [one._replace(revision=revisions.get(name)) for one, name in found], failure


def resolved_id(wanted: Wanted, store: Store) -> str:
    """The Hub's id of a cached dataset that was asked for at no revision, whatever it was asked by; else empty."""
    if wanted.ref.kind is not Kind.HUB or wanted.ref.revision is not None:
        return ""
    entry = store.cache.find_dataset(wanted.ref)
    return entry.dataset.name if entry else ""


class Patience(NamedTuple):
    """How a listing waits for a Hub that limits the rate of requests."""

    warn: Callable[[str], None]
    longest: float
    """Seconds of one pause, whatever the Hub asks for."""
    in_all: float
    """Seconds of all pauses; then it is given up."""


def patiently(ask: Callable[[], Iterable[T]], patience: Patience) -> Iterator[T]:
    """What a listing gives; one that the Hub limits is begun anew after the time it asks for. Raises HubError."""
    waited = 0.0
    for left in reversed(range(LISTING_TRIES)):
        try:
            yield from ask()
        except errors.RateLimitedError as error:
            wait = min(error.retry_after or LISTING_PAUSE, patience.longest)
            if not left or waited + wait > patience.in_all:
                raise
            waited += wait
            patience.warn(f"{error}; waiting {wait:.0f} s")
            time.sleep(wait)
        else:
            return


def revisions_of(listed: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """The commit of each listed dataset that has one."""
    return {str(item["id"]): str(item["sha"]) for item in listed if item.get("sha")}
