"""Columns as fields of a record set."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from dspreview.check.croissant.words import data_type
from dspreview.feature import LABEL, LIST, Feature
from dspreview.models import FeatureTree, Json

GUESSED_TIMES = re.compile(r"date|modified|timestamp.*|.*_at|.*_time", re.IGNORECASE)
"""Columns of JSON that pandas, which mlcroissant reads with, takes for times where they look like such."""
MEDIA = {"Image": "sc:ImageObject", "Audio": "sc:AudioObject", "Video": "sc:VideoObject"}


class DescribedColumn(NamedTuple):
    """A column of a split's files."""

    name: str
    tree: FeatureTree


class MadeFields(NamedTuple):
    """The fields of a record set, the record sets of its classes, and the columns that could not be described."""

    fields: list[Json]
    labels: list[Json]
    left_out: list[str]


def identifier(*parts: str) -> str:
    """An @id: mlcroissant takes no blanks, and resolves dots and slashes as in addresses."""
    return "/".join(
        quote(part, safe="-_~").replace(".", "%2E") if part in {".", ".."} else quote(part, safe="-_.~")
        for part in parts
    )


def fields_of(
    record_set: str,
    columns: list[DescribedColumn],
    source: Callable[[Json], Json],
    *,
    guesses_times: bool,
    refers: bool,
) -> MadeFields:
    """The fields of some columns.

    Args:
        source: makes the source of a field from what is extracted.
        guesses_times: whether the reader of mlcroissant guesses times in texts.
        refers: whether classes refer to the record set of their names.

    """
    made = MadeFields([], [], [])
    for column in columns:
        field = field_of(record_set, column, source, guesses_times=guesses_times)
        if field is None:
            made.left_out.append(column.name)
            continue
        feature = Feature(column.tree)
        if feature.kind == LABEL:
            names = identifier(f"{record_set}-{column.name}-classes")
            made.labels.append(enumeration(names, feature.labels))
            if refers:
                field["references"] = {"field": {"@id": f"{names}/index"}}
            else:
                field["description"] = f"A class; its names are in the record set {names}."
        made.fields.append(field)
    return made


def field_of(
    record_set: str, column: DescribedColumn, source: Callable[[Json], Json], *, guesses_times: bool
) -> dict[str, Json] | None:
    """The field of a column; None where no data type reads it."""
    if not column.name:  # it cannot be extracted
        return None
    feature, ident = Feature(column.tree), identifier(record_set, column.name)
    field: dict[str, Json] = {"@type": "cr:Field", "@id": ident, "name": column.name}
    inner, depth = feature, 0
    while inner.kind == LIST:
        inner, depth = inner.item, depth + 1
    if depth:
        field |= {"isArray": True, "arrayShape": ",".join(["-1"] * depth)}
    extract = {"extract": {"column": column.name}}
    if inner.asset is not None:
        if inner.asset not in MEDIA:
            return None
        field |= {"dataType": MEDIA[inner.asset], "source": source(extract | {"transform": {"jsonPath": "bytes"}})}
        return field | ({"repeated": True} if depth else {})
    if inner.is_struct:
        subfields = [
            sub
            for name, part in inner.fields.items()
            if (sub := subfield(ident, name, part, column.name, source)) is not None
        ]
        return field | {"subField": subfields} if subfields and depth <= 1 else None
    kind = "cr:Int64" if inner.kind == LABEL else data_type(inner.value)
    if kind is None:
        return None
    if kind == "sc:Text" and guesses_times and not depth and GUESSED_TIMES.fullmatch(column.name):
        kind = "sc:DateTime"
    return field | {"dataType": kind, "source": source(extract)}


def subfield(
    parent: str, name: str, feature: Feature, column: str, source: Callable[[Json], Json]
) -> dict[str, Json] | None:
    """A field of a struct; None for those that mlcroissant flattens or cannot read."""
    field: dict[str, Json] = {"@type": "cr:Field", "@id": f"{parent}/{identifier(name)}", "name": name}
    inner = feature
    if feature.kind == LIST:
        inner = feature.item
        field |= {"isArray": True, "arrayShape": "-1"}
    kind = "cr:Int64" if inner.kind == LABEL else data_type(inner.value)
    if kind is None:
        return None
    path = f"['{name}']" if "'" not in name else f'["{name}"]'
    return field | {
        "dataType": kind,
        "source": source({"extract": {"column": column}, "transform": {"jsonPath": path}}),
    }


def enumeration(ident: str, names: tuple[str, ...]) -> dict[str, Json]:
    """The record set of some classes."""
    return {
        "@type": "cr:RecordSet", "@id": ident, "name": ident, "dataType": "sc:Enumeration", "key": {"@id": f"{ident}/index"},
        "field": [
            {"@type": "cr:Field", "@id": f"{ident}/index", "name": "index", "dataType": "cr:Int64"},
            {"@type": "cr:Field", "@id": f"{ident}/name", "name": "name", "dataType": "sc:Text"},
        ],
        "data": [{f"{ident}/index": number, f"{ident}/name": name} for number, name in enumerate(names)],
    }  # fmt: skip
