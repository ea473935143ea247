"""Arrow arrays as plain Python values that lose nothing: nanoseconds, decimals and big integers stay exact.

Binary stays `bytes` and floats may be NaN; `cells.py` turns these into JSON, where it knows the feature.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_python(array: pa.Array | pa.ChunkedArray) -> list[Any]:
    """The values of an array, one per row."""
    if isinstance(array, pa.ChunkedArray):
        return [value for chunk in array.chunks for value in to_python(chunk)]
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return to_python(array.storage)
    if pt.is_dictionary(kind):
        return to_python(array.dictionary_decode())
    if pt.is_run_end_encoded(kind):
        return to_python(pc.run_end_decode(array))
    if pt.is_struct(kind):
        return structs(array)
    if pt.is_map(kind):
        return maps(array)
    if pt.is_fixed_size_list(kind):
        return fixed_lists(array)
    if is_list(kind):
        return lists(array)
    if pt.is_timestamp(kind):
        return [None if v is None else iso_timestamp(v, kind.unit, kind.tz) for v in integers(array, pa.int64())]
    if pt.is_duration(kind):
        return [None if v is None else iso_duration(v, kind.unit) for v in integers(array, pa.int64())]
    if pt.is_time(kind):
        width = pa.int32() if pt.is_time32(kind) else pa.int64()
        return [None if v is None else iso_time(v, kind.unit) for v in integers(array, width)]
    if pt.is_date64(kind):
        return [None if v is None else iso_date(v // 86_400_000) for v in integers(array, pa.int64())]
    if pt.is_date32(kind):
        return [None if v is None else iso_date(v) for v in integers(array, pa.int32())]
    if pt.is_decimal(kind):
        return [None if v is None else format(v, "f") for v in array.to_pylist()]
    if pt.is_interval(kind):
        return [None if v is None else iso_interval(v) for v in array.to_pylist()]
    return list(array.to_pylist())


def is_list(kind: pa.DataType) -> bool:
    """Whether a type is one of Arrow's lists of varying length."""
    return bool(pt.is_list(kind) or pt.is_large_list(kind) or pt.is_list_view(kind) or pt.is_large_list_view(kind))


def integers(array: pa.Array, kind: pa.DataType) -> list[int | None]:
    """The integers behind a temporal array."""
    return list(array.view(kind).to_pylist())


def structs(array: pa.Array) -> list[Any]:
    """Each struct as a dict in the order of its fields."""
    names = [field.name for field in array.type]
    columns = [to_python(array.field(position)) for position in range(len(names))]
    valid = array.is_valid().to_pylist()
    return [
        {name: column[row] for name, column in zip(names, columns, strict=True)} if valid[row] else None
        for row in range(len(array))
    ]


def lists(array: pa.Array) -> list[Any]:
    """Each list, its values converted together."""
    if pt.is_list_view(array.type) or pt.is_large_list_view(array.type):
        values = to_python(array.values)
        spans = zip(array.offsets.to_pylist(), array.sizes.to_pylist(), array.is_valid().to_pylist(), strict=True)
        return [values[start : start + size] if there else None for start, size, there in spans]
    starts = array.offsets.to_pylist()
    values = to_python(array.values.slice(starts[0], starts[-1] - starts[0]))
    valid = array.is_valid().to_pylist()
    first = starts[0]
    return [values[starts[i] - first : starts[i + 1] - first] if valid[i] else None for i in range(len(array))]


def fixed_lists(array: pa.Array) -> list[Any]:
    """Each list of a fixed length."""
    size = array.type.list_size
    values = to_python(array.values.slice(array.offset * size, len(array) * size))
    valid = array.is_valid().to_pylist()
    return [values[i * size : (i + 1) * size] if valid[i] else None for i in range(len(array))]


