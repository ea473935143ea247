"""A split as Parquet: its files, its columns, and whether that is all of it."""

from __future__ import annotations

import json
from bisect import bisect_right
from itertools import accumulate
from random import Random
from typing import NamedTuple, Self

from dspreview.models import FeatureTree, Json, dump


class Part(NamedTuple):
    """One Parquet file of a split."""

    path: str
    """An absolute path, or an `hf://` address."""
    num_rows: int
    size: int
    """Bytes of the file."""


class TableColumn(NamedTuple):
    """A column: its name, unlike all others, and its feature."""

    name: str
    feature: FeatureTree


class Stretch(NamedTuple):
    """Rows of a split within a table that is put together."""

    split: str
    first: int
    """Where in the split they begin."""
    num_rows: int


class Table(NamedTuple):
    """The rows of a split, in order, as Parquet files that all have the same columns."""

    parts: tuple[Part, ...]
    columns: tuple[TableColumn, ...]
    origin: str
    """`own` files of the dataset, the Hub's `export`, or `derived`: converted here."""
    partial: bool = False
    declared: bool = True
    """Whether its features are the data's own, and no guess from the values."""
    pieces: tuple[Stretch, ...] = ()
    """What it is put together from; empty for a split."""
    lossy: bool = False
    """Whether null stands for text that is not UTF-8, in what was converted."""

    @property
    def num_rows(self) -> int:
        """Rows of all files."""
        return sum(part.num_rows for part in self.parts)

    @property
    def starts(self) -> list[int]:
        """The index of the first row of each file."""
        found, total = [], 0
        for part in self.parts:
            found.append(total)
            total += part.num_rows
        return found

    def homes(self, places: list[int]) -> list[tuple[str, int]]:
        """The split that each of some rows belongs to, and its position there."""
        ends = list(accumulate(piece.num_rows for piece in self.pieces))
        found = []
        for place in places:
            number = bisect_right(ends, place)
            piece = self.pieces[number]
            found.append((piece.split, piece.first + place - (ends[number] - piece.num_rows)))
        return found

    @property
    def names(self) -> list[str]:
        """The names of the columns, in order."""
        return [column.name for column in self.columns]

    def as_json(self) -> str:
        """Its text in the cache."""
        columns: list[Json] = [list(column) for column in self.columns]
        return dump(
            [[list(part) for part in self.parts], columns, self.origin, self.partial, self.declared, self.lossy]
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A table from its text in the cache."""
        parts, columns, origin, partial, declared, lossy = json.loads(text)
        told = tuple(Part(str(path), int(rows), int(size)) for path, rows, size in parts)
        named = tuple(TableColumn(str(name), feature) for name, feature in columns)
        return cls(told, named, str(origin), bool(partial), bool(declared), lossy=bool(lossy))


class Request(NamedTuple):
    """Which rows of a split are asked for."""

    where: str = ""
    orderby: str = ""
    offset: int = 0
    length: int = 100
    whole: bool = False
    """Whether their cells are whole, whatever the limits say."""


class Lot(NamedTuple):
    """Rows chosen by lot: the same ones for the same seed."""

    number: int
    seed: int

    def places(self, total: int) -> list[int]:
        """Their positions among so many, in order."""
        return sorted(Random(self.seed).sample(range(total), min(self.number, total)))


READ = "hive_partitioning=false, filename=false, can_have_nan=true"
"""How Parquet is read: no columns from names of folders, and statistics, which leave NaN out, are not trusted about it."""


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def by_part(table: Table, places: list[int]) -> dict[int, list[int]]:
    """The positions within each file that some rows lie in."""
    found: dict[int, list[int]] = {}
    starts = table.starts
    for place in places:
        part = bisect_right(starts, place) - 1
        found.setdefault(part, []).append(place - starts[part])
    return found
