"""What is mended in the readers of `datasets`: integers beyond 64 bits stay exact, and JSON null does not crash.

A column with such an integer becomes a column of JSON (Arrow's own type for it), in every format alike.
"""

from __future__ import annotations

import io
import json
import re
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.json as paj
from datasets.features import features as json_feature
from datasets.packaged_modules.csv import csv as csv_reader
from datasets.packaged_modules.folder_based_builder import folder_based_builder as folder_reader
from datasets.packaged_modules.json import json as json_reader
from datasets.utils import json as json_tools
from datasets.utils.json import ujson_dumps, ujson_loads

MANY_DIGITS = re.compile(rb"\d{19}")


class ExactTable:
    """`pyarrow.Table` as the CSV reader uses it."""

    from_arrays = pa.Table.from_arrays

    @staticmethod
    def from_pandas(frame: pd.DataFrame) -> pa.Table:
        """`pyarrow.Table.from_pandas`, which knows no integers beyond 64 bits."""
        try:
            return pa.Table.from_pandas(frame)
        except (OverflowError, pa.ArrowInvalid):
            names = [
                name for name in frame.columns if frame[name].dtype == object and holds_big_integer(list(frame[name]))
            ]
            if not names:
                raise
        texts = {name: [None if pd.isna(value) else json.dumps(value) for value in frame[name]] for name in names}
        table = pa.Table.from_pandas(frame.assign(**texts))
        return with_json_columns(table, names)


class GuardedJson:
    """pyarrow.json with two faults mended: pyarrow 26 crashes, and the process with it, on data that begins with null,
    and it rounds integers beyond 64 bits.
    """

    ReadOptions = paj.ReadOptions

    @staticmethod
    def read_json(source: Any, read_options: Any = None, **options: Any) -> pa.Table:
        """`pyarrow.json.read_json`; columns with integers beyond 64 bits hold JSON. Raises ValueError."""
        data = source.getvalue()
        if data[:200].lstrip().startswith(b"null"):
            raise ValueError("a row is null, where an object was expected")
        names: list[str] = []
        if MANY_DIGITS.search(data):
            data, names = with_big_integers_as_text(data)
        table = paj.read_json(io.BytesIO(data), read_options=read_options, **options)
        return with_json_columns(table, names)


def exact_loads(text: Any) -> Any:
    """The value of a JSON text; ujson refuses integers beyond 64 bits."""
    try:
        return ujson_loads(text)
    except ValueError as error:
        if "too big" not in str(error) and "too small" not in str(error):
            raise
        return json.loads(text)


def exact_dumps(value: Any) -> str:
    """The JSON text of a value; ujson refuses integers beyond 64 bits."""
    try:
        return str(ujson_dumps(value))
    except OverflowError:
        return json.dumps(value)


csv_reader.pa = SimpleNamespace(Table=ExactTable)
for module in (json_reader, json_tools, json_feature):
    module.ujson_loads = exact_loads
    module.ujson_dumps = exact_dumps
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
    names = list(dict.fromkeys(name for row in rows for name, value in row.items() if holds_big_integer(value)))
    for row in rows:
        row.update({name: json.dumps(row[name]) for name in names if row.get(name) is not None})
    return b"\n".join(json.dumps(row).encode() for row in rows), names


def holds_big_integer(value: Any) -> bool:
    """Whether there is an integer beyond 64 bits in a value."""
    if isinstance(value, int):
        return not -(2**63) <= value < 2**63
    if isinstance(value, list):
        return any(holds_big_integer(item) for item in value)
    if isinstance(value, dict):
        return any(holds_big_integer(item) for item in value.values())
    return False
