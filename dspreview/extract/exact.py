"""What is mended in the readers of `datasets`: integers stay exact, and what ends the process does not get there.

A column with an integer that its type would round or refuse (beyond 64 bits, or beyond 53 among floats or nulls) becomes
a column of JSON, Arrow's own type for it, in every format alike.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as paj
from datasets import Value
from datasets.features import features as json_feature
from datasets.packaged_modules.csv import csv as csv_reader
from datasets.packaged_modules.folder_based_builder import folder_based_builder as folder_reader
from datasets.packaged_modules.json import json as json_reader
from datasets.utils import json as json_tools
from datasets.utils.json import ujson_dumps, ujson_loads

from dspreview.extract.depth import DEPTH, is_deep
from dspreview.extract.longintegers import has_long_integer

EXACT_FLOAT = 2**53
"""From there on a float does not tell neighbouring integers apart."""
MOST_COLUMNS = 100_000
"""A CSV of a million takes a minute and gigabytes before anything of it can be shown."""
REFUSED = b"null"
"""How data must not begin."""
INTEGER = re.compile(r"-?(?:0|[1-9]\d*)")
NUMBER = re.compile(rf"{INTEGER.pattern}(?:\.\d+)?(?:[eE][+-]?\d+)?")
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""What may be one half of a letter alone, which UTF-8 cannot hold."""


def refuse_columns(number: int) -> None:
    """Raise ValueError where a table has more columns than anybody reads."""
    if number > MOST_COLUMNS:
        raise ValueError(f"it has {number:,} columns, more than {MOST_COLUMNS:,}")


def columns_of_line(line: bytes, sep: str | None) -> int:
    """How many columns the first line of a CSV has, or of JSON Lines where there is no separator; 0 where it does not tell."""
    if sep is not None:
        return line.count(sep[:1].encode()) + 1
    if line.count(b'":') <= MOST_COLUMNS or not line.lstrip().startswith(b"{") or is_deep(line):
        return 0
    try:
        return len(json.loads(line))
    except ValueError:
        return 0


class ExactTable:
    """`pyarrow.Table` as the CSV reader uses it."""

    from_arrays = pa.Table.from_arrays

    @staticmethod
    def from_pandas(frame: pd.DataFrame) -> pa.Table:
        """`pyarrow.Table.from_pandas`, which knows no integers beyond 64 bits. Raises ValueError."""
        refuse_columns(len(frame.columns))
        try:
            return pa.Table.from_pandas(frame)
        except (OverflowError, pa.ArrowInvalid):
            names = [
                name for name in frame.columns if frame[name].dtype == object and would_be_rounded(list(frame[name]))
            ]
            if not names:
                raise
        texts = {name: [None if pd.isna(value) else json.dumps(value) for value in frame[name]] for name in names}
        table = pa.Table.from_pandas(frame.assign(**texts))
        return with_json_columns(table, names)


class GuardedJson:
    """pyarrow.json with three faults mended: pyarrow 26.0 ends the process on some JSON that is no table and on some that is
    nested very deep, and it rounds integers beyond 64 bits.
    """

    ReadOptions = paj.ReadOptions

    @staticmethod
    def read_json(source: Any, read_options: Any = None, **options: Any) -> pa.Table:
        """`pyarrow.json.read_json`; columns with integers beyond 64 bits hold JSON. Raises ValueError."""
        data = source.getvalue()
        if data.lstrip().startswith(REFUSED):
            raise ValueError("a row is null, where an object was expected")
        if is_deep(data):
            raise ValueError(f"a value is nested more than {DEPTH:,} levels deep")
        names: list[str] = []
        if has_long_integer(data):
            data, names = with_big_integers_as_text(data)
        try:
            table = paj.read_json(io.BytesIO(data), read_options=read_options, **options)
        except pa.ArrowInvalid as error:
            if "too big to be stored" not in str(error):
                raise
            rows = [exact_loads(line) for line in data.splitlines() if line.strip()]  # 1e400 is infinite, as for Python
            lines = "\n".join(map(exact_dumps, rows)).encode()
            table = paj.read_json(io.BytesIO(lines), read_options=read_options, **options)
        refuse_columns(table.num_columns)
        return with_json_columns(table, names)


