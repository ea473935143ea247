"""What a predicate and an order are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

ELEMENT = "\0element"
"""Stands for an element of a list within ANY: no column has such a name."""


@dataclass(frozen=True, slots=True)
class ColumnName:
    """A column, or a part of its values: names of fields and places in lists from the outside in, and where it stands."""

    path: tuple[str | int, ...]
    start: int

    @property
    def word(self) -> str:
        """Its names with dots between them; empty where there is a place in a list among them."""
        return "" if any(isinstance(part, int) for part in self.path) else ".".join(map(str, self.path))


@dataclass(frozen=True, slots=True)
class Value:
    """A text, a number or a truth value, and where it stands."""

    value: str | int | float | bool
    start: int
    written: str = field(default="", compare=False)
    """A number as it was typed: a float may not hold it."""


Operand: TypeAlias = ColumnName | Value


@dataclass(frozen=True, slots=True)
class Compare:
    """`column operator operand`."""

    operator: str
    left: ColumnName
    right: Operand


@dataclass(frozen=True, slots=True)
class IsMissing:
    """`column IS NULL`, or `IS NAN`."""

    column: ColumnName
    what: str


@dataclass(frozen=True, slots=True)
class IsIn:
    """`column IN (value, ...)`."""

    column: ColumnName
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class IsBetween:
    """`column BETWEEN low AND high`, both included."""

    column: ColumnName
    low: Value
    high: Value


@dataclass(frozen=True, slots=True)
class IsLike:
    """`column LIKE pattern`: `%` for any text, `_` for a character, a backslash takes their meaning away."""

    column: ColumnName
    pattern: Value
    ignores_case: bool


@dataclass(frozen=True, slots=True)
class IsAny:
    """`ANY(list) …`: some element of a list is so; within, the element is called ELEMENT."""

    column: ColumnName
    inner: Where


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown."""

    inner: Where


@dataclass(frozen=True, slots=True)
class All:
    """Several at once (AND)."""

    parts: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one (OR)."""

    parts: tuple[Where, ...]


Where: TypeAlias = Compare | IsMissing | IsIn | IsBetween | IsLike | IsAny | Not | All | AnyOf


@dataclass(frozen=True, slots=True)
class Order:
    """A column to order by."""

    column: ColumnName
    descending: bool
    nulls_first: bool


def joined(parts: tuple[Where, ...]) -> tuple[Where, ...]:
    """Alternatives, those of one column with many values as one IN: a thousand comparisons take DuckDB long to plan."""
    kept: list[Where] = []
    values: dict[tuple[str | int, ...], tuple[ColumnName, list[Value]]] = {}
    for part in parts:
        if isinstance(part, Compare) and part.operator == "=" and isinstance(part.right, Value):
            values.setdefault(part.left.path, (part.left, []))[1].append(part.right)
        else:
            kept.append(part)
    return (*kept, *[IsIn(name, tuple(found)) for name, found in values.values()])


def balanced(parts: list[str], joint: str) -> str:
    """Many conditions as one, nested no deeper than need be: the engine takes a thousand levels."""
    while len(parts) > 1:
        paired = [f"({first}{joint}{second})" for first, second in zip(parts[::2], parts[1::2], strict=False)]
        parts = paired + ([parts[-1]] if len(parts) % 2 else [])
    return parts[0]
