"""What is stored, as values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from dspreview.errors import StoreCorruptError
from dspreview.models import Json, Resolved, Status
from dspreview.page.row_lines import looks_stored


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


@contextmanager
def understood(name: str) -> Iterator[None]:
    """Raise StoreCorruptError where an entry holds what no dspreview wrote."""
    try:
        yield
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise StoreCorruptError(
            f"the entry of {name} holds what no dspreview wrote ({type(error).__name__}); run: dspreview cache clean --yes"
        ) from None


def read_error(text: str | None) -> Json:
    """A stored failure. Raises ValueError, TypeError, KeyError."""
    found = json.loads(text) if text else None
    if found is not None and not isinstance(found, dict):
        raise TypeError(type(found).__name__)
    return found


def check_page(features: str, columns: str, rows: str, extra: str) -> None:
    """Raise ValueError or TypeError where a page's texts are not what they should be; its rows are looked at from outside."""
    listed = isinstance(json.loads(features), list) and isinstance(json.loads(columns), list)
    if not listed or not isinstance(json.loads(extra), dict) or not looks_stored(rows):
        raise ValueError(rows[:20])
