"""What writes an export: a format by the ending of the file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt

from dspreview.arrow.settled import settled_table
from dspreview.errors import UsageError
from dspreview.export.options import Options, Write
from dspreview.export.rows import Columns, Exported
from dspreview.export.texts import records, write_csv, write_lines
from dspreview.extract.plain import METADATA, normal
from dspreview.feature import BINARY, FLOATS, INTEGERS, Feature
from dspreview.models import Json, dump
from dspreview.settings import Settings

GROUP_ROWS = 100_000
GROUP_BYTES = 100_000_000
ARROW_CODECS = ("zstd", "lz4")
CODECS = ("zstd", "snappy", "gzip", "lz4", "none")


def write_parquet(found: Exported, path: Path, settings: Settings, options: Options) -> int:
    """Parquet with the features of `datasets` in it, so that `load_dataset` has the same columns."""
    del settings
    tables = (settled_table(one, parquetless) for one in found.tables)
    first = next(tables)
    schema = with_features(first.schema, found.columns)
    rows, waiting, size = 0, [first], 0
    with pq.ParquetWriter(path, schema, compression=options.compression or "zstd") as out:
        for table in tables:
            rows += table.num_rows
            waiting.append(table)
            size += table.nbytes
            if size > GROUP_BYTES or sum(one.num_rows for one in waiting) >= GROUP_ROWS:
                out.write_table(joined(waiting, schema), row_group_size=GROUP_ROWS)
                waiting, size = [], 0
        if waiting and rows:
            out.write_table(joined(waiting, schema), row_group_size=GROUP_ROWS)
    return rows


def parquetless(kind: pa.DataType) -> pa.DataType | None:
    """What Parquet has no type for, as text: intervals as ISO 8601, unions as JSON."""
    return pa.string() if pt.is_interval(kind) or pt.is_union(kind) else None


def joined(tables: list[pa.Table], schema: pa.Schema) -> pa.Table:
    """Some tables as one, in a schema."""
    return pa.concat_tables([one.replace_schema_metadata(None) for one in tables], promote_options="permissive").cast(
        schema
    )


def with_features(schema: pa.Schema, columns: Columns) -> pa.Schema:
    """A schema with the features of `datasets`, where it has words for all of them."""
    if any(normal(tree) is None and "Json" not in dump(tree) for _, tree in columns):
        return schema.remove_metadata()
    told = json.dumps({"info": {"features": dict(columns)}})
    return schema.with_metadata({METADATA: told.encode()})


def write_arrow(found: Exported, path: Path, settings: Settings, options: Options) -> int:
    """An Arrow file (Feather, version 2)."""
    del settings
    first = next(found.tables)
    schema = with_features(without_dictionaries(first.schema), found.columns)
    if options.compression not in {None, "none", *ARROW_CODECS}:
        raise UsageError(f"--compression {options.compression}: an Arrow file takes {', '.join(ARROW_CODECS)} or none")
    codec = options.compression if options.compression in ARROW_CODECS else None
    rows = 0
    with pa.ipc.new_file(path, schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as out:
        for table in found.tables:
            rows += table.num_rows
            out.write_table(joined([table], schema))
    return rows


def without_dictionaries(schema: pa.Schema) -> pa.Schema:
    """A schema with the values of dictionaries in their place: a file of Arrow has one dictionary a column, and Parquet one a group."""
    fields = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field for field in schema
    ]
    return pa.schema(fields, schema.metadata)


def write_sqlite(found: Exported, path: Path, settings: Settings, options: Options) -> int:
    """A table of SQLite, made by sqlite-utils: types that fit, nested cells as their JSON."""
    import sqlite_utils

    database = sqlite_utils.Database(str(path))
    names = [name for name, _ in found.columns]
    raw = [name for name, tree in found.columns if is_bytes(Feature(tree))]
    number = 0
    for place, name in enumerate(names):
        if "\0" in name:
            raise UsageError(f"SQLite has no names with NUL in them, as in {name!r}; leave the column out")
        if (twin := next((one for one in names[:place] if one.lower() == name.lower()), None)) is not None:
            raise UsageError(f"SQLite takes {twin!r} and {name!r} for one name; choose columns with --columns")

    def counted() -> Iterator[dict[str, Json]]:
        nonlocal number
        for row in records(found, settings, raw):
            number += 1
            yield {name: storable(value) for name, value in row.items()}

    try:
        table = database.table(options.name)
        table.create({name: sqlite_type(tree) for name, tree in found.columns})
        table.insert_all(counted(), batch_size=1_000)
        for column in options.indexes:
            if column not in names:
                raise UsageError(f"--index: no column {column!r}; there are: {', '.join(names[:30])}")
            table.create_index([column])
    finally:
        database.close()
    return number


def storable(value: Json) -> Json:
    """A value as SQLite holds it: nested as its JSON, an integer beyond 64 bits as its digits."""
    if isinstance(value, (dict, list)):
        return dump(value)
    return str(value) if isinstance(value, int) and not -(2**63) <= value < 2**63 else value


def is_bytes(feature: Feature) -> bool:
    """Whether values are bytes, of any length or of one."""
    return (feature.value in BINARY or feature.value.startswith("fixed_size_binary")) and not feature.is_geometry


def sqlite_type(tree: Any) -> type:
    """What SQLite stores values of a feature as."""
    feature = Feature(tree)
    if feature.value == "uint64":
        return bytes  # which SQLite leaves as it is: in a column of integers, digits beyond 64 bits become a float
    if feature.kind == "ClassLabel" or INTEGERS.fullmatch(feature.value) or feature.value == "bool":
        return int
    if is_bytes(feature):
        return bytes
    return float if feature.value in FLOATS else str


WRITERS: dict[str, Write] = {
    "parquet": write_parquet, "csv": write_csv, "jsonl": write_lines, "arrow": write_arrow, "feather": write_arrow, "sqlite": write_sqlite,
    "db": write_sqlite,
}  # fmt: skip
"""The formats by their endings."""
TEXTS_OF = frozenset({write_csv, write_lines})
PACKED = (".gz", ".zst")
"""Endings behind that of a text."""
INDEXED, COMPRESSED = frozenset({write_sqlite}), frozenset({write_parquet, write_arrow})
"""Those that have indexes, and those that have a codec."""


def writer_of(path: str) -> Write:
    """What writes a file of that name. Raises UsageError."""
    name = os.path.basename(path).lower()
    packed = next((one for one in PACKED if name.endswith(one)), "")
    found = WRITERS.get(name.removesuffix(packed).rpartition(".")[2])
    if found is None or (packed and found not in TEXTS_OF):
        raise UsageError(
            f"{path}: its ending tells no format; write .{', .'.join(WRITERS)}, or .csv and .jsonl with .gz or .zst behind"
        )
    return found
