"""Features: those of a schema, in JSON form, and without the codecs that would decode what nobody asked for."""

from __future__ import annotations

from typing import Any

import datasets
import pyarrow as pa
from datasets import Features

from dspreview.arrow.geometry import geometry_of
from dspreview.feature import ASSETS, value_tree
from dspreview.models import FeatureTree, Json

ASSET_FEATURES = tuple(getattr(datasets.features, kind) for kind in sorted(ASSETS))


def features_of(schema: pa.Schema) -> Features:
    """The features of an Arrow schema: those that `datasets` wrote into it, else those of its types.

    Types that `datasets` has no word for (maps among them) keep Arrow's word.
    """
    if any(geometry_of(field) for field in schema):
        return Features({field.name: feature_of(field) for field in schema})
    try:
        return Features.from_arrow_schema(schema)
    except ValueError:
        return Features({field.name: feature_of(field) for field in schema})


def feature_of(field: pa.Field) -> Any:
    """The feature of one field."""
    if (geometry := geometry_of(field)) is not None:
        return GeometryValue(str(field.type), geometry)
    try:
        return Features.from_arrow_schema(pa.schema([field]))[field.name]
    except ValueError:
        return UnknownValue(str(field.type))


class UnknownValue(datasets.Value):  # type: ignore[misc]
    """A value of an Arrow type that `datasets` does not know."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.id = None

    def __post_init__(self) -> None:
        """Nothing to look up."""


class GeometryValue(datasets.Value):  # type: ignore[misc]
    """Bytes that are a geometry."""

    def __init__(self, dtype: str, geometry: Json) -> None:
        super().__init__(dtype)
        self.geometry = geometry


def trees(features: Features) -> list[tuple[str, FeatureTree]]:
    """Each column with its feature in JSON form."""
    return [(name, tree(feature)) for name, feature in features.items()]


def tree(feature: Any) -> FeatureTree:
    """A feature in the form of `datasets`."""
    if isinstance(feature, UnknownValue):
        return value_tree(feature.dtype)
    if isinstance(feature, GeometryValue):
        return value_tree(feature.dtype) | {"geometry": feature.geometry}
    return Features({"x": feature}).to_dict()["x"]


def without_codec(feature: Any) -> Any:
    """A feature whose files are plain bytes and paths, so that encoding an example reads and decodes nothing."""
    if isinstance(feature, ASSET_FEATURES):
        return AssetValue()
    if isinstance(feature, dict):
        return {key: without_codec(item) for key, item in feature.items()}
    if isinstance(feature, list):
        return [without_codec(item) for item in feature]
    if isinstance(feature, datasets.LargeList):
        return datasets.LargeList(without_codec(feature.feature))
    if isinstance(feature, datasets.List):
        return datasets.List(without_codec(feature.feature), length=feature.length)
    return feature


class AssetValue:
    """Stands for a file feature: stores `{"bytes", "path"}` of whatever an example holds, unread."""

    pa_type = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    dtype = "dict"

    def __call__(self) -> pa.DataType:
        """The Arrow type of the stored value."""
        return self.pa_type

    def encode_example(self, value: Any) -> dict[str, Any] | None:
        """The value as bytes and path."""
        if value is None or isinstance(value, dict):
            return value if value is None else {"bytes": value.get("bytes"), "path": value.get("path")}
        if isinstance(value, (bytes, bytearray)):
            return {"bytes": bytes(value), "path": None}
        return {"bytes": None, "path": str(value)}
