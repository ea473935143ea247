"""A page in the format of the call."""

from __future__ import annotations

from dspreview.cli import output
from dspreview.cli.options import Call
from dspreview.cli.page import Found, Selection, page_document, page_rows
from dspreview.models import Json
from dspreview.preview import PageAnswer

TABLE_LENGTH = 20


def write(
    call: Call, answer: PageAnswer, selection: Selection, named: dict[str, Json], *,
    card: bool = False, full: bool = False, found: Found | None = None,
) -> None:  # fmt: skip
    """Write a page in the format of the call.

    Args:
        card: one row, all of it.
        full: whole cells, whatever ROWS_MAX_BYTES says.
        found: how the rows were found, where they are not simply those of the split.

    """
    if call.format == "json":
        output.write_text(
            page_document(answer, selection, named, max_bytes=None if full else call.settings.rows_max_bytes) + "\n"
        )
        return
    if call.format == "table":
        from dspreview.cli import pagetable  # rich, for a table only

        if card:
            text = pagetable.card(answer, selection, call)
        else:
            limit = selection.length if selection.length is not None else TABLE_LENGTH
            text = pagetable.table(answer, selection, limit, call, found)
        output.write_text(text + "\n")
        return
    header, rows, cut = page_rows(answer, selection)
    output.write_records(rows, call.format, header)
    if "omitted_columns" in answer.page.extra:
        call.warn("columns are left out by ROWS_MAX_BYTES; all with --full")
    if "cell_errors" in answer.page.extra:
        call.warn("some cells cannot be shown and are null; --json says which and why")
    if cut:
        call.warn(f"cut cells in {', '.join(cut[:10])}; whole with --full")
