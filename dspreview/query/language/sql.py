"""Trees of predicates to SQL: each comparison typed, each value bound, nothing of the user's text in it.

Negations are pushed down to the comparisons, and each comparison is true only where both sides are there: so null and
NaN match nothing, negated or not, as in SQL's own logic of three values. Parquet statistics leave NaN out, and DuckDB must be
told not to trust them (`table.READ`).
"""

from __future__ import annotations

import math
from decimal import Context, Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from dspreview.errors import UsageError
from dspreview.page.iso import PER_SECOND
from dspreview.query.language.exactly import NUMBERS, instant, is_end, is_nan, not_nan, range_of, together
from dspreview.query.language.fields import Field, Names, Within, cannot_compare
from dspreview.query.language.jsonpaths import compare_json, like_json
from dspreview.query.language.literals import EXPECTED, READERS, KindError, exact, float_of
from dspreview.query.language.tokens import mistake
from dspreview.query.language.tree import (
    All,
    AnyOf,
    ColumnName,
    Compare,
    IsAny,
    IsBetween,
    IsIn,
    IsLike,
    IsMissing,
    Not,
    Operand,
    Order,
    Value,
    Where,
    balanced,
    joined,
)
from dspreview.suggestions import did_you_mean

OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
JSON_SPACE = "chr(9) || chr(10) || chr(13) || ' '"
FALSE = "FALSE"
STEPPED = frozenset({"int", "label", "decimal", "timestamp"})
"""Kinds whose values are whole numbers of steps."""
MICROSECONDS, NANOSECONDS = 10**6, 10**9
WIDE = Context(prec=40)


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
                parts = joined(parts) if isinstance(tree, AnyOf) else parts
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
            case IsAny(column, inner):
                return self.any_element(column, inner, negated=negated)

    def any_element(self, column: ColumnName, inner: Where, *, negated: bool) -> str:
        """Whether some element of a list is so; negated, whether none is: an element that is null leaves that unknown."""
        found = self.names.list_of(column)
        name = f"x{len(self.names.elements)}"
        self.names.elements.append(Within(name, found.feature.item, f"an element of {found.told}"))
        try:
            condition = self.where(inner, negated=negated)
        finally:
            self.names.elements.pop()
        matching = f"len(list_filter({found.sql}, lambda {name}: {condition}))"
        return f"({matching} = len({found.sql}))" if negated else f"({matching} > 0)"

    def missing(self, field: Field, column: ColumnName, what: str, *, negated: bool) -> str:
        """IS [NOT] NULL, IS [NOT] NAN: always true or false."""
        if what == "NULL" and field.json:  # JSON's own null shows as null, too
            return f"{'NOT ' if negated else ''}coalesce(trim({field.sql}::VARCHAR, {JSON_SPACE}) = 'null', true)"
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
        first, second = together(field, other)
        if first != field.sql:  # rows of values are compared even where one of them is null
            guards += [f"{one.sql} IS NOT NULL" for one in (field, other)]
        return " AND ".join([f"({first} {operator} {second}", *guards]) + ")"

    def compare_value(self, operator: str, name: ColumnName, field: Field, value: Value) -> str:
        """A column against a value of its kind."""
        if field.json:
            return compare_json(operator, field, value, self.bind, partial(self.compare_known, name))
        return self.compare_known(name, operator, field, value)

    def compare_known(self, name: ColumnName, operator: str, field: Field, value: Value) -> str:
        """A field of one kind against a value."""
        found = self.value_of(field, name, value, operator)
        if field.kind == "null":
            return FALSE
        if field.kind in STEPPED:
            return self.compare_step(operator, field, self.step(field, value, found))
        if field.kind == "float":
            return f"({field.sql} {operator} {self.bind(float_of(found))} AND {not_nan(field.sql)})"
        return f"{field.sql} {operator} {self.cast(field, found)}"

    def step(self, field: Field, value: Value, found: Any) -> Fraction | float:
        """A value in the steps of its column: whole numbers, or the last digit or fraction of a second that it keeps."""
        if field.kind == "timestamp":
            return Fraction(found) * NANOSECONDS if field.unit == "ns" else Fraction(found) * MICROSECONDS
        place = exact(value.written) if value.written else Fraction(found)
        return place * 10 ** int(field.unit) if field.kind == "decimal" else place

    def compare_step(self, operator: str, field: Field, place: Fraction | float) -> str:
        """A column that goes in steps against any value, exactly: nothing passes through a float."""
        low, high = range_of(field)
        if low <= place <= high and place == math.floor(place):
            return f"{self.stepped(field, [int(place)])} {operator} {self.mark(field, int(place))}"
        if operator in {"=", "<>"}:
            return FALSE if operator == "=" else f"{field.sql} IS NOT NULL"
        if not low <= place <= high:
            return f"{field.sql} IS NOT NULL" if (operator in {"<", "<="}) is (place > 0) else FALSE
        below = "<=" if operator in {"<", "<="} else ">"  # between two steps
        return f"{self.stepped(field, [math.floor(place)])} {below} {self.mark(field, math.floor(place))}"

    def stepped(self, field: Field, places: list[int]) -> str:
        """What of a column is compared with marks at some places: at the ends of time it is the count."""
        if field.kind != "timestamp" or field.unit != "ns":
            return field.sql
        if field.zoned:
            return instant(f"{field.sql}::TIMESTAMP_NS", "ns")
        return instant(field.sql, "ns") if any(is_end(place) for place in places) else field.sql

    def mark(self, field: Field, place: int) -> str:
        """The mark of a value given in the steps of its column."""
        if field.kind == "decimal":
            return f"CAST({self.bind(str(Decimal(place).scaleb(-int(field.unit), WIDE)))} AS DECIMAL(38, {int(field.unit)}))"
        if field.kind != "timestamp" or (field.unit == "ns" and (field.zoned or is_end(place))):
            return self.bind(place)
        maker = "make_timestamp_ns" if field.unit == "ns" else "make_timestamptz" if field.zoned else "make_timestamp"
        return f"{maker}({self.bind(place)}::BIGINT)"

    def membership(self, column: ColumnName, values: tuple[Value, ...], *, negated: bool) -> str:
        """[NOT] IN: no value of the list is ever null, so only the column's own null is unknown."""
        field = self.field(column)
        if field.json:
            operator, joint = ("<>", " AND ") if negated else ("=", " OR ")
            return balanced([self.compare_value(operator, column, field, value) for value in values], joint)
        found = [self.value_of(field, column, value, "=") for value in values]
        if field.kind == "null":
            return FALSE
        sql = field.sql
        if field.kind in STEPPED:
            low, high = range_of(field)
            places = [self.step(field, value, one) for value, one in zip(values, found, strict=True)]
            kept = [int(place) for place in places if low <= place <= high and place == math.floor(place)]
            ends = field.unit == "ns" and any(is_end(place) for place in kept)
            mark = self.bind if ends else partial(self.mark, field)
            sql, marks = self.stepped(field, kept), [mark(place) for place in kept]
        elif field.kind == "float":
            marks = [self.bind(float_of(one)) for one in found]
        else:
            marks = [self.cast(field, one) for one in found]
        if not marks:
            return f"{field.sql} IS NOT NULL" if negated else FALSE
        text = f"{sql} {'NOT ' if negated else ''}IN ({', '.join(marks)})"
        return f"({text} AND {not_nan(field.sql)})" if field.kind == "float" else text

    def like(self, tree: IsLike, *, negated: bool) -> str:
        """[NOT] LIKE and ILIKE; the escape is the backslash."""
        field = self.field(tree.column)
        word = "ILIKE" if tree.ignores_case else "LIKE"
        pattern = str(tree.pattern.value)
        if field.kind == "null":
            return FALSE
        if field.kind != "text" and not field.json:
            raise self.wrong(tree.column.start, f"{word} compares text, and {field.told} is not text")
        if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
            raise self.wrong(tree.pattern.start, r"the pattern ends with a lone backslash; write \\ for one")
        said = f"{'NOT ' if negated else ''}{word}"
        if field.json:
            return like_json(field, said, self.bind(pattern))
        return f"{field.sql} {said} {self.bind(pattern)} ESCAPE '\\'"

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
            told = str(error) if isinstance(error, KindError) else f"{found!r} is not one"
            raise self.wrong(value.start, f"{field.told} compares with {EXPECTED[field.kind]}: {told}") from error

    def label(self, field: Field, value: Value, operator: str) -> int:
        """The number of a class by its name."""
        name = str(value.value)
        if name not in field.labels:
            hint = did_you_mean(name, field.labels)
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
        if field.counted:
            hours, minutes, seconds = str(value).split(":")
            whole, _, rest = seconds.partition(".")
            count = (int(hours) * 60 + int(minutes)) * 60 + int(whole)
            return self.bind(count * PER_SECOND[field.unit] + int(rest.ljust(9, "0")) * PER_SECOND[field.unit] // 10**9)
        if field.kind == "date":
            return f"(DATE '1970-01-01' + CAST({self.bind(value)} AS INTEGER))"
        if field.kind == "time":
            return f"CAST({self.bind(value)} AS {'TIME_NS' if field.unit == 'ns' else 'TIME'})"
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
