"""A first set of rules from what is there: what holds of all rows now, for its author to keep, loosen or delete."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dspreview.models import Json, SplitId

FEW = 20
"""Different texts up to which they are listed."""
ENOUGH = 10
"""Rows below which little can be said."""


def suggested(names: SplitId, statistics: dict[str, Json]) -> Iterator[str]:
    """The lines of the rules of a split, from its statistics."""
    rows = statistics["num_examples"]
    for one in statistics["statistics"]:
        lines = list(rules_for(one["column_type"], one["column_statistics"], rows))
        if lines:
            yield f"[rules.{toml(f'{names.config}/{names.split}')}.{toml(str(one['column_name']))}]"
            yield from lines
            yield ""


def rules_for(kind: str, found: dict[str, Any], rows: int) -> Iterator[str]:
    """The rules of a column."""
    if not found.get("null_count") and rows:
        yield "not_null = true"
    if kind in {"int", "string_text", "string_label"} and found.get("distinct_count") == rows >= ENOUGH:
        yield "unique = true"
    if (
        kind == "string_label"
        and len(found.get("frequencies") or ()) <= FEW
        and rows >= ENOUGH
        and found.get("distinct_count", 0) < rows
    ):
        yield f"in = [{', '.join(toml(text) for text in sorted(found['frequencies']))}]"
    counted = kind in {"int", "float"} and found.get("min") is not None and not found.get("infinite_count")
    if counted and found.get("distinct_count") != rows:
        yield f"min = {found['min']}"
        yield f"max = {found['max']}"
    if kind == "datetime" and found.get("min") is not None:
        yield f"min = {toml(str(found['min']).removesuffix(' 00:00:00'))}"
    if kind in {"string_text", "list"} and found.get("max") is not None:
        yield f"length = {{ min = {found['min']}, max = {found['max']} }}"


def toml(text: str) -> str:
    """A text in TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
