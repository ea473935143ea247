"""Python values whose types nobody declares, as Arrow columns: of one kind where they are, else as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from dspreview.models import EXACT_FLOAT
from dspreview.page.iso import iso_duration

WHOLE = 2**63
KINDS: dict[type, pa.DataType] = {
    bool: pa.bool_(), str: pa.string(), bytes: pa.binary(), datetime: pa.timestamp("us"), date: pa.date32(), time: pa.time64("us"),
    timedelta: pa.duration("us"), float: pa.float64(),
}  # fmt: skip


def table_of(names: Sequence[str], rows: Iterable[Sequence[Any]], types: Sequence[pa.DataType | None] = ()) -> pa.Table:
    """Rows as a table; a column of nothing but nulls has the type that is said, else null."""
    columns: list[list[Any]] = [[] for _ in names]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    kinds = list(types) or [None] * len(names)
    arrays = [array_of(values, kind) for values, kind in zip(columns, kinds, strict=True)]
    return pa.Table.from_arrays(arrays, names=list(names))


def array_of(values: list[Any], empty: pa.DataType | None = None) -> pa.Array:
    """Values as an array.

    Args:
        empty: the type where there is no value.

    """
    found = {type(value) for value in values if value is not None}
    if not found:
        return pa.nulls(len(values), empty or pa.null())
    if found == {int}:
        return pa.array(values, pa.int64()) if fits(values, WHOLE) else as_json(values)
    if found == {int, float}:
        return pa.array(map(as_float, values), pa.float64()) if fits(values, EXACT_FLOAT) else as_json(values)
    if found == {date, datetime}:
        return pa.array(map(as_moment, values), pa.timestamp("us"))
    if found == {list} and (items := listed(values)) is not None:
        return items
    if len(found) == 1 and (kind := KINDS.get(found.pop())) is not None:
        return pa.array(values, kind)
    return as_json(values)


def listed(values: list[Any]) -> pa.Array | None:
    """Lists of values of one kind; None for others, which are JSON."""
    kinds = {type(item) for value in values if value is not None for item in value if item is not None}
    if len(kinds) > 1 or not kinds <= {str, int, float, bool}:
        return None
    inner = array_of([item for value in values if value is not None for item in value])
    starts: list[int | None] = []
    place = 0
    for value in values:
        starts.append(None if value is None else place)
        place += 0 if value is None else len(value)
    return pa.ListArray.from_arrays(pa.array([*starts, place], pa.int32()), inner)


def fits(values: list[Any], limit: int) -> bool:
    """Whether the integers among some values lie within a limit."""
    return all(-limit <= value < limit for value in values if type(value) is int)


def as_float(value: float | None) -> float | None:
    """A number as a float."""
    return None if value is None else float(value)


def as_moment(value: date | None) -> datetime | None:
    """A day as its first moment."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the cell has no zone


def as_json(values: list[Any]) -> pa.Array:
    """Values of several kinds, or nested ones, as JSON."""
    return json_array([None if value is None else json_text(value) for value in values])


def json_text(value: Any) -> str:
    """A value as JSON."""
    return ENCODER.encode(value)


def json_array(texts: list[str | None]) -> pa.Array:
    """JSON texts as an array."""
    # halves of letters are dropped, as of JSON tables: DuckDB takes no JSON with them, escaped or not
    whole = [None if text is None else text.encode("utf-8", "ignore").decode() for text in texts]
    return pa.ExtensionArray.from_storage(pa.json_(), pa.array(whole, pa.string()))


def plain(value: Any) -> Any:
    """What JSON has for a value that it has no word for."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return iso_duration(value // timedelta(microseconds=1), "us")
    return str(value) if isinstance(value, Decimal) else repr(value)


ENCODER = json.JSONEncoder(default=plain, ensure_ascii=False, allow_nan=True)
