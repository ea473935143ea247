"""A page in the format of the call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dspreview.cli.call import Call
from dspreview.cli.render import output
from dspreview.documents.page import Found, Selection, narrowed, page_document, page_rows
from dspreview.documents.stdout import write_text
from dspreview.models import Json
from dspreview.preview import PageAnswer

if TYPE_CHECKING:
    from dspreview.cli.render.gallery import Gallery
    from dspreview.preview.streams import Stream

TABLE_LENGTH = 20


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
    if call.format == "json":
        write_text(
            page_document(answer, selection, named, max_bytes=None if full else call.settings.rows_max_bytes) + "\n"
        )
        return
    if call.format == "table":
        from dspreview.cli.render import page_table as pagetable  # rich, for a table only

        if card:
            text = pagetable.card(answer, selection, call, gallery)
        else:
            limit = selection.length if selection.length is not None else TABLE_LENGTH
            text = pagetable.table(answer, selection, limit, call, found, gallery)
        write_text(text + "\n")
        return
    header, rows, cut = page_rows(answer, selection)
    output.write_records(call, rows, header)
    if "omitted_columns" in answer.page.extra:
        call.warn("columns are left out by ROWS_MAX_BYTES; all with --full")
    if "cell_errors" in narrowed(json.loads(answer.page.extra), answer, selection):
        call.warn("some cells cannot be shown and are null; --json says which and why")
    if cut:
        way = "--full" if found is None else "`dspreview rows --row N`"
        call.warn(f"cut cells in {', '.join(cut[:10])}; whole with {way}")


def write_all(call: Call, stream: Stream, selection: Selection) -> None:
    """Write all rows of a stream, some at a time; what their cells lack is told once at the end."""
    selection.check(stream.names)
    names = list(selection.columns) if selection.columns is not None else stream.names
    if call.format == "csv":
        output.write_csv(call, names, ([row.get(name) for name in names] for row in stream.rows))
    elif selection.columns is None:
        output.write_lines(stream.rows)
    else:
        output.write_lines({name: row[name] for name in names if name in row} for row in stream.rows)
    if stream.left_out:
        call.warn(f"files in {', '.join(stream.left_out[:10])} are left out (null); pages of up to 100 rows have them")
    if stream.partial:
        call.warn("only the first part of the split was searched (PARQUET_MAX_BYTES)")
