"""Rows of a split as a page: streamed, else downloaded, converted cell by cell, cut to the budget."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from dspreview import errors
from dspreview.arrow.arrays import cells_of
from dspreview.extract.counting import COUNTED_BYTES, COUNTED_FILES, FOOTERS_READ
from dspreview.extract.files.fetch import Fetcher
from dspreview.extract.library.failures import both, explain
from dspreview.extract.library.features import trees
from dspreview.extract.library.readers import SplitReader, is_read_small
from dspreview.extract.library.source import Plan, Source
from dspreview.extract.library.tables import Joiner
from dspreview.extract.parquet.rowgroups import row_count
from dspreview.models import Kind, Page
from dspreview.page.pages import PageMaker
from dspreview.settings import Settings


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows of a split are wanted: the page of the settings, or any rows of it."""

    offset: int = 0
    length: int | None = None
    whole: bool = False
    """Cells in full, whatever the limits say."""


def read_rows(
    source: Source, plan: Plan, split: str, staging: Path, work: Path, settings: Settings, window: Window | None = None
) -> Page:
    """The page of a split, or the rows of a window; its assets lie in `staging`, and `work` takes what is downloaded.

    Raises PreviewError; where streaming and the normal mode both failed, it tells both causes.
    """
    where = f"{source.asked} {plan.config.name}/{split}"
    if split not in plan.files:
        raise errors.SplitNotFoundError(
            f"{where}: no such split any more; run: {errors.command('refresh', source.asked)}"
        )
    window = window or Window()
    failures: list[errors.PreviewError] = []
    streaming, small = True, not window.offset and is_read_small(source, plan)
    while True:
        try:
            attempt = Extraction(source, plan, split, staging, settings, str(work), streaming=streaming, small=small)
            return attempt.page(window)
        except Exception as error:  # readers fail in a hundred ways; `explain` raises bugs of ours again
            failure = explain(error, where, source, settings)
            if small and isinstance(failure, errors.DisagreeingFilesError):
                small = False  # types that were guessed from little
                continue
            if failure is error:
                raise
            failure.__cause__ = error
            failures.append(failure)
            if not streaming or not worth_downloading(failure, source, plan, split, settings):
                told = both(failures)
                raise told from told.__cause__
        streaming = small = False


def worth_downloading(error: errors.PreviewError, source: Source, plan: Plan, split: str, settings: Settings) -> bool:
    """Whether the normal mode may do better than streaming: the size is known and small enough."""
    if type(error) is not errors.UnreadableDataError:
        return False
    if source.dataset.kind is Kind.LOCAL and not isinstance(error.__cause__, NotImplementedError):
        return False  # what lies here is read alike in both modes, but for archives that cannot be streamed
    known = split_size(source, plan, split)
    return known is not None and known < settings.max_size_fallback


def split_size(source: Source, plan: Plan, split: str) -> int | None:
    """Bytes of a split: as its README says, or as its files weigh."""
    info = plan.config.info
    if info is not None and info.size_in_bytes:
        return int(info.size_in_bytes)
    return file_bytes(source, plan, split)


def file_bytes(source: Source, plan: Plan, split: str) -> int | None:
    """What the files of a split weigh; None where that is not known."""
    if source.dataset.kind is Kind.HUB:
        system = source.door.hub_files()  # the listing that found the files is still in its memory
        sizes = [system.info(name).get("size") for name in plan.files[split]]
        return sum(int(one or 0) for one in sizes) if None not in sizes else None
    return sum(os.path.getsize(name) for name in plan.files[split] if os.path.exists(name))


class Extraction:
    """One attempt at a page."""

    def __init__(
        self, source: Source, plan: Plan, split: str, staging: Path, settings: Settings, folder: str,
        *, streaming: bool, small: bool,
    ) -> None:  # fmt: skip
        self.source, self.plan, self.split, self.settings = source, plan, split, settings
        self.reader = SplitReader(source, plan, split, folder, settings, streaming=streaming, small=small)
        self.joiner = Joiner(
            source, f"{source.asked} {plan.config.name}/{split}", same_columns=plan.format.is_delimited
        )
        fetch = Fetcher(source, settings, folder).fetch
        self.maker = PageMaker(source.dataset, source.asked, plan.config.name, split, settings, staging, fetch)

    def page(self, window: Window) -> Page:
        """Read, convert, cut."""
        offset = window.offset
        wanted = self.settings.rows_max_number if window.length is None else window.length
        parts = list(self.reader.tables(offset, wanted + 1))
        declared = self.reader.features is not None
        table, features = self.joiner.join(parts, self.reader.features, from_readme=self.plan.features is not None)
        ended = table.num_rows <= wanted
        part = table.slice(0, min(wanted, table.num_rows))
        cells = cells_of(part, trees(features), declared=declared)
        page = self.maker.make(cells, range(offset, offset + part.num_rows), whole=window.whole)
        total = (
            offset + table.num_rows
            if ended and (table.num_rows or not offset)
            else self.count_rows(offset + table.num_rows)
        )
        return page._replace(num_rows_total=total, num_bytes=known_number(self.plan, self.split, "num_bytes"))

    def count_rows(self, read: int) -> int | None:
        """The rows of the whole split: counted where that is cheap, else as the README says.

        Args:
            read: how many rows of it were read or passed over.

        """
        files = self.plan.files[self.split]
        if set(self.reader.counts) == set(files):
            return sum(self.reader.counts.values())
        if self.source.dataset.kind is Kind.LOCAL:
            if self.plan.format.is_parquet and len(files) <= FOOTERS_READ:
                return sum(row_count(pq.read_metadata(name)) for name in files)
            few = len(files) <= COUNTED_FILES
            if few and sum(os.path.getsize(name) for name in files if "://" not in name) <= COUNTED_BYTES:
                rest = self.reader.count_rest()
                return None if rest is None else read + rest
        return known_number(self.plan, self.split, "num_examples")


def known_number(plan: Plan, split: str, name: str) -> int | None:
    """`num_bytes` or `num_examples` as the README has it; its zeros mean that it does not know."""
    described = plan.config.info.splits if plan.config.info is not None else None
    info = described.get(split) if described else None
    return getattr(info, name, None) or None
