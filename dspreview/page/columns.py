"""Features and values to column types: the words of the old README, and what came later."""

from __future__ import annotations

from typing import Any

from dspreview.feature import FLOATS, INTEGERS, LABEL, TEXTS, TIMESTAMP, Feature
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
UINT8 = range(256)


def make_column(name: str, feature: FeatureTree, *, declared: bool, values: list[Any]) -> Column:
    """The column of a feature. A declared feature decides; without one, the values (one per row) have a say."""
    one = Feature(feature)
    if one.kind == LABEL:
        return Column(name, "CLASS_LABEL", labels=one.labels)
    if one.asset is not None:
        return Column(name, ASSET_TYPES[one.asset])
    if array_image(name, one, declared=declared, values=values):
        return Column(name, "RELATIVE_IMAGE_URL")
    if not declared and values and all(value is None for value in values):
        return Column(name, "JSON")
    return value_column(name, "string" if one.is_geometry else one.value)


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


def array_image(name: str, feature: Feature, *, declared: bool, values: list[Any]) -> bool:
    """A picture as numbers: `image` in two dimensions or `img` in three, of bytes."""
    depth = {"image": 2, "img": 3}.get(name)
    if depth is None:
        return False
    if declared:
        return feature.kind == f"Array{depth}D" and feature.dtype == "uint8"
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
