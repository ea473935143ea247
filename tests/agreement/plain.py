"""Cells of a page by pyarrow's scalars and plain Python, with nothing of ours: what the contract says of each type."""

from __future__ import annotations

import base64
import json
import math
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.types as pt

PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
FOREVER = {2**63 - 1: "Infinity", -(2**63 - 1): "-Infinity"}
ALWAYS = {2**31 - 1: "Infinity", -(2**31 - 1): "-Infinity"}
"""Counts that DuckDB and PostgreSQL write for infinity; in nanoseconds they are instants."""


class Special(Exception):  # noqa: N818 - what a cell is where JSON has no value for it
    """Not a number, or infinite."""


def date_text(days: int) -> str:
    """A day, counted from 1970, of any year, by the rule of 400 years."""
    shifted = days + 719_468
    era, day = divmod(shifted, 146_097)
    year_of_era = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day_of_year = day - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * day_of_year + 2) // 153
    of_month = day_of_year - (153 * month + 2) // 5 + 1
    month, year = (month + 3, year_of_era + 400 * era) if month < 10 else (month - 9, year_of_era + 400 * era + 1)
    sign = f"{year:04d}" if 0 < year < 10_000 else f"{year:+05d}"
    return f"{sign}-{month:02d}-{of_month:02d}"


