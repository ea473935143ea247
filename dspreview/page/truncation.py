"""Rows within a byte budget: the longest prefix that fits, else cut cells, else fewer rows, else fewer columns."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from dspreview.feature import JSON, TEXTS, Feature
from dspreview.models import Json, dump
from dspreview.page.row_lines import row_line

MIN_CELL_BYTES = 100
"""A cut cell keeps at most so many bytes of its text, or of its JSON."""


LONGER = 8
"""How many times longer a JSON text is at most than the value that it is of: six letters for one that is escaped, and blanks."""


@dataclass(slots=True)
class Row:
    """A row on its way into a page."""

    row_idx: int
    cells: dict[str, Json]
    truncated: list[str] = field(default_factory=list)
    is_long: bool = False
    """Whether a cell was cut before it was read whole: no page has room for it."""
    text: str | None = None
    """Its line, once somebody asked for it; None again where a cell changes."""

    def line(self) -> str:
        """The row as one line of JSON."""
        if self.text is None:
            self.text = row_line(self.row_idx, self.cells, self.truncated)
        return self.text


@dataclass(frozen=True, slots=True)
class Budget:
    """What a page may cost."""

    max_bytes: int
    min_rows: int
    row_prefix: int
    """Bytes that each row of an answer has on top of its line: dataset, config and split."""


def size(text: str) -> int:
    """Bytes of a text in UTF-8; a lone surrogate becomes the escape that JSON has for it."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "backslashreplace"))


def row_size(row: Row, budget: Budget) -> int:
    """Bytes of a row in an answer, its comma or bracket included."""
    return size(row.line()) + budget.row_prefix + 1


def fit(rows: list[Row], protected: set[str], budget: Budget) -> tuple[list[Row], int]:
    """The rows that fit, and how many columns the last one had to leave out.

    `protected` columns hold assets or web addresses, of which a part is worth nothing. The rows are changed in place.
    """
    sizes = [row_size(row, budget) for row in rows]
    total, count = 1, 0
    for row, one in zip(rows, sizes, strict=True):
        if row.is_long or total + one > budget.max_bytes:
            break
        total, count = total + one, count + 1
    wanted = min(budget.min_rows, len(rows))
    if count >= wanted:
        return rows[:count], 0
    rows = rows[:wanted]
    total = cut_cells(rows, protected, budget, 1 + sum(sizes[:wanted]))
    while total > budget.max_bytes and len(rows) > 1:
        total -= row_size(rows.pop(), budget)
    omitted = shrink_last(rows[0], protected, budget) if total > budget.max_bytes else 0
    return rows, omitted


def cut_cells(rows: list[Row], protected: set[str], budget: Budget, total: int) -> int:
    """Cut the longest cells first, until the rows fit; the new total."""
    cells = [
        (cell_size(value), place, name)
        for place, row in enumerate(rows)
        for name, value in row.cells.items()
        if name not in protected and cell_size(value) > MIN_CELL_BYTES
    ]
    cells.sort(key=lambda cell: -cell[0])
    touched = set()
    for _, place, name in cells:
        if total <= budget.max_bytes:
            break
        row = rows[place]
        before = size(dump(row.cells[name]))
        row.cells[name] = cut(row.cells[name])
        row.truncated.append(name)
        touched.add(place)
        total += size(dump(row.cells[name])) - before + size(dump(name)) + (len(row.truncated) > 1)
    for place in touched:  # named in the order of the columns, whatever was cut first
        named = set(rows[place].truncated)
        rows[place].truncated = [name for name in rows[place].cells if name in named]
        rows[place].text = None
    return total


def early_cut(value: Any, feature: Feature, max_bytes: int) -> str | None:
    """What is left of a value that no page has room for, without a look at the rest of it; None of others.

    That is a text of more bytes, or JSON text, or a list of such, so much longer that its escapes and blanks do not count.
    """
    if isinstance(value, str):
        if len(value) <= max_bytes or value.startswith("http"):  # of an address, a part is worth nothing
            return None
        if not feature.holds_json_text:
            return cut(value[:MIN_CELL_BYTES]) if feature.value in TEXTS else None
        if len(value) > LONGER * max_bytes and value.startswith('"'):
            try:
                return cut(json.loads(value)[:MIN_CELL_BYTES])
            except ValueError:
                return None
    elif isinstance(value, list) and feature.item.kind == JSON:
        texts = [one for one in value if isinstance(one, str)]
        if sum(map(len, texts)) > LONGER * max_bytes:
            return beginning(value)
    return None


def beginning(texts: list[Any]) -> str | None:
    """The beginning of a list of JSON texts, as `cut` has it; None where one of them is none."""
    found: list[Json] = []
    for text in texts:
        try:
            found.append(None if text is None else json.loads(text))
        except (ValueError, RecursionError):
            return None
        if len(dump(found)) > MIN_CELL_BYTES + 1:
            break
    return cut(found)


def cell_size(value: Json) -> int:
    """Bytes of a cell: of its text, or of its JSON."""
    return size(value) if isinstance(value, str) else size(dump(value)) if isinstance(value, (list, dict)) else 0


def cut(value: Json) -> str:
    """The beginning of a text, or of a cell's JSON, at a character's end."""
    text = value if isinstance(value, str) else dump(value)
    return text.encode("utf-8", "surrogatepass")[:MIN_CELL_BYTES].decode("utf-8", "ignore")


def shrink_last(row: Row, protected: set[str], budget: Budget) -> int:
    """Make one row fit that is too long alone: lists end early, cells become null, columns go; how many went."""

    def fits() -> bool:
        row.text = None
        return 1 + row_size(row, budget) <= budget.max_bytes

    def mark(name: str) -> None:
        if name not in row.truncated:
            row.truncated.append(name)

    held = [name for name in row.cells if name in protected]
    for name in sorted(held, key=lambda name: -size(dump(row.cells[name]))):
        value = row.cells[name]
        if isinstance(value, list) and value and not fits():
            mark(name)
            row.cells[name] = longest_prefix(row, name, value, fits)
    for name in sorted(held, key=lambda name: -size(dump(row.cells[name]))):
        if not fits() and row.cells[name] is not None:
            mark(name)
            row.cells[name] = None
    names = list(row.cells)
    omitted = 0
    while len(row.cells) and not fits():
        step = max(1, len(row.cells) // 64)
        for name in names[len(row.cells) - step : len(row.cells)]:
            del row.cells[name]
        omitted += step
        row.truncated = [name for name in row.truncated if name in row.cells]
    row.text = None
    return omitted


def longest_prefix(row: Row, name: str, value: list[Any], fits: Any) -> list[Any]:
    """As many items of a list as fit."""
    low, high = 0, len(value)
    while low < high:
        middle = (low + high + 1) // 2
        row.cells[name] = value[:middle]
        if fits():
            low = middle
        else:
            high = middle - 1
    return value[:low]
