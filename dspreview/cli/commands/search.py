"""`dspreview search`: the rows that hold some words, best first."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import with_common
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
from dspreview.cli.render.page import TABLE_LENGTH, write
from dspreview.documents.page import Found, Selection
from dspreview.documents.paths import may_reach
from dspreview.models import PAGE_LENGTH
from dspreview.preview.queries import Queries
from dspreview.query.table import Request

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    help="Find the rows of a split that hold some words, best first; any script, numbers too. TEXT comes last."
)
@with_common
def search(
    call: Call,
    words: Annotated[
        list[str], typer.Argument(metavar="DATASET [CONFIG] [SPLIT] TEXT", help="Where to look, and the words to find.")
    ],
    *,
    match: Annotated[
        Literal["any", "all", "phrase"], typer.Option("--match", help="Any of the words, all, or the phrase.")
    ] = "any",
    where: WhereOption = None,
    offset: OffsetOption = 0,
    length: LengthOption = None,
    columns: ColumnsOption = None,
    index: Annotated[
        bool, typer.Option("--index", help="Build the index now; without, the second search of a split builds it.")
    ] = False,
    yes: YesOption = False,
) -> int:
    """Answer `search`."""
    if not 2 <= len(words) <= 4:
        raise errors.UsageError(
            f"DATASET [CONFIG] [SPLIT] TEXT was expected, the text in quotes; got {' '.join(words)[:100]!r}"
        )
    dataset, *names, text = words
    config, split = (*names, None, None)[:2]
    number = length_of(length, call)
    if number == EVERY:
        raise errors.UsageError(f"--length: a search gives up to {PAGE_LENGTH} rows at once; go on with --offset")
    wanted = number if number is not None else TABLE_LENGTH if call.format == "table" else PAGE_LENGTH
    selection = Selection.make(columns, 0, PAGE_LENGTH)
    request = Request(text_of("--where", where), "", min(offset, FARTHEST), wanted, may_reach(selection.columns))
    ref = call.ref(dataset)

    def answer(queries: Queries) -> int:
        page = queries.search(ref, config, split, text, match, request, index=index)
        write(call, page, selection, queries.preview.choices, found=Found(offset, "that match"))
        return errors.EXIT_OK

    return ask_one(call, f"searching {dataset}", answer, yes=yes)
