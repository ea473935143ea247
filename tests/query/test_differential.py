"""Random predicates over random tables give the rows that an evaluation in plain Python gives."""

from __future__ import annotations

import functools
import math
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.tables import engine_on, matching, write_table

INTEGERS = [-(2**63), -5, -1, 0, 1, 2, 3, 7, 2**53, 2**53 + 1, 2**63 - 1]
FLOATS = [-math.inf, -2.5, -1.0, -0.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 1e300, math.inf, math.nan]
TEXTS = ["", "a", "A", "ab", "b", "é", "it's", "100%", "a_b", "back\\slash", "名前", "zz", "\n", ";--"]
DATES = [date(1969, 12, 31), date(2000, 2, 29), date(2024, 1, 1)]
MOMENTS = [datetime(1999, 12, 31, 23, 59, 59), datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 0, 0, 1)]
DECIMALS = [Decimal("-1.10"), Decimal("0.00"), Decimal("1.10"), Decimal("99.99")]
PATTERNS = ["%", "_", "a", "A", "\\%", "\\_", "\\\\", "é", "'"]
SCHEMA = pa.schema(
    [
        pa.field("i", pa.int64()), pa.field("I", pa.int64()), pa.field("f", pa.float64()), pa.field("g", pa.float32()),
        pa.field("t", pa.string()), pa.field("u", pa.string()), pa.field("b", pa.bool_()), pa.field("d", pa.date32()),
        pa.field("m", pa.timestamp("us")), pa.field("z", pa.timestamp("us", tz="Europe/Paris")),
        pa.field("c", pa.decimal128(10, 2)), pa.field("l", pa.list_(pa.int64())),
        pa.field("s", pa.struct([pa.field("x", pa.int64()), pa.field("X", pa.string())])),
    ]
)  # fmt: skip
VALUES: dict[str, list[Any]] = {
    "i": INTEGERS, "I": INTEGERS, "f": FLOATS, "g": [0.0, 0.5, -1.5, math.nan, math.inf], "t": TEXTS, "u": TEXTS,
    "b": [True, False], "d": DATES, "m": MOMENTS, "z": [one.replace(tzinfo=UTC) for one in MOMENTS], "c": DECIMALS,
    "l": [[], [1], [1, None, 3]], "s": [{"x": 1, "X": "a"}, {"x": None, "X": "b"}, {"x": 2, "X": None}],
}  # fmt: skip


@dataclass
class Column:
    """A column as a predicate names it, and the way to its value."""

    text: str
    kind: str
    value: Any


COLUMNS = [
    *[Column(f'"{name}"', kind, functools.partial(lambda name, row: row[name], name)) for name, kind in [
        ("i", "number"), ("I", "number"), ("f", "number"), ("g", "number"), ("c", "number"), ("t", "text"), ("u", "text"),
        ("b", "bool"), ("d", "date"), ("m", "moment"), ("z", "zoned"),
    ]],
    Column('"s"."x"', "number", lambda row: row["s"] and row["s"]["x"]),
    Column('s."X"', "text", lambda row: row["s"] and row["s"]["X"]),
    Column('"t.length"', "number", lambda row: None if row["t"] is None else len(row["t"])),
    Column('"l.length"', "number", lambda row: None if row["l"] is None else len(row["l"])),
]  # fmt: skip


def literal(kind: str, value: Any) -> str:
    """A value as a predicate writes it."""
    if kind == "number":
        return repr(value) if not isinstance(value, Decimal) else str(value)
    if kind == "bool":
        return str(value).upper()
    if kind == "zoned":
        return f"'{value.isoformat()}'"
    return "'" + (value if isinstance(value, str) else value.isoformat(sep=" ") if kind == "moment" else value.isoformat()).replace("'", "''") + "'"  # fmt: skip


CONSTANTS: dict[str, list[Any]] = {
    "number": [*INTEGERS, 2**64, -(2**70), 0.5, 1.5, -2.5, 1e300, Decimal("1.10"), 99.99],
    "text": TEXTS, "bool": [True, False], "date": [*DATES, date(2001, 1, 1)],
    "moment": [*MOMENTS, datetime(2010, 1, 1)], "zoned": [one.replace(tzinfo=UTC) for one in MOMENTS],
}  # fmt: skip
COMPARE: dict[str, Any] = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


def meant(column: Column, constant: Any) -> Any:
    """What a written number means beside a column: a decimal as written, a float, or the number itself."""
    if column.text == '"c"' and isinstance(constant, float):
        return Decimal(repr(constant))
    return float(constant) if column.text in {'"f"', '"g"'} and isinstance(constant, Decimal) else constant


def unknown(*values: Any) -> bool:
    """Whether a comparison of these has no answer: one is null, or NaN."""
    return any(value is None or (isinstance(value, float) and math.isnan(value)) for value in values)


def like(value: str, pattern: str) -> bool:
    """LIKE, character by character."""
    if not pattern:
        return not value
    if pattern[0] == "%":
        return any(like(value[skip:], pattern[1:]) for skip in range(len(value) + 1))
    if pattern[0] == "\\":
        return bool(value) and value[0] == pattern[1] and like(value[1:], pattern[2:])
    return bool(value) and pattern[0] in {"_", value[0]} and like(value[1:], pattern[1:])


