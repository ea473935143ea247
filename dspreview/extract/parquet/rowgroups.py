"""Parquet files, a row group at a time, without `datasets`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dspreview.arrow.openparquet import OpenParquet
from dspreview.arrow.settled import empty_table

COUNT_KEY = b"dspreview.num_rows"
"""Metadata of the first table of a file that knows how many rows it has."""
BATCH = 1_000
"""Rows that are decoded at a time, at most."""


def parquet_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """A Parquet file, a row group at a time; an empty table first, so that the schema is known without rows."""
    file = OpenParquet(stream, buffer_size=1 << 16)
    empty = empty_table(file.schema_arrow)
    yield empty.replace_schema_metadata((empty.schema.metadata or {}) | {COUNT_KEY: str(row_count(file.metadata))})
    expect = getattr(stream, "expect", None)  # a file on the Hub fetches the first pages together
    for group in range(file.num_row_groups):
        if file.metadata.row_group(group).num_rows:
            if expect is not None:
                expect(group)
                expect = None
            yield from file.tables(batch_size, group)


def row_count(metadata: pq.FileMetaData) -> int:
    """The rows of a file: those of its row groups, whatever it says of their sum."""
    return sum(int(metadata.row_group(number).num_rows) for number in range(metadata.num_row_groups))


def numbered(table: pa.Table) -> pa.Table:
    """A table in which no two columns have the same name: a repeated one gets a number."""
    names = unique_names(table.column_names)
    return table if names == table.column_names else table.rename_columns(names)


def unique_names(names: list[str]) -> list[str]:
    """The names, a repeated one numbered, so that no column hides another in a row."""
    seen: set[str] = set(names) if len(set(names)) == len(names) else set()
    if seen:
        return names
    unique = []
    for name in names:
        candidate, number = name, 1
        while candidate in seen:
            number += 1
            candidate = f"{name}_{number}"
        seen.add(candidate)
        unique.append(candidate)
    return unique
