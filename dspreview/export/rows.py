"""The rows of a split as Arrow tables for an export: all of them, or those that match, in an order; in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa

from dspreview.arrow.arrays import timed
from dspreview.arrow.parts import part_of_column
from dspreview.arrow.settled import empty_table
from dspreview.arrow.texts import readable_table
from dspreview.check.secrets.redaction import Redaction
from dspreview.documents.paths import Picked, picked_of
from dspreview.errors import UsageError
from dspreview.export.empty_structs import with_json
from dspreview.feature import LIST, Feature
from dspreview.models import DatasetRef, FeatureTree, Resolved, SplitId
from dspreview.page.media_file import UndecodableError
from dspreview.preview.queries import Queries
from dspreview.preview.results import is_huge
from dspreview.preview.statements import asked
from dspreview.query.engine.arrow import column_batches, take_table
from dspreview.query.engine.engine import Engine
from dspreview.query.engine.filter import Question, count, ordered, resolve
from dspreview.query.engine.rows import output
from dspreview.query.table import Lot, Request
from dspreview.suggestions import did_you_mean

BATCH = 1 << 14
Columns = list[tuple[str, FeatureTree]]


class Exported(NamedTuple):
    """What is exported."""

    dataset: Resolved
    asked: str
    """The user's word for it."""
    split: SplitId
    columns: Columns
    tables: Iterator[pa.Table]
    """The rows; at first an empty table, which has the types."""
    partial: bool
    left_out: tuple[str, ...] = ()
    """Columns of files that are null, since nobody fetches them."""
    gone: list[str] = []  # noqa: RUF012 - of those without files; others have one of their own
    """Files that could not be read: it grows while the tables are taken."""
    redaction: Redaction | None = None
    """What takes keys and personal data out, where that was asked for."""
    total: Callable[[], int] | None = None
    """How many rows there are; not known of what a SELECT gives."""


@contextmanager
def exported(
    queries: Queries, ref: DatasetRef, config: str | None, split: str | None, request: Request, wanted: tuple[str, ...] | None,
    *, lot: Lot | None = None, redact: bool = False,
) -> Iterator[Exported]:  # fmt: skip
    """The rows of a split that a request asks for, or those of a lot, some columns of them. Raises PreviewError."""
    target = queries.target(ref, config, split)
    with queries.tables.open(target.ref, target.entry, target.split) as found:
        parts = picked_of(wanted or (), dict(found.table.columns))
        numbers = chosen(found.table.names, wanted and tuple(place_of(name, parts) for name in wanted))
        question = resolve(found.table, request.where, request.orderby)
        columns = [(found.table.columns[number].name, found.table.columns[number].feature) for number in numbers]
        with queries.engine(target, found, question.media) as engine:
            total: Callable[[], int] = partial(count, engine, question)
            if lot is not None:
                places = lot.places(found.table.num_rows)
                rows, total = in_order(engine, numbers, iter([places])), lambda: len(places)
            elif not question.where and not question.keys:
                rows = in_order(engine, numbers, None)
            elif all(is_handed_out(found.table.columns[number].feature) for number in numbers):
                rows = by_engine(engine, numbers, question)
            elif question.keys:
                rows = in_any_order(engine, numbers, question)
            else:
                rows = in_order(engine, numbers, places_of(engine, question))
            with queries.store.assets.staging(elsewhere=not queries.store.writable) as staging:
                fetch = queries.answers.fetcher(target, staging)
                limit, gone = queries.settings.asset_max_bytes, list[str]()

                def read(path: str) -> bytes | None:
                    try:
                        return fetch(path, limit)
                    except (OSError, UndecodableError):  # one file that is gone hides no row
                        gone.append(path)
                        return None

                def readable(table: pa.Table) -> pa.Table:
                    again = readable_table(table)
                    if again is not table:
                        queries.tables.tell_lossy(ref, target.split)
                    return again

                whole = columns
                tables: Iterator[pa.Table] = (with_files(as_meant(readable(one), whole), whole, read) for one in rows)
                if parts:
                    tables = (with_parts(one, wanted or (), parts) for one in tables)
                    columns = [
                        part_column(name, column, parts) for name, column in zip(wanted or (), columns, strict=True)
                    ]
                tables, columns = with_json(tables, columns)
                redaction = Redaction() if redact else None
                if redaction is not None:
                    tables = (redaction.table(one, columns) for one in tables)
                names = SplitId(target.split.config, target.split.split)
                yield Exported(
                    target.entry.dataset, ref.asked, names, columns, tables, found.table.partial, gone=gone, redaction=redaction, total=total
                )  # fmt: skip


