"""Delta tables through their own library: the rows of the current version, and of no file that the table has removed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from dspreview.arrow.settled import empty_table, filled
from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows

BEYOND = {"deletionVectors", "columnMapping", "v2Checkpoint", "typeWidening", "variantType"}
"""Features of tables whose files are not read as they lie."""


def delta_configs(folder: Folder) -> Configs:
    """One config with one split: the rows of the current version."""
    from deltalake import DeltaTable

    table = DeltaTable(folder.path())
    protocol = table.protocol()
    features = set(protocol.reader_features or ()) | set(protocol.writer_features or ())
    properties = table.metadata().configuration
    mapped = properties.get("delta.columnMapping.mode", "none") != "none"
    schema = pa.schema(table.schema().to_arrow())
    files = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    files.sort(key=lambda one: one["path"])
    names = tuple(unquote(one["path"]) for one in files)
    counts = [one.get("num_records") for one in files]
    if features & BEYOND or mapped or protocol.min_reader_version > 1:
        rows = SplitRows(names, partial(read_scan, table, schema))
    else:
        parts = table.metadata().partition_columns
        told = [{name: one.get(f"partition.{name}") for name in parts} for one in files]
        read = partial(read_files, folder, schema, list(zip(names, told, strict=True)))
        rows = SplitRows(names, read, sum(counts) if None not in counts else None)
    return {"default": {"train": rows}}


def read_scan(table: Any, schema: pa.Schema, batch: int) -> Iterator[NamedTable]:
    """The rows as the library's own engine gives them: without those that are marked as deleted, columns by their names."""
    from deltalake import QueryBuilder

    del batch
    yield "", empty_table(schema)
    reader = QueryBuilder().register("rows", table).execute("SELECT * FROM rows")
    for found in reader:
        yield "", pa.Table.from_batches([pa.record_batch(found)]).cast(schema)


def read_files(
    folder: Folder, schema: pa.Schema, files: list[tuple[str, dict[str, Any]]], batch: int
) -> Iterator[NamedTable]:
    """The rows of each file in the columns of the table; those that it is partitioned by stand in its log."""
    yield "", empty_table(schema)
    for name, told in files:
        with pq.ParquetFile(folder.path(name)) as file:
            wanted = [one for one in file.schema_arrow.names if one in schema.names and one not in told]
            for part in file.iter_batches(batch, columns=wanted):
                table = pa.Table.from_batches([part])
                for column, value in told.items():
                    kind = schema.field(column).type
                    table = table.append_column(column, pa.repeat(pa.scalar(value, kind), table.num_rows))
                yield name, filled(table, schema).cast(schema)
