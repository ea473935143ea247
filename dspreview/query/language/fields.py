"""What a name in a predicate stands for: a column, a field of a struct, or something derived from a column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from dspreview.errors import UsageError
from dspreview.models import FeatureTree
from dspreview.page.columns import FLOATS, INTEGERS, TEXTS, TIMESTAMP, asset_kind
from dspreview.query.language.tokens import mistake
from dspreview.query.language.tree import ColumnName
from dspreview.query.table import Table
from dspreview.suggestions import did_you_mean

DECIMAL = re.compile(r"decimal\d+\((?:[12]?\d|3[0-8]), ?(-?\d+)\)")
"""Of as many digits as DuckDB's."""
TIME = re.compile(r"time(?:32|64)\[(\w+)\]")
DERIVED = ("length", "width", "height", "duration")
"""What stands behind the dot in the name of a derived column."""
NAMES_SHOWN = 20


class Field(NamedTuple):
    """Something that can be compared or ordered by."""

    sql: str
    """Its expression; column N of the table is `cN`."""
    kind: str
    """`int`, `float`, `decimal`, `bool`, `text`, `label`, `date`, `timestamp`, `time`, `null`, or `other`."""
    told: str
    """Its name and type, for messages."""
    labels: tuple[str, ...] = ()
    unit: str = "us"
    """Of a time or time stamp; of a decimal, its digits behind the point."""
    zoned: bool = False
    media: int | None = None
    """The column whose files alone tell it."""
    json: bool = False
    """Whether it is the text of JSON."""


class Names:
    """The names of one table, looked up exactly."""

    def __init__(self, table: Table, what: str, text: str) -> None:
        """`what` and `text` are the option and its value, for messages with a caret."""
        self.table, self.what, self.text = table, what, text
        self.places = {column.name: place for place, column in enumerate(table.columns)}

    def find(self, asked: ColumnName) -> Field:
        """The field of a name. Raises UsageError with a suggestion."""
        whole = ".".join(asked.path)
        head, *rest = asked.path
        place = self.places.get(head)
        if whole in self.places and (place is None or struct_fields(self.table.columns[place].feature) is None):
            place, head, rest = self.places[whole], whole, []
        if place is None:
            found = self.derived(".".join(asked.path))
            if found is None:
                raise self.unknown(asked, ".".join(asked.path))
            return found
        sql, feature, told = f"c{place}", self.table.columns[place].feature, f'"{head}"'
        for number, name in enumerate(rest):
            fields = struct_fields(feature)
            if fields is None:
                derived = self.derived(".".join(asked.path)) if number == len(rest) - 1 else None
                if derived is not None:
                    return derived
                raise mistake(
                    self.what, self.text, asked.start, f"{told} is {type_name(feature)}; it has no field {name!r}"
                )
            if name not in fields:
                hint = did_you_mean(name, fields)
                raise mistake(
                    self.what, self.text, asked.start, f"{told} has no field {name!r}{hint}; there are: {shown(fields)}"
                )
            sql = f"struct_extract_at({sql}, {list(fields).index(name) + 1})"
            feature, told = fields[name], f'{told}."{name}"'
        return make_field(sql, feature, told)

    def derived(self, name: str) -> Field | None:
        """The column that is derived from another: a length, a size or a duration; None where there is no such thing."""
        base, dot, what = name.rpartition(".")
        place = self.places.get(base) if dot and what in DERIVED else None
        if place is None:
            return None
        feature = self.table.columns[place].feature
        told = f'"{name}" (a number)'
        if what == "length" and kind_of(feature)[0] == "text":
            return Field(f"length(c{place})", "int", told)
        if what == "length" and is_list(feature):
            return Field(f"len(c{place})", "int", told)
        if (asset_kind(feature), what) in {("Image", "width"), ("Image", "height"), ("Audio", "duration")}:
            return Field(f"m{place}_{what}", "float" if what == "duration" else "int", told, media=place)
        return None

    def unknown(self, asked: ColumnName, name: str) -> UsageError:
        """The failure of a name that is not there."""
        hint = did_you_mean(name, self.table.names)
        known = shown(self.table.names)
        return mistake(self.what, self.text, asked.start, f"no column {name!r}{hint}; there are: {known}")