def exact_loads(text: Any) -> Any:
    """The value of a JSON text; ujson refuses integers beyond 64 bits, rounds floats, and makes null of NaN."""
    try:
        value = json.loads(text)
        if SURROGATE.search(text if isinstance(text, bytes) else text.encode("utf-8", "replace")):
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "ignore"))  # halves are dropped
    except RecursionError as error:
        raise ValueError("a value is nested too deep") from error
    return value


def exact_dumps(value: Any) -> str:
    """The JSON text of a value; ujson keeps ten digits of a float, and makes null of NaN."""
    try:
        return json.dumps(value, separators=(",", ":"), default=lambda rare: ujson_loads(ujson_dumps(rare)))
    except RecursionError as error:
        raise ValueError("a value is nested too deep") from error


def exact_read_json(source: Any, **options: Any) -> pd.DataFrame:
    """`pandas.read_json` of a table, whose values are those that the same rows have as JSON Lines. Raises ValueError."""
    value = exact_loads(source.read())
    columns = columns_of(value)
    if not columns:
        return pandas_read_json(io.StringIO(exact_dumps(value)), **options)
    return pd.DataFrame({name: pd.arrays.ArrowExtensionArray(column_of(values)) for name, values in columns.items()})


def columns_of(value: Any) -> dict[str, list[Any]]:
    """The columns of a list of objects, or of an object of lists; none where it is something else."""
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        names = dict.fromkeys(name for row in value for name in row)
        return {name: [row.get(name) for row in value] for name in names}
    if isinstance(value, dict) and all(isinstance(one, list) for one in value.values()):
        return value if len({len(one) for one in value.values()}) == 1 else {}
    return {}


def column_of(values: list[Any]) -> pa.ChunkedArray:
    """Some values as the column that pyarrow's JSON reader makes of them; as JSON where they are of several kinds."""
    data = "\n".join(exact_dumps({"x": value}) for value in values).encode()
    try:
        return GuardedJson.read_json(io.BytesIO(data), paj.ReadOptions(block_size=len(data) + 1)).column(0)
    except pa.ArrowInvalid:
        texts = [None if value is None else exact_dumps(value) for value in values]
        return with_json_columns(pa.table({"x": pa.array(texts, pa.string())}), ["x"]).column(0)


csv_reader.pa = SimpleNamespace(Table=ExactTable)
for module in (json_reader, json_tools, json_feature):
    module.ujson_loads = exact_loads
    module.ujson_dumps = exact_dumps
cast_table = json_reader.Json._cast_table


def cast_exactly(self: Any, table: pa.Table, json_field_paths: Any = ()) -> pa.Table:
    """`_cast_table`, which keeps ten digits of a float where an object is declared to be a text."""
    for place, name in enumerate(table.column_names):
        declared = (self.info.features or {}).get(name)
        if pa.types.is_struct(table.column(place).type) and declared == Value("string"):
            texts = [None if value is None else exact_dumps(value) for value in table.column(place).to_pylist()]
            table = table.set_column(place, name, pa.chunked_array([texts], pa.string()))
    return cast_table(self, table, json_field_paths)


json_reader.Json._cast_table = cast_exactly
pandas_read_json = json_reader.pandas_read_json
json_reader.pandas_read_json = exact_read_json
for module in (json_reader, folder_reader):
    module.paj = GuardedJson


def with_json_columns(table: pa.Table, names: list[str]) -> pa.Table:
    """A table whose columns of these names, JSON texts, are of Arrow's JSON type."""
    for name in names:
        place = table.column_names.index(name)
        texts = table.column(place).cast(pa.string())
        chunks = [pa.ExtensionArray.from_storage(pa.json_(), chunk) for chunk in texts.chunks]
        table = table.set_column(place, name, pa.chunked_array(chunks, pa.json_()))
    return table


