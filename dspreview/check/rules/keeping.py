"""Whether a split keeps its rules: one pass of DuckDB counts what breaks them, and then the first rows that do are named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dspreview.check.findings import Finding, found
from dspreview.check.rules.book import Book, Rule
from dspreview.errors import UsageError
from dspreview.feature import LIST, TEXTS, Feature
from dspreview.models import SplitId
from dspreview.query.engine.arrow import column_batches
from dspreview.query.engine.filter import resolve
from dspreview.query.language.fields import Names
from dspreview.query.language.predicate import parse_where
from dspreview.query.language.sql import Builder
from dspreview.suggestions import did_you_mean

if TYPE_CHECKING:
    from dspreview.query.engine.engine import Engine

Opened = Callable[[SplitId], "AbstractContextManager[Engine]"]
"""Opens the rows of a split."""
FIRST = 100
"""Rows that are named."""
SHOWN = 5
BATCH = 1 << 16


class Broken(NamedTuple):
    """What breaks a rule."""

    rule: Rule
    number: int
    rows: list[int]
    """The first of them."""


class Statement(NamedTuple):
    """A rule in SQL."""

    rule: Rule
    number: str
    """How many rows break it."""
    rows: str
    """The rows that do, in their order."""
    values: list[Any]


def broken_rules(engine: Engine, book: Book, names: SplitId, opened: Opened) -> Iterator[Broken]:
    """The rules that a split breaks. Raises UsageError for one that cannot be kept, with its place in the file."""
    rules = book.of(names)
    tests = [test_of(engine, book, rule) for rule in rules if rule.kind != "references"]
    if tests:
        listed = ", ".join(test.number for test in tests)
        values = [value for test in tests for value in test.values]
        (counts,) = engine.rows(f"SELECT {listed} FROM {engine.source}", values)
        for test, number in zip(tests, counts, strict=True):
            if number > test.rule.at_most * engine.table.num_rows:
                rows = engine.rows(f"{test.rows} LIMIT {FIRST}", test.values)
                yield Broken(test.rule, int(number), [int(row[0]) for row in rows])
    for rule in rules:
        if rule.kind == "references":
            places = list(dangling(engine, book, rule, opened))
            if len(places) > rule.at_most * engine.table.num_rows:
                yield Broken(rule, len(places), places[:FIRST])


def test_of(engine: Engine, book: Book, rule: Rule) -> Statement:
    """A rule in SQL. Raises UsageError."""
    table = engine.table
    name = named(rule.column, table.names)
    try:
        condition, values = ("", list[Any]())
        if rule.when:
            found = resolve(table, rule.when, "")
            if found.media:
                raise UsageError("when: sizes of images and lengths of audio cannot be asked for in a rule")
            condition, values = f"({found.where}) AND ", found.values
        if rule.kind == "unique":
            return unique(engine, rule, condition, values)
        breaks, more = broken_by(engine, rule, name)
    except UsageError as error:
        raise book.wrong(rule, str(error).replace("\n", " ")) from error
    where = f"{condition}({breaks})"
    rows = f"SELECT {engine.row_idx} FROM {engine.source} WHERE {where} ORDER BY 1"
    return Statement(rule, f"count(*) FILTER (WHERE {where})", rows, [*values, *more])


def named(column: str, names: list[str]) -> str:
    """A column in a predicate: by its name, or by a path into it."""
    return column if column not in names and set(column) & set(".[") else quoted(column)


def quoted(name: str) -> str:
    """A name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def broken_by(engine: Engine, rule: Rule, name: str) -> tuple[str, list[Any]]:
    """The condition of the rows that break a rule, and its values. Raises UsageError."""
    if rule.kind == "regex":
        builder = Builder(Names(engine.table, rule.kind, name))
        tree = parse_where(f"{name} IS NULL")
        field = builder.field(tree.column)  # type: ignore[union-attr] # it is IsMissing
        if field.kind != "text":
            raise UsageError(f"regex fits texts, and {field.told} is none")
        try:
            pc.match_substring_regex(pa.array([""]), rule.value)
        except pa.ArrowInvalid as error:
            raise UsageError(f"regex: {error}") from error
        return f"NOT regexp_full_match({field.sql}, ?)", [rule.value]
    if rule.kind == "length":
        place = next((at for at, column in enumerate(engine.table.columns) if column.name == rule.column), None)
        if place is None:
            raise UsageError(f"no column {rule.column!r}{did_you_mean(rule.column, engine.table.names)}")
        feature = Feature(engine.table.columns[place].feature)
        if feature.kind != LIST and feature.value not in TEXTS:
            raise UsageError(
                f"length fits texts and lists, and {rule.column!r} is of type {feature.value or feature.kind}"
            )
        size = f"len(c{place})" if feature.kind == LIST else f"length(c{place})"
        bounds = rule.value if isinstance(rule.value, dict) else {"min": rule.value, "max": rule.value}
        parts = [f"{size} {'<' if bound == 'min' else '>'} {int(value)}" for bound, value in bounds.items()]
        return " OR ".join(parts), []
    text = {
        "not_null": lambda: f"{name} IS NULL",
        "min": lambda: f"{name} < {literal(rule.value)}",
        "max": lambda: f"{name} > {literal(rule.value)}",
        "in": lambda: f"{name} NOT IN ({', '.join(map(literal, rule.value))})",
    }[rule.kind]()
    question = resolve(engine.table, text, "")
    return question.where, question.values


