"""Rows that match a predicate, in an order: their positions, how many there are, and their cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from dspreview.errors import UsageError
from dspreview.page.pages import Cells
from dspreview.query.engine.rows import output, rows_at, to_cells
from dspreview.query.language.fields import Names
from dspreview.query.language.predicate import parse_orderby, parse_where
from dspreview.query.language.sql import Builder
from dspreview.query.table import Table

if TYPE_CHECKING:
    from dspreview.query.engine.engine import Engine


class Question(NamedTuple):
    """A predicate and an order, resolved against a table."""

    where: str
    """A condition, empty where there is none."""
    values: list[Any]
    """The values of the marks in `where`."""
    keys: list[str]
    """What to order by, before the position."""
    media: frozenset[int]
    """Columns whose files must be looked at."""


class Matches(NamedTuple):
    """Some of the rows that were found."""

    places: list[int]
    cells: list[Cells]
    total: int
    """How many there are in all."""


def resolve(table: Table, where: str, orderby: str) -> Question:
    """A question about a table. Raises UsageError with the position."""
    condition, order = Builder(Names(table, "where", where)), Builder(Names(table, "orderby", orderby))
    empty = '"":' in table.as_json() or "" in table.names
    try:
        tree = parse_where(where, empty=empty)
    except UsageError as error:
        raise with_names(error, table, where) from error
    text = condition.where(tree) if tree is not None else ""
    keys = order.orderby(parse_orderby(orderby, empty=empty))
    return Question(text, condition.values, keys, frozenset(condition.media | order.media))


def with_names(error: UsageError, table: Table, text: str) -> UsageError:
    """A mistake in a predicate that may come from a name with blanks, which must stand in quotes."""
    blank = next(
        (name for name in table.names if not name.isidentifier() and name in text and f'"{name}"' not in text), None
    )
    if blank is None:
        return error
    told, _, rest = str(error).partition("\n")
    return UsageError(f'{told}; write the name in double quotes: "{blank}"' + (f"\n{rest}" if rest else ""))


def find(engine: Engine, question: Question, offset: int, length: int) -> Matches:
    """The rows that a question asks for. Raises PreviewError."""
    total = count(engine, question)
    places = positions(engine, question, offset, min(length, max(total - offset, 0)))
    return Matches(places, rows_at(engine, places), total)


def count(engine: Engine, question: Question) -> int:
    """How many rows match."""
    if not question.where:
        return engine.table.num_rows
    found = engine.rows(f"SELECT count(*) FROM {engine.source} WHERE {question.where}", question.values)
    return int(found[0][0])


def positions(engine: Engine, question: Question, offset: int, length: int) -> list[int]:
    """The positions of some of the matching rows, in their order."""
    if length == 0:
        return []
    if not question.where and not question.keys:
        return list(range(offset, offset + length))
    text = f"{ordered(engine, question, engine.row_idx)} LIMIT {length} OFFSET {offset}"
    return [int(row[0]) for row in engine.rows(text, question.values)]


def ordered(engine: Engine, question: Question, wanted: str) -> str:
    """The query for something of the matching rows in their order; without keys that is the order of the files.

    DuckDB keeps it by itself, but for joins.
    """
    rule = f" WHERE {question.where}" if question.where else ""
    keys = [*question.keys, engine.row_idx] if question.keys or question.media else []
    order = f" ORDER BY {', '.join(keys)}" if keys else ""
    return f"SELECT {wanted} FROM {engine.source}{rule}{order}"


def among(engine: Engine, question: Question, places: list[int]) -> list[int]:
    """Those of some positions whose rows match, in the same order."""
    query = (
        f"SELECT {engine.row_idx} FROM {engine.source} WHERE ({question.where})"
        f" AND {engine.row_idx} IN (SELECT unnest(?::BIGINT[]))"
    )
    kept = {int(row[0]) for row in engine.rows(query, [*question.values, places])}
    return [place for place in places if place in kept]


def all_cells(engine: Engine, question: Question, offset: int) -> Iterator[list[Cells]]:
    """The cells of all rows that a question asks for, some at a time."""
    if not engine.table.columns:
        return
    outputs = [output(f"c{number}", column.feature) for number, column in enumerate(engine.table.columns)]
    wanted = [engine.row_idx, *[one.sql for one in outputs if one is not None]]
    query = f"{ordered(engine, question, ', '.join(wanted))} OFFSET {offset}"
    for batch in engine.stream(query, question.values):
        yield to_cells(engine, outputs, batch)
