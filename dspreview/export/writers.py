"""What writes an export: a format by the ending of the file."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from dspreview.arrow.arrays import cells_of
from dspreview.documents.plain import csv_cell
from dspreview.errors import UsageError
from dspreview.export.rows import Columns, Exported
from dspreview.extract.plain import METADATA, normal
from dspreview.feature import BINARY, FLOATS, INTEGERS, LABEL, TEXTS, Feature, value_tree
from dspreview.models import Json, dump
from dspreview.page.pages import PageMaker
from dspreview.settings import Settings

GROUP_ROWS = 100_000
GROUP_BYTES = 100_000_000
CODECS = ("zstd", "snappy", "gzip", "lz4", "none")


class Options(NamedTuple):
    """How it is written."""

    compression: str | None = None
    indexes: tuple[str, ...] = ()
    """Columns of SQLite that get an index."""
    name: str = ""
    """What its table is called there."""


Write = Callable[[Exported, Path, Settings, Options], int]
"""Writes all rows to a path; returns how many there were."""


def write_parquet(found: Exported, path: Path, settings: Settings, options: Options) -> int:
    """Parquet with the features of `datasets` in it, so that `load_dataset` has the same columns."""
    del settings
    first = next(found.tables)
    schema = with_features(first.schema, found.columns)
    rows, waiting, size = 0, [first], 0
    with pq.ParquetWriter(path, schema, compression=options.compression or "zstd") as out:
        for table in found.tables:
            rows += table.num_rows
            waiting.append(table)
            size += table.nbytes
            if size > GROUP_BYTES or sum(one.num_rows for one in waiting) >= GROUP_ROWS:
                out.write_table(joined(waiting, schema), row_group_size=GROUP_ROWS)
                waiting, size = [], 0
        if waiting and rows:
            out.write_table(joined(waiting, schema), row_group_size=GROUP_ROWS)
    return rows


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
    codec = options.compression if options.compression in {"zstd", "lz4"} else None
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


def records(found: Exported, settings: Settings, raw: Sequence[str] = ()) -> Iterator[dict[str, Json]]:
    """The rows as JSON values, files by their names; the bytes of the columns `raw` as they are."""
    maker = PageMaker(found.dataset, found.asked, *found.split, settings, Path(), nothing)
    for table in found.tables:
        for start in range(0, table.num_rows, 1_000):
            part = table.slice(start, 1_000)
            cells = [without_bytes(one) for one in cells_of(part, found.columns, declared=True)]
            _, rows = maker.rows(cells, range(part.num_rows), None)
            for column in raw:
                for row, value in zip(rows, part.column(column).to_pylist(), strict=True):
                    row.cells[column] = value
            yield from (row.cells for row in rows)


def without_bytes(cells: Any) -> Any:
    """A column of files as their names."""
    if not Feature(cells.feature).holds_assets():
        return cells
    names = [one.get("path") if isinstance(one, dict) else None for one in cells.values]
    return cells._replace(feature=value_tree("string"), values=names, plain=True)


def nothing(path: str, max_bytes: int) -> bytes:
    """No file is fetched. Raises FileNotFoundError."""
    del max_bytes
    raise FileNotFoundError(path)


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """A file of text to be written, packed where its name ends so."""
    with ExitStack() as stack:
        raw: Any = stack.enter_context(open(path, "wb"))
        if path.suffix == ".gz":
            raw = stack.enter_context(gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0))
        elif path.suffix == ".zst":
            raw = stack.enter_context(zstd_writer(raw))
        yield stack.enter_context(io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline=""))


def zstd_writer(raw: IO[bytes]) -> Any:
    """A stream that packs what is written to it."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.open(raw, "wb")


def write_lines(found: Exported, path: Path, settings: Settings, options: Options) -> int:
    """JSON Lines."""
    del options
    rows = simple_records(found) if is_simple(found) else records(found, settings)
    number = 0
    with opened(path) as out:
        while batch := list(islice(rows, 1_000)):
            number += len(batch)
            out.write("".join(dump(row) + "\n" for row in batch))
    return number


def is_simple(found: Exported) -> bool:
    """Whether all columns hold single values that are JSON and CSV as they are: no files, dates, bytes or nested ones."""
    return all(is_simple_feature(Feature(tree)) for _, tree in found.columns)


def is_simple_feature(feature: Feature) -> bool:
    """Whether the values of a column are whole numbers, floats, texts, or true and false."""
    return (
        feature.kind == LABEL or feature.value in FLOATS | TEXTS | {"bool"} or bool(INTEGERS.fullmatch(feature.value))
    )


def simple_records(found: Exported) -> Iterator[dict[str, Json]]:
    """Rows whose values are JSON as they are; what is no number is null there."""
    names = [name for name, _ in found.columns]
    floats = [Feature(tree).value in FLOATS for _, tree in found.columns]
    for table in found.tables:
        columns = [
            finite(column.to_pylist()) if one else column.to_pylist()
            for one, column in zip(floats, table.columns, strict=True)
        ]
        for row in zip(*columns, strict=True):
            yield dict(zip(names, row, strict=True))


def finite(values: list[Any]) -> list[Any]:
    """Floats, null for those that JSON has no number for."""
    return [None if one is not None and not math.isfinite(one) else one for one in values]


def write_csv(found: Exported, path: Path, settings: Settings, options: Options) -> int:
    """Comma-separated values; nested cells as their JSON."""
    del options
    if is_simple(found):
        return write_simple_csv(found, path)
    names = [name for name, _ in found.columns]
    number = 0
    rows = records(found, settings)
    with opened(path) as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        for row in rows:
            number += 1
            writer.writerow([csv_cell(row.get(name)) for name in names])
    return number


def write_simple_csv(found: Exported, path: Path) -> int:
    """The same for single values, a table at a time."""
    number = 0
    with opened(path) as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([name for name, _ in found.columns])
        for table in found.tables:
            number += table.num_rows
            columns = [
                plain_values(Feature(tree), column)
                for (_, tree), column in zip(found.columns, table.columns, strict=True)
            ]
            writer.writerows(zip(*columns, strict=True))
    return number


def plain_values(feature: Feature, column: pa.ChunkedArray) -> list[Any]:
    """The values of a column as CSV has them."""
    values = column.to_pylist()
    if feature.value == "bool":
        return [None if one is None else "true" if one else "false" for one in values]
    return finite(values) if feature.value in FLOATS else values


def write_sqlite(found: Exported, path: Path, settings: Settings, options: Options) -> int:
    """A table of SQLite, made by sqlite-utils: types that fit, nested cells as their JSON."""
    import sqlite_utils

    database = sqlite_utils.Database(str(path))
    names = [name for name, _ in found.columns]
    raw = [name for name, tree in found.columns if Feature(tree).value in BINARY and not Feature(tree).is_geometry]
    number = 0

    def counted() -> Iterator[dict[str, Json]]:
        nonlocal number
        for row in records(found, settings, raw):
            number += 1
            yield {name: dump(value) if isinstance(value, (dict, list)) else value for name, value in row.items()}

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


def sqlite_type(tree: Any) -> type:
    """What SQLite stores values of a feature as."""
    feature = Feature(tree)
    if feature.kind == "ClassLabel" or INTEGERS.fullmatch(feature.value) or feature.value == "bool":
        return int
    if feature.value in BINARY and not feature.is_geometry:
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
