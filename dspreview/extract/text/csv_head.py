"""The first rows of a CSV file with the types and values that pandas gives them, without pandas.

What is not understood completely is None, and is read through `datasets`: the answers are the same to the byte.
The rules are those of pandas' parser in C with the options of `datasets`: types come from the first 10,000 rows.
"""

from __future__ import annotations

import csv
import io
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

from dspreview.extract.counting import COUNTED_BYTES
from dspreview.extract.text.dialect import DELIMITERS
from dspreview.extract.text.heads import Head, NotPlainError, TextSource
from dspreview.feature import value_tree
from dspreview.models import EXACT_FLOAT, FeatureTree
from dspreview.page.pages import Cells

MOST_CHARACTERS = 64 << 20
"""Of these rows; more of them are for the long way."""
MISSING = frozenset({
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN",
    "None", "n/a", "nan", "null",
})  # fmt: skip
"""Texts that pandas reads as nothing: its `STR_NA_VALUES`."""
TRUTHS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
NUMERIC = re.compile(r"[-+.\deE]*", re.ASCII)
LONG = 19
LONG_INTEGER = re.compile(rf"\s*[-+]?\d{{{LONG},}}\s*", re.ASCII)
"""What 64 bits may not hold."""
SMALLEST, LARGEST = -(2**63), 2**63 - 1
ROWS_AT_ONCE = 2**20
"""Fields that pandas converts together: types are guessed anew for each such part of wide tables."""


class Typed(NamedTuple):
    """The values of a column, and their feature."""

    tree: FeatureTree
    values: list[object]


def csv_head(source: TextSource, wanted: int, sep: str = ",") -> Head | None:
    """The first `wanted` rows of a file; None for the long way. Raises OSError, and what the network raises."""
    try:
        return read_head(source, wanted, sep)
    except (NotPlainError, UnicodeDecodeError, csv.Error):
        return None


def read_head(source: TextSource, wanted: int, sep: str) -> Head:
    """The first rows. Raises NotPlainError, UnicodeDecodeError, csv.Error, OSError."""
    lines = io.TextIOWrapper(source.file, encoding="utf-8-sig", newline="")
    # strict: it refuses a quote that never closes, which others read to the end of the file
    rows = filled(csv.reader(bounded(lines), delimiter=sep, strict=True))
    header = next(rows, [])
    if (
        not header
        or any("\0" in name for name in header)
        or (len(header) == 1 and any(one in header[0] for one in DELIMITERS))
    ):
        raise NotPlainError
    names = [name or f"Unnamed: {place}" for place, name in enumerate(header)]
    found = list(islice(rows, source.rows))
    if not found or len(set(names)) < len(names):
        raise NotPlainError
    width = len(names)
    if {len(row) for row in found} != {width}:
        found = [padded(row, width) for row in found]
    wide = len(found) > rows_at_once(width)
    columns = [typed(texts, wanted, wide=wide) for texts in zip(*found, strict=True)]
    kept = min(wanted, len(found))
    total = None
    if len(found) < source.rows and (source.counted or len(found) <= wanted):
        total = len(found)
    elif source.counted and source.size <= COUNTED_BYTES:
        total = len(found) + sum(len(padded(row, width)) == width for row in rows)
    cells = [
        Cells(name, column.tree, column.values[:kept], plain=True, declared=False)
        for name, column in zip(names, columns, strict=True)
    ]
    return Head(cells, kept, total)


def bounded(lines: Iterable[str]) -> Iterator[str]:
    """Lines, as long as they are few enough to be held. Raises NotPlainError."""
    left = MOST_CHARACTERS
    for line in lines:
        left -= len(line)
        if left < 0 or line.endswith("\r"):  # alone it ends a row for pandas, but not at the beginning of one
            raise NotPlainError
        yield line


def filled(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """The rows that are not empty lines. Raises NotPlainError for a row of white space, which is one only where it is quoted."""
    for row in rows:
        if len(row) == 1 and not row[0].strip(" \t"):
            raise NotPlainError
        if row:
            yield row


def padded(row: list[str], width: int) -> list[str]:
    """A row with what it lacks, which is nothing. Raises NotPlainError where it has more fields than the header."""
    if len(row) > width:
        raise NotPlainError
    return row + [""] * (width - len(row))


def rows_at_once(width: int) -> int:
    """How many rows pandas converts together, for so many columns."""
    rows = 1
    while rows * 2 < ROWS_AT_ONCE // width:
        rows *= 2
    return rows


def typed(texts: Sequence[str], kept: int, *, wide: bool) -> Typed:
    """A column in the type that its texts have.

    Args:
        kept: how many values are wanted, at least.
        wide: whether pandas guesses the types of several parts, which then must be clear from each value.

    """
    present = texts if MISSING.isdisjoint(texts) else [text for text in texts if text not in MISSING]
    if not present:
        return Typed(value_tree("float64"), [None] * len(texts))
    joined = "".join(present)
    if "\0" in joined:
        raise NotPlainError
    if joined.isdigit() and joined.isascii() and len(present) == len(texts) and max(map(len, texts)) < LONG:
        return Typed(value_tree("int64"), list(map(int, texts[:kept])))  # the others need not be made
    if NUMERIC.fullmatch(joined) and (numbers := numbers_of(present)) is not None:
        return of_numbers(texts, numbers)
    if all(text in TRUTHS for text in present):
        return Typed(value_tree("bool"), [TRUTHS.get(text) for text in texts])
    if max(map(len, present)) >= LONG and any(LONG_INTEGER.fullmatch(text) for text in present):
        raise NotPlainError  # beside integers beyond 64 bits pandas takes no text for nothing
    if any(map(is_unclear, present if wide else present[:1])) and (wide or all(map(is_unclear, present))):
        raise NotPlainError
    return Typed(value_tree(text_type()), [None if text in MISSING else text for text in texts])


def numbers_of(texts: Sequence[str]) -> list[int] | list[float] | None:
    """Numbers of one kind; None where one of the texts is none."""
    try:
        return list(map(int, texts))
    except ValueError:
        pass
    try:
        return list(map(float, texts))
    except ValueError:
        return None


def of_numbers(texts: Sequence[str], numbers: list[int] | list[float]) -> Typed:
    """A column of numbers. Raises NotPlainError where one may be rounded, or take another type."""
    low, high = min(numbers), max(numbers)
    whole = isinstance(numbers[0], int)
    if whole and len(numbers) == len(texts):
        if low < SMALLEST or high > LARGEST:
            raise NotPlainError
        return Typed(value_tree("int64"), list(numbers))
    if low <= -EXACT_FLOAT or high >= EXACT_FLOAT:
        raise NotPlainError
    left = map(float, numbers)
    return Typed(value_tree("float64"), [None if text in MISSING else next(left) for text in texts])


def is_unclear(text: str) -> bool:
    """Whether pandas may read a text as a number or a truth, all rows together."""
    word = text.strip().lower()
    if word in {"true", "false"}:
        return True
    try:
        float(word.lstrip("+-"))
    except ValueError:
        return False
    return True


@cache
def text_type() -> str:
    """The type of texts: pandas has one of its own since version 3."""
    for folder in sys.path:  # `importlib.metadata` takes 10 ms for it
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            if found := re.fullmatch(r"pandas-(\d+)\..*\.dist-info", name):
                return "large_string" if int(found[1]) >= 3 else "string"
    raise NotPlainError
