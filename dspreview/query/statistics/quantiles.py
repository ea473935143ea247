"""Quantiles of more values than memory holds, exactly: counted into buckets, and the buckets that matter looked into."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

BUCKETS = 50_000
SORTED_AT_ONCE = 1_000_000
"""Values that are put in order to find one of them."""

Ask = Callable[[str], list[tuple[Any, ...]]]


def quantiles_of(ask: Ask, inner: str, count: int, low: Any, high: Any, wanted: tuple[float, ...]) -> list[Any]:
    """Quantiles of `v` in a sub-query, between two values in proportion; integers stay exact.

    Args:
        ask: gives the rows of a query.
        inner: the sub-query; null is no value.
        count: how many values there are, at least one.
        low: the least of them.
        high: the greatest.
        wanted: shares, from 0 to 1.

    """
    places = [Fraction(str(share)) * (count - 1) for share in wanted]
    ranks = sorted({rank for place in places for rank in (math.floor(place), math.ceil(place))})
    found = at_ranks(ask, inner, ranks, low, high)
    return [between(found[math.floor(place)], found[math.ceil(place)], place - math.floor(place)) for place in places]


def between(first: Any, second: Any, share: Fraction) -> Any:
    """A value between two neighbours."""
    if share == 0 or first == second:
        return first
    if isinstance(first, float):
        return first + (second - first) * float(share)
    exact = first + (second - first) * share
    return int(exact) if exact.denominator == 1 else float(exact)


def at_ranks(ask: Ask, inner: str, ranks: list[int], low: Any, high: Any) -> dict[int, Any]:
    """The values at some places of their order, counted from 0."""
    if not ranks:
        return {}
    if low == high:
        return dict.fromkeys(ranks, low)
    found: dict[int, Any] = {}
    passed = 0
    for first, last, count in buckets(ask, inner, low, high):
        here = [rank for rank in ranks if passed <= rank < passed + count]
        if here and count <= SORTED_AT_ONCE and first != last:
            for rank in here:
                query = f"SELECT v FROM ({inner}) WHERE {within(first, last)} ORDER BY v LIMIT 1 OFFSET {rank - passed}"
                found[rank] = ask(query)[0][0]
        elif here:
            inside = at_ranks(ask, inner, [rank - passed for rank in here], first, last)
            found |= {rank + passed: value for rank, value in inside.items()}
        passed += count
    return found


def buckets(ask: Ask, inner: str, low: Any, high: Any) -> list[tuple[Any, Any, int]]:
    """The least, the greatest and the number of values in each bucket between two values, in order."""
    if isinstance(low, int):
        number = f"(v::HUGEINT - {literal(low)}) // {-(-(high - low + 1) // BUCKETS)}"
    else:  # halves, since the distance of two floats may be none
        number = f"floor((v / 2 - {literal(low / 2)}) / {literal((high / 2 - low / 2) / BUCKETS or 5e-324)})"
    query = f"SELECT min(v), max(v), count(*) FROM ({inner}) WHERE {within(low, high)} GROUP BY {number} ORDER BY 1"
    return [(first, last, int(count)) for first, last, count in ask(query)]


def within(low: Any, high: Any) -> str:
    """The condition that `v` lies between two values."""
    return f"v BETWEEN {literal(low)} AND {literal(high)}"


def literal(value: Any) -> str:
    """A number as SQL, exactly."""
    if isinstance(value, int):
        return f"{value}::HUGEINT" if abs(value) >= 2**31 else str(value)
    return f"{value!r}::DOUBLE"
