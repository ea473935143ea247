"""Columns read by pyarrow: those that DuckDB would change on the way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa

from dspreview.arrow.arrays import cells_of
from dspreview.arrow.openparquet import OpenParquet
from dspreview.arrow.settled import bare, micro, plain, settled_table
from dspreview.arrow.texts import readable_table
from dspreview.errors import UnreadableDataError
from dspreview.page.pages import Cells
from dspreview.query.engine.engine import Engine
from dspreview.query.table import by_part

BATCH = 1_000
BUFFER = 1 << 20
"""Bytes of a column that are read at a time."""


def take(engine: Engine, places: list[int], columns: list[int]) -> list[Cells]:
    """Some columns of the rows at some positions, in that order, as cells."""
    table = engine.table
    features = [(table.columns[number].name, table.columns[number].feature) for number in columns]
    found = take_table(engine, places, columns)
    if found is None:
        return [Cells(name, feature, [], plain=True, declared=table.declared) for name, feature in features]
    return cells_of(found, features, declared=table.declared)


def take_table(engine: Engine, places: list[int], columns: list[int]) -> pa.Table | None:
    """Some columns of the rows at some positions, in that order; decoded no further than the last of them. None of no row."""
    table = engine.table
    found: dict[int, tuple[pa.Table, int]] = {}
    for part, inner in by_part(table, places).items():
        for place, rows, row in engine.guarded(partial(read, engine, part, sorted(inner), columns)):
            found[table.starts[part] + place] = (rows, row)
    if absent := [place for place in places if place not in found]:
        raise UnreadableDataError(
            f"{engine.where}: its files declare more rows than they contain; row {absent[0]} is not there"
        )
    parts = [rows.slice(row, 1) for rows, row in (found[place] for place in places)]
    if not parts:
        return None
    if any(
        part.schema.types != parts[0].schema.types for part in parts
    ):  # instants of INT96 have the unit that a file needs
        parts = [settled_table(part, micro) for part in parts]
    return pa.concat_tables(parts)


def read(engine: Engine, part: int, places: list[int], columns: list[int]) -> list[tuple[int, pa.Table, int]]:
    """The rows of one file: each with its position there, and where it stands in which table."""
    file = OpenParquet(engine.opened(part))
    leaves = leaf_columns(file.stored, columns)
    found = []
    start = 0
    for group in range(file.num_row_groups):
        count = file.metadata.row_group(group).num_rows
        wanted = [place for place in places if start <= place < start + count]
        seen = start
        for batch in file.tables(BATCH, group, leaves) if wanted else ():
            rows = settled_table(batch, bare)
            here = [place for place in wanted if seen <= place < seen + rows.num_rows]
            kept = rows.take(pa.array([place - seen for place in here], pa.int64()))  # an empty list has no type
            found += [(place, kept, number) for number, place in enumerate(here)]
            seen += rows.num_rows
            if wanted[-1] < seen:
                break
        start += count
    return found


def column_batches(engine: Engine, columns: list[int], size: int, *, raw: bool = False) -> Iterator[pa.Table]:
    """All rows of some columns, so many at a time, in order. Raises PreviewError.

    Args:
        raw: as pyarrow reads them, text that is not UTF-8 among them; else null stands for it, as in rows.

    """
    for number in range(len(engine.table.parts)):
        tables = part_batches(engine, number, columns, size)
        yield from engine.steps(tables if raw else map(at_hand, tables))


def gathered_batches(engine: Engine, columns: list[int], most: int) -> Iterator[pa.Table]:
    """All rows of some columns in order: as many at a time as come to so many bytes. Raises PreviewError."""
    for number in range(len(engine.table.parts)):
        yield from engine.steps_ahead(gathered(map(at_hand, part_batches(engine, number, columns, BATCH)), most))


def gathered(tables: Iterator[pa.Table], most: int) -> Iterator[pa.Table]:
    """Tables put together up to so many bytes; a larger one alone."""
    together: list[pa.Table] = []
    size = 0
    for table in tables:
        if together and size + table.nbytes > most:
            yield pa.concat_tables(together)
            together, size = [], 0
        together.append(table)
        size += table.nbytes
    if together:
        yield pa.concat_tables(together)


def part_batches(engine: Engine, number: int, columns: list[int], size: int) -> Iterator[pa.Table]:
    """The rows of one file; here it is not read ahead by whole columns of a row group, which may be large."""
    remote = "://" in engine.table.parts[number].path
    file = OpenParquet(engine.opened(number), **({} if remote else {"buffer_size": BUFFER}))
    leaves = leaf_columns(file.stored, columns)
    for group in range(file.num_row_groups):
        if file.metadata.row_group(group).num_rows:
            yield from file.tables(size, group, leaves)


def at_hand(table: pa.Table) -> pa.Table:
    """Rows whose columns every function of pyarrow takes, with null for text that is not UTF-8."""
    return readable_table(settled_table(table, plain))


def leaf_columns(schema: pa.Schema, columns: list[int]) -> list[int]:
    """The numbers of the leaves below some columns: names may hold dots, or be there twice."""
    found: list[int] = []
    first = 0
    for number, field in enumerate(schema):
        count = leaves_of(field.type)
        if number in columns:
            found += range(first, first + count)
        first += count
    return found


def leaves_of(kind: pa.DataType) -> int:
    """How many columns of values a type has in Parquet."""
    if isinstance(kind, pa.BaseExtensionType):
        return leaves_of(kind.storage_type)
    if pa.types.is_struct(kind):
        return sum(leaves_of(kind.field(number).type) for number in range(kind.num_fields))
    if pa.types.is_map(kind):
        return leaves_of(kind.key_type) + leaves_of(kind.item_type)
    if hasattr(kind, "value_type") and not pa.types.is_dictionary(kind):
        return leaves_of(kind.value_type)
    return 1
