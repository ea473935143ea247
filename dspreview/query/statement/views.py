"""The splits as views that a statement sees: columns by their names, in the types that they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from dspreview.feature import INTEGERS, LIST, Feature
from dspreview.query.table import READ, Table, quoted

PER_MICROSECOND = {"time32[s]": "c * 1000000", "time32[ms]": "c * 1000", "time64[us]": "c", "time64[ns]": "c // 1000"}

PER_SPAN = {"duration[s]": "* 1000000", "duration[ms]": "* 1000", "duration[us]": "", "duration[ns]": "// 1000"}
"""From a count to microseconds, which are what DuckDB's intervals hold."""


PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@cache
def reserved() -> frozenset[str]:
    """The words that a name must not be without quotes."""
    import duckdb

    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
        ).fetchall()
    return frozenset(name for (name,) in found)


def word(name: str) -> str:
    """A name as one would write it: in quotes where it needs them."""
    return name if PLAIN.fullmatch(name) and name.lower() not in reserved() else identifier(name)


def identifier(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def select(table: Table, paths: Sequence[str], types: Sequence[str]) -> str:
    """The query behind the view of a split.

    Args:
        paths: what DuckDB knows its files by.
        types: the types that DuckDB has for its columns.

    """
    names = ", ".join(f"c{number}" for number in range(len(table.columns)))
    listed = ", ".join(map(quoted, paths))
    columns = ", ".join(
        f"{expression(f'c{number}', Feature(column.feature), kind)} AS {identifier(name)}"
        for number, (column, name, kind) in enumerate(zip(table.columns, view_names(table), types, strict=True))
    )
    return f"SELECT {columns or '1 AS nothing'} FROM read_parquet([{listed}], {READ}) t({names})"


def expression(place: str, feature: Feature, kind: str) -> str:
    """A column as the value that it means: times that are stored as their counts, JSON that is stored as text."""
    dtype = feature.value
    if (counted := PER_MICROSECOND.get(dtype)) is not None and INTEGERS.fullmatch(
        {"INTEGER": "int32", "BIGINT": "int64"}.get(kind, "")
    ):
        return f"(TIME '00:00:00' + to_microseconds(({counted.replace('c', place)})::BIGINT))"
    if (unit := PER_SPAN.get(dtype)) is not None and kind == "BIGINT":
        return f"to_microseconds({place} {unit})"
    if feature.tree == {} and kind == "BOOLEAN":  # how structs without fields are stored: whether they are there
        return f"CASE WHEN {place} THEN '{{}}'::JSON END"
    if feature.kind == LIST and kind == "BOOLEAN[]" and feature.item.tree == {}:
        return f"to_json(list_transform({place}, lambda one: CASE WHEN one THEN '{{}}'::JSON END))"
    if feature.holds_json_text and kind == "VARCHAR":
        return f"try_cast({place} AS JSON)"
    return place


def view_names(table: Table) -> list[str]:
    """The names of columns, told apart where SQL takes them for the same."""
    seen: dict[str, int] = {}
    """How often each name has come, without its capitals."""
    names = []
    for column in table.columns:
        name = first = column.name or "column"
        while name.lower() in seen:
            seen[first.lower()] += 1
            name = f"{first}_{seen[first.lower()]}"
        seen[name.lower()] = 1
        names.append(name)
    return names
