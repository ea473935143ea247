"""What is mended in the readers of `datasets`: integers stay exact, and what ends the process does not get there.

A column with an integer that its type would round or refuse (beyond 64 bits, or beyond 53 among floats or nulls) becomes
a column of JSON, Arrow's own type for it, in every format alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from datasets.packaged_modules.csv import csv as csv_reader

from dspreview.extract.depth import is_deep
from dspreview.extract.files.door import CURRENT
from dspreview.models import EXACT_FLOAT

MOST_COLUMNS = 100_000
"""A CSV of a million takes a minute and gigabytes before anything of it can be shown."""
INTEGER = re.compile(r"-?(?:0|[1-9]\d*)")
NUMBER = re.compile(rf"{INTEGER.pattern}(?:\.\d+)?(?:[eE][+-]?\d+)?")
"""As JSON has them."""
WRITTEN = re.compile(r"\s*([+-]?)0*(\d+)\s*")
"""As pandas takes integers, too: with blanks, a plus, or zeros in front."""


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
            if (door := CURRENT.get()) is not None:
                door.beyond_library = f"integers beyond 64 bits in {', '.join(map(str, names[:5]))}"
        texts = {name: [None if pd.isna(value) else json.dumps(value) for value in frame[name]] for name in names}
        table = pa.Table.from_pandas(frame.assign(**texts))
        return with_json_columns(table, names)


csv_reader.pa = SimpleNamespace(Table=ExactTable)


def with_json_columns(table: pa.Table, names: list[str]) -> pa.Table:
    """A table whose columns of these names, JSON texts, are of Arrow's JSON type."""
    for name in names:
        place = table.column_names.index(name)
        texts = table.column(place).cast(pa.string())
        chunks = [pa.ExtensionArray.from_storage(pa.json_(), chunk) for chunk in texts.chunks]
        table = table.set_column(place, name, pa.chunked_array(chunks, pa.json_()))
    return table


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


def json_integer(text: str | None) -> str | None:
    """An integer that pandas read as a number, as JSON has it; anything else as it is."""
    found = WRITTEN.fullmatch(text) if text else None
    return text if found is None else f"{found[1].removeprefix('+')}{found[2]}"


def kind_of(declared: Any, name: str) -> pa.DataType | None:
    """The type that a README declares for a column of values."""
    return getattr((declared or {}).get(name), "pa_type", None)


def is_text(kind: pa.DataType | None) -> bool:
    """Whether a type is that of text."""
    return kind is not None and bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_parsed(kind: pa.DataType) -> bool:
    """Whether pandas makes this type of what looks like numbers or truths, and loses how they were written."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def exact_numbers(
    table: pa.Table, as_text: Callable[[list[str]], pa.Table], declared: Any = None, texts_before: Collection[str] = ()
) -> pa.Table:
    """A table of a CSV whose numbers are those of the file.

    pandas rounds integers in a column with an empty cell or a float, and makes text of a column that fits no type.

    Args:
        as_text: reads some columns of the same rows again, as text.
        declared: the features of a README; what holds the numbers becomes that at once.
        texts_before: columns that are text in the files before.

    """
    rounded = [
        name
        for name, column in zip(table.column_names, table.columns, strict=True)
        if (pa.types.is_float64(column.type) and (pc.max(pc.abs(column)).as_py() or 0) >= EXACT_FLOAT)
        or (is_parsed(column.type) and (name in texts_before or is_text(kind_of(declared, name))))
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
        kind = pa.string() if name in texts_before else kind_of(declared, name)
        if not is_text(kind):
            values = [json_integer(one) for one in values]  # noqa: PLW2901 - the same, as JSON has it
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