@st.composite
def comparisons(draw: Any) -> tuple[str, Any]:
    """A comparison as text, and a function of a row that gives True, False or None."""
    column = draw(st.sampled_from(COLUMNS))
    value = column.value
    form = draw(st.sampled_from(["compare", "compare", "columns", "null", "nan", "in", "between", "like"]))
    constants = st.sampled_from(CONSTANTS[column.kind])
    no = draw(st.booleans())
    if form == "null":
        return f"{column.text} IS {'NOT ' if no else ''}NULL", lambda row: (value(row) is None) is not no
    if form == "nan" and column.text in {'"f"', '"g"'}:
        return (
            f"{column.text} is {'not ' if no else ''}nan",
            lambda row: (value(row) is not None and math.isnan(value(row))) is not no,
        )
    if form == "in":
        chosen = draw(st.lists(constants, min_size=1, max_size=4))
        listed = [meant(column, one) for one in chosen]
        text = f"{column.text} {'NOT ' if no else ''}IN ({', '.join(literal(column.kind, one) for one in chosen)})"
        return text, lambda row: None if unknown(value(row)) else (value(row) in listed) is not no
    if form == "between":
        low, high = draw(constants), draw(constants)
        least, most = meant(column, low), meant(column, high)
        text = (
            f"{column.text} {'NOT ' if no else ''}BETWEEN {literal(column.kind, low)} AND {literal(column.kind, high)}"
        )
        return text, lambda row: None if unknown(value(row)) else (least <= value(row) <= most) is not no
    if form == "like" and column.kind == "text":
        pattern = "".join(draw(st.lists(st.sampled_from(PATTERNS), max_size=5)))
        text = f"{column.text} {'NOT ' if no else ''}LIKE {literal('text', pattern)}"
        return text, lambda row: None if value(row) is None else like(value(row), pattern) is not no
    operator = draw(st.sampled_from(sorted(COMPARE)))
    if form == "columns":
        other = draw(st.sampled_from([one for one in COLUMNS if one.kind == column.kind and "c" not in one.text]))
        if "c" not in column.text:
            return (
                f"{column.text} {operator} {other.text}",
                lambda row: (
                    None if unknown(value(row), other.value(row)) else COMPARE[operator](value(row), other.value(row))
                ),
            )
    constant = draw(constants)
    right = meant(column, constant)
    return (
        f"{column.text}{operator}{literal(column.kind, constant)}",
        lambda row: None if unknown(value(row)) else COMPARE[operator](value(row), right),
    )


def negation(tree: tuple[str, Any]) -> tuple[str, Any]:
    text, found = tree
    return f"NOT ({text})", lambda row: None if found(row) is None else not found(row)


def joined(pair: tuple[str, tuple[str, Any], tuple[str, Any]]) -> tuple[str, Any]:
    word, (left, first), (right, second) = pair
    decisive = word == "OR"

    def both(row: Any) -> bool | None:
        answers = {first(row), second(row)}
        return decisive if decisive in answers else None if None in answers else not decisive

    return f"({left}) {word} ({right})", both


PREDICATES = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        inner.map(negation), st.tuples(st.sampled_from(["AND", "OR"]), inner, inner).map(joined)
    ),
    max_leaves=6,
)  # fmt: skip
ROWS = st.fixed_dictionaries({name: st.one_of(st.none(), st.sampled_from(values)) for name, values in VALUES.items()})


@settings(max_examples=250, suppress_health_check=list(HealthCheck))
@given(st.lists(ROWS, min_size=1, max_size=40), st.lists(PREDICATES, min_size=1, max_size=8), st.data())
def test_predicates_like_python(rows: list[dict[str, Any]], predicates: list[tuple[str, Any]], data: Any) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=2))
    group = data.draw(st.integers(1, 10))
    with tempfile.TemporaryDirectory() as name:
        table = write_table(Path(name) / "d", pa.Table.from_pylist(rows, SCHEMA), cuts, group)
        stored = pa.Table.from_pylist(rows, SCHEMA).to_pylist()
        with engine_on(table, Path(name)) as engine:
            for text, found in predicates:
                expected = [n for n, row in enumerate(stored) if found(row) is True]
                assert matching(engine, text) == expected, text
                assert matching(engine, text, "", 1, 3) == expected[1:4], text


def sort_key(value: Any, *, descending: bool, nulls_first: bool) -> Any:
    """Where a value stands: numbers in their order, then NaN, and nulls at one end."""
    if value is None:
        return (0 if nulls_first else 3, Reverse(0) if descending else 0)
    if isinstance(value, float) and math.isnan(value):
        return (2, Reverse(0) if descending else 0)
    key = value.encode() if isinstance(value, str) else value
    return (1, Reverse(key) if descending else key)


@functools.total_ordering
class Reverse:
    """Turns an order around."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reverse) and self.value == other.value

    def __lt__(self, other: Reverse) -> bool:
        return bool(other.value < self.value)

    def __hash__(self) -> int:
        return hash(self.value)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.lists(ROWS, min_size=1, max_size=40), st.data())
def test_orders_like_python(rows: list[dict[str, Any]], data: Any) -> None:
    chosen = data.draw(
        st.lists(st.tuples(st.sampled_from(COLUMNS), st.booleans(), st.booleans()), min_size=1, max_size=3)
    )
    text = ", ".join(
        f"{column.text} {'DESC' if down else 'ASC'}{' NULLS FIRST' if first else ''}" for column, down, first in chosen
    )
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=2))
    with tempfile.TemporaryDirectory() as name:
        table = write_table(Path(name) / "d", pa.Table.from_pylist(rows, SCHEMA), cuts, data.draw(st.integers(1, 10)))
        stored = pa.Table.from_pylist(rows, SCHEMA).to_pylist()
        expected = sorted(
            range(len(rows)),
            key=lambda n: [
                sort_key(c.value(stored[n]), descending=down, nulls_first=first) for c, down, first in chosen
            ],
        )
        with engine_on(table, Path(name)) as engine:
            assert matching(engine, "", text) == expected, text
            size = data.draw(st.integers(1, 7))
            pages = [matching(engine, "", text, start, size) for start in range(0, len(rows), size)]
            assert [place for page in pages for place in page] == expected
