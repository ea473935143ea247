"""Tables for people: aligned, as wide as the terminal, and honest about what they cut."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.cells import set_cell_size

from dspreview.cli.render.cell_text import NULL
from dspreview.cli.render.layout import GAP, PATH, Fitting, Measured, fitting, named, width_of
from dspreview.documents.words import counted, harmless
from dspreview.models import Json

LINES_AT_ONCE = 1_000
ALIGNED = 80
"""Columns are aligned up to that width where nothing is cut."""
UNCUT = 1 << 30
SHORT_TYPES = {"integer": "int", "number": "num", "boolean": "bool", "category": "class", "conversation": "chat"}
BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
COLORS = {"number": "\x1b[36m", "date": "\x1b[35m", "category": "\x1b[32m"}
"""By the kind of a column; each can be read on a light and on a dark ground."""


@dataclass(frozen=True, slots=True)
class Grid:
    """What a table shows."""

    header: list[str]
    rows: list[list[str]]
    values: list[list[Json]]
    """The cells as they are."""
    kinds: list[str]
    """`number`, `date`, `category` or nothing, for colours; numbers stand to the right."""
    types: list[str] = field(default_factory=list)
    """A line under the header; empty for tables of ours."""
    liked: list[int] = field(default_factory=list)
    """Widths that the columns would like, whatever their text."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A table as text, and what did not fit."""

    text: str
    cut_cells: int
    hidden: list[str]
    """Columns that were left out."""
    places: list[int]
    """Of the columns that are shown."""
    widths: list[int]


def table_width() -> int:
    """The columns of a table: the terminal's, or as many as it takes where nobody looks. COLUMNS wins."""
    return terminal_width() if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit() else UNCUT


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
    """The table in `width` columns."""
    measured = [Measured(whole=kind in {"number", "date"}) for kind in grid.kinds]
    for texts, values in zip(grid.rows, grid.values, strict=True):
        for column, text, value in zip(measured, texts, values, strict=True):
            column.add(text, value)
    types = grid.types or [""] * len(grid.header)
    liked = grid.liked or [0] * len(grid.header)
    needs = [
        column.need(name, kind, like)
        for column, name, kind, like in zip(measured, grid.header, types, liked, strict=True)
    ]
    fit = fitting(needs, width)
    lines = LineWriter(fit, grid.kinds, uncut=width >= UNCUT, color=color)
    drawn = [*lines.head(grid.header, grid.types), *map(lines.row, grid.rows)]
    hidden = [name for place, name in enumerate(grid.header) if place not in fit.places]
    return Drawn("\n".join(drawn), lines.cut, hidden, fit.places, lines.widths)


class LineWriter:
    """Writes the lines of a table whose columns have their widths."""

    def __init__(self, fit: Fitting, kinds: list[str], *, uncut: bool, color: bool) -> None:
        self.places, self.uncut, self.color = fit.places, uncut, color
        self.widths = [min(size, ALIGNED) for size in fit.widths] if uncut else fit.widths
        self.kinds = [kinds[place] for place in fit.places]
        self.cut = 0

    def head(self, header: list[str], types: list[str]) -> list[str]:
        """Names on one line or two, types, a rule."""
        names = [named(header[place], size) for place, size in zip(self.places, self.widths, strict=True)]
        lines = [self.line([first for first, _ in names], BOLD)]
        if any(second for _, second in names):
            lines.append(self.line([second for _, second in names], BOLD))
        if types:
            words = [shorter(types[place], size) for place, size in zip(self.places, self.widths, strict=True)]
            lines.append(self.line(words, DIM))
        return [*lines, (" " * GAP).join("─" * size for size in self.widths)]

    def line(self, cells: list[str], style: str) -> str:
        """A line in one style."""
        text = (" " * GAP).join(map(self.fitted, cells, self.widths, self.kinds)).rstrip()
        return f"{style}{text}{RESET}" if self.color and style else text

    def row(self, cells: list[str]) -> str:
        """A row, its cells coloured by their kinds; counts those that are cut."""
        fitted = []
        for place, size, kind in zip(self.places, self.widths, self.kinds, strict=True):
            cell = cells[place]
            self.cut += not self.uncut and width_of(cell) > size
            text = self.fitted(cell, size, kind)
            style = DIM if cell == NULL else COLORS.get(kind, "")
            fitted.append(f"{style}{text}{RESET}" if self.color and style else text)
        return (" " * GAP).join(fitted).rstrip()

    def fitted(self, text: str, size: int, kind: str) -> str:
        """A cell in its width."""
        return fit(text, width_of(text) if self.uncut and width_of(text) > size else size, right=kind == "number")


def shorter(word: str, width: int) -> str:
    """The word for a type, a shorter one where the column is too narrow for it."""
    first, blank, rest = word.partition(" ")
    return word if width_of(word) <= width else f"{SHORT_TYPES.get(first, first)}{blank}{rest}"


def fit(text: str, width: int, *, right: bool) -> str:
    """A cell in exactly `width` columns: the end is cut, of a path the beginning."""
    taken = width_of(text)
    if taken > width:
        if PATH.fullmatch(text):
            text = "…" + set_cell_size(text[::-1], width - 1)[::-1]
        else:
            text = set_cell_size(text, width - 1).rstrip() + "…"
        taken = width_of(text)
    padding = " " * (width - taken)
    return padding + text if right else text + padding


def simple(
    header: list[str], rows: list[list[Any]], *, color: bool, null: str = "", whole: Collection[str] = ()
) -> str:
    """A table of ours: numbers to the right, nothing hidden.

    Args:
        null: what stands where nothing is.
        whole: columns that are never cut, whatever is in them.

    """
    return "".join(streamed(header, lambda: iter(rows), color=color, null=null, whole=whole)).removesuffix("\n")


def streamed(
    header: list[str],
    rows: Callable[[], Iterator[list[Any]]],
    *,
    color: bool,
    null: str = "",
    whole: Collection[str] = (),
) -> Iterator[str]:
    """The same for any number of rows, some lines at a time: one pass measures the columns, the next one writes them."""
    header = [harmless(name) for name in header]  # of an answer of SQL they are the data's
    measured = [Measured(whole=name in whole) for name in header]
    numbers = [True] * len(header)
    for row in rows():
        for place, cell in enumerate(row):
            measured[place].add(null if cell is None else shown_as(cell), cell)
            numbers[place] = numbers[place] and (cell is None or isinstance(cell, (int, float)))
    kinds = ["number" if number and column.some else "" for number, column in zip(numbers, measured, strict=True)]
    width = table_width()
    fit = fitting([column.need(name, "") for column, name in zip(measured, header, strict=True)], width)
    writer = LineWriter(fit, kinds, uncut=width >= UNCUT, color=color)
    lines = writer.head(header, [])
    for row in rows():
        lines.append(writer.row([null if cell is None else shown_as(cell) for cell in row]))
        if len(lines) >= LINES_AT_ONCE:
            yield "\n".join(lines) + "\n"
            lines.clear()
    told = [f"{counted(writer.cut, 'cell')} cut to the width"] if writer.cut else []
    if hidden := [name for place, name in enumerate(header) if place not in fit.places]:
        told.append(f"columns left out: {', '.join(hidden)}")
    lines += ["", f"{'; '.join(told)}; all with --json"] if told else []
    if lines:
        yield "\n".join(lines) + "\n"


def shown_as(cell: Json) -> str:
    """A cell of ours as text that does nothing to a terminal."""
    text = "" if cell is None else str(cell)
    return text if text.isascii() and text.isprintable() else harmless(text)
