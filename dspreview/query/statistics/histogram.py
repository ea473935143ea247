"""Bins of a histogram, by the rules of the hosted viewer: ten of them, left-closed, the last closed on both sides."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import Any, TypeVar

BINS = 10
DECIMALS = 5
DIGITS = 10
"""Digits of an edge below those of the distance to the next."""
N = TypeVar("N", int, float)


def int_edges(low: int, high: int) -> list[int]:
    """The edges of bins of integers, each as wide as a whole number; the last may be narrower."""
    if low == high:
        return [low, high]
    step = -(-(high - low + 1) // BINS)
    return [*range(low, high, step), high]


def float_edges(low: float, high: float) -> list[float]:
    """Eleven edges at equal distances, without the noise of their last digits: 1.08, not 1.0799999999999998."""
    if low == high:
        return [low, high]
    step = high / BINS - low / BINS  # the distance itself may be too large for a float
    digits = DIGITS - math.floor(math.log10(step)) if step > 0 else 0
    inner = [low / BINS * (BINS - number) + high / BINS * number for number in range(1, BINS)]
    # floats that lie side by side leave edges no room: these must not run backwards
    return [low, *accumulate((min(max(round(edge, digits), low), high) for edge in inner), max), high]


def counts(above: list[int], total: int) -> list[int]:
    """The number of values in each bin.

    Args:
        above: how many values are at or over each inner edge.
        total: how many there are.

    """
    bounds = [total, *above, 0]
    return [first - second for first, second in pairwise(bounds)]


def rounded(value: float | None, scale: float) -> float | None:
    """Five decimals; for columns of numbers close together, five digits of their distance.

    Args:
        scale: the distance between the least and the greatest of the column.

    """
    if value is None or not math.isfinite(value):
        return None
    digits = DECIMALS
    if 0 < scale < 0.01:
        digits += -math.floor(math.log10(scale))
    return round(value, digits)


def scaled(value: float, power: int) -> float:
    """A float times a power of two, infinite where that is too large for one."""
    try:
        return math.ldexp(value, power)
    except OverflowError:
        return math.inf


def settle(value: Any, scale: float) -> Any:
    """A quantile: an integer as it is, a float without noise."""
    return value if isinstance(value, int) or value is None else rounded(float(value), scale)
