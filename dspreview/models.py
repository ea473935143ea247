"""The words of the field, as frozen values: named tuples, since a dataclass costs half a millisecond at each start."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

Json: TypeAlias = Any
"""A value that `json` can write."""

FeatureTree: TypeAlias = Any
"""A feature in the form of `datasets`, as JSON; `dspreview.feature` knows the form."""

EXTRACTOR_VERSION = 7
"""Raised when the same data would give another page: entries of another version are stale."""

EXACT_FLOAT = 2**53
"""From there on a float does not tell neighbouring integers apart."""

PAGE_LENGTH = 100
"""`num_rows_per_page`: the most rows that `--length` may ask for."""


ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def dump(value: Json) -> str:
    """Compact JSON text; NaN has no place in it."""
    return encodable(ENCODER.encode(value))


def encodable(text: str) -> str:
    """JSON whose lone surrogates, which UTF-8 has no bytes for, are escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


class Status(StrEnum):
    """What the cache knows of a dataset or a split."""

    EMPTY = "EMPTY"
    ERROR = "ERROR"
    STALLED = "STALLED"
    VALID = "VALID"


class Kind(StrEnum):
    """Where a dataset lies."""

    HUB = "hub"
    LOCAL = "local"
    WEB = "web"


class DatasetRef(NamedTuple):
    """A dataset as somebody asked for it."""

    asked: str
    """The words of the user, which answers repeat."""
    kind: Kind
    name: str
    """The Hub id as asked, the absolute real path, or the URL of a file."""
    revision: str | None = None
    """The branch, tag or commit that was asked for."""

    @property
    def is_remote(self) -> bool:
        """Whether the network is asked for it."""
        return self.kind is not Kind.LOCAL

    @property
    def word(self) -> str:
        """What names it in another call, its revision included."""
        return f"{self.asked}@{self.revision}" if self.revision and "@" not in self.asked else self.asked


class Resolved(NamedTuple):
    """A dataset at one moment: the id and the revision that are used from then on."""

    kind: Kind
    name: str
    """The id the Hub knows it by, the absolute real path, or the URL of a file."""
    revision: str
    """The commit, the fingerprint of the local files, or a digest of a file's ETag."""
    asked_revision: str = ""
    private: bool = False
    gated: bool = False

    @property
    def is_remote(self) -> bool:
        """Whether the network is asked for it."""
        return self.kind is not Kind.LOCAL

    @property
    def url_name(self) -> str:
        """Its part of an asset URL, not yet percent-encoded; a path is one part, an id keeps its slash."""
        return f"{self.name}@{self.revision}" if self.asked_revision else self.name


class SplitId(NamedTuple):
    """A split of a dataset, by its names."""

    config: str
    split: str

    def __str__(self) -> str:
        return f"{self.config}/{self.split}"


class SplitListing(NamedTuple):
    """A split, before any row of it was read."""

    split: str
    num_bytes: int | None = None
    num_examples: int | None = None
    data_key: str = ""
    """A digest of all that its page depends on: files, reader, declared features. Empty where that is not known."""


class ConfigListing(NamedTuple):
    """A config and its splits, or why they cannot be listed."""

    config: str
    splits: tuple[SplitListing, ...] = ()
    error: Json = None


class Listing(NamedTuple):
    """The configs and splits of a dataset, in the dataset's own order."""

    dataset: Resolved
    configs: tuple[ConfigListing, ...]
    default_config: str | None = None


class Column(NamedTuple):
    """A column and what its cells look like in JSON."""

    name: str
    type: str
    labels: tuple[str, ...] = ()
    unit: str | None = None
    tz: str | None = None

    def as_json(self) -> Json:
        """The `column` of the README's shape; labels only where there are some."""
        answer: dict[str, Json] = {"name": self.name, "type": self.type}
        if self.labels:
            answer["labels"] = list(self.labels)
        if self.unit is not None:
            answer |= {"unit": self.unit, "tz": self.tz}
        return answer


class Asset(NamedTuple):
    """A media file of a cell, in the staging folder or published."""

    url: str
    """Its relative URL, percent-encoded."""
    file: str
    """The name on disk, ours, inside the folder of its page."""
    row_idx: int
    column: str
    size: int


class Page(NamedTuple):
    """The rows of one answer. `rows` is JSON text, a row a line."""

    features: Json
    columns: tuple[Column, ...]
    rows: str
    num_rows: int
    num_rows_total: int | None
    num_bytes: int | None = None
    partial: bool = False
    extra: dict[str, Json] = {}  # noqa: RUF012 - never changed: a page is a value
    assets: tuple[Asset, ...] = ()
