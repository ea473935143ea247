"""The rows of an answer as Python values, and what may be asked for."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any

from dspreview import errors
from dspreview.local import LOCAL_STARTS
from dspreview.models import Json
from dspreview.preview import PageAnswer
from dspreview.store import Store

Row = dict[str, Any]
"""The cells of a row by their columns; a file is a dict with `file`, the path of its copy in the cache, and what is known of it."""


def path_of(dataset: PathLike[str]) -> str:
    """A path as one would type it: a bare name is a path, too."""
    text = fspath(dataset)
    return text if text.startswith(LOCAL_STARTS) else f"./{text}"


def checked(offset: int, length: int, most: int | None = None) -> None:
    """Refuse places and numbers of rows that there are not. Raises UsageError."""
    if offset < 0 or length < 0 or (most is not None and length > most):
        told = f"from 0 to {most}" if most is not None else "0 or more"
        raise errors.UsageError(
            f"offset {offset}, length {length}: an offset of 0 or more and a length {told} were expected"
        )


def features_of(answer: PageAnswer) -> dict[str, Json]:
    """The features of a page by their columns."""
    import json

    return {one["name"]: one["type"] for one in json.loads(answer.page.features)}


def rows_of(store: Store, answer: PageAnswer, offset: int = 0, length: int | None = None) -> list[Row]:
    """Rows of a page, all or so many from a place in the split on, their files with the paths of their copies."""
    import json

    from dspreview.documents.assets import assets_in
    from dspreview.page.row_lines import RowLines
    from dspreview.store.asset_lookup import find_asset

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
