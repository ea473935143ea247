"""What is seen of a column while its rows go by, a block of Arrow at a time: memory does not grow with the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dspreview.arrow.values import to_python
from dspreview.check.conversations import Talks
from dspreview.check.findings import Finding, found
from dspreview.check.secrets.scan import Scan, Spares, named_by, spares_none
from dspreview.check.texts import TEXT_FINDINGS, first_invalid
from dspreview.feature import LABEL, Feature
from dspreview.models import FeatureTree

MANY = 3
"""Rows without which a column in which all values are the same says nothing."""


NOTHING = Feature(None)


class Leaf(NamedTuple):
    """The values at the bottom of a column, flat, and the row of each where that is not its place."""

    path: str
    tree: FeatureTree
    values: pa.Array
    parents: pa.Array | None

    def row(self, place: int) -> int:
        """The row, in its block, of a value."""
        return place if self.parents is None else int(self.parents[place].as_py())


def leaves(path: str, tree: FeatureTree, values: pa.Array, parents: pa.Array | None = None) -> Iterator[Leaf]:
    """The leaves of a column: fields of structs, items of lists; files are one each."""
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType) and not isinstance(tree, dict):
        values, kind = values.storage, values.type.storage_type
    if Feature(tree).asset is not None:
        yield Leaf(path, tree, values, parents)
    elif pa.types.is_struct(kind):
        for place in range(kind.num_fields):
            name = kind.field(place).name
            inner = Feature(tree).fields.get(name, NOTHING).tree
            yield from leaves(f"{path}.{name}", inner, pc.struct_field(values, [place]), parents)
    elif pa.types.is_map(kind):
        pairs = pa.StructArray.from_arrays([values.keys, values.items], names=["key", "value"])
        yield from leaves(path, None, pa.ListArray.from_arrays(values.offsets, pairs), parents)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        rows = pc.list_parent_indices(values)
        yield from leaves(
            path, Feature(tree).item.tree, pc.list_flatten(values), rows if parents is None else parents.take(rows)
        )
    elif pa.types.is_dictionary(kind):
        yield from leaves(path, tree, values.dictionary.take(values.indices), parents)
    elif kind == pa.string_view():
        yield Leaf(path, tree, values.cast(pa.large_string()), parents)
    else:
        yield Leaf(path, tree, values, parents)


class Seen(NamedTuple):
    """The first of several things of a kind."""

    row: int
    number: int
    example: str


class Watch:
    """Watches one column of a split."""

    def __init__(self, name: str, spares: Spares = spares_none) -> None:
        """`spares` says which keys and personal data are allowed."""
        self.name = name
        self.rows = 0
        self.nulls = 0
        self.first: Any = None
        """Its first value that is not null."""
        self.constant = True
        self.seen: dict[tuple[str, str], Seen] = {}
        """What was found, by code and path."""
        self.json_kinds: dict[str, int] = {}
        """The row of the first value of each JSON type."""
        self.talks = Talks(name)
        self.scan = Scan(name, spares)

    def look(self, tree: FeatureTree, values: pa.Array, first_row: int) -> None:
        """Look at the next rows."""
        if values.type == pa.string_view():
            values = values.cast(pa.large_string())
        self.rows += len(values)
        self.nulls += values.null_count
        if (shape := Feature(tree).shape) and (one := unlike(shape, values)) is not None:
            self.note("library-refuses", Leaf(self.name, tree, values, None), *one, first_row)
        self.talks.look(Feature(tree), values, first_row)
        for leaf in leaves(self.name, tree, values):
            self.look_at_leaf(leaf, first_row)
        if any(code == "invalid-utf8" for code, _ in self.seen):
            self.constant = False
        if self.constant:
            self.look_for_change(values)

    def look_for_change(self, values: pa.Array) -> None:
        """Whether all values are still the same one."""
        if values.null_count == len(values):
            self.constant = self.constant and self.first is None
            return
        if self.first is None:
            place = pc.index(values.is_valid(), True).as_py()
            self.first = to_python(values.slice(place, 1))[0]
            self.constant = self.nulls == 0
        head = to_python(values.slice(0, 50))  # settles nearly all columns
        if any(value != self.first for value in head):
            self.constant = False
        elif self.constant and len(values) > len(head):
            self.constant = all(value == self.first for value in to_python(values))

    def look_at_leaf(self, leaf: Leaf, first_row: int) -> None:
        """Look at flat values."""
        kind = leaf.values.type
        if Feature(leaf.tree).kind == LABEL and pa.types.is_integer(kind):
            self.look_at_labels(leaf, first_row)
        elif isinstance(kind, pa.JsonType):
            self.look_at_json(leaf, first_row)
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            self.look_at_texts(leaf, first_row)
        elif pa.types.is_integer(kind) and named_by(leaf.path):  # the number of a card, say
            texts = leaf.values.cast(pa.string())
            self.scan.look(leaf.path, texts, lambda place: leaf.row(place) + first_row)

    def look_at_labels(self, leaf: Leaf, first_row: int) -> None:
        """Labels stand for names; -1 for none."""
        number = len(Feature(leaf.tree).labels)
        low, high = pc.min_max(leaf.values).as_py().values()
        if low is None or (low >= -1 and high < number):
            return
        bad = pc.or_(pc.less(leaf.values, -1), pc.greater_equal(leaf.values, number))
        place = pc.index(bad, True).as_py()
        self.note("label-out-of-range", leaf, place, pc.sum(bad).as_py(), str(leaf.values[place].as_py()), first_row)

    def look_at_texts(self, leaf: Leaf, first_row: int) -> None:
        """Texts may be something else."""
        place = first_invalid(leaf.values)
        if place is not None:
            self.note("invalid-utf8", leaf, place, 1, "", first_row)
            return
        self.scan.look(leaf.path, leaf.values, lambda place: first_row + leaf.row(place))
        for kind in TEXT_FINDINGS:
            if (leaf.parents is None or kind.within_lists) and (one := kind.first(leaf.values)) is not None:
                self.note(kind.code, leaf, *one, first_row)

    def look_at_json(self, leaf: Leaf, first_row: int) -> None:
        """JSON has types, too."""
        self.scan.look(leaf.path, leaf.values.storage, lambda place: first_row + leaf.row(place))
        for place, text in enumerate(leaf.values.storage.to_pylist()):
            if text is not None and (kind := json_kind(text)) is not None:
                self.json_kinds.setdefault(kind, first_row + leaf.row(place))

    def note(self, code: str, leaf: Leaf, place: int, count: int, example: str, first_row: int) -> None:
        """Remember the first of its kind, and count the others."""
        key = (code, leaf.path)
        old = self.seen.get(key)
        row = first_row + leaf.row(place)
        self.seen[key] = Seen(row, count, example) if old is None else old._replace(number=old.number + count)

    def findings(self, place: dict[str, Any], *, whole: bool) -> Iterator[Finding]:
        """What was found.

        Args:
            place: config and split.
            whole: whether all rows of the split were seen.

        """
        for (code, path), seen in self.seen.items():
            yield found(code, self.message(code, path, seen), row=seen.row, column=path, **place)
        yield from self.talks.findings(place)
        yield from self.scan.findings(place)
        if len(self.json_kinds) > 1:
            kinds = ", ".join(f"{kind} (row {row})" for kind, row in self.json_kinds.items())
            row = max(self.json_kinds.values())
            yield found("mixed-types", f"{self.name} holds {kinds}", row=row, column=self.name, **place)
        if self.rows and self.nulls == self.rows:
            told = f"{self.name} is null in all {self.rows:,} rows" + ("" if whole else " that were looked at")
            yield found("null-column", told, severity=None if whole else "info", column=self.name, **place)
        elif self.constant and self.rows >= MANY and whole and self.first is not None:
            value = short(str(self.first))
            yield found(
                "constant-column", f"{self.name} is {value} in all {self.rows:,} rows", column=self.name, **place
            )

    def message(self, code: str, path: str, seen: Seen) -> str:
        """What was found, in words."""
        more = f" ({seen.number:,} such values)" if seen.number > 1 else ""
        what = {
            "label-out-of-range": f"the label {seen.example} has no name",
            "invalid-utf8": "a text is not UTF-8",
            "library-refuses": f"an array is {seen.example}; `datasets` cannot read it",
        } | {kind.code: kind.words.format(short(seen.example)) for kind in TEXT_FINDINGS}
        return f"{path}: {what[code]}{more}"


def unlike(shape: tuple[Any, ...], values: pa.Array) -> tuple[int, int, str] | None:
    """The first array of another shape than is declared: its row, how many lists in it and others are not, and their length.

    A length of None is any.
    """
    level: pa.Array = values.storage if isinstance(values.type, pa.BaseExtensionType) else values
    rows: pa.Array | None = None
    for place, wanted in enumerate(shape):
        lengths = pc.list_value_length(level)
        bad = pc.fill_null(pc.not_equal(lengths, wanted), rows is not None) if wanted is not None else None
        if bad is not None and (first := pc.index(bad, True).as_py()) >= 0:
            row = first if rows is None else rows[first].as_py()
            told = f"{lengths[first].as_py() or 0:,} long, not {wanted:,}, in its dimension {place + 1}"
            return row, pc.sum(bad).as_py(), told
        inner = pc.list_parent_indices(level)
        level, rows = pc.list_flatten(level), inner if rows is None else rows.take(inner)
    return None


def json_kind(text: str) -> str | None:
    """The JSON type of a value; null is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "string"
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value))


def short(text: str) -> str:
    """A text that fits a line."""
    return text if len(text) <= 60 else text[:57] + "..."
