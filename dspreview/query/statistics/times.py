"""Times as statistics tell them: `2024-01-31 12:30:00`, counted in microseconds since 1970."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from dspreview.feature import Feature
from dspreview.page.iso import iso_timestamp
from dspreview.query.language.exactly import instant
from dspreview.query.statistics.histogram import BINS
from dspreview.query.table import quoted

SECOND = 1_000_000
LOOKED_AT = 100
"""Texts that say first whether a column may be of times."""
FORMATS = tuple(
    f"%Y{mark}%m{mark}%d{between}{clock}{zone}"
    for mark in ("-", "/")
    for between, clock in (("", ""), (" ", "%H:%M"), ("T", "%H:%M"), (" ", "%H:%M:%S"), ("T", "%H:%M:%S"), (" ", "%H:%M:%S.%f"), ("T", "%H:%M:%S.%f"))
    for zone in (("", "Z", "%z") if clock else ("",))
)  # fmt: skip
"""Ways to write a time that mean nothing else: the year first, with marks between."""


def moment_text(micros: float | None, zone: str | None) -> str | None:
    """An instant to the second, in a zone if the column has one."""
    if micros is None:
        return None
    text = iso_timestamp(round(micros) // SECOND, "s", zone).replace("T", " ")
    if text.endswith("Z"):
        return text[:-1] + "+0000"
    return text[:-3] + text[-2:] if zone is not None and text[-3] == ":" and text[-6] in "+-" else text


def span_text(micros: float | None) -> str | None:
    """A length of time: `3 days, 7:35:58`."""
    return None if micros is None else str(timedelta(microseconds=round(micros)))


def second_edges(low: int, high: int) -> list[int]:
    """The edges of bins, whole seconds from the first instant on."""
    if low == high:
        return [low, high]
    step = -(-((high - low) // SECOND + 1) // BINS) * SECOND
    return [*range(low, high, step), high]


def instant_count(sql: str, unit: str, zone: str | None) -> str:
    """The microseconds behind a column of times; null where one is infinite."""
    counted = f"epoch_us({sql}::{'TIMESTAMPTZ' if zone else 'TIMESTAMP'})"
    if unit != "ns":
        return counted
    return f"floor(({instant(f'{sql}::TIMESTAMP_NS', 'ns')})::DECIMAL(20, 0) / 1000)::BIGINT"


def zone_of(feature: Feature) -> str | None:
    """The zone of a column of time stamps."""
    return feature.value.partition("tz=")[2].rstrip("]") or None


def time_format(
    source: str, one: Callable[..., tuple[Any, ...]], ask: Callable[[str], list[Any]], sql: str
) -> str | None:
    """The one format of times that all texts of a column have.

    Args:
        source: what DuckDB reads.
        one: gives aggregates over a sub-query.
        ask: gives the rows of a query.
        sql: the column.

    """
    texts = f"SELECT {sql} AS t FROM {source} WHERE {sql} IS NOT NULL"
    seen = [row[0] for row in ask(f"{texts} LIMIT {LOOKED_AT}")]
    if not seen or not all(text[:4].isdigit() and text[4:5] in {"-", "/"} for text in seen):
        return None
    marks = [f"count(try_strptime(t, {quoted(form)}))" for form in FORMATS]
    fitting = zip(FORMATS, one(marks, f"{texts} LIMIT {LOOKED_AT}"), strict=True)
    for form in [form for form, count in fitting if count == len(seen)]:
        if one([f"count(*) FILTER (try_strptime(t, {quoted(form)}) IS NULL)"], texts)[0] == 0:
            return form
    return None
