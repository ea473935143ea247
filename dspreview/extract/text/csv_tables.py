"""All rows of CSV files by pyarrow's parser, with the values that pandas gives them."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.csv as pc

from dspreview.extract.text.csv_head import MISSING, TRUTHS, csv_head
from dspreview.extract.text.heads import NotPlainError, here
from dspreview.extract.text.typed_tables import OtherTypesError, TypedTables
from dspreview.feature import Feature
from dspreview.local import open_regular

T = TypeVar("T", bound=pa.Table | None)
BLOCK, THREADS = 4 << 20, 2
"""Bytes of a block, and how many blocks are parsed at a time."""
TYPES = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "large_string": pa.large_string(),
}
NO_INTEGER = re.compile(
    r"In CSV column #(\d+): (?:Row #\d+: )?CSV conversion error to int64: invalid value '-?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?'"
)
"""What pyarrow says of a float among integers."""


def csv_tables(paths: list[str], sep: str = ",") -> TypedTables:
    """Files with the header of the first, in its types. Raises NotPlainError, OSError."""
    with open_regular(paths[0]) as file:
        source = here(file)
        head = csv_head(source, source.rows, sep)
    if head is None or len(head.columns) == 1:  # of one column, an empty line is a row or none
        raise NotPlainError
    schema = pa.schema([(one.name, TYPES[Feature(one.feature).value]) for one in head.columns])
    header = first_record(paths[0], sep)
    if len(header) != len(schema) or any(first_record(path, sep) != header for path in paths[1:]):
        raise NotPlainError
    return TypedTables(paths, schema, partial(parsed, sep=sep))


def first_record(path: str, sep: str) -> list[str]:
    """The fields of the first line of a file, which is its header. Raises NotPlainError, csv.Error, OSError, UnicodeDecodeError."""
    with io.TextIOWrapper(open_regular(path), encoding="utf-8-sig", newline="") as file:
        try:
            return next(csv.reader([file.readline(BLOCK)], delimiter=sep, strict=True), [])
        except csv.Error as error:
            raise NotPlainError from error


def parsed(path: str, schema: pa.Schema, *, sep: str) -> Iterator[pa.Table]:
    """The rows of a file: without quotes, several blocks at a time. Raises NotPlainError, OtherTypesError, OSError, and what pyarrow raises."""
    with open_regular(path) as file, ThreadPoolExecutor(THREADS) as pool:
        file.readline()
        plain, waiting, data = Plain(file), deque[Future[pa.Table]](), b""
        while data := plain.block():
            if b'"' in data:
                break
            waiting.append(pool.submit(block_table, data, schema, sep))
            if len(waiting) > THREADS:
                yield typed(waiting.popleft().result, schema)
        while waiting:
            yield typed(waiting.popleft().result, schema)
        if data:
            plain.left = data
            tables = stream_tables(plain, schema, sep)
            while (table := typed(lambda: next(tables, None), schema)) is not None:
                yield table


def block_table(data: bytes, schema: pa.Schema, sep: str) -> pa.Table:
    """The rows of some whole lines. Raises what pyarrow raises."""
    return pc.read_csv(pa.BufferReader(data), *options(schema, sep, threads=False))


def stream_tables(plain: Plain, schema: pa.Schema, sep: str) -> Iterator[pa.Table]:
    """The rows of the rest of a file. Raises what pyarrow raises."""
    for batch in pc.open_csv(pa.PythonFile(plain, "r"), *options(schema, sep)):
        yield pa.Table.from_batches([batch])


def options(
    schema: pa.Schema, sep: str, *, threads: bool = True
) -> tuple[pc.ReadOptions, pc.ParseOptions, pc.ConvertOptions]:
    """How rows without their header are read."""
    convert = pc.ConvertOptions(
        column_types=schema, null_values=list(MISSING), strings_can_be_null=True, quoted_strings_can_be_null=True,
        true_values=[word for word, truth in TRUTHS.items() if truth],
        false_values=[word for word, truth in TRUTHS.items() if not truth],
    )  # fmt: skip
    read = pc.ReadOptions(column_names=schema.names, block_size=2 * BLOCK, use_threads=threads)
    return read, pc.ParseOptions(delimiter=sep, newlines_in_values=True), convert


def typed(read: Callable[[], T], schema: pa.Schema) -> T:
    """A table. Raises OtherTypesError where integers become floats, as they do for pandas: a float, or nothing, among them."""
    try:
        table = read()
    except pa.ArrowInvalid as error:
        if found := NO_INTEGER.search(str(error)):
            raise OtherTypesError(with_float(schema, int(found[1]))) from error
        raise
    for place, field in enumerate(schema):
        if table is not None and field.type == pa.int64() and table.column(place).null_count:
            raise OtherTypesError(with_float(schema, place))
    return table


def with_float(schema: pa.Schema, place: int) -> pa.Schema:
    """A schema in which a column holds floats."""
    return schema.set(place, schema.field(place).with_type(pa.float64()))


class Plain:
    """A file without what parsers understand in different ways: a letter of no text, a carriage return without a line end."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.left = b""
        """What comes before the rest of the file."""

    def block(self) -> bytes:
        """Whole lines. Raises NotPlainError."""
        return checked(self.file.read(BLOCK) + self.file.readline(BLOCK))

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises NotPlainError."""
        if self.left:
            data, self.left = self.left, b""
            return data
        data = self.file.read(size)
        return checked(data + self.file.read(1) if data.endswith(b"\r") else data)

    def close(self) -> None:
        """Nothing: whoever opened it closes it."""


def checked(data: bytes) -> bytes:
    """The same bytes. Raises NotPlainError."""
    if b"\0" in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
        raise NotPlainError
    return data