def literal(value: Any) -> str:
    """A value in a predicate."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return repr(value)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return "'" + text.replace("'", "''") + "'"


def unique(engine: Engine, rule: Rule, condition: str, values: list[Any]) -> Statement:
    """Values that stand in several rows; null is none."""
    place = next((at for at, column in enumerate(engine.table.columns) if column.name == rule.column), None)
    if place is None:
        raise UsageError(
            f"no column {rule.column!r}{did_you_mean(rule.column, engine.table.names)}; unique takes a whole column"
        )
    where = f"{condition}c{place} IS NOT NULL"
    count = f"count(c{place}) FILTER (WHERE {where}) - count(DISTINCT c{place}) FILTER (WHERE {where})"
    numbered = f"SELECT {engine.row_idx} AS r, row_number() OVER (PARTITION BY c{place} ORDER BY {engine.row_idx}) AS n FROM {engine.source} WHERE {where}"
    return Statement(rule, count, f"SELECT r FROM ({numbered}) WHERE n > 1 ORDER BY 1", [*values, *values])


def dangling(engine: Engine, book: Book, rule: Rule, opened: Opened) -> Iterator[int]:
    """The rows whose value another column does not have. Raises UsageError."""
    if rule.when:
        raise book.wrong(rule, "references takes no when")
    where, _, column = str(rule.value).rpartition(".")
    config, _, split = where.partition("/")
    known: set[str] = set()
    with opened(SplitId(config, split)) as other:
        for values in texts_of(other, book, rule, column):
            known.update(value for value in values.to_pylist() if value is not None)
    wanted, start = pa.array(sorted(known), pa.string()), 0
    for values in texts_of(engine, book, rule, rule.column):
        missing = pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, value_set=wanted)))
        yield from (start + place for place in pc.indices_nonzero(missing).to_pylist())
        start += len(values)


def texts_of(engine: Engine, book: Book, rule: Rule, column: str) -> Iterator[pa.Array]:
    """The values of a column as texts, some at a time. Raises UsageError."""
    if column not in engine.table.names:
        raise book.wrong(rule, f"no column {column!r}{did_you_mean(column, engine.table.names)} in {engine.where}")
    for table in column_batches(engine, [engine.table.names.index(column)], BATCH):
        for chunk in table.column(0).chunks:
            if pa.types.is_nested(chunk.type):
                yield pa.array(
                    [None if one is None else json.dumps(one, default=str) for one in chunk.to_pylist()], pa.string()
                )
            else:
                yield chunk.cast(pa.string())


def rule_findings(
    engine: Engine, book: Book, names: SplitId, opened: Opened, located: Callable[[Finding], Finding]
) -> Iterator[Finding]:
    """What breaks the rules of a split, as findings."""
    place = {"config": names.config, "split": names.split}
    for one in broken_rules(engine, book, names, partial(opened)):
        rows = ", ".join(map(str, one.rows[:SHOWN])) + (", …" if one.number > SHOWN else "")
        told = one.rule.message or f"{one.rule.column} breaks {one.rule.words}"
        share = f" of {engine.table.num_rows:,} rows"
        message = f"{told}: {one.number:,}{share} ({'rows' if one.number > 1 else 'row'} {rows})"
        made = found("rule", message, severity=one.rule.severity, row=one.rows[0], column=one.rule.column, **place)
        yield located(made._replace(rows=tuple(one.rows)))
