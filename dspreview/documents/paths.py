"""Columns that reach into values, `messages[0].role`: as columns of their own, beside those of a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dspreview.errors import UsageError
from dspreview.feature import JSON, LIST, Feature
from dspreview.models import FeatureTree, Json, dump
from dspreview.page.columns import make_column
from dspreview.page.row_lines import RowLines, row_line
from dspreview.preview import PageAnswer
from dspreview.query.language.fields import shown, type_name
from dspreview.query.language.paths import PATH_SIGNS, split_path
from dspreview.suggestions import did_you_mean


class Picked(NamedTuple):
    """A part of the values of a column."""

    name: str
    """The path as it was written."""
    column: str
    steps: tuple[str | int, ...]
    tree: FeatureTree

    def of(self, value: Json) -> Json:
        """That part of a value; null where there is none."""
        for step in self.steps:
            if isinstance(step, int):
                there = isinstance(value, list) and -len(value) <= step < len(value)
            else:
                there = isinstance(value, dict) and step in value
            if not there:
                return None
            value = value[step]
        return value


def may_reach(names: Iterable[str] | None) -> bool:
    """Whether any of these names may be more than that of a column."""
    return any(not PATH_SIGNS.isdisjoint(name) for name in names or ())


def picked_of(names: Iterable[str], features: Mapping[str, FeatureTree]) -> list[Picked]:
    """Those of some names that are no columns, and reach into one. Raises UsageError for a part that its column does not have."""
    found = (picked(name, features) for name in names if name not in features)
    return [one for one in found if one is not None]


def picked(name: str, features: Mapping[str, FeatureTree]) -> Picked | None:
    """What a name reaches; None where it begins with no column. Raises UsageError."""
    split = split_path(name, features, "--columns")
    if split is None:
        return None
    column, steps = split
    feature, told = Feature(features[column]), column
    for step in steps:
        feature, told = part_of(feature, step, told)
    return Picked(name, column, steps, feature.tree)


def part_of(feature: Feature, step: str | int, told: str) -> tuple[Feature, str]:
    """What lies at a place or in a field of values, and how it is called. Raises UsageError."""
    after = f"{told}[{step}]" if isinstance(step, int) else f"{told}.{step}"
    if feature.kind == JSON:
        return feature, after
    if isinstance(step, int):
        if feature.kind != LIST:
            raise UsageError(f"--columns: {told} is {type_name(feature)}, and no list: it has no [{step}]")
        return feature.item, after
    if not feature.is_struct:
        raise UsageError(f"--columns: {told} is {type_name(feature)}; it has no field {step!r}")
    if step not in feature.fields:
        hint = did_you_mean(step, feature.fields)
        raise UsageError(f"--columns: {told} has no field {step!r}{hint}; there are: {shown(feature.fields)}")
    return feature.part(step), after


def with_paths(answer: PageAnswer, names: tuple[str, ...] | None) -> PageAnswer:
    """A page with a column more for each of these names that reaches into one. Raises UsageError."""
    if not may_reach(names):
        return answer
    page = answer.page
    features = json.loads(page.features)
    found = picked_of(names or (), {one["name"]: one["type"] for one in features})
    if not found:
        return answer
    columns, rows = json.loads(page.columns), list(RowLines.parse(page.rows))
    pick = picking(found)
    for one in found:
        features.append({"feature_idx": len(features), "name": one.name, "type": one.tree})
        columns.append(make_column(one.name, one.tree, declared=True, values=[]).as_json())
    lines = [row_line(row["row_idx"], pick(row["row"]), row["truncated_cells"]) for row in rows]
    changed = page._replace(features=dump(features), columns=dump(columns), rows=RowLines(lines).text)
    return answer._replace(page=changed)


def picking(found: list[Picked]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What adds the parts to a row."""
    return lambda row: row | {one.name: one.of(row.get(one.column)) for one in found}


def rows_with(rows: Iterable[dict[str, Any]], found: list[Picked]) -> Iterator[dict[str, Any]]:
    """Rows with the parts of their values."""
    return map(picking(found), rows)
