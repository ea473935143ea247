"""All rows of a split, or all that match, one after the other in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from dspreview.errors import RefusedTextError
from dspreview.extract.bare import with_columns
from dspreview.extract.reader import WantedBlocks
from dspreview.feature import Feature, value_tree
from dspreview.models import DatasetRef, FeatureTree, SplitId
from dspreview.page.pages import Cells, PageMaker
from dspreview.preview.answers import Target
from dspreview.preview.queries import Queries
from dspreview.query.table import Request, Table
from dspreview.slices import is_slice


class Stream(NamedTuple):
    """Rows on their way."""

    names: list[str]
    """The columns, as far as the first rows tell."""
    rows: Iterator[dict[str, Any]]
    trees: list[FeatureTree]
    """Their features."""
    left_out: list[str]
    """Columns whose files are not fetched."""
    partial: bool = False


def all_rows(
    queries: Queries, ref: DatasetRef, config: str | None, split: str | None, offset: int, *, complete: bool
) -> Stream:
    """All rows of a split from one on. Raises PreviewError.

    Args:
        complete: all columns must be known before the first row.

    """
    target = queries.target(ref, config, split)
    if is_slice(target.split.split) or (queries.settings.hf_hub_offline and target.entry.dataset.is_remote):
        return all_matches(queries, ref, config, split, Request(offset=offset))  # of what is already here
    names = SplitId(target.split.config, target.split.split)
    if complete and queries.preview.extractor.may_widen(
        target.ref, target.entry.dataset, names
    ):  # a late row may bring a column: it is converted first
        return all_matches(queries, ref, config, split, Request(offset=offset))
    parts = tables(queries, target, offset)
    first = next(parts, [])
    return Stream(
        [one.name for one in first], records(queries, target, chained(first, parts)), [one.feature for one in first],
        [one.name for one in first if Feature(one.feature).holds_assets()],
    )  # fmt: skip


def tables(queries: Queries, target: Target, offset: int) -> Iterator[list[Cells]]:
    """The cells of all rows, some at a time; at first an empty list of values where there is no row."""
    from dspreview.arrow.arrays import cells_of
    from dspreview.arrow.texts import readable_table

    split = SplitId(target.split.config, target.split.split)
    with queries.store.assets.staging(elsewhere=not queries.store.writable) as staging:
        wanted = WantedBlocks(str(staging.work), skip=offset)
        for block in with_columns(queries.preview.extractor.blocks(target.ref, target.entry.dataset, split, wanted)):
            table = readable_table(block.table)
            if table is not block.table:
                queries.tables.tell_lossy(target.ref, target.split)
            yield cells_of(table, block.columns, declared=block.is_declared)


def all_matches(queries: Queries, ref: DatasetRef, config: str | None, split: str | None, request: Request) -> Stream:
    """All rows that match, in their order. Raises PreviewError."""
    target = queries.target(ref, config, split)
    table, parts = matches(queries, target, request)
    return Stream(
        table.names, records(queries, target, again_converted(queries, target, request, parts)), [one.feature for one in table.columns],
        [one.name for one in table.columns if Feature(one.feature).holds_assets()], table.partial,
    )  # fmt: skip


def matches(queries: Queries, target: Target, request: Request) -> tuple[Table, Iterator[list[Cells]]]:
    """The table of a split, and the cells of all its rows that match, some at a time. Raises PreviewError."""
    from dspreview.query.engine.filter import all_cells, resolve

    with ExitStack() as stack:
        found = stack.enter_context(queries.tables.open(target.ref, target.entry, target.split))
        question = resolve(found.table, request.where, request.orderby)
        engine = stack.enter_context(queries.engine(target, found, question.media))
        parts = all_cells(engine, question, request.offset)
        return found.table, closing(stack.pop_all().close, parts)


def again_converted(
    queries: Queries, target: Target, request: Request, parts: Iterator[list[Cells]]
) -> Iterator[list[Cells]]:
    """The cells of `parts`; where DuckDB refuses the split's own Parquet, the others come from the converted one."""
    done = 0
    try:
        for cells in parts:
            yield cells
            done += len(cells[0].values)
    except RefusedTextError:
        queries.tables.refuse(target.entry, target.split)
        _, rest = matches(queries, target, request._replace(offset=request.offset + done))
        yield from rest


def records(queries: Queries, target: Target, parts: Iterator[list[Cells]]) -> Iterator[dict[str, Any]]:
    """Each row by the names of its columns; a column of files is null, for nothing would keep them."""
    split = target.split
    for cells in parts:
        maker = PageMaker(
            target.entry.dataset, target.ref.asked, split.config, split.split, queries.settings, Path(), nothing
        )
        shown = [without_files(one) for one in cells]
        count = len(cells[0].values) if cells else 0
        _, rows = maker.rows(shown, range(count), None)
        yield from (row.cells for row in rows)


def without_files(cells: Cells) -> Cells:
    """A column, its values null where they hold files."""
    if not Feature(cells.feature).holds_assets():
        return cells
    return Cells(cells.name, value_tree("null"), [None] * len(cells.values), plain=True, declared=True)


def nothing(path: str, max_bytes: int) -> bytes:
    """No file is fetched. Raises OSError."""
    del max_bytes
    raise FileNotFoundError(path)


def chained(first: list[Cells], rest: Iterator[list[Cells]]) -> Iterator[list[Cells]]:
    """The first of several, and the others."""
    yield first
    yield from rest


def closing(close: Callable[[], None], parts: Iterator[list[Cells]]) -> Iterator[list[Cells]]:
    """The cells; what they were read with is closed after the last of them."""
    try:
        yield from parts
    finally:
        close()
