"""Values of a predicate as the kind of their column wants them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from dspreview.query.fields import Field

DECIMAL_DIGITS = 30
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


def decimal_of(field: Field, found: Any) -> Decimal | float:
    """A number as exact as it was written, where the engine has room for it."""
    value = Decimal(str(number_of(field, found)))
    if not value.is_finite() or len(value.as_tuple().digits) > DECIMAL_DIGITS or abs(value.adjusted()) > DECIMAL_DIGITS:
        return float_of(found)
    return value


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


def date_of(field: Field, found: Any) -> str:
    """A date in ISO 8601."""
    return date.fromisoformat(text_of(field, found)).isoformat()


def time_of(field: Field, found: Any) -> str:
    """A time of day in ISO 8601."""
    text = text_of(field, found)
    if time.fromisoformat(text).tzinfo is not None:
        raise KindError(f"{text!r} has a zone, which a time of day has not")
    return text


def moment_of(field: Field, found: Any) -> str:
    """A time stamp in ISO 8601; without an offset it is UTC where the column has a zone."""
    text = text_of(field, found)
    moment = datetime.fromisoformat(text)
    if not field.zoned:
        if moment.tzinfo is not None:
            raise KindError(f"{text!r} has a zone, which the column has not")
        tail = nanoseconds(text)
        return moment.isoformat(sep=" ") if not tail else f"{moment.replace(microsecond=0).isoformat(sep=' ')}.{tail}"
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat(sep=" ")


def nanoseconds(text: str) -> str:
    """The nine digits below a second where a text has more than the six that Python keeps, else nothing."""
    digits = text.rpartition(".")[2] if "." in text else ""
    return digits[:9].ljust(9, "0") if digits.isdigit() and len(digits) > 6 else ""


READERS: dict[str, Callable[[Field, Any], Any]] = {
    "int": number_of, "label": number_of, "float": number_of, "decimal": decimal_of, "bool": truth_of,
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
