"""Whether a text holds integers that floats, or 64 bits, may not hold."""

from __future__ import annotations

import re

MANY_DIGITS = re.compile(rb"\d{16,}")
POINT = ord(".")


def has_long_integer(data: bytes) -> bool:
    """Whether a number of 16 digits or more may stand in a text, and not only behind a decimal point."""
    return any(not found.start() or data[found.start() - 1] != POINT for found in MANY_DIGITS.finditer(data))