def below(count: int, unit: str) -> str:
    """The part of a second, in six digits or nine."""
    nanoseconds = count % PER_SECOND[unit] * (10**9 // PER_SECOND[unit])
    if not nanoseconds:
        return ""
    return f".{nanoseconds:09d}" if nanoseconds % 1000 else f".{nanoseconds // 1000:06d}"


def clock(seconds: int) -> str:
    """A time of day."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def offset_of(zone: str, seconds: int) -> int:
    """Whole minutes between a zone and UTC at an instant, in seconds."""
    if zone[0] in "+-":
        there: Any = timezone(timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6])) * (-1 if zone[0] == "-" else 1))
    else:
        there = ZoneInfo(zone)
    try:
        found = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).astimezone(there).utcoffset()
    except OverflowError:
        return 0
    assert found is not None
    total = int(found.total_seconds())
    return (abs(total) // 60) * 60 * (1 if total > 0 else -1)


def instant_text(count: int, kind: pa.TimestampType) -> str:
    """An instant in its zone."""
    seconds, suffix = count // PER_SECOND[kind.unit], ""
    if kind.tz is not None:
        offset = offset_of(kind.tz, seconds)
        seconds += offset
        suffix = f"{'-' if offset < 0 else '+'}{abs(offset) // 3600:02d}:{abs(offset) // 60 % 60:02d}"
        if kind.tz == "UTC":
            suffix = "Z"
    return f"{date_text(seconds // 86_400)}T{clock(seconds % 86_400)}{below(count, kind.unit)}{suffix}"


def duration_text(count: int, unit: str) -> str:
    """A duration in ISO 8601."""
    days, seconds = divmod(abs(count) // PER_SECOND[unit], 86_400)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    part = below(abs(count), unit).rstrip("0")
    time = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes)
    if seconds or part or not (days or time):
        time += f"{seconds}{part}S"
    return f"{'-' if count < 0 else ''}P{f'{days}D' if days else ''}{'T' if time else ''}{time}"


def number(value: float) -> float:
    """A float that JSON has."""
    if math.isfinite(value):
        return value
    raise Special("NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity")


def temporal(scalar: Any, kind: pa.DataType) -> str:
    """Dates, times, instants, durations, intervals."""
    if pt.is_interval(kind):
        months, days, nanoseconds = scalar.as_py()
        if not (months or days):
            return duration_text(nanoseconds, "ns")
        return f"P{months}M{days}D" + (duration_text(nanoseconds, "ns").removeprefix("P") if nanoseconds else "")
    count = int(scalar.value)
    if pt.is_timestamp(kind):
        if kind.unit != "ns" and count in FOREVER:
            raise Special(FOREVER[count])
        return instant_text(count, kind)
    if pt.is_date32(kind):
        if count in ALWAYS:
            raise Special(ALWAYS[count])
        return date_text(count)
    if pt.is_date64(kind):
        return date_text(count // 86_400_000)
    if pt.is_duration(kind):
        return duration_text(count, kind.unit)
    return clock(count // PER_SECOND[kind.unit]) + below(count, kind.unit)


def children(scalar: Any, kind: pa.DataType, path: tuple[Any, ...], special: list[Any]) -> Any:
    """The cell of what holds other values."""
    if pt.is_struct(kind):
        return {field.name: cell(scalar[place], (*path, field.name), special) for place, field in enumerate(kind)}
    if pt.is_map(kind):
        pairs = [(scalar.values[row]["key"], scalar.values[row]["value"]) for row in range(len(scalar.values))]
        keys = [key.as_py() for key, _ in pairs]
        if (pt.is_string(kind.key_type) or pt.is_large_string(kind.key_type)) and len(set(keys)) == len(keys):
            return {key: cell(value, (*path, key), special) for key, (_, value) in zip(keys, pairs, strict=True)}
        return [
            [cell(one, (*path, row, side), special) for side, one in enumerate(pair)] for row, pair in enumerate(pairs)
        ]
    return [cell(scalar.values[row], (*path, row), special) for row in range(len(scalar.values))]


def extension(scalar: Any, kind: Any, path: tuple[Any, ...], special: list[Any]) -> Any:
    """The cell of one of Arrow's canonical extension types."""
    if isinstance(kind, pa.UuidType):
        return str(uuid.UUID(bytes=scalar.value.as_py()))
    if isinstance(kind, pa.Bool8Type):
        return scalar.value.as_py() != 0
    if isinstance(kind, pa.JsonType):
        return json.loads(scalar.value.as_py())
    if isinstance(kind, pa.FixedShapeTensorType):
        return scalar.to_numpy().tolist()
    return cell(scalar.value, path, special)


def cell(scalar: Any, path: tuple[Any, ...], special: list[Any]) -> Any:  # noqa: PLR0911 - one case a line, each simple
    """The JSON of a value; what JSON has no value for is null, and noted with its path."""
    kind = scalar.type
    if not scalar.is_valid:
        return None
    try:
        if isinstance(kind, pa.BaseExtensionType):
            return extension(scalar, kind, path, special)
        if pt.is_dictionary(kind) or pt.is_run_end_encoded(kind):
            return cell(scalar.value, path, special)
        if pt.is_nested(kind):
            return children(scalar, kind, path, special)
        if pt.is_temporal(kind):
            return temporal(scalar, kind)
        value = scalar.as_py()
        if pt.is_floating(kind):
            return number(float(value))
        if pt.is_decimal(kind):
            return format(value, "f")
        return base64.b64encode(value).decode() if isinstance(value, bytes) else value
    except Special as found:
        special.append((path, str(found)))
        return None


def rows_of(table: pa.Table) -> tuple[list[dict[str, Any]], list[tuple[int, str, list[Any], str]]]:
    """The rows of a page, and its special cells."""
    rows: list[dict[str, Any]] = []
    special: list[tuple[int, str, list[Any], str]] = []
    for row in range(table.num_rows):
        found: dict[str, Any] = {}
        for name in table.column_names:
            notes: list[Any] = []
            found[name] = cell(table.column(name)[row], (), notes)
            special += [(row, name, list(path), value) for path, value in notes]
        rows.append(found)
    return rows, special


def kinds_in(kind: pa.DataType) -> Iterator[pa.DataType]:
    """A type and those inside it."""
    yield kind
    if isinstance(kind, pa.BaseExtensionType):
        yield from kinds_in(kind.storage_type)
    for place in range(kind.num_fields):
        yield from kinds_in(kind.field(place).type)
