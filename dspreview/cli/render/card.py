"""One row for people, all of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dspreview.cli.call import Call
from dspreview.cli.render import cell_text
from dspreview.cli.render import table as drawing
from dspreview.cli.render.chat import lines_of
from dspreview.cli.render.layout import width_of
from dspreview.cli.render.page_table import origin, parsed_columns
from dspreview.documents import plain, words
from dspreview.documents.outlines import Outlines
from dspreview.documents.page import Selection, narrowed, page_rows, special_cells
from dspreview.models import Json
from dspreview.page.conversations import turns_of
from dspreview.page.row_lines import RowLines
from dspreview.preview import PageAnswer

if TYPE_CHECKING:
    from dspreview.cli.render.gallery import Gallery


NAME_WIDTH, TYPE_WIDTH = 24, 16
"""Most columns that names and types are aligned to."""


def card(answer: PageAnswer, selection: Selection, call: Call, gallery: Gallery | None = None) -> str:
    """One row, nothing cut: a line a column where it fits, else a block; pictures and sounds large where there is a `gallery`."""
    names, rows, cut = page_rows(answer, selection)
    columns, features = parsed_columns(answer, selection)
    where = f"{answer.asked} {answer.config}/{answer.splits[0] if answer.splits else answer.split}"
    if not rows:
        total = answer.page.num_rows_total
        told = f"; it has {words.counted(total, 'row')}" if total is not None else ""
        return f"{words.harmless(where)} has no row {selection.offset}{told} · {origin(answer)}"
    color, width = drawing.use_color(call.color), drawing.terminal_width()
    bold, dim, reset = (drawing.BOLD, drawing.DIM, drawing.RESET) if color else ("", "", "")
    notes = narrowed(json.loads(answer.page.extra), answer, selection).get("cell_errors", ())
    special = {name: told for (_, name), told in special_cells(answer, selection).items()}
    reasons = {note["column"]: note["message"] for note in notes if not note["path"]}
    heads = [words.harmless(name) for name in names]
    types = [(words.type_text if call.verbose else words.plain_type)(feature) for feature in features]
    most = min(NAME_WIDTH, max(map(width_of, heads)))
    widest = min(TYPE_WIDTH, max(map(width_of, types)))
    number = selection.rows(answer).places[0]
    trees = dict(zip(names, features, strict=True))
    outlines = Outlines(trees, (row["row"] for row in RowLines.parse(answer.page.rows)))
    lines, over, was_block = [f"{words.harmless(where)}, row {number} · {origin(answer)}", ""], "", False
    for place, (name, column, feature) in enumerate(zip(names, columns, features, strict=True)):
        value: Any = rows[0].get(name)
        body = (
            [special[name]]
            if name in special
            else cell_lines(value, column, width - 2, reason=reasons.get(name), color=color)
        )
        marks = outlines.of(rows[0]) if name == outlines.picture else []
        pictures, after = gallery.card(value, feature, column["type"], marks) if gallery is not None else ([], "")
        gap, gap2 = (
            " " * max(0, room - width_of(text)) for text, room in ((heads[place], most), (types[place], widest))
        )
        fits = most + widest + 4 + width_of(body[0]) <= width
        is_block = len(body) > 1 or bool(pictures) or not fits
        if is_block or was_block:
            lines.append(over)
            over = ""
        head = f"{over}{bold}{heads[place]}{reset}{gap}  {dim}{types[place]}{reset}"
        lines += (
            [head.rstrip(), *(f"  {line}".rstrip() for line in body), *pictures]
            if is_block
            else [f"{head}{gap2}  {body[0]}".rstrip()]
        )
        over, was_block = after, is_block
    if over:
        lines.append(over)
    if cut:
        lines += ["", f"cut by ROWS_MAX_BYTES: {', '.join(words.harmless(name) for name in cut)}"]
    return "\n".join(lines)


def cell_lines(value: Any, column: dict[str, Json], width: int, *, reason: str | None, color: bool) -> list[str]:
    """A cell in full, in as many lines as it has."""
    if reason is not None:
        return [f"cannot be shown: {words.harmless(reason)}"]
    if (turns := turns_of(value)) is not None:
        return lines_of(turns, width, color=color)
    if isinstance(value, str) and value and value.lower() != cell_text.NULL:
        return [plain.harmless(line) for line in value.split("\n")]
    if isinstance(value, (dict, list)) and not cell_text.is_asset(value):
        short = cell_text.cell_text(value, column)
        if width_of(short) <= width // 2:
            return [short]
        text = json.dumps(cell_text.short_assets(value), ensure_ascii=False, indent=2)
        return [plain.harmless(line) for line in text.split("\n")]
    return [str(value) if isinstance(value, float) else cell_text.cell_text(value, column)]
