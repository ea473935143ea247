"""`dspreview rows`: the first rows of a split."""

from __future__ import annotations

from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.batch import run_targets
from dspreview.cli.options import (
    Call,
    ConfigArgument,
    DatasetArgument,
    FromOption,
    SplitArgument,
    targets,
    with_common,
)
from dspreview.cli.page import Selection, select_lines
from dspreview.cli.pageoutput import TABLE_LENGTH, write
from dspreview.cli.progress import working
from dspreview.models import PAGE_LENGTH, DatasetRef, Json
from dspreview.preview import PageAnswer, Preview
from dspreview.store import Store

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(help="Show the first rows of a split, with typed columns; any rows with --offset and --length.")
@with_common
def rows(
    call: Call,
    dataset: DatasetArgument = None,
    config: ConfigArgument = None,
    split: SplitArgument = None,
    *,
    offset: Annotated[int, typer.Option(min=0, help="The first row.")] = 0,
    length: Annotated[
        int | None, typer.Option(min=0, max=PAGE_LENGTH, help="How many rows.", show_default="20 in a table, else 100")
    ] = None,
    columns: Annotated[str | None, typer.Option(metavar="A,B", help="Only these columns, in this order.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Whole cells, whatever their size; not stored.")] = False,
    row: Annotated[int | None, typer.Option("--row", min=0, metavar="N", help="One row as a card, all of it.")] = None,
    from_file: FromOption = None,
) -> int:
    """Answer `rows`."""
    if row is not None and (offset or length is not None):
        raise errors.UsageError("--row shows one row; leave --offset and --length out")
    selection = Selection.make(columns, offset if row is None else row, length if row is None else 1)
    with Store(call.settings) as store:
        preview = Preview(store, call.settings, cached=call.cached, warn=call.warn)

        def answer(ref: DatasetRef, config: str | None, split: str | None, named: dict[str, Json]) -> int:
            if call.format == "table" and row is None and length is None:
                wanted = selection._replace(length=TABLE_LENGTH) if offset else selection
            else:
                wanted = selection
            with working(f"reading {' '.join(word for word in (ref.asked, config, split) if word)}", quiet=call.quiet):
                found = read(preview, ref, config, split, wanted, full=full or row is not None)
            if found.page.stalled:
                call.warn(f"{ref.asked}: the data has changed since these rows were read")
            write(call, found, selection, named, card=row is not None, full=full or row is not None)
            return errors.EXIT_OK

        return run_targets(call, targets(dataset, config, split, from_file), answer, many=from_file is not None)


def read(
    preview: Preview, ref: DatasetRef, config: str | None, split: str | None, selection: Selection, *, full: bool
) -> PageAnswer:
    """The page that holds the selected rows: the stored one where it does, else rows read for this call alone."""
    first = preview.page(ref, config, split)
    most = preview.settings.rows_max_number
    length = min(PAGE_LENGTH if selection.length is None else selection.length, most)
    if holds(first, selection.offset, length, full=full):
        return first
    return preview.window(ref, first.config, first.split, selection.offset, length, whole=full)


def holds(answer: PageAnswer, offset: int, length: int, *, full: bool) -> bool:
    """Whether a stored page has these rows, as far as there are any, and (`full`) has them whole."""
    page = answer.page
    if full:
        lines = select_lines(page.rows, offset, length)
        if "omitted_columns" in page.extra or any('"truncated_cells":["' in line for line in lines):
            return False
    elif offset == 0:
        return True  # the first page is what the limits allow
    end = offset + length
    return (end if page.num_rows_total is None else min(end, page.num_rows_total)) <= page.num_rows