def maps(array: pa.Array) -> list[Any]:
    """Each map: an object where the keys are text, else a list of `[key, value]`."""
    starts = array.offsets.to_pylist()
    first = starts[0]
    keys = to_python(array.keys.slice(first, starts[-1] - first))
    items = to_python(array.items.slice(first, starts[-1] - first))
    valid = array.is_valid().to_pylist()
    textual = pt.is_string(array.type.key_type) or pt.is_large_string(array.type.key_type)
    found: list[Any] = []
    for row in range(len(array)):
        span = slice(starts[row] - first, starts[row + 1] - first)
        pairs = list(zip(keys[span], items[span], strict=True))
        if not valid[row]:
            found.append(None)
        elif textual and len({key for key, _ in pairs}) == len(pairs):
            found.append(dict(pairs))
        else:
            found.append([list(pair) for pair in pairs])
    return found


def fraction(count: int, per_second: int) -> str:
    """The part below a second: nothing, six digits, or nine where there are nanoseconds."""
    nanoseconds = count * (1_000_000_000 // per_second)
    if nanoseconds == 0:
        return ""
    return f".{nanoseconds:09d}" if nanoseconds % 1_000 else f".{nanoseconds // 1_000:06d}"


def iso_date(days: int) -> str:
    """Days since 1970 as a date; years outside 1 to 9999 with a sign, as ISO 8601 wants."""
    try:
        return (EPOCH + timedelta(days=days)).date().isoformat()
    except OverflowError:
        # 400 Gregorian years have 146,097 days: shift into datetime's range and back
        cycles = days // 146_097
        inside = (EPOCH + timedelta(days=days - cycles * 146_097)).date()
        return f"{inside.year + 400 * cycles:+05d}-{inside.month:02d}-{inside.day:02d}"


def iso_time(count: int, unit: str) -> str:
    """A time of day."""
    seconds, rest = divmod(count, PER_SECOND[unit])
    return clock_text(seconds) + fraction(rest, PER_SECOND[unit])


def clock_text(seconds: int) -> str:
    """Seconds since midnight as `01:02:03`."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def iso_timestamp(count: int, unit: str, tz: str | None) -> str:
    """An instant in its own zone (`Z` for UTC), or a naive one without any."""
    seconds, rest = divmod(count, PER_SECOND[unit])
    suffix = ""
    if tz is not None:
        offset = offset_at(seconds, tz)
        seconds += offset
        minutes = abs(offset) // 60
        suffix = (
            "Z" if offset == 0 and is_utc(tz) else f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
        )
    days, of_day = divmod(seconds, 86_400)
    return f"{iso_date(days)}T{clock_text(of_day)}{fraction(rest, PER_SECOND[unit])}{suffix}"


def is_utc(tz: str) -> bool:
    """Whether a zone is UTC under one of its names."""
    return tz.upper() in {"UTC", "Z", "ETC/UTC", "+00:00"}


def offset_at(seconds: int, tz: str) -> int:
    """A zone's distance from UTC at an instant, in seconds; 0 where the zone or the year is unknown."""
    zone = find_zone(tz)
    try:
        moment = EPOCH + timedelta(seconds=seconds)
        delta = moment.astimezone(zone).utcoffset()
    except OverflowError:
        return 0
    return int(delta.total_seconds()) if delta is not None else 0


def find_zone(tz: str) -> tzinfo:
    """The zone of a name such as `Europe/Paris` or `+01:00`."""
    if is_utc(tz):
        return UTC
    if tz[:1] in "+-" and len(tz) == 6:
        delta = timedelta(hours=int(tz[1:3]), minutes=int(tz[4:6]))
        return timezone(-delta if tz[0] == "-" else delta)
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def iso_duration(count: int, unit: str) -> str:
    """A duration as ISO 8601, `P1DT1H1M1S`."""
    seconds, rest = divmod(abs(count), PER_SECOND[unit])
    days, seconds = divmod(seconds, 86_400)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    below = fraction(rest, PER_SECOND[unit]).rstrip("0")
    date = f"{days}D" if days else ""
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or below or not (date or time):
        time += f"{seconds}{below}S"
    return f"{'-' if count < 0 else ''}P{date}{'T' + time if time else ''}"


def iso_interval(value: Any) -> str:
    """A calendar interval of months, days and nanoseconds."""
    time = iso_duration(value.nanoseconds, "ns").removeprefix("P") if value.nanoseconds else ""
    return f"P{value.months}M{value.days}D{time}"
