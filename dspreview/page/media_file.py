"""A media file to keep for a cell, and why there may be none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from dspreview.models import Json

SAFE_NAME = re.compile(r"[^\w.() +@=-]+", re.ASCII)


class UndecodableError(Exception):
    """A cell's bytes are not what its feature says; the message completes "cannot be shown: ..."."""


class OutsideFileError(UndecodableError):
    """A file lies outside its dataset, and is not read."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file to keep, and what is known of it."""

    name: str
    data: bytes
    facts: dict[str, Json]


def file_name(path: str | None, stem: str, extension: str) -> str:
    """The name an asset is known by: the dataset's own, without folders and without anything odd."""
    original = PurePosixPath(path or "").name if path else ""
    name = SAFE_NAME.sub("_", PurePosixPath(original).stem)[:80].strip(". ") or stem
    return name + extension
