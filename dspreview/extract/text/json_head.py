"""The first rows of JSON Lines with the types and values that pyarrow gives them, without pyarrow.

The types come from the first 10 MB, as for `datasets`. What these lines may hold is found out from the first of them, and written as
one regular expression, which goes over the others at the speed of C; where it stops, a line is looked at, and the expression
widened. What is not understood completely is None, and is read by pyarrow, or through `datasets`: the answers are the same to the byte.
"""

from __future__ import annotations

import json
import re
from typing import Any

from dspreview.extract.counting import COUNTED_BYTES
from dspreview.extract.depth import DEPTH
from dspreview.extract.text.heads import Head, NotPlainError, TextSource
from dspreview.feature import list_tree, value_tree
from dspreview.models import FeatureTree
from dspreview.page.pages import Cells

MOST_STEPS, MOST_SHAPES, MOST_VALUES = 40, 8, 300
"""How often the expression is widened; sets of keys that rows have; values that it knows: a longer one takes long to compile."""
INT, LONG, FLOAT, BOOL, TEXT, DATE = "int", "long", "float", "bool", "text", "date"
DAY = (
    r"(?:(?!0000)\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"|(?:(?!\d\d00)\d\d(?:[02468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29)"
)
MOMENT = rf"{DAY}(?:[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ?)?"
ESCAPE = r'\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[\da-fA-F]{4}|u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2})'
PLAIN = r'[^"\\\x00-\x1f]*+'
PATTERNS = {
    INT: r"-?(?:0|[1-9]\d{0,14})(?![\d.eE])",
    LONG: r"-?(?:0|[1-9]\d{0,17})(?![\d.eE])",
    FLOAT: r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,25})?(?:[eE][-+]?\d{1,2})?",
    BOOL: "true|false",
    TEXT: rf'"{PLAIN}(?:{ESCAPE}{PLAIN})*+"',
    DATE: rf'"{MOMENT}"',
}
IS_MOMENT = re.compile(MOMENT, re.ASCII)
MAY_BE_MOMENT = re.compile(r"\s*[-+]?\d{4}-\d\d-\d\d[-+\d:.TtZz ]*")
DTYPES = {INT: "int64", LONG: "int64", FLOAT: "float64", BOOL: "bool", TEXT: "string", DATE: "timestamp[s]"}


class Values:
    """What stands in one place of all rows, as far as it is known."""

    def __init__(self) -> None:
        self.kind = ""
        """One of the kinds, `list`, `struct`; nothing as long as all values are null."""
        self.item: Values | None = None
        self.fields: dict[str, Values] = {}

    def see(self, value: Any) -> None:
        """Take notice of a value. Raises NotPlainError."""
        if value is None:
            return
        kind = kind_of(value)
        if kind == "struct":
            if not value or (self.kind and list(value) != list(self.fields)):
                raise NotPlainError  # `datasets` makes JSON of objects that differ in their keys
            for name, one in value.items():
                self.fields.setdefault(name, Values()).see(one)
        elif kind == "list":
            self.item = self.item or Values()
            for one in value:
                if one is None:
                    raise NotPlainError  # of some such lists pyarrow makes tables that are not valid
                self.item.see(one)
        self.kind = kind if not self.kind else wider(self.kind, kind)

    def pattern(self) -> str:
        """An expression for these values."""
        return f"(?:{self.present()}|null)" if self.kind else "null"

    def present(self) -> str:
        """An expression for those that are not null; nothing in a list is."""
        if self.kind == "list" and self.item is not None:
            one = f"(?:{self.item.present()})" if self.item.kind else "(?!)"
            return rf"\[(?:{one}(?:,(?! ?\]) ?|(?=\])))*+\]"  # once: within each other, two would be 2 to the depth
        return shape(tuple(self.fields), self.fields) if self.kind == "struct" else PATTERNS[self.kind]

    def tree(self) -> FeatureTree:
        """The feature. Raises NotPlainError where there is no value that tells."""
        if self.kind == "list" and self.item is not None:
            return list_tree(self.item.tree())
        if self.kind == "struct":
            return {name: one.tree() for name, one in self.fields.items()}
        if not self.kind:
            raise NotPlainError
        return value_tree(DTYPES[self.kind])

    def cell(self, value: Any) -> Any:
        """A value as it is shown."""
        if value is None:
            return None
        if self.kind == FLOAT:
            return -0.0 if isinstance(value, MinusZero) else float(value)
        if self.kind == DATE:
            return f"{value[:10]}T{value[11:19] or '00:00:00'}"
        if self.kind == "list" and self.item is not None:
            return [self.item.cell(one) for one in value]
        if self.kind == "struct":
            return {name: one.cell(value[name]) for name, one in self.fields.items()}
        return value

    def depth(self) -> int:
        """How many levels there are."""
        inner = [*self.fields.values(), *([self.item] if self.item else [])]
        return 1 + max((one.depth() for one in inner), default=0)

    def count(self) -> int:
        """How many kinds of values there are, at any depth."""
        return 1 + (self.item.count() if self.item else 0) + sum(one.count() for one in self.fields.values())


