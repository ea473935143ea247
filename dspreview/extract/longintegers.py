"""Whether a text holds integers that floats, or 64 bits, may not hold."""

from __future__ import annotations

import re

MANY_DIGITS = re.compile(rb"(?<![\w.+\"\\-])-?\d{16,}")
"""Digits where a number may begin: not within a word, a fraction, or at the beginning of a text."""
MANY, LONGEST, LARGEST = 18, 30, 2**63 - 1
"""Digits that always fit, digits that are looked at, and the largest integer of 64 bits."""


def beyond_64_bits(data: bytes) -> bool:
    """Whether a number may stand in a text that 64 bits do not hold."""
    return any(
        found.end() - found.start() > MANY and not -LARGEST - 1 <= int(found[0][:LONGEST]) <= LARGEST
        for found in MANY_DIGITS.finditer(data)
    )


def has_long_integer(data: bytes) -> bool:
    """Whether a number of 16 digits or more may stand in a text, and not only behind a decimal point."""
    return MANY_DIGITS.search(data) is not None
