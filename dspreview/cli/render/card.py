"""One row for people, all of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dspreview.cli.call import Call
from dspreview.cli.render import cell_text
from dspreview.cli.render import table as drawing
from dspreview.cli.render.page_table import origin, parsed_columns
from dspreview.documents import plain, words
from dspreview.documents.page import Selection, narrowed, page_rows
from dspreview.preview import PageAnswer

if TYPE_CHECKING:
    from dspreview.cli.render.gallery import Gallery


def card(answer: PageAnswer, selection: Selection, call: Call, gallery: Gallery | None = None) -> str:
    """One row, a block per column, nothing cut; pictures and sounds large where there is a `gallery`."""
    names, rows, cut = page_rows(answer, selection)
    columns, features = parsed_columns(answer, selection)
    where = f"{answer.asked} {answer.config}/{answer.split}"
    if not rows:
        return f"{words.harmless(where)} has no row {selection.offset} · {origin(answer)}"
    color = drawing.use_color(call.color)
    bold, dim, reset = (drawing.BOLD, drawing.DIM, drawing.RESET) if color else ("", "", "")
    lines, over = [f"{words.harmless(where)}, row {selection.offset} · {origin(answer)}"], ""
    notes = narrowed(json.loads(answer.page.extra), answer, selection).get("cell_errors", ())
    reasons = {note["column"]: note["message"] for note in notes if not note["path"]}
    for name, column, feature in zip(names, columns, features, strict=True):
        lines += [over, f"{bold}{words.harmless(name)}{reset}  {dim}{words.type_text(feature)}{reset}"]
        over = ""
        value: Any = rows[0].get(name)
        if name in reasons:
            lines.append(f"  cannot be shown: {words.harmless(reasons[name])}")
        elif isinstance(value, str):
            lines += ["  " + plain.harmless(line) for line in value.split("\n")]
        elif isinstance(value, (dict, list)) and not cell_text.is_asset(value):
            text = json.dumps(cell_text.short_assets(value), ensure_ascii=False, indent=2)
            lines += ["  " + plain.harmless(line) for line in text.split("\n")]
        else:
            lines.append("  " + (str(value) if isinstance(value, float) else cell_text.cell_text(value, column)))
        if gallery is not None:
            drawn, over = gallery.card(value, feature, column["type"])
            lines += drawn
    if over:
        lines.append(over)
    if cut:
        lines += ["", f"cut by ROWS_MAX_BYTES: {', '.join(words.harmless(name) for name in cut)}"]
    return "\n".join(lines)
