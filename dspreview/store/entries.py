"""What is stored, as values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from dspreview.models import Json, Resolved, Status


class DatasetEntry(NamedTuple):
    """What is stored of a dataset."""

    id: int
    dataset: Resolved
    status: Status
    extractor: int
    default_config: str | None
    error: Json
    checked_at: float
    """When the revision was last asked, in seconds since the epoch."""
    used_at: float
    """When it was last answered from, within USE_SECONDS."""


class SplitEntry(NamedTuple):
    """What is stored of a split, but for its rows."""

    id: int
    config: str
    split: str
    status: Status
    revision: str
    extractor: int
    limits: str
    error: Json
    created_at: str | None


class StoredPage(NamedTuple):
    """A page as text: nothing of it is parsed unless somebody needs it."""

    features: str
    columns: str
    rows: str
    num_rows: int
    num_rows_total: int | None
    partial: bool
    extra: str
    created_at: str
    revision: str
    stalled: bool


class EntryGoneError(Exception):
    """An entry was removed while its page was computed; what was computed has no place any more."""


def iso(seconds: float) -> str:
    """Seconds since the epoch as UTC text, `2022-01-20T14:40:50Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
