"""Trees of predicates to SQL: each comparison typed, each value bound, nothing of the user's text in it.

Negations are pushed down to the comparisons, and each comparison is true only where both sides are there: so null and
NaN match nothing, negated or not, as in SQL's own logic of three values. `isnan` is never used: DuckDB decides it from
Parquet statistics, which leave NaN out.
"""

from __future__ import annotations

import math
from typing import Any

from dspreview.errors import UsageError
from dspreview.query.fields import Field, Names, suggestion
from dspreview.query.literals import EXPECTED, READERS, KindError, float_of
from dspreview.query.tokens import mistake
from dspreview.query.tree import (
    All,
    AnyOf,
    ColumnName,
    Compare,
    IsBetween,
    IsIn,
    IsLike,
    IsMissing,
    Not,
    Operand,
    Order,
    Value,
    Where,
)

OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
NUMBERS = frozenset({"int", "float", "decimal", "label"})
FALSE = "FALSE"
INT_RANGE = (-(2**63), 2**64 - 1)


class Builder:
    """Builds the SQL of one predicate, and collects its values in the order of the marks."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.values: list[Any] = []
        self.media: set[int] = set()
        """Columns whose files must be looked at."""

    def wrong(self, at: int, why: str) -> UsageError:
        """A mistake at a place of the text."""
        return mistake(self.names.what, self.names.text, at, why)

    def field(self, name: ColumnName) -> Field:
        """What a name stands for."""
        found = self.names.find(name)
        if found.media is not None:
            self.media.add(found.media)
        return found

    def where(self, tree: Where, *, negated: bool = False) -> str:
        """The condition of a tree. Raises UsageError with the position."""
        match tree:
            case Not(inner):
                return self.where(inner, negated=not negated)
            case All(parts) | AnyOf(parts):
                together = isinstance(tree, All) is not negated
                return balanced([self.where(part, negated=negated) for part in parts], " AND " if together else " OR ")
            case Compare(operator, left, right):
                return self.compare(OPPOSITE[operator] if negated else operator, left, right)
            case IsMissing(column, what):
                return self.missing(self.field(column), column, what, negated=negated)
            case IsIn(column, values):
                return self.membership(column, values, negated=negated)
            case IsBetween(column, low, high):
                bounds = ("<", ">") if negated else (">=", "<=")
                both = [self.compare(bound, column, value) for bound, value in zip(bounds, (low, high), strict=True)]
                return balanced(both, " OR " if negated else " AND ")
            case IsLike():
                return self.like(tree, negated=negated)

    def missing(self, field: Field, column: ColumnName, what: str, *, negated: bool) -> str:
        """IS [NOT] NULL, IS [NOT] NAN: always true or false."""
        if what == "NULL":
            return f"{field.sql} IS {'NOT ' if negated else ''}NULL"
        if field.kind != "float":
            raise self.wrong(column.start, f"{field.told} can never be NaN; for missing values there is IS NULL")
        found = f"({field.sql} IS NOT NULL AND {is_nan(field.sql)})"
        return f"NOT {found}" if negated else found

    def compare(self, operator: str, left: ColumnName, right: Operand) -> str:
        """A column against a value or a column."""
        field = self.field(left)
        if isinstance(right, ColumnName):
            return self.compare_columns(operator, left, field, right)
        return self.compare_value(operator, left, field, right)

    def compare_columns(self, operator: str, name: ColumnName, field: Field, right: ColumnName) -> str:
        """Two columns of one kind."""
        other = self.field(right)
        for one, where in ((field, name), (other, right)):
            if one.kind == "other":
                raise self.wrong(where.start, cannot_compare(one))
        kinds = {field.kind, other.kind}
        if "null" in kinds:
            return FALSE
        alike = len(kinds) == 1 and field.zoned == other.zoned
        if not alike and not kinds <= NUMBERS:
            raise self.wrong(right.start, f"{field.told} and {other.told} do not compare")
        guards = [not_nan(one.sql) for one in (field, other) if one.kind == "float"]
        return " AND ".join([f"({field.sql} {operator} {other.sql}", *guards]) + ")"

    def compare_value(self, operator: str, name: ColumnName, field: Field, value: Value) -> str:
        """A column against a value of its kind."""
        bound = self.value_of(field, name, value, operator)
        if field.kind == "null":
            return FALSE
        if field.kind in {"int", "label"}:
            return self.compare_integer(operator, field.sql, bound)
        if field.kind == "float":
            return f"({field.sql} {operator} {self.bind(float_of(bound))} AND {not_nan(field.sql)})"
        return f"{field.sql} {operator} {self.cast(field, bound)}"

    def compare_integer(self, operator: str, sql: str, value: Any) -> str:
        """An integer column against any number, exactly: no integer passes through a float."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, float):  # between two integers, or infinite
            if operator in {"=", "<>"}:
                return FALSE if operator == "=" else f"{sql} IS NOT NULL"
            if math.isinf(value):
                value = INT_RANGE[1] + 1 if value > 0 else INT_RANGE[0] - 1
            else:
                value = math.floor(value)
                operator = "<=" if operator in {"<", "<="} else ">"
        if not INT_RANGE[0] <= value <= INT_RANGE[1]:
            always = operator == "<>" or (operator in {"<", "<="}) is (value > 0)
            return f"{sql} IS NOT NULL" if always and operator != "=" else FALSE
        return f"{sql} {operator} {self.bind(int(value))}"

    def membership(self, column: ColumnName, values: tuple[Value, ...], *, negated: bool) -> str:
        """[NOT] IN: no value of the list is ever null, so only the column's own null is unknown."""
        field = self.field(column)
        bound = [self.value_of(field, column, value, "=") for value in values]
        if field.kind == "null":
            return FALSE
        if field.kind in {"int", "label"}:
            whole = [int(one) for one in bound if float(one).is_integer() or isinstance(one, int)]
            bound = [one for one in whole if INT_RANGE[0] <= one <= INT_RANGE[1]]
        elif field.kind == "float":
            bound = [float_of(one) for one in bound]
        if not bound:
            return f"{field.sql} IS NOT NULL" if negated else FALSE
        marks = ", ".join(self.cast(field, one) for one in bound)
        found = f"{field.sql} {'NOT ' if negated else ''}IN ({marks})"
        return f"({found} AND {not_nan(field.sql)})" if field.kind == "float" else found

    def like(self, tree: IsLike, *, negated: bool) -> str:
        """[NOT] LIKE and ILIKE; the escape is the backslash."""
        field = self.field(tree.column)
        word = "ILIKE" if tree.ignores_case else "LIKE"
        pattern = str(tree.pattern.value)
        if field.kind == "null":
            return FALSE
        if field.kind != "text":
            raise self.wrong(tree.column.start, f"{word} compares texts, and {field.told} is none")
        if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
            raise self.wrong(tree.pattern.start, r"the pattern ends with a lone backslash; write \\ for one")
        return f"{field.sql} {'NOT ' if negated else ''}{word} {self.bind(pattern)} ESCAPE '\\'"

    def value_of(self, field: Field, name: ColumnName, value: Value, operator: str) -> Any:
        """The value as the column's kind wants it. Raises UsageError that says which column has which type."""
        found = value.value
        if field.kind == "other":
            raise self.wrong(name.start, cannot_compare(field))
        if field.kind == "label" and isinstance(found, str):
            return self.label(field, value, operator)
        reader = READERS.get(field.kind)
        if reader is None:
            return found
        try:
            return reader(field, found)
        except ValueError as error:
            told = str(error) if isinstance(error, KindError) else f"{found!r} is none"
            raise self.wrong(value.start, f"{field.told} compares with {EXPECTED[field.kind]}: {told}") from error

    def label(self, field: Field, value: Value, operator: str) -> int:
        """The number of a class by its name."""
        name = str(value.value)
        if name not in field.labels:
            hint = suggestion(name, field.labels)
            known = ", ".join(field.labels[:20])
            raise self.wrong(value.start, f"{field.told} has no class {name!r}{hint}; there are: {known}")
        if operator not in {"=", "<>"}:
            raise self.wrong(
                value.start, f"classes have no order by name; compare {field.told} with a number, or use = and IN"
            )
        return field.labels.index(name)

    def bind(self, value: Any) -> str:
        """The mark of a value."""
        self.values.append(value)
        return "?"

    def cast(self, field: Field, value: Any) -> str:
        """The mark of a value that SQL must be told the type of."""
        types = {"date": "DATE", "time": "TIME"}
        if field.kind == "timestamp":
            name = "TIMESTAMPTZ" if field.zoned else "TIMESTAMP_NS" if field.unit == "ns" else "TIMESTAMP"
            return f"CAST({self.bind(value)} AS {name})"
        if field.kind in types:
            return f"CAST({self.bind(value)} AS {types[field.kind]})"
        return self.bind(value)

    def orderby(self, orders: tuple[Order, ...]) -> list[str]:
        """The sort keys: nulls last unless said otherwise, NaN before them. Raises UsageError."""
        keys = []
        for order in orders:
            field = self.field(order.column)
            if field.kind == "other":
                raise self.wrong(order.column.start, f"{field.told} has no order")
            nulls = "NULLS FIRST" if order.nulls_first else "NULLS LAST"
            if field.kind == "float":
                keys.append(f"{is_nan(field.sql)} ASC {nulls}")
            if field.kind != "null":
                keys.append(f"{field.sql} {'DESC' if order.descending else 'ASC'} {nulls}")
        return keys


def cannot_compare(field: Field) -> str:
    """Why a field takes part in no comparison."""
    return f"{field.told} does not compare; IS NULL does, and its fields or its length may"


def is_nan(sql: str) -> str:
    """Whether a float is NaN."""
    return f"(NOT isfinite({sql}) AND NOT isinf({sql}))"


def not_nan(sql: str) -> str:
    """Whether a float is a number."""
    return f"(isfinite({sql}) OR isinf({sql}))"


def balanced(parts: list[str], joint: str) -> str:
    """Many conditions as one, nested no deeper than need be: the engine takes a thousand levels."""
    while len(parts) > 1:
        paired = [f"({first}{joint}{second})" for first, second in zip(parts[::2], parts[1::2], strict=False)]
        parts = paired + ([parts[-1]] if len(parts) % 2 else [])
    return parts[0]
