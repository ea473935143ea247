"""A split that is not Parquet, converted: as one Parquet file of ours that holds the same rows in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from dspreview.arrow.arrays import beyond_floats
from dspreview.arrow.stored import parquet_type, stored_table, unsettled_table
from dspreview.arrow.texts import is_text, readable_table
from dspreview.extract.plain import Columns
from dspreview.extract.reader import WholeTables
from dspreview.feature import asset_tree

GROUP_BYTES = 64_000_000
GROUP_ROWS = 100_000
LOOKED_AT, FEW = 2_000, 10
"""Rows that tell whether values repeat; how often they do, on average."""
DATA = "data.parquet"

Progress = Callable[[int], None]
"""Told the bytes converted so far."""


class Piece(NamedTuple):
    """Rows that had one schema."""

    path: Path
    schema: pa.Schema


class Converted(NamedTuple):
    """The rows of a split as a Parquet file."""

    path: Path
    num_rows: int
    schema: pa.Schema
    """In Arrow; some types have others in Parquet (`dspreview.arrow.stored`)."""
    columns: Columns
    partial: bool
    declared: bool
    """Whether its features are the data's own, and no guess from the values."""
    lossy: bool
    """Whether null stands for text that is not UTF-8."""


def convert(whole: WholeTables, folder: Path, max_bytes: int, progress: Progress) -> Converted:
    """Write a split into `folder`, up to `max_bytes` of it as Arrow counts them. Raises PreviewError."""
    writer = Writer(whole, folder)
    partial, taken = False, 0
    for name, table in whole.tables():
        if taken >= max_bytes and table.num_rows:
            partial = True
            break
        writer.add(name, table)
        taken += table.nbytes
        progress(taken)
    path, schema = writer.close()
    count = pq.read_metadata(path).num_rows
    columns = [
        (name, asset_tree("Json") if pa.types.is_union(kind) else tree)
        for (name, tree), kind in zip(whole.columns(schema), schema.types, strict=True)
    ]
    return Converted(path, count, schema, columns, partial, whole.features is not None, writer.lossy)


class Writer:
    """Writes tables to pieces, a new one where the schema widens, and at the end makes them one file."""

    def __init__(self, whole: WholeTables, folder: Path) -> None:
        self.whole, self.folder = whole, folder
        self.pieces: list[Piece] = []
        self.out: pq.ParquetWriter | None = None
        self.waiting: list[pa.Table] = []
        self.bytes = self.rows = 0
        """Of those that wait."""
        self.seen = pa.schema([])
        self.repeated: list[str] = []
        """Columns whose values come again and again."""
        self.large: set[str] = set()
        """Columns with integers that floats do not tell apart."""
        self.lossy = False
        self.bare = 0
        """Rows without a column, before the first that has one: Parquet has no place for them."""

    def add(self, name: str, table: pa.Table) -> None:
        """Take a table."""
        number, read = table.num_rows, table.replace_schema_metadata(None)  # which loses rows without a column
        table = readable_table(read)
        self.lossy = self.lossy or table is not read
        if not table.schema.names and not self.seen.names:
            self.bare += number
        elif self.bare:
            nulls, self.bare = [pa.nulls(self.bare, field.type) for field in table.schema], 0
            self.add(name, pa.Table.from_arrays(nulls, schema=table.schema))
        if not self.pieces:
            self.repeated = repeated(table)
            self.open(self.whole.opening(table.schema).remove_metadata())
        schema = self.exact(table, self.whole.unified(self.seen, name, table))
        if not schema.equals(self.seen):
            self.flush()
            self.open(schema)
        if not table.schema.equals(schema):
            table = self.whole.fitted(table, schema)
        self.waiting.append(table)
        self.bytes, self.rows = self.bytes + table.nbytes, self.rows + table.num_rows
        if self.bytes > GROUP_BYTES or self.rows >= GROUP_ROWS:
            self.flush()

    def exact(self, table: pa.Table, schema: pa.Schema) -> pa.Schema:
        """A schema in which no float takes the place of an integer that it does not tell apart: both are JSON then."""
        for field in table.schema:
            if pa.types.is_integer(field.type) and beyond_floats(table.column(field.name)):
                self.large.add(field.name)
        for place, field in enumerate(schema if self.whole.features is None else ()):
            if field.name in self.large and pa.types.is_floating(field.type):
                schema = schema.set(place, field.with_type(pa.json_()))
        return schema

    def open(self, schema: pa.Schema) -> None:
        """Begin a piece."""
        if self.out is not None:
            self.out.close()
        self.seen = schema
        self.pieces.append(Piece(self.folder / f"piece-{len(self.pieces)}", schema))
        self.out = writer(self.pieces[-1].path, schema, self.repeated)

    def flush(self) -> None:
        """Write what waits."""
        if self.waiting and self.out is not None:
            self.out.write_table(stored_table(pa.concat_tables(self.waiting)), row_group_size=GROUP_ROWS)
        self.waiting, self.bytes, self.rows = [], 0, 0

    def close(self) -> tuple[Path, pa.Schema]:
        """The one file, and its schema."""
        if not self.pieces:
            self.open(self.whole.opening(pa.schema([])).remove_metadata())
        self.flush()
        if self.out is not None:
            self.out.close()
        path = self.folder / DATA
        if len(self.pieces) == 1:
            self.pieces[0].path.rename(path)
        else:
            with writer(path, self.seen, self.repeated) as out:
                for table in self.rewritten():
                    out.write_table(stored_table(table))
            for piece in self.pieces:
                piece.path.unlink()
        return path, self.seen

    def rewritten(self) -> Iterator[pa.Table]:
        """All rows with the last schema."""
        for piece in self.pieces:
            with pq.ParquetFile(piece.path) as file:
                for group in range(file.num_row_groups):
                    yield self.whole.fitted(unsettled_table(file.read_row_group(group), piece.schema), self.seen)


def writer(path: Path, schema: pa.Schema, repeated: list[str]) -> pq.ParquetWriter:
    """A Parquet file to be written, of rows that have a schema: in the form that is written and read in the shortest time.

    It is not compressed: that takes as long as to parse the data, and saves half of its size.
    """
    schema = pa.schema([field.with_type(parquet_type(field.type)) for field in schema])
    return pq.ParquetWriter(
        path, schema, compression="none", use_dictionary=[one for one in repeated if one in schema.names]
    )


def repeated(table: pa.Table) -> list[str]:
    """The columns of texts that have few values, as the first rows tell: a dictionary makes these smaller, and faster to ask."""
    head = table.slice(0, LOOKED_AT)
    return [
        field.name
        for place, field in enumerate(head.schema)
        if is_text(field.type) and len(head.column(place).unique()) * FEW < head.num_rows
    ]
