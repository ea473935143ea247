"""Which columns of a table are shown, and how wide: the most information that a width can hold.

What a column needs is measured over the rows shown. Numbers and dates are whole or not there; texts give way first, then names of
columns take a second line, then columns are left out. What is left of the width goes to the columns with the least, as far as
most of their cells need it, and then as far as all do.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from rich.cells import cell_len

from dspreview.models import Json

GAP = 2
TEXT_LEAST = 16
"""What a column of texts keeps, however many columns there are."""
NAME_MOST = 24
"""A longer line of a name is cut where the width is short."""
TYPE_LEAST = 8
"""Columns that the word for a type may ask for."""
MOST_CELLS = 0.95
"""The share of cells that a column should hold whole before another one holds its longest."""
DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?|\d\d:\d\d:\d\d(?:\.\d+)?")
SEAM = re.compile(r"(?<=[\s_./:-])(?=\S)|(?<=[a-z0-9])(?=[A-Z])")
"""Where a name may be broken."""
PATH = re.compile(r"(?:~|\.{1,2})?/\S+|file://\S+")


class Need(NamedTuple):
    """What a column asks for, in characters."""

    tight: int
    """Below that it is left out."""
    least: int
    """With the word for its type."""
    most: int
    """Holds most cells, and the name on one line."""
    whole: int
    """Holds all."""


class Fitting(NamedTuple):
    """The columns that are shown, by their places, and their widths."""

    places: list[int]
    widths: list[int]


class Measured:
    """The widths of a column's cells, and whether they may be cut."""

    def __init__(self, *, whole: bool = False) -> None:
        self.widths = Counter[int]()
        self.whole = whole
        self.uncut = True
        self.some = False

    def add(self, text: str, value: Json) -> None:
        """A cell, as text and as it is."""
        self.widths[width_of(text)] += 1
        if value is None:
            return
        self.some = True
        if self.uncut and not self.whole:
            self.uncut = isinstance(value, (int, float)) or DATE.fullmatch(text) is not None

    def need(self, name: str, kind: str, liked: int = 0) -> Need:
        """What the column needs, with its name, the word for its type, and what a picture would like."""
        longest = max(self.widths, default=0)
        head = min(width_of(name), min_name(name))
        cells = longest if self.whole or self.uncut else min(longest, TEXT_LEAST)
        tight = max(1, cells, min(head, NAME_MOST))
        least = max(tight, min(width_of(kind), TYPE_LEAST) if self.some else 0)
        whole = max(least, longest, width_of(name), width_of(kind) if self.some else 0, liked)
        return Need(tight, least, min(whole, max(least, self.holding(MOST_CELLS), width_of(name), liked)), whole)

    def holding(self, share: float) -> int:
        """The least width that holds a share of the cells."""
        wanted = share * self.widths.total()
        for width, number in sorted(self.widths.items()):
            wanted -= number
            if wanted <= 0:
                return width
        return 0


def fitting(needs: list[Need], width: int) -> Fitting:
    """The columns that fit in a width, from the left, and their widths; a first column that is too wide stands alone."""
    floor = [need.least for need in needs]
    places = those_that_fit(floor, width)
    if len(places) < len(needs):
        floor = [need.tight for need in needs]
        places = those_that_fit(floor, width)
    widths = [floor[place] for place in places]
    for wanted in ([needs[place].most for place in places], [needs[place].whole for place in places]):
        spread(widths, wanted, width - sum(widths) - GAP * (len(widths) - 1))
    return Fitting(places, widths)


def those_that_fit(floor: list[int], width: int) -> list[int]:
    """The columns that fit beside each other, from the left, at their least widths; always one."""
    places, used = list[int](), -GAP
    for place, size in enumerate(floor):
        if not places or used + GAP + size <= width:
            places.append(place)
            used += GAP + size
    return places


def spread(widths: list[int], wanted: list[int], room: int) -> None:
    """Give what room there is to those who want more, the narrowest first."""
    while room > 0:
        short = [place for place, size in enumerate(widths) if size < wanted[place]]
        if not short:
            return
        lowest = min(widths[place] for place in short)
        lows = [place for place in short if widths[place] == lowest]
        next_one = min((widths[place] for place in short if widths[place] > lowest), default=1 << 30)
        ceiling = min(next_one, *(wanted[place] for place in lows))
        step = max(1, min(ceiling - lowest, room // len(lows)))
        for place in lows[:room]:
            widths[place] += step
        room -= step * min(len(lows), room)


def width_of(text: str) -> int:
    """The columns that a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def min_name(name: str) -> int:
    """The least width that holds a name in two lines."""
    return min((max(map(width_of, halves)) for halves in halves_of(name)), default=width_of(name))


def halves_of(name: str) -> list[tuple[str, str]]:
    """The ways to break a name in two, where its words meet."""
    return [(name[: seam.start()].rstrip(), name[seam.start() :]) for seam in SEAM.finditer(name) if seam.start()]


def named(name: str, width: int) -> tuple[str, str]:
    """A name on one line or two; what is longer is cut later."""
    if width_of(name) <= width:
        return name, ""
    ways = [halves for halves in halves_of(name) if width_of(halves[0]) <= width]
    if not ways:
        return name, ""
    return min(ways, key=lambda halves: (max(0, width_of(halves[1]) - width), width_of(halves[1])))
