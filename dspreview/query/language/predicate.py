"""`where` and `orderby` as trees: comparisons of columns, put together with AND, OR, NOT and parentheses.

where      = and { OR and } ;  and = not { AND not } ;  not = { NOT } ( "(" where ")" | comparison )
column     = name { "." name | "[" place "]" } | ANY "(" column ")" { "." name | "[" place "]" }
comparison = column ( operator operand | IS [NOT] NULL | IS [NOT] NAN | [NOT] IN "(" value { , value } ")"
| [NOT] BETWEEN value AND value | [NOT] LIKE text | [NOT] ILIKE text )
orderby    = column [ASC | DESC] [NULLS FIRST | NULLS LAST] { , ... }
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dspreview.errors import UsageError
from dspreview.query.language.tokens import Token, mistake, tokenize
from dspreview.query.language.tree import (
    ELEMENT,
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
)

WHOLE = re.compile(r"[+-]?\d{1,9}")
MAX_DEPTH = 100
"""Parentheses and NOTs within each other."""
OPERATORS = {"=": "=", "==": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def parse_where(text: str, *, empty: bool = False) -> Where | None:
    """The tree of a predicate, None where the text is blank. Raises UsageError with the position."""
    parser = Parser("where", text, empty=empty)
    if parser.here.kind == "end":
        return None
    found = parser.where(0)
    parser.end()
    return found


def parse_orderby(text: str, *, empty: bool = False) -> tuple[Order, ...]:
    """The columns to order by. Raises UsageError with the position."""
    parser = Parser("orderby", text, empty=empty)
    if parser.here.kind == "end":
        return ()
    found = [parser.order()]
    while parser.take("mark", ","):
        found.append(parser.order())
    parser.end()
    return tuple(found)


class Parser:
    """Reads one text from its beginning to its end."""

    def __init__(self, what: str, text: str, *, empty: bool = False) -> None:
        """`empty`: there is a column or a field without a name."""
        self.what = what
        self.text = text
        self.tokens = tokenize(text, what, empty=empty)
        self.place = 0

    @property
    def here(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.place]

    def take(self, kind: str, value: str) -> bool:
        """Step over a token, if it comes next."""
        if self.here[:2] != (kind, value):
            return False
        self.place += 1
        return True

    def mistake(self, why: str, at: int | None = None) -> UsageError:
        """What is wrong with the text, at the next token or at a place."""
        return mistake(self.what, self.text, self.here.start if at is None else at, why)

    def expect(self, kind: str, value: str, why: str) -> None:
        """Step over a token that must come next."""
        if not self.take(kind, value):
            raise self.mistake(why)

    def end(self) -> None:
        """Nothing may follow."""
        if self.here.kind == "end":
            return
        if self.here.value == ")":
            raise self.mistake("this ) closes nothing")
        raise self.mistake("AND or OR was expected" if self.what == "where" else "a comma or the end was expected")

    def where(self, depth: int) -> Where:
        """Alternatives."""
        parts = [self.conjunction(depth)]
        while self.take("keyword", "OR"):
            parts.append(self.conjunction(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def conjunction(self, depth: int) -> Where:
        """What must hold at once."""
        parts = [self.negation(depth)]
        while self.take("keyword", "AND"):
            parts.append(self.negation(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def negation(self, depth: int) -> Where:
        """A comparison or a parenthesis, perhaps negated."""
        if depth > MAX_DEPTH:
            raise self.mistake(f"nested deeper than {MAX_DEPTH}")
        if self.take("keyword", "NOT"):
            return Not(self.negation(depth + 1))
        start = self.here.start
        if self.take("mark", "("):
            inner = self.where(depth + 1)
            if not self.take("mark", ")"):
                raise self.mistake("this ( is never closed" if self.here.kind == "end" else "AND, OR or ) was expected",
                          start if self.here.kind == "end" else None)  # fmt: skip
            return inner
        return self.comparison()

    def comparison(self) -> Where:
        """What is said of one column."""
        if (
            self.here.kind == "word"
            and self.here.value.upper() == "ANY"
            and self.tokens[self.place + 1][:2] == ("mark", "(")
        ):
            return self.any_element()
        column = self.column("a column was expected; its name goes in double quotes, a text in single ones")
        return self.said_of(column)

    def any_element(self) -> Where:
        """What is said of some element of a list: `ANY(tags) = 'x'`, `ANY(messages).role = 'tool'`."""
        start = self.here.start
        self.place += 2
        column = self.column("a column of lists was expected")
        self.expect("mark", ")", "ANY takes one column: ) was expected")
        return IsAny(column, self.said_of(ColumnName((ELEMENT, *self.parts()), start)))

    def said_of(self, column: ColumnName) -> Where:
        """What is said of a column."""
        if self.here.kind == "mark" and self.here.value in OPERATORS:
            operator = OPERATORS[self.here.value]
            self.place += 1
            return Compare(operator, column, self.operand())
        if self.take("keyword", "IS"):
            negated = self.take("keyword", "NOT")
            for what in ("NULL", "NAN"):
                if self.take("keyword", what):
                    return negation_of(IsMissing(column, what), negated=negated)
            raise self.mistake("NULL or NAN was expected")
        negated = self.take("keyword", "NOT")
        return negation_of(self.membership(column), negated=negated)

    def membership(self, column: ColumnName) -> Where:
        """IN, BETWEEN, LIKE or ILIKE."""
        if self.take("keyword", "IN"):
            self.expect("mark", "(", "IN needs values in parentheses")
            values = [self.value()]
            while self.take("mark", ","):
                values.append(self.value())
            self.expect("mark", ")", "a comma or ) was expected")
            return IsIn(column, tuple(values))
        if self.take("keyword", "BETWEEN"):
            low = self.value()
            self.expect("keyword", "AND", "BETWEEN needs AND and a second value")
            return IsBetween(column, low, self.value())
        for name in ("LIKE", "ILIKE"):
            if self.take("keyword", name):
                pattern = self.value()
                if not isinstance(pattern.value, str):
                    raise self.mistake(f"{name} needs a text in single quotes", pattern.start)
                return IsLike(column, pattern, ignores_case=name == "ILIKE")
        if self.here[:2] == ("mark", "("):
            raise self.mistake(
                'functions are not supported; the command sql has them, and for a length there is the column "NAME.length"'
            )
        raise self.mistake("an operator was expected: = <> < <= > >= IS IN BETWEEN LIKE ILIKE")

    def column(self, why: str) -> ColumnName:
        """A name, or names with dots between them."""
        start = self.here.start
        return ColumnName((self.name(why), *self.parts()), start)

    def parts(self) -> Iterator[str | int]:
        """Fields and places in lists behind a name: `.field`, `[0]`, `[-1]`."""
        while True:
            if self.take("mark", "."):
                yield self.name("the name of a field was expected after the dot")
            elif self.take("mark", "["):
                found = self.here
                if found.kind != "number" or not WHOLE.fullmatch(found.value):
                    raise self.mistake("a place in a list was expected: 0 is the first, -1 the last")
                self.place += 1
                self.expect("mark", "]", "] was expected")
                yield int(found.value)
            else:
                return

    def name(self, why: str) -> str:
        """A quoted name, or a plain word."""
        found = self.here
        if found.kind not in {"quoted", "word"}:
            raise self.mistake(why)
        self.place += 1
        return found.value

    def operand(self) -> Operand:
        """A value, or another column."""
        if self.here[:2] == ("keyword", "NULL"):
            raise self.mistake("nothing equals NULL; use IS NULL or IS NOT NULL")
        if self.here.kind in {"quoted", "word"}:
            found = self.column("")
            if self.here[:2] == ("mark", "("):
                raise self.mistake("functions are not supported; the command sql has them", found.start)
            return found
        return self.value()

    def value(self) -> Value:
        """A text, a number, TRUE or FALSE."""
        found = self.here
        self.place += 1
        if found.kind == "text":
            return Value(found.value, found.start)
        if found.kind == "number":
            return Value(number(found.value), found.start, found.value)
        if found.kind == "keyword" and found.value in {"TRUE", "FALSE"}:
            return Value(found.value == "TRUE", found.start)
        self.place -= 1
        if found.kind == "quoted":
            raise self.mistake("a value was expected; a text goes in single quotes")
        turned = {">": "=>", "<": "=<"}.get(found.value)
        hint = f"; did you mean {turned[::-1]} ?" if turned and self.text[: found.start + 1].endswith(turned) else ""
        raise self.mistake(f"a value was expected: a text in single quotes, a number, TRUE or FALSE{hint}")

    def order(self) -> Order:
        """A column with its direction."""
        column = self.column("a column was expected; its name goes in double quotes")
        if self.here[:2] == ("mark", "("):
            raise self.mistake("order by columns, not by functions")
        descending = self.take("keyword", "DESC")
        if not descending:
            self.take("keyword", "ASC")
        nulls_first = False
        if self.take("keyword", "NULLS"):
            nulls_first = self.take("keyword", "FIRST")
            if not nulls_first:
                self.expect("keyword", "LAST", "FIRST or LAST was expected")
        return Order(column, descending, nulls_first)


def negation_of(found: Where, *, negated: bool) -> Where:
    """A tree, or its opposite."""
    return Not(found) if negated else found


def number(text: str) -> int | float:
    """A number: an integer stays one, whatever its size. Raises UsageError where it has too many digits to read."""
    if not any(mark in text for mark in ".eE"):
        try:
            return int(text)
        except ValueError as error:  # Python's own limit of 4,300 digits
            raise UsageError("where: a number of more than 4,300 digits") from error
    return float(text)
