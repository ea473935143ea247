"""Structs without fields, which neither Parquet nor `datasets` has: columns with one inside are written as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from dspreview.arrow.values import to_python
from dspreview.feature import LIST, Feature, asset_tree
from dspreview.models import FeatureTree, dump

Columns = list[tuple[str, FeatureTree]]


def holds_one(feature: Feature) -> bool:
    """Whether there is one anywhere inside."""
    return feature.tree == {} or any(map(holds_one, feature.inside()))


def with_json(tables: Iterator[pa.Table], columns: Columns) -> tuple[Iterator[pa.Table], Columns]:
    """Tables and their columns as they are written."""
    if not any(holds_one(Feature(tree)) for _, tree in columns):
        return tables, columns
    found = [(name, asset_tree("Json") if holds_one(Feature(tree)) else tree) for name, tree in columns]
    return (json_in(table, columns) for table in tables), found


def json_in(table: pa.Table, columns: Columns) -> pa.Table:
    """A table in which these columns are JSON."""
    for place, (name, tree) in enumerate(columns):
        feature = Feature(tree)
        if holds_one(feature):
            values = [None if one is None else dump(filled(one, feature)) for one in to_python(table.column(place))]
            table = table.set_column(
                place, name, pa.ExtensionArray.from_storage(pa.json_(), pa.array(values, pa.string()))
            )
    return table


def filled(value: Any, feature: Feature) -> Any:
    """A value as it is meant: where a struct without fields is stored, there is only whether it is there."""
    if value is None:
        return None
    if feature.tree == {}:
        return {}
    if feature.kind == LIST:
        return [filled(one, feature.item) for one in value]
    return {name: filled(value[name], one) for name, one in feature.fields.items()} if feature.fields else value
