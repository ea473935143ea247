"""Values of a predicate as the kind of their column wants them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dspreview.page.iso import EPOCH
from dspreview.query.language.fields import Field

FAR_YEAR = re.compile(r"([+-]\d{4,6}|0000)(?=-)")
"""A year outside 1 to 9999, as cells show it."""
FARTHEST = 400
"""Digits before or behind the point that make no difference to any column."""
EXPECTED = {
    "int": "a number", "float": "a number", "decimal": "a number", "bool": "TRUE or FALSE",
    "text": "a text in single quotes", "label": "its number, or its name in single quotes",
    "date": "a date such as '2024-01-31'", "time": "a time such as '12:30:00'",
    "timestamp": "a time such as '2024-01-31 12:30:00'",
}  # fmt: skip


class KindError(ValueError):
    """A value of another kind than its column."""


def number_of(field: Field, found: Any) -> int | float:
    """A number, and no truth value."""
    del field
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise KindError(f"{found!r} is {kind_word(found)}")
    return found


def truth_of(field: Field, found: Any) -> bool:
    """TRUE or FALSE."""
    del field
    if not isinstance(found, bool):
        raise KindError(f"{found!r} is {kind_word(found)}")
    return found


def text_of(field: Field, found: Any) -> str:
    """A text."""
    del field
    if not isinstance(found, str):
        raise KindError(f"{found} is {kind_word(found)}")
    return found


def near(text: str) -> tuple[str, int]:
    """A date of any year as one of a year that Python knows, and the days between them: 400 years are 146,097 days."""
    found = FAR_YEAR.match(text)
    if found is None:
        return text, 0
    year = int(found[1])
    inside = 2000 + year % 400
    return f"{inside}{text[found.end(1) :]}", (year - inside) // 400 * 146_097


def date_of(field: Field, found: Any) -> int:
    """A date in ISO 8601, of any year, as days since 1970."""
    text, days = near(text_of(field, found))
    return (date.fromisoformat(text) - EPOCH.date()).days + days


def time_of(field: Field, found: Any) -> str:
    """A time of day in ISO 8601."""
    text = text_of(field, found)
    clock = time.fromisoformat(text)
    if clock.tzinfo is not None:
        raise KindError(f"{text!r} has a time zone, but a time of day has none")
    return f"{clock.replace(microsecond=0).isoformat()}.{below(text)}"


def moment_of(field: Field, found: Any) -> Fraction:
    """A time stamp as seconds since 1970; without an offset it is UTC."""
    text, days = near(text_of(field, found))
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None and not field.zoned:
        raise KindError(f"{text!r} has a time zone, but the column has none")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = (moment.replace(microsecond=0) - EPOCH) // timedelta(seconds=1)
    return seconds + days * 86_400 + Fraction(int(below(text)), 10**9)


def below(text: str) -> str:
    """The nine digits below a second: Python keeps six."""
    found = re.search(r"[.,](\d+)", text)
    return (found[1] if found else "")[:9].ljust(9, "0")


def exact(written: str) -> Fraction | float:
    """A number as it was typed; infinite where it is beyond all columns."""
    value = Decimal(written)
    if value and value.adjusted() > FARTHEST:
        return math.inf if value > 0 else -math.inf
    if value and value.adjusted() < -FARTHEST:
        return Fraction(1 if value > 0 else -1, 10**FARTHEST)
    return Fraction(value)


READERS: dict[str, Callable[[Field, Any], Any]] = {
    "int": number_of, "label": number_of, "float": number_of, "decimal": number_of, "bool": truth_of,
    "text": text_of, "date": date_of, "time": time_of, "timestamp": moment_of,
}  # fmt: skip


def kind_word(found: Any) -> str:
    """What a value is, for a message."""
    return "a text" if isinstance(found, str) else "a truth value" if isinstance(found, bool) else "a number"


def float_of(value: Any) -> float:
    """A number as a float, infinite where it is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
