"""The files in a cell, by its feature: a text or struct that merely looks like one is none."""

from __future__ import annotations

from collections.abc import Iterator

from dspreview.models import FeatureTree, Json

NO_FILES = frozenset({"Value", "List", "LargeList", "Sequence", "ClassLabel", "Json"})


def asset(value: Json, feature: FeatureTree) -> dict[str, Json] | None:
    """The file that a cell is, with what is known of it."""
    kind = feature.get("_type") if isinstance(feature, dict) else None
    if not isinstance(kind, str) or kind in NO_FILES:
        return None
    if isinstance(value, list) and len(value) == 1:  # a sound is a list of its sources
        value = value[0]
    if isinstance(value, dict) and str(value.get("src", "")).startswith("assets/"):
        return value
    return None


def part(feature: FeatureTree, name: str | None) -> FeatureTree:
    """The feature of a struct's field, or (`None`) of a list's items."""
    if isinstance(feature, list):
        return part(feature[0], name) if feature and name is not None else (feature[0] if feature else None)
    if not isinstance(feature, dict):
        return None
    if isinstance(feature.get("_type"), str):
        inner = feature.get("feature")
        return part(inner, name) if name is not None else inner
    return feature.get(name) if name is not None else None


def assets_in(value: Json, feature: FeatureTree) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every file anywhere in a cell, with its kind: `Image`, `Audio` and so on."""
    if (found := asset(value, feature)) is not None:
        yield str(feature["_type"]), found
    elif isinstance(value, list):
        for item in value:
            yield from assets_in(item, part(feature, None))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from assets_in(item, part(feature, name))
