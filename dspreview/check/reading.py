"""The rows of a split for a check, in order, a block of Arrow at a time: plain Parquet directly, all else through `datasets`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from dspreview import local
from dspreview.arrow.settled import bare, plain, settled_table, target
from dspreview.check.rules.allowance import Allowance
from dspreview.check.textfiles import lines
from dspreview.check.textfiles.converted import ConvertedText, converted_text
from dspreview.extract.bare import with_columns
from dspreview.extract.extractor import Extractor
from dspreview.extract.files.fetch import Origin
from dspreview.extract.format import ARROW, Format
from dspreview.extract.library.csvheader import HEAD
from dspreview.extract.parquet.footers import Footer, local_footer
from dspreview.extract.parquet.schemafiles import footer_there, open_remote
from dspreview.extract.plain import Columns
from dspreview.extract.reader import WHOLE_BATCH, WantedBlocks
from dspreview.extract.text.dialect import undeclared
from dspreview.models import DatasetRef, Resolved, SplitId
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.extract.library.reader import Library
    from dspreview.extract.library.source import Plan

DELIMITED = (".csv", ".tsv", ".psv")
SHIFTING = frozenset({"header", "skiprows", "names", "column_names", "skip_blank_lines", "comment"})
"""Options of a README after which rows do not begin below the first line."""


def workable(table: pa.Table) -> pa.Table:
    """A table in types that pyarrow has functions for; JSON stays what it is, but inside others."""
    for place, field in enumerate(table.schema):
        change = plain if isinstance(field.type, pa.JsonType) else bare
        if target(field.type, change) != field.type:
            column = settled_table(table.select([place]), change)
            table = table.set_column(place, column.schema.field(0), column.column(0))
    return table


class FileRows(NamedTuple):
    """Some rows of a split."""

    file: str
    """Its name in the dataset; empty where a reader mixes files."""
    file_row: int
    """The first of them, in the file."""
    table: pa.Table
    columns: Columns
    raw: pa.Table | None = None
    """The same rows, and those behind them, as `datasets` makes them; None where that is known from the file's end."""


