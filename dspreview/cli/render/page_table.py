"""A page for people: a table with types under the names and a footer that says what is not shown, or one row as a card."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dspreview.cli.call import Call
from dspreview.cli.render import table as drawing
from dspreview.documents import plain, words
from dspreview.documents.page import Found, Selection, narrowed, page_rows
from dspreview.models import Json
from dspreview.preview import PageAnswer

if TYPE_CHECKING:
    from dspreview.cli.render.gallery import Gallery

NUMERIC = frozenset({"INT", "FLOAT"})


def parsed_columns(answer: PageAnswer, selection: Selection) -> tuple[list[dict[str, Json]], list[Json]]:
    """The selected columns and their features."""
    columns = json.loads(answer.page.columns)
    features = [feature["type"] for feature in json.loads(answer.page.features)]
    if selection.columns is None:
        return columns, features
    places = {column["name"]: place for place, column in enumerate(columns)}
    return [columns[places[name]] for name in selection.columns], [features[places[name]] for name in selection.columns]


def table(
    answer: PageAnswer, selection: Selection, limit: int, call: Call,
    found: Found | None = None, gallery: Gallery | None = None,
) -> str:  # fmt: skip
    """The table and its footer, with pictures where there is a `gallery` to draw them."""
    names, rows, cut = page_rows(answer, selection)
    columns, features = parsed_columns(answer, selection)
    shown = rows[:limit]
    notes = narrowed(json.loads(answer.page.extra), answer, selection).get("special_cells", ())
    special = {(note["row_idx"], note["column"]): str(note["value"]) for note in notes if not note["path"]}
    if not names:
        return "no columns\n" + footer(answer, selection, 0, len(rows), cut, drawing.Drawn("", 0, [], []), found)
    grid = drawing.Grid(
        [words.harmless(name) for name in names],
        [words.type_text(feature) for feature in features],
        [
            [
                special.get((place, name)) or (drawing.cell_text(row[name], column) if name in row else "…")
                for name, column in zip(names, columns, strict=True)
            ]
            for place, row in zip(row_places(answer, selection), shown, strict=False)
        ],
        [column["type"] in NUMERIC for column in columns],
        None if gallery is None else [gallery.width if is_picture(column) else 0 for column in columns],
    )
    if found is not None:
        grid = with_row_idx(grid, answer, selection)
    drawn = drawing.draw(grid, drawing.terminal_width(), color=drawing.use_color(call.color))
    text = drawn.text + "\n"
    if gallery is not None and shown:
        cells = [[row.get(name) for name in names] for row in shown]
        types = [column["type"] for column in columns]
        text = gallery.rows(drawn, cells, features, types, len(grid.header) - len(names))
    return f"{text}\n{footer(answer, selection, len(shown), len(rows), cut, drawn, found)}"


def with_row_idx(grid: drawing.Grid, answer: PageAnswer, selection: Selection) -> drawing.Grid:
    """A table whose first column says where in the split each row stands."""
    rows = [[str(place), *row] for place, row in zip(row_places(answer, selection), grid.rows, strict=False)]
    least = None if grid.least is None else [0, *grid.least]
    return drawing.Grid(["row_idx", *grid.header], ["", *grid.types], rows, [True, *grid.right], least)


def row_places(answer: PageAnswer, selection: Selection) -> list[int]:
    """Where in the split the selected rows stand."""
    return selection.rows(answer).places


def is_picture(column: dict[str, Json]) -> bool:
    """Whether the cells of a column are pictures."""
    return bool(column["type"] == "RELATIVE_IMAGE_URL")


def footer(  # noqa: C901 - one case a line, each simple
    answer: PageAnswer, selection: Selection, shown: int, held: int, cut: list[str], drawn: drawing.Drawn,
    found: Found | None = None,
) -> str:  # fmt: skip
    """Rows shown and there, what was cut, where it came from, how to see more."""
    page = answer.page
    total = page.num_rows_total
    first = selection.offset if found is None else found.offset
    of = f" of {total:,}" if total is not None else f" of {held} read" if shown < held else ""
    span = f"rows {first}-{first + shown - 1}" if first and shown else words.counted(shown, "row")
    if found is not None:
        of += f" {found.word}"
    lines = [f"{words.harmless(f'{answer.asked} {answer.config}/{answer.split}')}: {span}{of} · {origin(answer)}"]
    extra = narrowed(json.loads(page.extra), answer, selection)
    told = []
    if drawn.hidden:
        more = ", ".join(drawn.hidden[:5]) + (", …" if len(drawn.hidden) > 5 else "")
        told.append(f"{words.counted(len(drawn.hidden), 'more column')}: {more}")
    if drawn.cut_cells:
        told.append(f"{words.counted(drawn.cut_cells, 'cell')} cut to the width")
    if cut:
        told.append(f"cells of {', '.join(words.harmless(name) for name in cut[:5])} cut by ROWS_MAX_BYTES")
    if "omitted_columns" in extra:
        told.append(f"{extra['omitted_columns']} columns left out by ROWS_MAX_BYTES")
    if notes := extra.get("cell_errors"):
        note = notes[0]
        place = words.harmless(f"row {note['row_idx']}, {note['column']}: {note['message']}")
        told.append(f"{words.counted(len(notes), 'cell')} cannot be shown, the first at {place}")
    if page.stalled:
        told.append("the data has changed since")
    if page.partial:
        told.append("only the first part of the split was searched (PARQUET_MAX_BYTES)")
    if told:
        lines.append("; ".join(told))
    hints = []
    if shown and (total is None or first + shown < total) and (found is None or found.goes_on):
        hints.append(f"--length {held}" if shown < held else f"--offset {first + shown}")
    if (drawn.cut_cells or drawn.hidden or cut) and found is None:
        hints.append(f"--row {first} for one row in full")
    if drawn.hidden:
        hints.append("--columns A,B")
    if hints:
        lines.append(f"more: {', '.join(hints)}")
    return "\n".join(lines)


def origin(answer: PageAnswer) -> str:
    """Where the rows came from, and when."""
    page = answer.page
    made = datetime.fromisoformat(page.created_at).timestamp() if page.created_at else time.time()
    when = f"cached {words.age_text(time.time() - made)}" if answer.from_cache else "read now"
    return f"{when} · revision {page.revision[:7]}"


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
        elif isinstance(value, (dict, list)) and not drawing.is_asset(value):
            text = json.dumps(drawing.short_assets(value), ensure_ascii=False, indent=2)
            lines += ["  " + plain.harmless(line) for line in text.split("\n")]
        else:
            lines.append("  " + (str(value) if isinstance(value, float) else drawing.cell_text(value, column)))
        if gallery is not None:
            drawn, over = gallery.card(value, feature, column["type"])
            lines += drawn
    if over:
        lines.append(over)
    if cut:
        lines += ["", f"cut by ROWS_MAX_BYTES: {', '.join(words.harmless(name) for name in cut)}"]
    return "\n".join(lines)
