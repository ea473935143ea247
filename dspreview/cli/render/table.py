"""Tables for people: aligned, as wide as the terminal, and honest about what they cut."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from rich.cells import cell_len, set_cell_size

from dspreview.documents.words import counted, harmless
from dspreview.models import Json

GAP = 2
NARROWEST = 8
LINES_AT_ONCE = 1_000
LONG_NUMBER = 12
"""A float of more characters is rounded to six digits in a table."""
BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Grid:
    """What a table shows."""

    header: list[str]
    types: list[str]
    """A second line under the header; empty for tables of ours."""
    rows: list[list[str]]
    right: list[bool]
    """Which columns hold numbers, aligned to the right."""
    least: list[int] | None = None
    """Widths that the columns would like, whatever their text."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A table as text, and what did not fit."""

    text: str
    cut_cells: int
    hidden: list[str]
    """Columns left out at the right."""
    widths: list[int]
    """Of the columns that are shown."""


def terminal_width() -> int:
    """The columns of the terminal; COLUMNS wins, 80 where there is none."""
    return max(20, shutil.get_terminal_size((80, 24)).columns)


def use_color(choice: str) -> bool:
    """Whether to colour: as told, else on a terminal that nobody asked to stay plain."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    if any(os.environ.get(name, "") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return sys.stdout.isatty()


def draw(grid: Grid, width: int, *, color: bool) -> Drawn:
    """The table in `width` columns: what fits whole stays whole, the widest columns give way first."""
    lines = [grid.header, *([grid.types] if grid.types else []), *grid.rows]
    natural = [max(cell_len(line[place]) for line in lines) for place in range(len(grid.header))]
    if grid.least:
        natural = [max(pair) for pair in zip(natural, grid.least, strict=True)]
    widths = share(natural, width)
    shown = range(len(widths))
    cut = sum(cell_len(row[place]) > widths[place] for row in grid.rows for place in shown)

    def line(cells: list[str], style: str = "") -> str:
        fitted = [fit(cells[place], widths[place], right=grid.right[place]) for place in shown]
        text = (" " * GAP).join(fitted).rstrip()
        return f"{style}{text}{RESET}" if color and style else text

    drawn = [line(grid.header, BOLD)]
    if grid.types:
        drawn.append(line(grid.types, DIM))
    drawn.append((" " * GAP).join("─" * widths[place] for place in shown))
    drawn += [line(row) for row in grid.rows]
    return Drawn("\n".join(drawn), cut, grid.header[len(widths) :], widths)


def fit(text: str, width: int, *, right: bool) -> str:
    """A cell in exactly `width` columns."""
    if text.isascii():
        if len(text) > width:
            text = text[: width - 1].rstrip() + "…"
        return text.rjust(width) if right else text.ljust(width)
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1).rstrip() + "…"
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding


def share(natural: list[int], width: int) -> list[int]:
    """The width of each column that fits, the whole width used; the columns that do not fit are left out."""
    wanted = [max(1, one) for one in natural]
    shown, used = 0, -GAP
    for one in wanted:
        used += min(one, NARROWEST) + GAP
        if used > width and shown:
            break
        shown += 1
    wanted = wanted[:shown]
    room = max(shown, width - GAP * (shown - 1))
    if sum(wanted) <= room:
        return wanted
    widths = [0] * shown
    left, open_places = room, sorted(range(shown), key=lambda place: wanted[place])
    while open_places:
        place = open_places.pop(0)
        widths[place] = max(1, min(wanted[place], left // (len(open_places) + 1)))
        left -= widths[place]
    return widths


def cell_text(value: Json, column: dict[str, Json]) -> str:
    """A cell in one line: class names beside integers, files as name and size, nested values compact."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    kind = column["type"]
    if kind == "CLASS_LABEL" and isinstance(value, int):
        labels = column.get("labels") or []
        return f"{value} {harmless(labels[value])}" if 0 <= value < len(labels) else str(value)
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, float):
        return str(value) if len(str(value)) <= LONG_NUMBER else f"{value:.6g}"
    if isinstance(value, int):
        return str(value)
    return harmless(json.dumps(short_assets(value), ensure_ascii=False)) if not is_asset(value) else asset_text(value)


def is_asset(value: Json) -> bool:
    """Whether a cell is a file, or the sources of one sound."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
        return isinstance(value, dict) and "src" in value and ("type" in value or "playable" in value)
    return isinstance(value, dict) and str(value.get("src", "")).startswith("assets/")


def asset_text(value: Any) -> str:
    """A file as its name and what is known of it."""
    asset = value[0] if isinstance(value, list) else value
    facts = []
    if "width" in asset:
        facts.append(f"{asset['width']}x{asset['height']}")
    if "duration" in asset:
        facts.append(f"{asset['duration']:g} s")
    if "size_bytes" in asset:
        facts.append(f"{asset['size_bytes']:,} bytes")
    return " ".join([harmless(unquote(str(asset["src"]).rpartition("/")[2])), *facts])


def short_assets(value: Json) -> Json:
    """A nested value with its files as their short text."""
    if is_asset(value):
        return f"<{asset_text(value)}>"
    if isinstance(value, list):
        return [short_assets(item) for item in value]
    if isinstance(value, dict):
        return {key: short_assets(item) for key, item in value.items()}
    return value


def simple(header: list[str], rows: list[list[Any]], *, color: bool) -> str:
    """A table of ours: numbers to the right, nothing hidden."""
    return "".join(streamed(header, lambda: iter(rows), color=color)).removesuffix("\n")


def streamed(header: list[str], rows: Callable[[], Iterator[list[Any]]], *, color: bool) -> Iterator[str]:
    """The same for any number of rows, some lines at a time: one pass measures the columns, the next one writes them."""
    header = [harmless(name) for name in header]  # of an answer of SQL they are the data's
    natural = [width_of(name) for name in header]
    numbers, some = [True] * len(header), [False] * len(header)
    for row in rows():
        for place, cell in enumerate(row):
            if cell is not None:
                some[place] = True
                numbers[place] = numbers[place] and isinstance(cell, int)
                if (size := width_of(shown_as(cell))) > natural[place]:
                    natural[place] = size
    right = [both and one for both, one in zip(numbers, some, strict=True)]
    widths = share(natural, terminal_width())
    shown = range(len(widths))
    cut = 0

    def line(cells: list[str], style: str = "") -> str:
        text = (" " * GAP).join(fit(cells[place], widths[place], right=right[place]) for place in shown).rstrip()
        return f"{style}{text}{RESET}\n" if color and style else text + "\n"

    lines = [line(header, BOLD), (" " * GAP).join("─" * widths[place] for place in shown) + "\n"]
    for row in rows():
        cells = [shown_as(cell) for cell in row]
        for place in shown:
            cut += width_of(cells[place]) > widths[place]
        lines.append(line(cells))
        if len(lines) >= LINES_AT_ONCE:
            yield "".join(lines)
            lines.clear()
    told = [f"{counted(cut, 'cell')} cut to the width"] if cut else []
    if hidden := header[len(widths) :]:
        told.append(f"columns left out: {', '.join(hidden)}")
    yield "".join(lines) + (f"\n{'; '.join(told)}; all with --json\n" if told else "")


def shown_as(cell: Json) -> str:
    """A cell of ours as text that does nothing to a terminal."""
    text = "" if cell is None else str(cell)
    return text if text.isascii() and text.isprintable() else harmless(text)


def width_of(text: str) -> int:
    """The columns that a text takes."""
    return len(text) if text.isascii() else cell_len(text)
