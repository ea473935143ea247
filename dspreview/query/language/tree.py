"""What a predicate and an order are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ColumnName:
    """A column, or a field of a struct: its names from the outside in, and where they stand."""

    path: tuple[str, ...]
    start: int


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


Where: TypeAlias = Compare | IsMissing | IsIn | IsBetween | IsLike | Not | All | AnyOf


@dataclass(frozen=True, slots=True)
class Order:
    """A column to order by."""

    column: ColumnName
    descending: bool
    nulls_first: bool
