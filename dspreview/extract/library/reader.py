"""Everything that `datasets` reads, read through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TypeVar

import pyarrow as pa

from dspreview.errors import HubSilentError
from dspreview.extract.hub.export import exported
from dspreview.extract.library.failures import explain
from dspreview.extract.library.fallback import file_bytes, streamed_or_downloaded
from dspreview.extract.library.features import features_of, trees
from dspreview.extract.library.own_parquet import own_parquet, parquet_of
from dspreview.extract.library.rows import known_number, read_rows
from dspreview.extract.library.source import Plan, make_plan
from dspreview.extract.library.splits import find_config, list_splits, open_dataset
from dspreview.extract.library.whole import WholeSplit
from dspreview.extract.parquet.footers import ParquetSplit
from dspreview.extract.parquet.rowgroups import numbered
from dspreview.extract.reader import WHOLE_BATCH, Block, Opening, Reader, RemoteFiles, WantedBlocks, WholeTables, Window
from dspreview.models import Listing, Page, SplitId
from dspreview.page.staging import Staging

T = TypeVar("T")
FEW_ROWS = 1_000


class Library(Reader):
    """Reads through `datasets`."""

    def __init__(self, opening: Opening) -> None:
        """Raises PreviewError."""
        self.settings = opening.settings
        self.source = open_dataset(opening.ref, opening.settings, description=opening.describe())

    def plan(self, config: str) -> Plan:
        """How a config is read; found once. Raises PreviewError."""
        plans = self.source.plans
        if config not in plans:
            try:
                plans[config] = make_plan(self.source, find_config(self.source, config))
            except Exception as error:  # noqa: BLE001 - as in a listing: `explain` raises bugs of ours again
                failure = explain(error, self.source.asked, self.source, self.settings)
                raise failure from (None if failure is error else error)
        return plans[config]

    def may_widen(self, split: SplitId) -> bool:
        """Whether a late row may bring a column that the first ones do not have."""
        plan = self.plan(split.config)
        return plan.format.row_is_line and plan.features is None

    def weight(self, split: SplitId) -> tuple[int, int | None]:
        """How many files a split has, and their bytes as far as these are known."""
        plan = self.plan(split.config)
        return len(plan.files.get(split.split, ())), file_bytes(self.source, plan, split.split)

    def where(self, split: SplitId) -> str:
        """A split, for messages."""
        return f"{self.source.asked} {split}"

    def listing(self) -> Listing:
        """The configs and splits."""
        return list_splits(self.source, self.settings)

    def page(self, split: SplitId, staging: Staging, window: Window) -> Page:
        """Some rows as a page."""
        plan = self.plan(split.config)
        return read_rows(self.source, plan, split.split, staging.assets, staging.work, self.settings, window)

    def whole(self, split: SplitId, folder: str, use: Callable[[WholeTables], T]) -> T:
        """What `use` makes of all rows."""
        plan = self.plan(split.config)

        def attempt(streaming: bool) -> T:  # noqa: FBT001 - called so
            return use(WholeSplit(self.source, plan, split.split, self.settings, folder, streaming=streaming))

        return streamed_or_downloaded(attempt, self.source, plan, split.split, self.settings)

    def blocks(self, split: SplitId, wanted: WantedBlocks) -> Iterator[Block]:
        """The rows from one on; once some of them are out, a failure is final."""
        if not wanted.examined:
            return self.whole(split, wanted.folder, lambda whole: begun(rows_of(whole, wanted.skip)))
        plan = self.plan(split.config)
        whole = WholeSplit(self.source, plan, split.split, self.settings, wanted.folder, streaming=True)
        return examined(whole, large=wanted.whole)

    def parquet(self, split: SplitId, remote: RemoteFiles) -> ParquetSplit | None:
        """The split's own Parquet, else the Hub's export of the same revision."""
        plan = self.plan(split.config)
        try:
            found = own_parquet(plan, split.split, remote.handle)
        except Exception as error:  # noqa: BLE001 - readers fail in a hundred ways; `explain` raises bugs of ours again
            failure = explain(error, self.where(split), self.source, self.settings)
            raise failure from (None if failure is error else error)
        if found is None and self.source.dataset.is_remote and not self.settings.hf_hub_offline:
            return self.exported(plan, split, remote)
        return found

    def exported(self, plan: Plan, split: SplitId, remote: RemoteFiles) -> ParquetSplit | None:
        """The Hub's export of a split; None where it is not what the dataset says of itself, or cannot be read."""
        names = exported(self.source.dataset, plan.config.name, split.split, self.settings)
        try:
            found = parquet_of(names or [], None, remote.handle)
        except Exception as error:  # noqa: BLE001 - where it fails the data itself is read; `explain` raises bugs of ours again
            failure = explain(error, self.where(split), self.source, self.settings)
            if isinstance(failure, HubSilentError):
                raise failure from (None if failure is error else error)
            remote.forget()
            return None
        number = known_number(plan, split.split, "num_examples")
        if found is None or number not in {None, sum(one.num_rows for one in found.footers)}:
            return None
        fits = plan.features is None or list(plan.features) == [name for name, _ in found.features]
        return found._replace(origin="export") if fits else None


def rows_of(whole: WholeTables, skip: int) -> Iterator[Block]:
    """The rows of a split from one on, as they come; of no row at all, one block with the columns."""
    last: tuple[str, pa.Table] | None = None
    is_out = False
    for name, table in whole.tables(skip):
        last = (name, table.slice(0, 0))
        for start in range(0, table.num_rows, FEW_ROWS):
            is_out = True
            yield block_of(whole, name, sliced(table, start, FEW_ROWS))
    if last is not None and not is_out:
        yield block_of(whole, *last)


def block_of(whole: WholeTables, name: str, table: pa.Table) -> Block:
    """Some rows with their columns, as far as these are known."""
    known = whole.features if whole.features is not None else features_of(table.schema.remove_metadata())
    return Block(name, table, trees(known), whole.features is not None)


def sliced(table: pa.Table, start: int, most: int) -> pa.Table:
    """Some rows, at most so many; a table of pyarrow without columns gives as many as are asked of it."""
    return table.slice(start, min(most, table.num_rows - start))


def begun(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks, the first of which has been read. Raises PreviewError."""
    first = next(blocks, None)
    return iter(()) if first is None else chain([first], blocks)


def examined(whole: WholeSplit, *, large: bool) -> Iterator[Block]:
    """The rows with what `datasets` makes of them. Raises DisagreeingFilesError where files do not fit together."""
    schema = None
    for name, raw in whole.tables():
        table = numbered(raw)
        schema = table.schema if schema is None else whole.unified(schema, name, table)
        block = block_of(whole, name, table)
        seen = whole.reader.raw if whole.reader.raw is not None else raw
        door = whole.reader.door
        for start in range(0, table.num_rows, WHOLE_BATCH) if large else (0,):
            part = sliced(table, start, WHOLE_BATCH)
            yield block._replace(
                table=part, raw=None if start else seen, unread=door.beyond_library, dropped=door.dropped
            )
