"""The rows of an answer as Python values."""

from __future__ import annotations

import json
from typing import Any

from dspreview.documents.assets import assets_in
from dspreview.models import Json
from dspreview.page.row_lines import RowLines
from dspreview.preview import PageAnswer
from dspreview.store import Store
from dspreview.store.asset_lookup import find_asset

Row = dict[str, Any]
"""The cells of a row by their columns; a file is a dict with `file`, the path of its copy in the cache, and what is known of it."""


def features_of(answer: PageAnswer) -> dict[str, Json]:
    """The features of a page by their columns."""
    return {one["name"]: one["type"] for one in json.loads(answer.page.features)}


def rows_of(store: Store, answer: PageAnswer, offset: int = 0, length: int | None = None) -> list[Row]:
    """Rows of a page, all or so many from a place in the split on, their files with the paths of their copies."""
    lines = RowLines.parse(answer.page.rows)
    rows: list[Row] = [row["row"] for row in (lines if length is None else lines.select(offset, length))]
    types = {one["name"]: one["type"] for one in json.loads(answer.page.columns)}
    for name, feature in features_of(answer).items():
        for row in rows:
            for _, asset in assets_in(row.get(name), feature, types[name]):
                kept = find_asset(store.connection, asset["src"])
                path = store.assets.find(kept.folder, kept.file) if kept is not None else None
                asset["file"] = None if path is None else str(path)
    return rows
