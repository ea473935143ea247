"""One column of a split: what its statistics say, and where a click on a bar, or on a value, leads."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from dspreview.documents.distribution import Bar, Distribution
from dspreview.documents.plain import harmless
from dspreview.documents.words import number_text
from dspreview.models import Json
from dspreview.preview import PageAnswer
from dspreview.serve.views import PageQuery, link

FACTS = (
    ("null_count", "missing"), ("nan_value_count", "NaN"), ("infinite_count", "infinite"), ("no_label_count", "without label"),
    ("out_of_range_count", "out of range"), ("unreadable_count", "unreadable"), ("empty_count", "empty"), ("zero_count", "zero"),
    ("distinct_count", "different"), ("n_unique", "different"), ("min", "least"), ("median", "median"), ("mean", "mean"), ("std", "deviation"), ("max", "greatest"),
)  # fmt: skip
"""Statistics of a column, in the order in which they are told, and their names."""
VALUES = 50
"""Frequent values that are listed."""


class Frequent(NamedTuple):
    """A value, how many rows have it, and the address of these."""

    text: str
    rows: str
    url: str


def facts(found: dict[str, Json]) -> list[tuple[str, str]]:
    """Statistics with their names; each name once."""
    told: dict[str, str] = {}
    for key, name in FACTS:
        value = found.get(key)
        if value is not None and name not in told:
            told[name] = harmless(value) if isinstance(value, str) else number_text(value)
    return list(told.items())


def frequent(found: dict[str, Json], name: str, kind: str, asked: PageQuery) -> list[Frequent]:
    """The most frequent values of a column."""
    values = found.get("frequencies") or {str(one["value"]): one["count"] for one in found.get("most_frequent") or ()}
    most = sorted(values.items(), key=lambda pair: -pair[1])[:VALUES]
    return [
        Frequent(
            harmless(value) or "(empty)", f"{count:,}", narrowed(asked, equal(name, value, is_bool=kind == "bool"))
        )
        for value, count in most
        if count
    ]


def bars(drawn: Distribution, name: str, kind: str, asked: PageQuery) -> list[tuple[Bar, str]]:
    """The bars of a distribution, and the address of the rows of each; none where no predicate says which they are."""
    last = drawn.bars[-1] if drawn.bars else None
    return [(bar, address(bar, drawn.of, name, kind, asked, is_last=bar is last)) for bar in drawn.bars]


def address(bar: Bar, of: str, name: str, kind: str, asked: PageQuery, *, is_last: bool) -> str:
    """The address of the rows that a bar stands for."""
    if bar.span is not None:
        low, high = (f"'{edge}'" if isinstance(edge, str) else repr(edge) for edge in bar.span)
        place = identifier(name) + of
        if low == high:
            return narrowed(asked, f"{place} = {low}")
        return narrowed(asked, f"{place} >= {low} AND {place} {'<=' if is_last else '<'} {high}")
    if bar.value is None or of:
        return ""
    return narrowed(asked, equal(name, bar.value, is_bool=kind in {"bool", "BOOL"}))


def equal(name: str, value: str, *, is_bool: bool) -> str:
    """The predicate of rows with one value."""
    literal = value.lower() if is_bool else "'" + value.replace("'", "''") + "'"
    return f"{identifier(name)} = {literal}"


def identifier(name: str) -> str:
    """A column as a predicate has it."""
    return '"' + name.replace('"', '""') + '"'


def narrowed(asked: PageQuery, condition: str) -> str:
    """The address of those rows that were asked for, and fit a condition."""
    where = f"({asked.where}) AND {condition}" if asked.where else condition
    return link("/view", **asked._replace(where=where).parameters)


def linked(drawn: dict[str, Distribution], first: PageAnswer, asked: PageQuery) -> dict[str, Any]:
    """The pictures of columns, and where their bars lead."""
    kinds = {one["name"]: one["type"] for one in json.loads(first.page.columns)}
    return {name: (one, bars(one, name, kinds.get(name, ""), asked)) for name, one in drawn.items()}
