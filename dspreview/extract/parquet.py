"""A split that is Parquet already: its files with their rows, and its features, where they can be read as they are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
from datasets import Features

from dspreview.extract.features import features_of, trees
from dspreview.extract.footers import ParquetSplit, local_footer, remote_footer, stored_type
from dspreview.extract.network import VIEWER
from dspreview.extract.rowgroups import numbered
from dspreview.extract.source import Plan, Source
from dspreview.models import Json, Kind
from dspreview.settings import Settings

AT_ONCE = 8
"""Footers read over the network at the same time."""
EXPORT_BRANCH = "refs/convert/parquet"
HARMLESS = frozenset({"batch_size", "fragment_scan_options", "on_bad_files"})
"""Options of the Parquet reader that change no row."""


def own_parquet(plan: Plan, split: str, opened: Callable[[str], tuple[Any, Callable[[], int]]]) -> ParquetSplit | None:
    """The split's own files, where they hold exactly what its rows are; None where something must be converted.

    Args:
        opened: for a file on the Hub, something that pyarrow can read, and its size once it was read.

    """
    if plan.module != "parquet" or set(plan.params) - HARMLESS:
        return None
    return parquet_of(plan.files[split], plan.features, opened)


def parquet_of(
    names: list[str], declared: Features | None, opened: Callable[[str], tuple[Any, Callable[[], int]]]
) -> ParquetSplit | None:
    """Files as one split; None where their columns differ, or are not what was declared. Raises what pyarrow raises."""
    if not names or any("::" in name or name.startswith(("http://", "https://")) for name in names):
        return None
    if any("://" in name for name in names):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            footers = list(pool.map(lambda name: remote_footer(name, opened), names))
    else:
        footers = [local_footer(name) for name in names]
    schema = numbered(footers[0].schema.empty_table()).schema
    features = declared if declared is not None else features_of(schema)
    if not all(fits(footer.schema, schema, features) for footer in footers):
        return None
    return ParquetSplit(tuple(footers), trees(features))


def fits(schema: pa.Schema, first: pa.Schema, features: Features) -> bool:
    """Whether a file has the columns of the first one, and they are those of the features."""
    named = numbered(schema.empty_table()).schema
    if named.names != first.names or named.names != list(features):
        return False
    try:
        declared = [stored_type(field.type) for field in features.arrow_schema]
    except (AttributeError, TypeError):  # a type that `datasets` has no word for: the files' own
        declared = [stored_type(field.type) for field in first]
    return [stored_type(field.type) for field in named] == declared


def exported(source: Source, config: str, split: str, settings: Settings) -> list[str] | None:
    """The files of the Hub's own Parquet export of a split, where it is whole and of the same revision; else None.

    The export is asked where `datasets` asks: the host of the Hub with `datasets-server.` before it.
    """
    if source.dataset.kind is not Kind.HUB or source.dataset.private:
        return None
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils._http import get_session

    url = settings.hf_endpoint.replace("://", f"://{VIEWER}", 1) + "/parquet"
    try:
        # the commit first: should the export change in between, its revision does not fit any more
        commit = find_commit(source.dataset.name, EXPORT_BRANCH, settings)
        answer = get_session().get(url, params={"dataset": source.dataset.name, "config": config})
        found: Json = answer.json() if answer.status_code == 200 else {}
    except (httpx2.HTTPError, httpx2.InvalidURL, HfHubHTTPError, ValueError, RecursionError, OSError):
        return None  # no export: the data itself is read
    if answer.headers.get("X-Revision") != source.dataset.revision:
        return None
    try:
        paths = exported_paths(found, source.dataset.name, config, split)
    except (AttributeError, KeyError, TypeError, ValueError):  # an answer of another shape is none
        return None
    return [f"hf://datasets/{source.dataset.name}@{commit}/{path}" for path in paths] or None


def exported_paths(found: Json, name: str, config: str, split: str) -> list[str]:
    """The paths of a split's files in the export; none where it is not whole. Raises TypeError and the like."""
    if found.get("partial") or found.get("pending") or found.get("failed"):
        return []
    mine = [file for file in found["parquet_files"] if (file.get("config"), file.get("split")) == (config, split)]
    paths = [exported_path(str(file.get("url")), name) for file in mine]
    return [path for path in paths if path] if None not in paths else []


def find_commit(name: str, revision: str, settings: Settings) -> str:
    """The commit that a branch of a dataset is at. Raises HfHubHTTPError."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=settings.hf_endpoint, token=settings.hf_token or False, library_name="dspreview")
    return str(api.dataset_info(name, revision=revision, timeout=settings.hub_timeout_seconds, expand=["sha"]).sha)


def exported_path(url: str, name: str) -> str | None:
    """The path of an exported file in its repository; None where its URL lies elsewhere."""
    from urllib.parse import unquote, urlsplit

    root, branch, path = unquote(urlsplit(url).path).partition(f"/resolve/{EXPORT_BRANCH}/")
    good = branch and root == f"/datasets/{name}" and path and ".." not in path.split("/")
    return path if good else None
