"""The files in a cell, by its column and feature: a text or struct that merely looks like one is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dspreview.feature import Feature
from dspreview.models import FeatureTree, Json
from dspreview.page.columns import ASSET_TYPES

KINDS = {column_type: kind for kind, column_type in ASSET_TYPES.items() if column_type != "RELATIVE_FILE_URL"}
"""Kinds by column type: a grid of pixels is a picture too, whatever its feature."""


class FoundFile(NamedTuple):
    """A file of a cell: `Image`, `Audio` and so on, and what is known of it."""

    kind: str
    facts: dict[str, Json]


def asset(value: Json, feature: FeatureTree, column_type: str = "") -> FoundFile | None:
    """The file that a cell is."""
    kind = KINDS.get(column_type) or Feature(feature).asset
    if kind is None:
        return None
    if isinstance(value, list) and len(value) == 1:  # a sound is a list of its sources
        value = value[0]
    if isinstance(value, dict) and str(value.get("src", "")).startswith("assets/"):
        return FoundFile(kind, value)
    return None


def assets_in(value: Json, feature: FeatureTree, column_type: str = "") -> Iterator[FoundFile]:
    """Every file anywhere in a cell."""
    if (found := asset(value, feature, column_type)) is not None:
        yield found
    elif isinstance(value, list):
        for item in value:
            yield from assets_in(item, Feature(feature).item.tree)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from assets_in(item, Feature(feature).part(name).tree)
