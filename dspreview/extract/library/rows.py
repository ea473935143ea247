"""Rows of a split as a page: streamed, else downloaded, converted cell by cell, cut to the budget."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.parquet as pq

from dspreview import errors
from dspreview.arrow.arrays import cells_of
from dspreview.extract.counting import COUNTED_BYTES, COUNTED_FILES, FOOTERS_READ
from dspreview.extract.files.fetch import Fetcher
from dspreview.extract.library.failures import explain
from dspreview.extract.library.fallback import streamed_or_downloaded
from dspreview.extract.library.features import trees
from dspreview.extract.library.readers import SplitReader, is_read_small
from dspreview.extract.library.source import Plan, Source
from dspreview.extract.library.tables import Joiner
from dspreview.extract.parquet.rowgroups import row_count
from dspreview.extract.reader import Window
from dspreview.models import Kind, Page
from dspreview.page.pages import PageMaker
from dspreview.settings import Settings


def read_rows(
    source: Source, plan: Plan, split: str, staging: Path, work: Path, settings: Settings, window: Window | None = None
) -> Page:
    """The page of a split, or the rows of a window; its assets lie in `staging`, and `work` takes what is downloaded.

    Raises PreviewError; where streaming and the normal mode both failed, it tells both causes.
    """
    where = f"{source.asked} {plan.config.name}/{split}"
    if split not in plan.files:
        raise errors.SplitNotFoundError(
            f"{where}: the split no longer exists; run: {errors.command('refresh', source.asked)}"
        )
    window = window or Window()

    def attempt(streaming: bool) -> Page:  # noqa: FBT001 - called so
        small = streaming and not window.offset and is_read_small(source, plan)
        while True:
            try:
                return Extraction(
                    source, plan, split, staging, settings, str(work), streaming=streaming, small=small
                ).page(window)
            except Exception as error:  # noqa: BLE001 - readers fail in a hundred ways; `explain` raises bugs of ours again
                failure = explain(error, where, source, settings)
                if not (small and isinstance(failure, errors.DisagreeingFilesError)):
                    raise failure from (None if failure is error else error)
                small = False  # types that were guessed from little

    return streamed_or_downloaded(attempt, source, plan, split, settings)


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
