"""Features and values to column types: the words of the old README, and what came later."""

from __future__ import annotations

import re
from typing import Any

from dspreview.models import Column, FeatureTree

ASSET_TYPES = {
    "Image": "RELATIVE_IMAGE_URL",
    "Audio": "AUDIO_RELATIVE_SOURCES",
    "Video": "RELATIVE_VIDEO_URL",
    "Pdf": "RELATIVE_PDF_URL",
    "Nifti": "RELATIVE_FILE_URL",
    "Mesh": "RELATIVE_FILE_URL",
    "BioSequence": "RELATIVE_FILE_URL",
    "BioStructure": "RELATIVE_FILE_URL",
}
INTEGERS = re.compile(r"u?int(8|16|32|64)")
FLOATS = frozenset({"float16", "float32", "float64", "float", "double"})
TEXTS = frozenset({"string", "large_string", "string_view"})
TIMESTAMP = re.compile(r"timestamp\[(s|ms|us|ns)(?:, tz=(.+))?\]")
UINT8 = range(256)


def asset_kind(feature: FeatureTree) -> str | None:
    """`Image`, `Audio` and so on where a cell of this feature is a file, else None."""
    kind = feature.get("_type") if isinstance(feature, dict) else None
    return kind if isinstance(kind, str) and kind in ASSET_TYPES else None


def holds_assets(feature: FeatureTree) -> bool:
    """Whether there is a file anywhere inside a feature."""
    if asset_kind(feature):
        return True
    if isinstance(feature, list):
        return any(holds_assets(item) for item in feature)
    if isinstance(feature, dict):
        return any(holds_assets(item) for item in feature.values())
    return False


def make_column(name: str, feature: FeatureTree, *, declared: bool, values: list[Any]) -> Column:
    """The column of a feature. A declared feature decides; without one, the values (one per row) have a say."""
    kind = feature.get("_type") if isinstance(feature, dict) else None
    if kind == "ClassLabel":
        return Column(name, "CLASS_LABEL", labels=tuple(feature.get("names") or ()))
    if isinstance(kind, str) and kind in ASSET_TYPES:
        return Column(name, ASSET_TYPES[kind])
    if array_image(name, feature, declared=declared, values=values):
        return Column(name, "RELATIVE_IMAGE_URL")
    if not declared and values and all(value is None for value in values):
        return Column(name, "JSON")
    if kind != "Value":
        return Column(name, "JSON")
    return value_column(name, "string" if feature.get("geometry") else str(feature.get("dtype")))


def value_column(name: str, dtype: str) -> Column:
    """The column of a plain value."""
    if dtype == "string" and name == "image_url":
        return Column(name, "IMAGE_URL")
    if dtype == "bool":
        return Column(name, "BOOL")
    if INTEGERS.fullmatch(dtype):
        return Column(name, "INT")
    if dtype in FLOATS:
        return Column(name, "FLOAT")
    if dtype in TEXTS:
        return Column(name, "STRING")
    if found := TIMESTAMP.fullmatch(dtype):
        return Column(name, "TIMESTAMP", unit=found[1], tz=found[2])
    return Column(name, "JSON")


def array_image(name: str, feature: FeatureTree, *, declared: bool, values: list[Any]) -> bool:
    """A picture as numbers: `image` in two dimensions or `img` in three, of bytes."""
    depth = {"image": 2, "img": 3}.get(name)
    if depth is None:
        return False
    if declared:
        return (
            isinstance(feature, dict) and feature.get("_type") == f"Array{depth}D" and feature.get("dtype") == "uint8"
        )
    present = [value for value in values if value is not None]
    return bool(present) and all(is_pixels(value, depth) for value in present)


def is_pixels(value: Any, depth: int) -> bool:
    """Whether a value is a non-empty grid of bytes of that many dimensions, three colours deep at the end of three."""
    if depth == 0:
        return type(value) is int and value in UINT8
    if not isinstance(value, list) or not value:
        return False
    if depth > 1 and any(not isinstance(item, list) or len(item) != len(value[0]) for item in value):
        return False
    return all(is_pixels(item, depth - 1) for item in value)


def is_url(value: Any) -> bool:
    """Whether a text begins like a web address."""
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def is_url_column(column: Column, values: list[Any]) -> bool:
    """Text columns where over 30 % of the rows are web addresses: their cells are not cut."""
    if column.type not in {"STRING", "IMAGE_URL"} or not values:
        return False
    return sum(is_url(value) for value in values) > 0.3 * len(values)
