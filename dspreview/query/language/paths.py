"""Paths into the values of columns where a column is asked for by its name: `messages[0].role`."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from dspreview.errors import UsageError
from dspreview.feature import Feature, value_tree
from dspreview.query.language.fields import Names, Within, shown
from dspreview.query.language.predicate import Parser
from dspreview.query.language.tree import ColumnName
from dspreview.query.table import Table
from dspreview.suggestions import did_you_mean

PATH_SIGNS = frozenset(".[")


class Reached(NamedTuple):
    """A part of the values of a column, under the name that was asked for."""

    name: str
    sql: str
    feature: Feature


def chosen_columns(table: Table, names: tuple[str, ...]) -> tuple[list[int], list[Reached]]:
    """The numbers of columns by their names, of all where none is named, and the parts of values among the names. Raises UsageError."""
    known = table.names
    names = tuple(unquoted(name, known) for name in dict.fromkeys(names))
    parts = [part_of(table, name) for name in names if name not in known]
    whole = [known.index(name) for name in names if name in known]
    return whole if names else list(range(len(known))), parts


def unquoted(name: str, known: Collection[str]) -> str:
    """A column whose name stands in quotes as its name; anything else as it is."""
    bare = name[1:-1].replace('""', '"') if len(name) > 1 and name[0] == name[-1] == '"' else name
    return bare if name not in known and bare in known else name


def part_of(table: Table, name: str) -> Reached:
    """What a name reaches that is no column. Raises UsageError."""
    split = split_path(name, table.names, "--column")
    if split is None:
        raise UsageError(
            f"--column: no column {name!r}{did_you_mean(name, table.names)}; there are: {shown(table.names)}"
        )
    head, steps = split
    place = table.names.index(head)
    start = Within(f"c{place}", Feature(table.columns[place].feature), f'"{head}"')
    found, derived = Names(table, "--column", name).part(start, list(steps), ColumnName((head, *steps), 0))
    if derived is None:
        return Reached(name, found.sql, found.feature)
    if derived.media is not None:
        raise UsageError(f"--column: the statistics of {head} have its {steps[-1]}")
    return Reached(name, derived.sql, Feature(value_tree("int64")))


def split_path(name: str, known: Collection[str], option: str) -> tuple[str, tuple[str | int, ...]] | None:
    """The column that a path begins with, and the steps into its values; None where it begins with none. Raises UsageError."""
    if name.startswith('"'):
        return quoted_path(name, known, option)
    heads = (one for one in known if name.startswith(one) and name[len(one) :][:1] in PATH_SIGNS)
    head = max(heads, key=len, default=None)
    if head is None:
        return None
    try:
        parser = Parser(option, f"c{name[len(head) :]}")
        _, *steps = parser.column("a column was expected").path
        parser.end()
    except UsageError:
        raise UsageError(f"{option}: {name!r} is no path: write a.b, a[0], a[-1].b") from None
    return head, tuple(steps)


def quoted_path(name: str, known: Collection[str], option: str) -> tuple[str, tuple[str | int, ...]] | None:
    """The same of a path whose column is in quotes; there may be no steps behind it."""
    try:
        parser = Parser(option, name)
        head, *steps = parser.column("a column was expected").path
        parser.end()
    except UsageError:
        raise UsageError(f"{option}: {name!r} is no path: write a.b, a[0], a[-1].b") from None
    return (str(head), tuple(steps)) if str(head) in known else None
