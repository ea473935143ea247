"""Columns whose type holds more than before: brought to one type, so that their values can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import pyarrow as pa

from dspreview.check.verdict import narrowed
from dspreview.feature import LIST, Feature
from dspreview.models import FeatureTree


def common_type(a: FeatureTree, b: FeatureTree) -> pa.DataType | None:
    """The type in which values of both are compared: the wider one, with the fields that both have; None where they stay as they are."""
    if a == b or narrowed(a, b):
        return None
    try:
        return arrow_type(Feature(a), Feature(b))
    except (ValueError, KeyError):  # a type that has no plain name
        return None


def arrow_type(one: Feature, other: Feature) -> pa.DataType:
    """The same in Arrow. Raises ValueError, KeyError."""
    if one.fields:
        return pa.struct([(name, arrow_type(inner, other.fields[name])) for name, inner in one.fields.items()])
    if one.kind == LIST:
        return pa.list_(arrow_type(one.item, other.item))
    return pa.type_for_alias(other.value)


def widened(table: pa.Table, kinds: Mapping[str, pa.DataType | None]) -> pa.Table:
    """Those columns of a table, each in the type that is named for it; as it is where Arrow has no way there: it is compared as it is."""
    table = table.select(list(kinds))
    for place, (name, kind) in enumerate(kinds.items()):
        if kind is not None and table.column(place).type != kind:
            with suppress(pa.ArrowException):
                table = table.set_column(place, name, table.column(place).cast(kind))
    return table
