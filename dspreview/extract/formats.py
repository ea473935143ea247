"""Single formats: Parquet and Arrow files read here, and the first broken line of a text file found."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import DownloadConfig
from datasets.utils.file_utils import xopen

LINES_LOOKED_AT = 200_000
COUNT_KEY = b"dspreview.num_rows"
"""Metadata of the first table of a file that knows how many rows it has."""


def parquet_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """A Parquet file, a row group at a time; an empty table first, so that the schema is known without rows."""
    file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 16)
    empty = file.schema_arrow.empty_table()
    yield empty.replace_schema_metadata((empty.schema.metadata or {}) | {COUNT_KEY: str(file.metadata.num_rows)})
    for group in range(file.num_row_groups):
        if file.metadata.row_group(group).num_rows:
            for batch in file.iter_batches(batch_size=batch_size, row_groups=[group]):
                yield pa.Table.from_batches([batch])


def arrow_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """An Arrow stream or file, a record batch at a time."""
    del batch_size
    try:
        reader = pa.ipc.open_stream(stream)
        batches = iter(reader)
    except (OSError, pa.ArrowInvalid):
        stream.seek(0)
        reader = pa.ipc.open_file(stream)
        batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
    yield reader.schema.empty_table()
    for batch in batches:
        batch.validate(full=True)
        yield pa.Table.from_batches([batch])


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


def bad_line(arguments: dict[str, Any], download: DownloadConfig) -> int | None:
    """The first line of a JSON Lines or text file that is none, counted from 1; readers count within their blocks."""
    for name in next(iter(arguments.get("files_iterables", ())), ()):
        try:
            with xopen(name, "rb", download_config=download) as stream:
                return first_bad_line(stream, as_json=".json" in os.path.basename(name.split("::")[0]))
        except (OSError, EOFError, zlib.error):  # cut off: there is no bad line to name
            return None
    return None


def first_bad_line(stream: Iterable[bytes], *, as_json: bool) -> int | None:
    """The first line that is not text in UTF-8, or (as JSON Lines) no JSON; None for one document over many lines."""
    for number, line in enumerate(islice(stream, LINES_LOOKED_AT), 1):
        if number == 1 and line.strip() and not line.rstrip().endswith(b"}"):
            as_json = False
        try:
            text = line.decode()
            if as_json and text.strip():
                json.loads(text)
        except ValueError:
            return number
    return None
