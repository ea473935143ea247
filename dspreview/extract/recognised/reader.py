"""Reads what is recognised by its files, where `datasets` has no reader for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import chain
from typing import TypeVar

import pyarrow as pa

from dspreview.arrow.arrays import cells_of
from dspreview.errors import SplitNotFoundError
from dspreview.extract.files.fetch import Fetcher
from dspreview.extract.folder import Configs, Folder, SplitRows
from dspreview.extract.format import Format
from dspreview.extract.hub.description import list_blobs
from dspreview.extract.layout.keys import key_of, local_key
from dspreview.extract.parquet.footers import ParquetSplit
from dspreview.extract.reader import (
    WHOLE_BATCH,
    Block,
    Opening,
    Reader,
    RemoteFiles,
    WantedBlocks,
    WholeTables,
    Window,
)  # fmt: skip
from dspreview.extract.recognised.failing import told
from dspreview.extract.recognised.layouts import Recognition
from dspreview.extract.recognised.whole import WholeRows, columns_of
from dspreview.models import ConfigListing, Json, Listing, Page, SplitId, SplitListing
from dspreview.page.pages import PageMaker
from dspreview.page.staging import Staging
from dspreview.page.truncation import LONGER

T = TypeVar("T")
FEW_ROWS = 1_000
DEFAULT = "default"


class Recognised(Reader):
    """Reads one dataset of a kind that is told by its files."""

    def __init__(self, opening: Opening, folder: Folder, recognition: Recognition) -> None:
        self.opening, self.source, self.recognition = opening, folder, recognition

    @cached_property
    def configs(self) -> Configs:
        """Its configs and splits. Raises PreviewError."""
        with told(self.source.asked, self.source, self.recognition):
            return self.recognition.opened(self.source)

    @property
    def format(self) -> Format:
        """What is known of its files."""
        kind = self.recognition
        return Format(kind.name, is_log=kind.is_log, has_labels=kind.has_labels)

    def about(self) -> list[Json]:
        """What its files say of themselves beside their rows. Raises PreviewError."""
        return self.recognition.about(self.source) if self.recognition.about is not None else []

    def listing(self) -> Listing:
        """The configs and splits."""
        dataset = self.source.dataset
        if dataset.is_remote:
            blobs = list_blobs(dataset, self.source.asked, self.opening.settings)
        else:
            blobs = {name: local_key(os.path.join(self.source.root, name)) for name in self.source.names}
        configs = []
        for config, splits in self.configs.items():
            listed = []
            for split, rows in splits.items():
                keyed = [(name, blobs[name]) for name in rows.files if name in blobs]
                key = key_of(self.recognition.name, {"origin": rows.origin}, None, split, (None, rows.num_rows), keyed)
                listed.append(SplitListing(split, None, rows.num_rows, data_key=key))
            configs.append(ConfigListing(config, tuple(listed)))
        names = [one.config for one in configs]
        return Listing(dataset, tuple(configs), names[0] if len(names) == 1 or names[0] == DEFAULT else None)

    def rows(self, split: SplitId) -> SplitRows:
        """The rows of a split. Raises NotFoundError."""
        splits = self.configs.get(split.config)
        if splits is None or split.split not in splits:
            raise SplitNotFoundError(f"{self.source.asked} has no split {split}")
        return splits[split.split]

    def where(self, split: SplitId) -> str:
        """A split, for messages."""
        return f"{self.source.asked} {split}"

    def page(self, split: SplitId, staging: Staging, window: Window) -> Page:
        """Some rows."""
        settings, rows = self.opening.settings, self.rows(split)
        if rows.glance is not None and not window.whole:
            rows = rows._replace(read=rows.glance(LONGER * settings.rows_max_bytes + 1))
        length = settings.rows_max_number if window.length is None else window.length
        with told(self.where(split), self.source, self.recognition):
            table, whole = first_rows(rows, self.where(split), window.offset, length)
            columns = columns_of(rows, table.schema)
            fetch = Fetcher(self.source, settings, str(staging.work)).fetch
            maker = PageMaker(self.source.dataset, self.source.asked, *split, settings, staging.assets, fetch)
            cells = cells_of(table, columns, declared=not rows.guessed)
            places = range(window.offset, window.offset + table.num_rows)
            page = maker.make(cells, places, whole=window.whole)
        known = window.offset + table.num_rows if whole else None
        return page._replace(num_rows_total=rows.num_rows if known is None else known)

    def blocks(self, split: SplitId, wanted: WantedBlocks) -> Iterator[Block]:
        """The rows from one on."""
        found = self.stream(split, wanted)
        first = next(found, None)
        return iter(()) if first is None else chain([first], found)

    def stream(self, split: SplitId, wanted: WantedBlocks) -> Iterator[Block]:
        """The same, from the first step on. Raises PreviewError."""
        rows = self.rows(split)
        whole = WholeRows(rows, self.where(split))
        with told(self.where(split), self.source, self.recognition):
            schema = pa.schema([])
            for name, table in whole.tables(wanted.skip, WHOLE_BATCH if wanted.whole else FEW_ROWS):
                schema = whole.unified(schema, name, table.replace_schema_metadata(None))
                columns = columns_of(rows, table.schema)
                yield Block(f"{self.source.root}/{name}" if name else "", table, columns, not rows.guessed)

    def whole(self, split: SplitId, folder: str, use: Callable[[WholeTables], T]) -> T:
        """What `use` makes of all rows."""
        del folder
        with told(self.where(split), self.source, self.recognition):
            return use(WholeRows(self.rows(split), self.where(split)))

    def may_widen(self, split: SplitId) -> bool:
        """Whether a late row may bring a column that the first ones do not have."""
        return self.rows(split).guessed

    def weight(self, split: SplitId) -> tuple[int, int | None]:
        """How many files a split has, and their bytes as far as these are known; pictures are named by its rows, and not opened."""
        rows = self.rows(split)
        sizes = [self.source.size(name) for name in rows.files]
        known = [one for one in sizes if one is not None]
        number = len(rows.files) if rows.columns is None else 1
        return number, sum(known) if len(known) == len(sizes) else None

    def parquet(self, split: SplitId, remote: RemoteFiles) -> ParquetSplit | None:
        """None: it is converted."""
        del split, remote
        return None


def first_rows(rows: SplitRows, where: str, offset: int, length: int) -> tuple[pa.Table, bool]:
    """Some rows as one table, and whether the split ends with them."""
    whole = WholeRows(rows, where)
    schema, parts, found = pa.schema([]), [], 0
    for name, read in whole.tables(offset, min(max(length, 1), FEW_ROWS)):
        table = read.replace_schema_metadata(None)
        schema = whole.unified(schema, name, table)
        parts.append(table)
        found += table.num_rows
        if found > length:
            break
    fitted = [whole.fitted(part, schema) for part in parts]
    table = pa.concat_tables(fitted) if fitted else pa.table({})
    return table.slice(0, min(length, found)), found <= length