@contextmanager
def asked_by_sql(queries: Queries, refs: Mapping[str, DatasetRef], statement: str) -> Iterator[Exported]:
    """The rows that a SELECT gives. Raises UsageError, PreviewError."""
    with asked(queries, refs, statement) as found:
        dataset = queries.preview.dataset(refs[""]).dataset
        tables = (without_files(with_integers(one, found.columns), found.left_out) for one in found.tables)
        names = SplitId("", "query")
        yield Exported(
            dataset, refs[""].asked, names, found.columns, tables, bool(found.partial), tuple(found.left_out)
        )


def without_files(table: pa.Table, names: list[str]) -> pa.Table:
    """A table whose columns of files are null: a SELECT does not fetch them."""
    for name in names:
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        table = table.set_column(place, field, pa.nulls(table.num_rows, field.type))
    return table


def with_integers(table: pa.Table, columns: Columns) -> pa.Table:
    """A table whose sums of integers are integers of 64 bits, which all formats have. Raises UsageError where one is larger."""
    for place, (field, (_, tree)) in enumerate(zip(table.schema, columns, strict=True)):
        if is_huge(field.type, tree):
            try:
                table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
            except pa.ArrowInvalid as error:
                raise UsageError(
                    f"SQL: {field.name} has integers beyond 64 bits; write {field.name}::VARCHAR"
                ) from error
    return table


def chosen(names: list[str], wanted: tuple[str, ...] | None) -> list[int]:
    """The numbers of the columns that are wanted. Raises UsageError."""
    for name in wanted or ():
        if name not in names:
            raise UsageError(
                f"--columns: no column {name!r}{did_you_mean(name, names)}; there are: {', '.join(names[:30])}"
            )
    return list(range(len(names))) if wanted is None else [names.index(name) for name in wanted]


def place_of(name: str, parts: list[Picked]) -> str:
    """The column that a name is of."""
    return next((part.column for part in parts if part.name == name), name)


def part_column(name: str, column: tuple[str, FeatureTree], parts: list[Picked]) -> tuple[str, FeatureTree]:
    """A column as it is written: itself, or a part of it under the name that was asked for."""
    return next(((part.name, part.tree) for part in parts if part.name == name), column)


def with_parts(table: pa.Table, wanted: tuple[str, ...], parts: list[Picked]) -> pa.Table:
    """A table whose columns are those that were asked for, parts of values in the place of whole ones."""
    steps = {part.name: part.steps for part in parts}
    arrays = [
        part_of_column(column, steps[name]) if name in steps else column
        for name, column in zip(wanted, table.columns, strict=True)
    ]
    return pa.table(arrays, names=list(wanted))


def places_of(engine: Engine, question: Question) -> Iterator[list[int]]:
    """The places of the matching rows in the order of the split, some at a time."""
    for batch in engine.stream(ordered(engine, question, engine.row_idx), question.values):
        yield [int(row[0]) for row in batch]


