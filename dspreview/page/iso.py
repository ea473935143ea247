"""Dates, times and durations, counted in integers, as ISO 8601 text that loses nothing. Standard library only."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INFINITE, INFINITE_DAYS = 2**63 - 1, 2**31 - 1


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
        minutes = abs(offset) // 60  # ISO 8601 knows no seconds there: local mean times are told to the minute
        offset = minutes * (60 if offset > 0 else -60)
        seconds += offset
        suffix = (
            "Z" if offset == 0 and is_utc(tz) else f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
        )
    days, of_day = divmod(seconds, 86_400)
    return f"{iso_date(days)}T{clock_text(of_day)}{fraction(rest, PER_SECOND[unit])}{suffix}"


def moment(count: int, unit: str, tz: str | None) -> str | float:
    """An instant, or infinity: what DuckDB and PostgreSQL write for it. In nanoseconds that count is a day of the year 2262."""
    if abs(count) == INFINITE and unit != "ns":
        return math.copysign(math.inf, count)
    return iso_timestamp(count, unit, tz)


def day(days: int) -> str | float:
    """A date, or infinity."""
    return math.copysign(math.inf, days) if abs(days) == INFINITE_DAYS else iso_date(days)


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
    if not (value.months or value.days):  # a length of time as such
        return iso_duration(value.nanoseconds, "ns")
    sign = "-" if value.nanoseconds < 0 else ""
    seconds, rest = divmod(abs(value.nanoseconds), PER_SECOND["ns"])
    hours, minutes, seconds = (
        seconds // 3600,
        seconds // 60 % 60,
        seconds % 60,
    )  # any number of hours: a day may have 23
    below = fraction(rest, PER_SECOND["ns"]).rstrip("0")
    parts = [f"{sign}{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M")) if count]
    parts += [f"{sign}{seconds}{below}S"] if seconds or below else []
    return f"P{value.months}M{value.days}D{'T' if parts else ''}{''.join(parts)}"