def make_field(sql: str, feature: FeatureTree, told: str) -> Field:
    """The field of an expression whose feature is known."""
    kind, unit, zoned = kind_of(feature)
    labels = tuple(feature.get("names") or ()) if kind == "label" else ()
    is_json = isinstance(feature, dict) and feature.get("_type") == "Json"
    return Field(sql, kind, f"{told} ({type_name(feature)})", labels, unit, zoned, json=is_json)


def kind_of(feature: FeatureTree) -> tuple[str, str, bool]:
    """How the values of a feature compare; for timestamps their unit, and whether they have a zone."""
    tag = feature.get("_type") if isinstance(feature, dict) else None
    if tag == "ClassLabel":
        return "label", "", False
    if tag != "Value":
        return "other", "", False
    dtype = str(feature.get("dtype"))
    if found := TIMESTAMP.fullmatch(dtype):
        return "timestamp", found[1], found[2] is not None
    if INTEGERS.fullmatch(dtype):
        return "int", "", False
    if found := DECIMAL.fullmatch(dtype):
        return "decimal", str(max(int(found[1]), 0)), False  # what counts hundreds is stored as whole numbers
    if found := TIME.fullmatch(dtype):
        return "time", found[1], False
    for kind, fits in (
        ("float", dtype in FLOATS),
        ("text", dtype in TEXTS),
        ("bool", dtype == "bool"),
        ("null", dtype == "null"),
        ("date", dtype in {"date32", "date64", "date32[day]", "date64[ms]"}),
    ):
        if fits:
            return kind, "", False
    return "other", "", False


def type_name(feature: FeatureTree) -> str:
    """A feature's type, for a message."""
    kind, _, zoned = kind_of(feature)
    words = {
        "int": "a number", "float": "a number", "decimal": "a number", "text": "a text", "bool": "true or false",
        "label": "a class label", "date": "a date", "time": "a time", "null": "null in all rows",
        "timestamp": "a time stamp" + (" with a zone" if zoned else ""),
    }  # fmt: skip
    if kind in words:
        return words[kind]
    if is_list(feature):
        return "a list"
    if struct_fields(feature) is not None:
        return "a struct"
    if isinstance(feature, dict) and feature.get("_type") == "Value":
        return str(feature.get("dtype"))
    return f"of type {feature.get('_type')}" if isinstance(feature, dict) else "nested"


def struct_fields(feature: FeatureTree) -> dict[str, FeatureTree] | None:
    """The fields of a struct, in their order on disk; None for anything else."""
    if not isinstance(feature, dict):
        return None
    tag = feature.get("_type")
    if isinstance(tag, str):
        if tag == "Translation":
            return {str(name): {"dtype": "string", "_type": "Value"} for name in feature.get("languages") or ()}
        return None
    return feature


def is_list(feature: FeatureTree) -> bool:
    """Whether a feature is a list on disk."""
    return isinstance(feature, list) or (
        isinstance(feature, dict) and feature.get("_type") in {"List", "LargeList", "Sequence"}
    )


def shown(names: Iterable[str]) -> str:
    """The names, or the first of them."""
    listed = list(names)
    more = f", and {len(listed) - NAMES_SHOWN} more" if len(listed) > NAMES_SHOWN else ""
    return ", ".join(f'"{name}"' for name in listed[:NAMES_SHOWN]) + more


def chosen_columns(table: Table, names: tuple[str, ...]) -> list[int]:
    """The numbers of columns by their names, of all where none is named. Raises UsageError."""
    known = table.names
    for name in names:
        if name not in known:
            raise UsageError(f"--column: no column {name!r}{did_you_mean(name, known)}; there are: {shown(known)}")
    return [known.index(name) for name in dict.fromkeys(names)] or list(range(len(known)))