def with_big_integers_as_text(data: bytes) -> tuple[bytes, list[str]]:
    """JSON Lines in which each column with an integer beyond 64 bits holds the JSON text of its values, and their names."""
    try:
        rows = [json.loads(line) for line in data.splitlines() if line.strip()]
    except ValueError:
        return data, []  # for the reader itself to tell
    if not all(isinstance(row, dict) for row in rows):
        return data, []
    columns: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    names = [name for name, values in columns.items() if would_be_rounded(values)]
    for row in rows:
        row.update({name: json.dumps(row[name]) for name in names if row.get(name) is not None})
    return b"\n".join(json.dumps(row).encode() for row in rows), names


def would_be_rounded(value: Any) -> bool:
    """Whether a column's type would lose an integer in these values: beyond 64 bits, or beyond 53 beside a float."""
    numbers = list(numbers_in(value))
    largest = max((abs(number) for number in numbers if isinstance(number, int)), default=0)
    return largest >= 2**63 or (largest > EXACT_FLOAT and any(isinstance(number, float) for number in numbers))


def numbers_in(value: Any) -> Iterator[int | float]:
    """The numbers in a value, at any depth."""
    if isinstance(value, (int, float)):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(item)


def all_numbers(values: list[str | None]) -> bool:
    """Whether all texts but the empty ones are numbers."""
    return all(not value or NUMBER.fullmatch(value) for value in values)


def kind_of(declared: Any, name: str) -> pa.DataType | None:
    """The type that a README declares for a column of values."""
    return getattr((declared or {}).get(name), "pa_type", None)


def is_text(kind: pa.DataType | None) -> bool:
    """Whether a type is that of text."""
    return kind is not None and bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_number(kind: pa.DataType) -> bool:
    """Whether pandas makes this type of what looks like numbers or truths, and loses how they were written."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def exact_numbers(table: pa.Table, as_text: Callable[[list[str]], pa.Table], declared: Any = None) -> pa.Table:
    """A table of a CSV whose numbers are those of the file.

    pandas rounds integers in a column with an empty cell or a float, and makes text of a column that fits no type.

    Args:
        as_text: reads some columns of the same rows again, as text.
        declared: the features of a README; what holds the numbers becomes that at once.

    """
    rounded = [
        name
        for name, column in zip(table.column_names, table.columns, strict=True)
        if (pa.types.is_float64(column.type) and (pc.max(pc.abs(column)).as_py() or 0) >= EXACT_FLOAT)
        or (is_number(column.type) and is_text(kind_of(declared, name)))
    ]
    texts = {name: as_text(rounded).column(name).to_pylist() for name in rounded}
    for name, column in zip(table.column_names, table.columns, strict=True):
        # most texts are seen to be no numbers by their first values
        if (
            is_text(column.type)
            and all_numbers(column.slice(0, 20).to_pylist())
            and all_numbers(values := column.to_pylist())
        ):
            texts[name] = [value or None for value in values]
    for name, values in texts.items():
        kind = kind_of(declared, name)
        if kind is not None and (pa.types.is_integer(kind) or pa.types.is_decimal(kind) or is_text(kind)):
            with suppress(pa.ArrowInvalid):  # for the joiner to tell
                exact = pa.array(values, pa.string()).cast(kind)
                table = table.set_column(table.column_names.index(name), name, exact)
            continue
        if declared is not None:
            continue
        if any(value and INTEGER.fullmatch(value) and abs(int(value)) > EXACT_FLOAT for value in values):
            numbers = [
                value if value is None or NUMBER.fullmatch(value) else json.dumps(float(value)) for value in values
            ]
            table = table.set_column(table.column_names.index(name), name, pa.chunked_array([numbers], pa.string()))
            table = with_json_columns(table, [name])
    return table
