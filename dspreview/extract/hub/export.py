"""The Hub's own Parquet export of a dataset."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from dspreview.extract.hub.description import get_json
from dspreview.extract.hub.fence import VIEWER
from dspreview.models import Json, Kind, Resolved
from dspreview.settings import Settings

EXPORT_BRANCH = "refs/convert/parquet"


def exported(dataset: Resolved, config: str, split: str, settings: Settings) -> list[str] | None:
    """The files of the Hub's own Parquet export of a split, where it is whole and of the same revision; else None.

    The export is asked where `datasets` asks: the host of the Hub with `datasets-server.` before it.
    """
    if dataset.kind is not Kind.HUB or dataset.private:
        return None
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils._http import get_session

    branch = f"api/datasets/{dataset.name}/revision/{quote(EXPORT_BRANCH, safe='')}"
    url = settings.hf_endpoint.replace("://", f"://{VIEWER}", 1) + "/parquet"
    nothing = (httpx2.HTTPError, httpx2.InvalidURL, HfHubHTTPError, LookupError, TypeError, ValueError, RecursionError)
    try:
        # the commit first: should the export change in between, its revision does not fit any more
        commit = str(get_json(branch, settings, params={"expand": ["sha"]}).json()["sha"])
        answer = get_session().get(url, params={"dataset": dataset.name, "config": config})
        found: Json = answer.json() if answer.status_code == 200 else {}
    except (*nothing, OSError):
        return None  # no export: the data itself is read
    if answer.headers.get("X-Revision") != dataset.revision:
        return None
    try:
        paths = exported_paths(found, dataset.name, config, split)
    except (AttributeError, KeyError, TypeError, ValueError):  # an answer of another shape is none
        return None
    return [f"hf://datasets/{dataset.name}@{commit}/{path}" for path in paths] or None


def exported_paths(found: Json, name: str, config: str, split: str) -> list[str]:
    """The paths of a split's files in the export; none where it is not whole. Raises TypeError and the like."""
    if found.get("partial") or found.get("pending") or found.get("failed"):
        return []
    mine = [file for file in found["parquet_files"] if (file.get("config"), file.get("split")) == (config, split)]
    paths = [exported_path(str(file.get("url")), name) for file in mine]
    return [path for path in paths if path] if None not in paths else []


def exported_path(url: str, name: str) -> str | None:
    """The path of an exported file in its repository; None where its URL lies elsewhere."""
    root, branch, path = unquote(urlsplit(url).path).partition(f"/resolve/{EXPORT_BRANCH}/")
    good = branch and root == f"/datasets/{name}" and path and ".." not in path.split("/")
    return path if good else None