class Reading:
    """Reads one split."""

    def __init__(
        self, extractor: Extractor, ref: DatasetRef, dataset: Resolved, split: SplitId, folder: str,
        allowance: Allowance = Allowance(),  # noqa: B008 - a value
    ) -> None:  # fmt: skip
        """`folder` takes what has to be unpacked, and belongs to the caller."""
        self.spares = partial(allowance.spares, split)
        self.extractor, self.ref, self.dataset, self.names, self.folder = extractor, ref, dataset, split, folder
        self.settings: Settings = extractor.settings
        self.recognised = extractor.recognised(ref, dataset)
        direct = extractor.direct(ref, dataset) if self.recognised is None else None
        chosen = direct.chosen(split) if direct is not None else None
        texts = direct.text_files(split) if direct is not None else None
        plain = chosen is not None and (chosen.format.is_parquet or (texts is not None and not self.dialect(texts[0])))
        self.direct = direct if plain else None
        self.chosen = chosen if self.direct is not None else None
        self._footers: dict[str, Footer] = {}
        self.beyond_library = ""
        """What was read that `datasets` itself does not read."""
        self.dropped = ""
        """What it leaves out."""
        self.broken: set[str] = set()
        """Files that cannot be read; the others still can."""

    def dialect(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """How a CSV on this machine is read where it is not the usual, and where `params` do not tell it; nothing for other files."""
        if not path.endswith((".csv", ".tsv")) or "://" in path:
            return {}
        with local.open_regular(path) as file:
            return undeclared(file.read(HEAD), params or {})

    @property
    def library(self) -> Library:
        """The dataset for `datasets`. Raises PreviewError."""
        return self.extractor.library(self.ref, self.dataset)

    @property
    def plan(self) -> Plan:
        """How `datasets` reads the config. Raises PreviewError."""
        return self.library.plan(self.names.config)

    @property
    def params(self) -> dict[str, Any]:
        """The options of the reader that the README has. Raises PreviewError."""
        if self.chosen is not None or self.recognised is not None:
            return {}
        return self.plan.params | self.unusual

    @cached_property
    def unusual(self) -> dict[str, Any]:
        """The delimiter and the encoding of a CSV on this machine where they are not the usual, and nobody declared them."""
        if self.direct is not None or not self.format.is_delimited or not self.files:
            return {}
        return self.dialect(self.files[0], self.plan.params)

    @property
    def delimiter(self) -> str:
        """What stands between the fields of a CSV."""
        return str(self.params.get("sep") or self.params.get("delimiter") or ",")

    @property
    def source(self) -> Origin:
        """Whose files cells may name."""
        if self.recognised is not None:
            return self.recognised.source
        return self.direct.source if self.direct is not None else self.library.source

    @property
    def root(self) -> str:
        """The folder of the dataset, or its address on the Hub."""
        return self.source.root

    @property
    def files(self) -> list[str]:
        """The files of the split, absolute. Raises PreviewError."""
        if self.recognised is not None:
            return [f"{self.root}/{name}" for name in self.recognised.rows(self.names).files]
        if self.chosen is not None:
            return [f"{self.root}/{name}" for name in self.chosen.files[self.names.split]]
        return self.plan.files[self.names.split]

    @property
    def whole_files(self) -> list[str]:
        """The files of the split that can be read."""
        return [path for path in self.files if path not in self.broken]

    @property
    def format(self) -> Format:
        """The format of its files."""
        if self.recognised is not None:
            return self.recognised.format
        return self.chosen.format if self.chosen is not None else self.plan.format

    @cached_property
    def converted(self) -> ConvertedText | None:
        """All rows of text files in the types of the first ones; None where another row has none of these. Raises PreviewError."""
        if self.direct is None or self.format.is_parquet:
            return None
        text = converted_text(self.direct, self.names, self.files, Path(self.folder))
        return text if text is not None and text.found.columns else None

    def parts(self, *, whole: bool) -> Iterator[FileRows]:
        """The rows, as far as they are wanted; small blocks unless the `whole` split is. Raises PreviewError, and what pyarrow raises."""
        if whole and self.converted is not None:
            yield from self.converted_parts(self.converted, self.converted.found.columns)
            return
        wanted = WantedBlocks(self.folder, whole=whole, examined=True, leave_out=frozenset(self.broken))
        file, row = "", 0
        for block in with_columns(self.extractor.blocks(self.ref, self.dataset, self.names, wanted)):
            file, row = (file, row) if block.file == file else (block.file, 0)
            self.beyond_library = block.unread or self.beyond_library
            self.dropped = block.dropped or self.dropped
            yield FileRows(self.shorten(file), row, workable(block.table), block.columns, block.raw)
            row += block.table.num_rows

    def converted_parts(self, text: ConvertedText, columns: Columns) -> Iterator[FileRows]:
        """Some columns of text files that were converted. Raises OSError, and what pyarrow raises."""
        for path, row, table in text.tables(columns):
            yield FileRows(self.shorten(path), row, workable(table), columns, table)

    def is_plain(self) -> bool:
        """Whether its files are Parquet whose columns are plain."""
        return self.format.is_parquet and (
            self.direct is not None and self.chosen is not None and self.direct.is_plain(self.chosen, self.whole_files)
        )

    @property
    def declares(self) -> bool:
        """Whether the README says the types."""
        if self.recognised is not None:
            return False
        return (self.chosen if self.chosen is not None else self.plan).features is not None

    def footer(self, path: str) -> Footer:
        """What the end of a Parquet file tells. Raises PreviewError, and what pyarrow raises."""
        if path not in self._footers:
            if self.dataset.is_remote:
                self._footers[path] = footer_there(path, self.ref.asked, self.settings)
            else:
                local.guard(path, self.root, self.ref.asked)
                self._footers[path] = local_footer(path)
        return self._footers[path]

    def stored_tables(self, path: str) -> Iterator[pa.Table]:
        """A Parquet file as `datasets` reads it."""
        with self.open(path) as stream:
            for batch in pq.ParquetFile(stream, pre_buffer=False).iter_batches(WHOLE_BATCH):
                yield pa.Table.from_batches([batch])

    def loads_as(self, file: str, schema: pa.Schema) -> bool:
        """Whether `datasets` takes a file into types that it knows from a split before: its reader of JSON guesses none then."""
        if self.format.is_delimited or not self.format.guesses_types or "://" in self.root:
            return False
        from datasets import Features
        from datasets.data_files import DataFilesDict, DataFilesList

        from dspreview.extract.library.readers import SplitReader

        path, split = os.path.join(self.root, file), self.names.split
        known = Features.from_arrow_schema(schema)
        plan = replace(
            self.plan,
            features=known,
            files={split: [path]},
            data_files=DataFilesDict({split: DataFilesList([path], [])}),
        )
        reader = SplitReader(self.library.source, plan, split, self.folder, self.settings, streaming=True)
        try:
            for _ in reader.tables(0, sys.maxsize):
                pass
        except Exception:  # noqa: BLE001 - whatever it is, `datasets` raises it, too
            return False
        return True

    def stored_schema(self, path: str) -> pa.Schema | None:
        """The schema of an Arrow file as it has it; None for other formats."""
        if self.format is not ARROW or "::" in path:
            return None
        with self.open(path) as stream:
            try:
                return pa.ipc.open_stream(stream).schema
            except pa.ArrowInvalid:
                stream.seek(0)
                return pa.ipc.open_file(stream).schema

    def open(self, path: str) -> Any:
        """A Parquet file. Raises PreviewError, OSError."""
        if self.dataset.is_remote:
            return open_remote(path, self.ref.asked, self.settings)
        local.guard(path, self.root, self.ref.asked)
        return pa.OSFile(path)

    def count_of(self, file: str) -> int | None:
        """How many rows a text file on this machine has; None where rows are no lines, or are many."""
        if self.dataset.is_remote:
            return None
        path = os.path.join(self.root, file)
        if file.endswith((".jsonl", ".ndjson")):
            return lines.json_rows(path)
        return lines.csv_rows(path, self.delimiter) if self.format.is_delimited and file.endswith(DELIMITED) else None

    def line_of(self, file: str, row: int) -> int | None:
        """The line, from 1, of a row of a text file on this machine; None where rows are no lines."""
        if self.dataset.is_remote or row > lines.MOST:
            return None
        path = os.path.join(self.root, file)
        if file.endswith((".jsonl", ".ndjson")):
            return lines.json_line(path, row)
        if self.format.is_delimited and file.endswith(DELIMITED) and not SHIFTING & self.params.keys():
            return lines.csv_line(path, row, self.delimiter)
        return None

    def plain_line(self, file: str | None, record: int) -> int | None:
        """The line of a record of a CSV on this machine, where none before it goes over several."""
        return lines.plain_line(os.path.join(self.root, file or ""), record)

    def shorten(self, path: str) -> str:
        """A file by its name in the dataset."""
        inner = path.rsplit("::", maxsplit=1)[-1]
        if not inner:
            return ""
        return os.path.relpath(inner, self.root) if "://" not in inner else inner.removeprefix(f"{self.root}/")
