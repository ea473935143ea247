"""The grammar of `where` and `orderby`: what it takes, what it refuses and where, in which time."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dspreview.errors import UsageError
from dspreview.query.language.predicate import parse_orderby, parse_where
from dspreview.query.language.tree import (
    All,
    AnyOf,
    ColumnName,
    Compare,
    IsBetween,
    IsIn,
    IsLike,
    IsMissing,
    Not,
    Order,
    Value,
)


def compare(name: str, operator: str, value: object, start: int, at: int) -> Compare:
    return Compare(operator, ColumnName((name,), start), Value(value, at))  # type: ignore[arg-type]


def test_the_example_of_the_page() -> None:
    found = parse_where("""\"age">30 AND ("name"='Simone' OR "children"=0)""")
    assert found == All(
        (
            compare("age", ">", 30, 0, 6),
            AnyOf((compare("name", "=", "Simone", 14, 21), compare("children", "=", 0, 33, 44))),
        )
    )
    assert parse_orderby('"age" DESC') == (Order(ColumnName(("age",), 0), descending=True, nulls_first=False),)


TAKEN = {
    "": None,
    " \n\t": None,
    "a = 1": compare("a", "=", 1, 0, 4),
    '"a"==1': compare("a", "=", 1, 0, 5),
    '"a" != -1': compare("a", "<>", -1, 0, 7),
    '"a"<>.5': compare("a", "<>", 0.5, 0, 5),
    '"a">=1e5': compare("a", ">=", 1e5, 0, 5),
    '"a"=true': compare("a", "=", True, 0, 4),
    '"a"=FALSE': compare("a", "=", False, 0, 4),
    "\"a\"='x;y -- /* */'": compare("a", "=", "x;y -- /* */", 0, 4),
    "\"a\"='O''Hara'": compare("a", "=", "O'Hara", 0, 4),
    '"a""b"=1': compare('a"b', "=", 1, 0, 7),
    '"é日"=1': compare("é日", "=", 1, 0, 5),
    '"a"=123456789012345678901234567890': compare("a", "=", 123456789012345678901234567890, 0, 4),
    '"a"."b"=\'x\'': Compare("=", ColumnName(("a", "b"), 0), Value("x", 8)),
    '"a"="b"': Compare("=", ColumnName(("a",), 0), ColumnName(("b",), 4)),
    '"a" is not null': Not(IsMissing(ColumnName(("a",), 0), "NULL")),
    '"a" IS NAN': IsMissing(ColumnName(("a",), 0), "NAN"),
    '"a" in (1, 2)': IsIn(ColumnName(("a",), 0), (Value(1, 8), Value(2, 11))),
    '"a" not between 1 and 2': Not(IsBetween(ColumnName(("a",), 0), Value(1, 16), Value(2, 22))),
    "\"a\" LIKE '%A'": IsLike(ColumnName(("a",), 0), Value("%A", 9), ignores_case=False),
    "(\"a\" Not ILike 'x')": Not(IsLike(ColumnName(("a",), 1), Value("x", 15), ignores_case=True)),
    'NOT "a"=1': Not(compare("a", "=", 1, 4, 8)),
}


@pytest.mark.parametrize("text", TAKEN)
def test_what_the_grammar_takes(text: str) -> None:
    assert parse_where(text) == TAKEN[text]


def test_and_binds_closer_than_or_and_not_closest() -> None:
    found = parse_where("NOT a=1 AND b=1 OR c=1 AND (d=1 OR e=1)")
    assert isinstance(found, AnyOf)
    left, right = found.parts
    assert isinstance(left, All)
    assert isinstance(left.parts[0], Not)
    assert isinstance(right, All)
    assert isinstance(right.parts[1], AnyOf)


REFUSED = {
    '("a"=1': (1, "never closed"),
    '"a"=1)': (6, "closes nothing"),
    '"a"=\'x': (5, "never closed"),
    '"a=1': (1, "never closed"),
    '"a"=1; SELECT * from data': (6, "no statements"),
    '"a"=1 /*': (7, "'/' has no meaning"),
    '"a"=1--': (6, "no number"),
    '"a"=1 --': (7, "no number"),
    "1=1": (1, "a column was expected"),
    '"a"=1 OR 1=1': (10, "a column was expected"),
    "getenv('X')='y'": (7, "functions"),
    "\"getenv\"('X')='y'": (9, "functions"),
    '"a"=version()': (5, "functions"),
    "\"a\".current_setting()='x'": (20, "functions"),
    '"a" = NULL': (7, "IS NULL"),
    '"a" IS 5': (8, "NULL or NAN"),
    "\"a\" GLOB 'x'": (5, "an operator was expected"),
    "\"a\" ~ 'x'": (5, "'~' has no meaning"),
    '"a" LIKE 5': (10, "needs a text"),
    '"a" IN ()': (9, "a value was expected: a text in single quotes, a number"),
    '"a" IN ("b")': (9, "a value was expected; a text goes in single quotes"),
    '"a" IN ("TRUE")': (9, "a value was expected; a text goes in single quotes"),
    '"a" IN (AND)': (9, "a value was expected: a text in single quotes, a number"),
    '"a" IN (SELECT 1)': (9, "a value was expected"),
    '"a" BETWEEN 1 OR 2': (15, "needs AND"),
    '"a"=1 "b"=2': (7, "AND or OR"),
    '"a"=1..5': (5, "no number"),
    '"a"=0x10': (5, "no number"),
    '"a"="b"."c"(1)': (5, "functions"),
    "AND": (1, "a column was expected"),
    '"a"=1 AND': (10, "a column was expected"),
    '""=1': (1, "never closed"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_it_refuses_and_where(text: str) -> None:
    place, why = REFUSED[text]
    with pytest.raises(UsageError) as caught:
        parse_where(text)
    first, shown, caret = str(caught.value).split("\n")
    assert first.startswith(f"where: at character {place}: ")
    assert why in first
    assert caret.index("^") == place + 1
    assert shown.strip().startswith(text.strip()[:50])


@pytest.mark.parametrize("text", ["random()", "1", '"a" + 1', '"a",', '"a" NULLS', '"a" UP', '"a" DESC ASC', "'a'"])
def test_orders_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="orderby: at character"):
        parse_orderby(text)


def test_orders() -> None:
    found = parse_orderby('"a", b ASC nulls first, "c"."d" desc NULLS LAST')
    assert [(one.column.path, one.descending, one.nulls_first) for one in found] == [
        (("a",), False, False),
        (("b",), False, True),
        (("c", "d"), True, False),
    ]
    assert parse_orderby(" ") == ()


@pytest.mark.parametrize("text", ["(" * 10_000 + "a=1" + ")" * 10_000, "NOT " * 10_000 + "a=1"])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="nested deeper than 100"):
        parse_where(text)


def test_a_megabyte_of_predicate() -> None:
    assert isinstance(parse_where(" OR ".join(["a=1"] * 100_000)), AnyOf)
    with pytest.raises(UsageError, match="characters"):
        parse_where("a" * 1_000_001)


@given(st.text(max_size=200) | st.text(alphabet="\"'ab=<>()., \n;-*/10eANDORNOTISLIK\\", max_size=200))
@settings(max_examples=500)
def test_any_text_is_a_predicate_or_wrong_use(text: str) -> None:
    with contextlib.suppress(UsageError):  # nothing else is ever raised
        assert (parse_where(text) is None) == (not text.strip())
    with contextlib.suppress(UsageError):
        assert bool(parse_orderby(text)) == bool(text.strip())


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("a = male", "a text stands in single quotes: 'male'"),
        ('a = "it\'s"', "a text stands in single quotes: 'it''s'"),
        ("a => 3", "did you mean >= ?"),
        ("a =< 3", "did you mean <= ?"),
    ],
)
def test_a_slip_of_a_beginner_is_explained(where: str, told: str, dspreview: Any, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,x\n")
    ran = dspreview("filter", tmp_path / "t.csv", "--where", where)
    assert (ran.code, told in ran.err) == (2, True), ran.err
