"""A page for people: a table with types under the names and a footer that says what is not shown, or one row as a card."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING

from dspreview.cli.call import Call
from dspreview.cli.render import cell_text
from dspreview.cli.render import table as drawing
from dspreview.documents import words
from dspreview.documents.page import Found, Selection, narrowed, page_rows, row_names, special_cells
from dspreview.feature import Feature
from dspreview.models import Json
from dspreview.preview import PageAnswer

if TYPE_CHECKING:
    from dspreview.cli.render.gallery import Gallery

KINDS = {"integer": "number", "number": "number", "date": "date", "time": "date"}
"""The kinds of columns that are told apart by a colour, by the words for their types."""


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
) -> tuple[str, str]:  # fmt: skip
    """The table and its footer, with pictures where there is a `gallery` to draw them; and what to do for more."""
    names, rows, cut = page_rows(answer, selection)
    columns, features = parsed_columns(answer, selection)
    shown = rows[:limit]
    special = special_cells(answer, selection)
    if not names:
        nothing = drawing.Drawn("", 0, [], [], [])
        return "no columns\n" + footer(answer, selection, 0, len(rows), cut, nothing, found), ""
    types = [(words.type_text if call.verbose else words.plain_type)(feature) for feature in features]
    grid = drawing.Grid(
        [words.harmless(name) for name in names],
        [
            [
                special.get((place, name)) or (cell_text.cell_text(row[name], column) if name in row else "…")
                for name, column in zip(names, columns, strict=True)
            ]
            for place, row in zip(row_places(answer, selection), shown, strict=False)
        ],
        [[row.get(name) for name in names] for row in shown],
        [kind_of(feature) for feature in features],
        types,
        [] if gallery is None else [gallery.width if is_picture(column) else 0 for column in columns],
    )
    if found is not None:
        grid = with_row_idx(grid, answer, selection)
    drawn = drawing.draw(grid, drawing.table_width(), color=drawing.use_color(call.color))
    text = drawn.text + "\n"
    if gallery is not None and shown:
        first = len(grid.header) - len(names)
        assets = [asset_of(place - first, columns, features) for place in drawn.places]
        text = gallery.rows(drawn, [[row.get(name) for name in names] for row in shown], assets)
    told = footer(answer, selection, len(shown), len(rows), cut, drawn, found)
    return f"{text}\n{told}", hints(answer, selection, len(shown), len(rows), cut, drawn, found)


def kind_of(feature: Json) -> str:
    """The kind of a column in a grid."""
    one = Feature(feature)
    return "category" if one.labels else KINDS.get(one.plain_words(), "")


def asset_of(place: int, columns: list[dict[str, Json]], features: list[Json]) -> tuple[int, Json, str] | None:
    """A column of the page by its place, with its feature and type; None for one of ours."""
    return (place, features[place], columns[place]["type"]) if place >= 0 else None


def with_row_idx(grid: drawing.Grid, answer: PageAnswer, selection: Selection) -> drawing.Grid:
    """A table whose first column says where in its split each row stands, and in which one where there are several."""
    places = row_names(answer, selection.rows(answer).places)
    return drawing.Grid(
        ["row_idx", *grid.header],
        [[str(place), *row] for place, row in zip(places, grid.rows, strict=False)],
        [[place, *row] for place, row in zip(places, grid.values, strict=False)],
        ["number", *grid.kinds],
        ["", *grid.types],
        [0, *grid.liked] if grid.liked else [],
    )


def row_places(answer: PageAnswer, selection: Selection) -> list[int]:
    """Where in the split the selected rows stand."""
    return selection.rows(answer).places


def is_picture(column: dict[str, Json]) -> bool:
    """Whether the cells of a column are pictures."""
    return bool(column["type"] == "RELATIVE_IMAGE_URL")


def footer(
    answer: PageAnswer, selection: Selection, shown: int, held: int, cut: list[str], drawn: drawing.Drawn,
    found: Found | None = None,
) -> str:  # fmt: skip
    """Rows shown and there, what was cut, where it came from, how to see more."""
    page = answer.page
    total = page.num_rows_total
    first = selection.offset if found is None else found.offset
    of = f" of {total:,}" if total is not None else f" of {held} read" if shown < held else ""
    span = f"rows {first}-{first + shown - 1}" if first and shown else words.counted(shown, "row")
    if found is not None and found.word:
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
    return "\n".join(lines)


def hints(
    answer: PageAnswer, selection: Selection, shown: int, held: int, cut: list[str], drawn: drawing.Drawn,
    found: Found | None = None,
) -> str:  # fmt: skip
    """How to see more; empty where all is there."""
    total = answer.page.num_rows_total
    first = selection.offset if found is None else found.offset
    ways = []
    if shown and (total is None or first + shown < total) and (found is None or found.goes_on):
        ways.append(f"--length {held}" if shown < held else f"--offset {first + shown}")
    if (drawn.cut_cells or drawn.hidden or cut) and found is None:
        ways.append(f"--row {first} for one row in full")
    if drawn.hidden:
        ways.append("--columns A,B")
    return f"more: {', '.join(ways)}" if ways else ""


def origin(answer: PageAnswer) -> str:
    """Where the rows came from, and when."""
    page = answer.page
    made = datetime.fromisoformat(page.created_at).timestamp() if page.created_at else time.time()
    when = f"cached {words.age_text(time.time() - made)}" if answer.from_cache else "read now"
    return f"{when} · revision {page.revision[:7]}"