class MinusZero(int):
    """`-0`, which is an integer among integers, and minus zero among floats."""


def whole(text: str) -> int:
    """An integer of JSON."""
    return MinusZero() if text == "-0" else int(text)


def kind_of(value: Any) -> str:
    """The kind of a value that is not null. Raises NotPlainError."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT if -(10**15) < value < 10**15 else LONG
    if isinstance(value, str):
        if IS_MOMENT.fullmatch(value):
            return DATE
        if MAY_BE_MOMENT.fullmatch(value):
            raise NotPlainError
        return TEXT
    return {float: FLOAT, list: "list", dict: "struct"}[type(value)]


def wider(one: str, other: str) -> str:
    """The kind that holds both. Raises NotPlainError where there is none that loses nothing."""
    kinds = {one, other}
    if len(kinds) == 1:
        return one
    for pair, both in (({INT, LONG}, LONG), ({INT, FLOAT}, FLOAT), ({DATE, TEXT}, TEXT)):
        if kinds == pair:
            return both
    raise NotPlainError


def shape(keys: tuple[str, ...], fields: dict[str, Values]) -> str:
    """An expression for objects with these keys in this order."""
    inner = ", ?".join(f"{key_pattern(name)}: ?{fields[name].pattern()}" for name in keys)
    return rf"\{{{inner}\}}"


def key_pattern(name: str) -> str:
    """An expression for a key, as the usual writers write it."""
    forms = dict.fromkeys(json.dumps(name, ensure_ascii=ascii_only) for ascii_only in (True, False))
    return f"(?:{'|'.join(map(re.escape, forms))})" if len(forms) > 1 else re.escape(next(iter(forms)))


class Rows:
    """The rows of a text, as far as they are known."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.fields: dict[str, Values] = {}
        self.shapes: dict[tuple[str, ...], None] = {}

    def see(self, line: bytes) -> dict[str, Any]:
        """Take notice of a row. Raises NotPlainError, ValueError, RecursionError."""
        row = json.loads(line, parse_int=whole) if b"-0" in line else json.loads(line)
        if not isinstance(row, dict) or not row:
            raise NotPlainError
        for name, value in row.items():
            self.fields.setdefault(name, Values()).see(value)
        self.shapes.setdefault(tuple(row))
        if max(one.depth() for one in self.fields.values()) > DEPTH:
            raise NotPlainError
        if len(self.shapes) > MOST_SHAPES or sum(one.count() for one in self.fields.values()) > MOST_VALUES:
            raise NotPlainError
        return row

    def pattern(self) -> bytes:
        """An expression for any number of such rows."""
        one = "|".join(shape(keys, self.fields) for keys in self.shapes)
        return rf"(?:(?:{one})\r?\n)*+".encode()

    def check(self) -> None:
        """Look at all rows. Raises NotPlainError where one is of no kind that is known, ValueError, RecursionError."""
        place, pattern = 0, self.pattern()
        for _ in range(MOST_STEPS):
            found = re.compile(pattern, re.ASCII).match(self.data, place)
            place = found.end() if found else place
            if place == len(self.data):
                return
            self.see(self.data[place : self.data.find(b"\n", place) + 1])
            before, pattern = pattern, self.pattern()
            if pattern == before:  # it holds a row all the same: the keys of one stand twice, say
                break
        raise NotPlainError


def json_head(source: TextSource, wanted: int) -> Head | None:
    """The first `wanted` rows of a file; None for another way. Raises OSError, and what the network raises."""
    data = source.file.read(source.bytes) + source.file.readline(source.bytes)
    ended = len(data) >= source.size
    try:
        if not data.isascii():
            data.decode()
        return read_head(data if data.endswith(b"\n") else data + b"\n", wanted, source, ended=ended)
    except (NotPlainError, ValueError, RecursionError):
        return None


def read_head(data: bytes, wanted: int, source: TextSource, *, ended: bool) -> Head:
    """The first rows. Raises NotPlainError, ValueError, RecursionError."""
    if not data.startswith(b"{"):
        raise NotPlainError
    rows, place = Rows(data), 0
    found: list[dict[str, Any]] = []
    while place < len(data) and len(found) < wanted:
        end = data.index(b"\n", place) + 1
        found.append(rows.see(data[place:end]))
        place = end
    rows.check()
    number = data.count(b"\n")
    if number <= wanted and not ended:
        raise NotPlainError
    columns = [
        Cells(name, one.tree(), [one.cell(row.get(name)) for row in found], plain=True, declared=False)
        for name, one in rows.fields.items()
    ]
    counted = number <= wanted or (source.counted and source.size <= COUNTED_BYTES)
    return Head(columns, len(found), number if ended and counted else None)
