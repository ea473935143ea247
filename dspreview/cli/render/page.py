"""A page in the format of the call."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from dspreview.cli.agents import lines_of
from dspreview.cli.call import Call
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.documents.page import Found, Selection, narrowed, page_document, page_rows, row_names, special_cells
from dspreview.documents.paths import picked_of, rows_with, with_paths
from dspreview.documents.words import plain_type
from dspreview.feature import Feature
from dspreview.models import Json, dump
from dspreview.preview import PageAnswer
from dspreview.preview.windows import omitted_columns

if TYPE_CHECKING:
    from dspreview.cli.render.gallery import Gallery
    from dspreview.preview.streams import Stream

TABLE_LENGTH = 20
WHOLE = frozenset({"json", "table"})
"""Formats with a place for what is not in the rows."""


def write(
    call: Call, answer: PageAnswer, selection: Selection, named: dict[str, Json], *,
    card: bool = False, full: bool = False, found: Found | None = None, gallery: Gallery | None = None,
) -> None:  # fmt: skip
    """Write a page in the format of the call.

    Args:
        card: one row, all of it.
        full: whole cells, whatever ROWS_MAX_BYTES says.
        found: how the rows were found, where they are not simply those of the split.
        gallery: draws pictures into a table or card.

    """
    answer = with_paths(answer, selection.columns)
    more = ""

    def text() -> str:
        nonlocal more
        if call.agent and not card:
            text, left = for_agent(answer, selection, found)
            if left and not call.quiet:
                sys.stderr.write(dump(left) + "\n")
            return text
        from dspreview.cli.render import page_table  # rich, for a table only

        if card:
            from dspreview.cli.render.card import card as drawn

            return drawn(answer, selection, call, gallery) + "\n"
        limit = selection.length if selection.length is not None else TABLE_LENGTH
        text, more = page_table.table(answer, selection, limit, call, found, gallery)
        return text + "\n"

    limit = None if full else call.settings.rows_max_bytes
    document = partial(page_document, answer, selection, named, max_bytes=limit)
    header, rows, cut = ([], [], []) if call.format in WHOLE else page_rows(answer, selection)
    output.write(call, Answer(lambda: [document()], header, lambda: rows, text))
    if more:
        call.hint(more)
    if call.format in WHOLE:  # which say themselves what they leave out
        return
    if omitted_columns(answer):
        call.warn("columns are left out by ROWS_MAX_BYTES; all with --full")
    if "cell_errors" in narrowed(json.loads(answer.page.extra), answer, selection):
        call.warn("some cells cannot be shown and are null; --json says which and why")
    if cut:
        way = "--full" if found is None else "`dspreview rows --row N`"
        call.warn(f"cut cells in {', '.join(cut[:10])}; whole with {way}")


def for_agent(answer: PageAnswer, selection: Selection, found: Found | None) -> tuple[str, dict[str, Json]]:
    """A page for an agent: what it is in a line, then the rows; and how much more there is."""
    limit = selection.length if selection.length is not None else TABLE_LENGTH
    names, rows, cut = page_rows(answer, selection)
    shown, total = rows[:limit], answer.page.num_rows_total
    first = selection.offset if found is None else found.offset
    places = selection.rows(answer).places
    marks = row_names(answer, places)
    features = [Feature(one["type"]) for one in json.loads(answer.page.features)]
    known = {one["name"]: feature for one, feature in zip(json.loads(answer.page.features), features, strict=True)}
    special = special_cells(answer, selection)
    of = "?" if total is None else str(total)
    span = f"rows {first} to {first + len(shown) - 1}" if shown else "no rows"
    head = f"# {answer.asked} {answer.config}/{answer.split}: {span} of {of}{f' {found.word}' if found else ''}"
    body = lines_of(
        ["row_idx", *(f"{name} ({plain_type(known[name].tree)})" for name in names)],
        (
            [mark, *(special.get((place, name)) or labelled(row.get(name), known[name]) for name in names)]
            for mark, place, row in zip(marks, places, shown, strict=False)
        ),
    )
    left: dict[str, Json] = {}
    if total is None or first + len(shown) < total:
        left["more"] = {
            "rows": None if total is None else total - first - len(shown),
            "next": f"--offset {first + len(shown)}",
        }
    if cut:
        left["cut"] = {"columns": cut, "whole": "--full"}
    return f"{head}\n{body}", left


def labelled(value: Json, feature: Feature) -> Json:
    """A class by its name, too; a file by its name and what is known of it."""
    if isinstance(value, (dict, list)):
        from dspreview.cli.render.cell_text import short_assets  # rich

        return short_assets(value)
    return f"{value} {feature.labels[value]}" if isinstance(value, int) and 0 <= value < len(feature.labels) else value


def write_all(call: Call, stream: Stream, selection: Selection) -> None:
    """Write all rows of a stream, some at a time; what their cells lack is told once at the end."""
    found = picked_of(selection.columns or (), dict(zip(stream.names, stream.trees, strict=True)))
    selection.check([*stream.names, *(one.name for one in found)])
    names = list(selection.columns) if selection.columns is not None else stream.names
    rows = rows_with(stream.rows, found) if found else stream.rows
    if selection.columns is not None:
        rows = ({name: row[name] for name in names if name in row} for row in rows)
    output.write_rows(call, names, rows)
    if stream.left_out:
        call.warn(f"files in {', '.join(stream.left_out[:10])} are left out (null); pages of up to 100 rows have them")
    if stream.partial:
        call.warn("only the first part of the split was searched (PARQUET_MAX_BYTES)")
