"""The text of stored rows: a JSON array with a row a line. It is written and taken apart here, and nowhere else.

A line is `{"row_idx":N,"row":{…},"truncated_cells":[…]}`, and no JSON text holds a line break: so rows are chosen, counted
and named without being parsed, which is most of what a cached answer costs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from dspreview.models import Json, dump

HEAD, TAIL = '{"row_idx":', '"truncated_cells":[]}'
"""How each line begins, and how one ends in whose row nothing is cut."""


def row_line(row_idx: int, cells: dict[str, Json], truncated: Sequence[str]) -> str:
    """A row as one line of JSON, its keys in the order that all lines have."""
    return dump({"row_idx": row_idx, "row": cells, "truncated_cells": list(truncated)})


def looks_stored(text: str) -> bool:
    """Whether a text begins as stored rows do."""
    return text == "[]" or text.startswith(f"[\n{HEAD}")


def place(line: str) -> int:
    """Where in its split the row of a line stands."""
    return int(line[len(HEAD) : line.index(",")])


class RowLines:
    """Some rows of a page, a line each."""

    __slots__ = ("lines",)

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines

    @classmethod
    def parse(cls, text: str) -> Self:
        """The rows of a stored text."""
        return cls(text[2:-2].split(",\n") if text != "[]" else [])

    @property
    def text(self) -> str:
        """The text that is stored."""
        return "[\n" + ",\n".join(self.lines) + "\n]" if self.lines else "[]"

    @property
    def places(self) -> list[int]:
        """Where in its split each row stands."""
        return [place(line) for line in self.lines]

    @property
    def is_cut(self) -> bool:
        """Whether anything is cut in any of them."""
        return not all(line.endswith(TAIL) for line in self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Json]:
        """The rows, parsed: `row_idx`, `row`, `truncated_cells`."""
        return map(json.loads, self.lines)

    def select(self, offset: int, length: int) -> Self:
        """So many rows from the one on that stands there in the split; a page that begins later gives its first ones."""
        start = max(0, offset - place(self.lines[0])) if offset and self.lines else 0
        return type(self)(self.lines[start : start + length])

    def project(self, columns: Iterable[str]) -> Self:
        """The same rows with some of their columns, in this order."""
        wanted = list(columns)
        return type(self)(
            [
                row_line(
                    row["row_idx"],
                    {name: row["row"][name] for name in wanted if name in row["row"]},
                    [name for name in row["truncated_cells"] if name in wanted],
                )
                for row in self
            ]
        )

    def document(self, whose: dict[str, Json], max_bytes: int | None, splits: Sequence[str] = ()) -> str:
        """The rows as the array of an answer, each with what it is a row of; of more than `max_bytes` as many as fit, at least one.

        Args:
            splits: that of each row, where they are of several.

        """
        if splits:
            prefixes = ["{" + dump(whose | {"split": split})[1:-1] + "," for split in splits]
        else:
            prefixes = ["{" + dump(whose)[1:-1] + ","] * len(self.lines)
        lines = [prefix + line[1:] for prefix, line in zip(prefixes, self.lines, strict=False)]
        if max_bytes is not None:
            total = 1
            for number, line in enumerate(lines):
                total += len(line.encode("utf-8", "backslashreplace")) + 1
                if number and total > max_bytes:
                    lines = lines[:number]
                    break
        return "[" + ",".join(lines) + "]"
