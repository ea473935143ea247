"""What a name in a predicate stands for: a column, a field of a struct, or something derived from a column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from dspreview.errors import UsageError
from dspreview.feature import (
    DATES,
    FLOATS,
    INTEGERS,
    JSON,
    LABEL,
    LIST,
    TEXTS,
    TIMESTAMP,
    Feature,
    list_tree,
)
from dspreview.query.language.tokens import mistake
from dspreview.query.language.tree import ELEMENT, ColumnName
from dspreview.query.table import Table, quoted
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
    counted: bool = False
    """Whether times of day are counts of their unit: those of converted splits, whatever is no time of day among them."""


class Within(NamedTuple):
    """A value, or something within it."""

    sql: str
    feature: Feature
    told: str
    """How it is called in messages."""


class Names:
    """The names of one table, looked up exactly."""

    def __init__(self, table: Table, what: str, text: str) -> None:
        """`what` and `text` are the option and its value, for messages with a caret."""
        self.table, self.what, self.text = table, what, text
        self.places = {column.name: place for place, column in enumerate(table.columns)}
        self.elements: list[Within] = []
        """What ELEMENT stands for, the innermost last."""

    def find(self, asked: ColumnName) -> Field:
        """The field of a name. Raises UsageError with a suggestion."""
        whole = asked.word
        head, *rest = asked.path
        if head == ELEMENT:
            return self.inside(self.elements[-1], rest, asked)
        place = self.places.get(str(head))
        if whole in self.places and (place is None or not Feature(self.table.columns[place].feature).is_struct):
            place, head, rest = self.places[whole], whole, []
        if place is None:
            found = self.derived(whole)
            if found is None:
                raise self.unknown(asked, whole or str(head))
            return found
        return self.inside(Within(f"c{place}", Feature(self.table.columns[place].feature), f'"{head}"'), rest, asked)

    def inside(self, part: Within, rest: list[str | int], asked: ColumnName) -> Field:
        """The field that lies within a part of a value. Raises UsageError."""
        part, derived = self.part(part, rest, asked)
        if derived is not None:
            return derived
        field = make_field(*part)
        if (
            field.kind == "time" and self.table.origin == "derived"
        ):  # columns are stored as counts, what is inside them is not
            inner = bool(rest) or asked.path[0] == ELEMENT
            return field._replace(sql=count_of(part.sql, field.unit) if inner else part.sql, counted=True)
        return field

    def part(self, part: Within, rest: list[str | int], asked: ColumnName) -> tuple[Within, Field | None]:
        """A part of a value, or what is derived from it. Raises UsageError."""
        sql, feature, told = part
        for number, name in enumerate(rest):
            if feature.kind == JSON:
                sql, told = json_step(sql, name), f"{told}[{name}]" if isinstance(name, int) else f'{told}."{name}"'
                continue
            if isinstance(name, int):
                if feature.kind != LIST:
                    raise mistake(
                        self.what,
                        self.text,
                        asked.start,
                        f"{told} is {type_name(feature)}, and no list: it has no [{name}]",
                    )
                sql, feature, told = (
                    f"list_extract({sql}, {name + 1 if name >= 0 else name})",
                    feature.item,
                    f"{told}[{name}]",
                )
                continue
            fields = feature.fields
            if not feature.is_struct:
                derived = self.derived(asked.word) if number == len(rest) - 1 else None
                if derived is not None:
                    return Within(sql, feature, told), derived
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
        return Within(sql, feature, told), None

    def list_of(self, asked: ColumnName) -> Within:
        """The list that a name stands for. Raises UsageError."""
        head, *rest = asked.path
        place = self.places.get(str(head))
        if place is None:
            raise self.unknown(asked, asked.word or str(head))
        part, _ = self.part(Within(f"c{place}", Feature(self.table.columns[place].feature), f'"{head}"'), rest, asked)
        if part.feature.kind == JSON:
            items = f"CASE WHEN json_type({part.sql}) = 'ARRAY' THEN json_extract({part.sql}, '$[*]') END"
            return part._replace(sql=f"({items})", feature=Feature(list_tree(part.feature.tree)))
        if part.feature.kind != LIST:
            raise mistake(
                self.what,
                self.text,
                asked.start,
                f"ANY takes a column of lists, and {part.told} is {type_name(part.feature)}",
            )
        return part

    def derived(self, name: str) -> Field | None:
        """The column that is derived from another: a length, a size or a duration; None where there is no such thing."""
        base, dot, what = name.rpartition(".")
        place = self.places.get(base) if dot and what in DERIVED else None
        if place is None:
            return None
        feature = Feature(self.table.columns[place].feature)
        told = f'"{name}" (a number)'
        if what == "length" and kind_of(feature)[0] == "text":
            return Field(f"length(c{place})", "int", told)
        if what == "length" and feature.kind == LIST:
            return Field(f"len(c{place})", "int", told)
        if (feature.asset, what) in {("Image", "width"), ("Image", "height"), ("Audio", "duration")}:
            return Field(f"m{place}_{what}", "float" if what == "duration" else "int", told, media=place)
        return None

    def unknown(self, asked: ColumnName, name: str) -> UsageError:
        """The failure of a name that is not there."""
        hint = did_you_mean(name, self.table.names)
        if self.what == "where" and self.text[: asked.start].rstrip()[-1:] in {"=", "<", ">"}:
            hint = f"; a text stands in single quotes: {quoted(name)}"
        known = shown(self.table.names)
        return mistake(self.what, self.text, asked.start, f"no column {name!r}{hint}; there are: {known}")


def json_step(sql: str, name: str | int) -> str:
    """What lies in JSON under a key, or at a place of a list."""
    if isinstance(name, int):
        return f"json_extract({sql}, '$[{name if name >= 0 else f'#{name}'}]')"
    pointer = name.replace("~", "~0").replace("/", "~1").replace("'", "''")
    return f"json_extract({sql}, '/{pointer}')"


def count_of(sql: str, unit: str) -> str:
    """A time of day as the count of its unit."""
    return f"(epoch_{unit}({sql}))" if unit != "s" else f"(epoch_us({sql}) // 1000000)"


def make_field(sql: str, feature: Feature, told: str) -> Field:
    """The field of an expression whose feature is known."""
    kind, unit, zoned = kind_of(feature)
    return Field(sql, kind, f"{told} ({type_name(feature)})", feature.labels, unit, zoned, json=feature.kind == JSON)


def cannot_compare(field: Field) -> str:
    """Why a field takes part in no comparison."""
    return f"{field.told} does not compare; IS NULL does, and its fields or its length may"


def kind_of(feature: Feature) -> tuple[str, str, bool]:
    """How the values of a feature compare; for timestamps their unit, and whether they have a zone."""
    if feature.kind == LABEL:
        return "label", "", False
    dtype = feature.value
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
        ("date", dtype in DATES),
    ):
        if fits:
            return kind, "", False
    return "other", "", False


def type_name(feature: Feature) -> str:
    """A feature's type, for a message."""
    kind, _, zoned = kind_of(feature)
    words = {
        "int": "a number", "float": "a number", "decimal": "a number", "text": "a text", "bool": "true or false",
        "label": "a class label", "date": "a date", "time": "a time", "null": "null in all rows",
        "timestamp": "a timestamp" + (" with a time zone" if zoned else ""),
    }  # fmt: skip
    if kind in words:
        return words[kind]
    if feature.kind == LIST:
        return "a list"
    if feature.is_struct:
        return "a struct"
    return feature.value or (f"of type {feature.kind}" if feature.kind else "nested")


def shown(names: Iterable[str]) -> str:
    """The names, or the first of them."""
    listed = list(names)
    more = f", and {len(listed) - NAMES_SHOWN} more" if len(listed) > NAMES_SHOWN else ""
    return ", ".join(f'"{name}"' for name in listed[:NAMES_SHOWN]) + more