def in_order(engine: Engine, numbers: list[int], places: Iterator[list[int]] | None) -> Iterator[pa.Table]:
    """The rows in the order of the split; of some, those at these places."""
    ordered_numbers = sorted(set(numbers))
    picks = [ordered_numbers.index(number) for number in numbers]
    waiting: list[int] = []
    start, is_first, ended = 0, True, places is None
    for read in column_batches(engine, ordered_numbers, BATCH, raw=True):
        table = read.select(picks)
        if is_first:
            yield table.slice(0, 0)
            is_first = False
        if places is None:
            yield table
            continue
        end = start + table.num_rows
        while not ended and (not waiting or waiting[-1] < end):
            more = next(places, None)
            ended = more is None
            waiting += more or []
        here = [place - start for place in waiting if place < end]
        waiting = waiting[len(here) :]
        if here:
            yield table.take(pa.array(here, pa.int64()))
        start = end
        if ended and not waiting:
            return
    if is_first:
        yield empty_of(engine, numbers)


def is_handed_out(feature: FeatureTree) -> bool:
    """Whether DuckDB hands out the values of a feature as they are, as Arrow of the type that the files have."""
    found = output("c", feature)
    return found is not None and found.sql == "c" and Feature(feature).kind in {"Value", "ClassLabel", "List"}


def by_engine(engine: Engine, numbers: list[int], question: Question) -> Iterator[pa.Table]:
    """The matching rows in their order, as DuckDB reads them."""
    empty = empty_of(engine, numbers)
    yield empty
    listed = ", ".join(f"c{number} AS o{place}" for place, number in enumerate(numbers))
    query = ordered(engine, question, listed)
    reader = engine.guarded(lambda: engine.connection.sql(query, params=question.values).to_arrow_reader(BATCH))
    for found in engine.steps(iter(reader)):
        yield pa.Table.from_batches([found]).rename_columns(empty.schema.names).cast(empty.schema)


def in_any_order(engine: Engine, numbers: list[int], question: Question) -> Iterator[pa.Table]:
    """The matching rows in the order that was asked for, where DuckDB would change some of their values."""
    schema = empty_of(engine, numbers).schema
    yield empty_table(schema)
    ascending = sorted(set(numbers))
    picks = [ascending.index(number) for number in numbers]
    for batch in engine.stream(ordered(engine, question, engine.row_idx), question.values):
        found = take_table(engine, [int(row[0]) for row in batch], ascending)
        if found is not None:
            yield found.select(picks).rename_columns(schema.names).cast(schema)


def empty_of(engine: Engine, numbers: list[int]) -> pa.Table:
    """A table without rows in the types of the files."""
    from dspreview.arrow.openparquet import OpenParquet

    schema = OpenParquet(engine.opened(0)).schema_arrow
    return empty_table(pa.schema([schema.field(number) for number in numbers]))


def as_meant(table: pa.Table, columns: Columns) -> pa.Table:
    """A table in the types of its features: times that are stored as counts, JSON that is stored as text."""
    arrays = []
    for (_, tree), column in zip(columns, table.columns, strict=True):
        found = timed(column, tree)
        if Feature(tree).holds_json_text and pa.types.is_string(found.type):
            found = pa.chunked_array(
                [pa.ExtensionArray.from_storage(pa.json_(), one) for one in found.chunks], pa.json_()
            )
        arrays.append(found)
    return pa.table(arrays, names=[name for name, _ in columns])


def with_files(table: pa.Table, columns: Columns, fetch: Callable[[str], bytes | None]) -> pa.Table:
    """A table whose files are in it: those that its cells only name are read."""
    for place, (_, tree) in enumerate(columns):
        if not Feature(tree).holds_assets():
            continue
        values = [embedded(one, Feature(tree), fetch) for one in table.column(place).to_pylist()]
        table = table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))
    return table


def embedded(value: Any, feature: Feature, fetch: Callable[[str], bytes | None]) -> Any:
    """A value whose files have their bytes, and no more of their paths than their names; one that cannot be read has none."""
    if feature.kind == LIST and isinstance(value, list):
        return [embedded(one, feature.item, fetch) for one in value]
    if feature.is_struct and isinstance(value, dict):
        return {name: embedded(one, feature.part(name), fetch) for name, one in value.items()}
    if feature.asset is None or not isinstance(value, dict) or value.get("path") is None:
        return value
    data = value.get("bytes")
    return {"bytes": fetch(value["path"]) if data is None else data, "path": value["path"].rpartition("/")[2]}
