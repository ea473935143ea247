"""`dspreview filter`: the rows that match a predicate, in an order."""

from __future__ import annotations

from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import ConfigArgument, DatasetArgument, SplitArgument, names_of, with_common
from dspreview.cli.questions import (
    EVERY,
    FARTHEST,
    ColumnsOption,
    LengthOption,
    OffsetOption,
    WhereOption,
    YesOption,
    ask_one,
    length_of,
    text_of,
)
from dspreview.cli.render.page import TABLE_LENGTH, write, write_all
from dspreview.documents.page import Found, Selection
from dspreview.documents.paths import may_reach
from dspreview.models import PAGE_LENGTH
from dspreview.preview.queries import Queries
from dspreview.preview.streams import all_matches
from dspreview.query.table import Request

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    name="filter", help="Show the rows of a split that match, in an order: any of them, however many there are."
)
@with_common
def filter_(
    call: Call,
    dataset: DatasetArgument = None,
    config: ConfigArgument = None,
    split: SplitArgument = None,
    *,
    where: WhereOption = None,
    orderby: Annotated[
        str | None,
        typer.Option(
            metavar="O",
            help='In which order: "age" DESC, "name". @FILE, or - for stdin.',
            autocompletion=names_of("columns"),
        ),
    ] = None,
    offset: OffsetOption = 0,
    length: LengthOption = None,
    columns: ColumnsOption = None,
    yes: YesOption = False,
) -> int:
    """Answer `filter`."""
    if dataset is None:
        raise errors.UsageError("name a DATASET")
    if where == orderby == "-":
        raise errors.UsageError("--where and --orderby cannot both be read from stdin")
    number = length_of(length, call)
    wanted = number if number is not None else TABLE_LENGTH if call.format == "table" else PAGE_LENGTH
    selection = Selection.make(columns, 0, None)
    whole = may_reach(selection.columns)
    request = Request(text_of("--where", where), text_of("--orderby", orderby), min(offset, FARTHEST), wanted, whole)
    ref = call.ref(dataset)

    def answer(queries: Queries) -> int:
        if number == EVERY:
            write_all(call, all_matches(queries, ref, config, split, request), selection)
            return errors.EXIT_OK
        page = queries.filter(ref, config, split, request)
        word = "that match" if request.where.strip() else "in that order" if request.orderby.strip() else ""
        write(call, page, selection._replace(length=PAGE_LENGTH), queries.preview.choices, found=Found(offset, word))
        return errors.EXIT_OK

    return ask_one(call, f"searching {dataset}", answer, yes=yes)
