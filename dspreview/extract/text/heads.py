"""The first rows of a text file whose types are guessed, as plain Python values: no pandas, numpy or pyarrow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dspreview.models import Page, Resolved, SplitId
from dspreview.page.pages import Cells, PageMaker
from dspreview.settings import Settings


class NotPlainError(Exception):
    """What another way must read."""


class TextSource(NamedTuple):
    """A file of text whose first rows are wanted, and how much of it tells the types."""

    file: BinaryIO
    """At its beginning."""
    size: int
    rows: int = 10_000
    """Of CSV; `datasets` reads so many at a time."""
    bytes: int = 10 << 20
    """Of JSON Lines, and the end of a line."""
    counted: bool = True
    """Whether the rows of a small file are counted."""


def here(file: BinaryIO) -> TextSource:
    """A file on this machine."""
    return TextSource(file, os.fstat(file.fileno()).st_size)


class Head(NamedTuple):
    """The first rows of a file, in the types that `datasets` gives them."""

    columns: list[Cells]
    num_rows: int
    """As many as each column has values."""
    total: int | None
    """The rows of the file, where they were counted."""


def page_of(head: Head, dataset: Resolved, asked: str, split: SplitId, staging: Path, settings: Settings) -> Page:
    """The page of these rows."""

    def fetch(path: str, max_bytes: int) -> bytes:
        """No cell of these types names a file."""
        raise AssertionError(path, max_bytes)

    maker = PageMaker(dataset, asked, *split, settings, staging, fetch)
    page = maker.make(head.columns, range(head.num_rows), whole=False)
    return page._replace(num_rows_total=head.total)
