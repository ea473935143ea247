"""URLs of assets."""

from __future__ import annotations

from urllib.parse import quote

from dspreview.models import Kind, Resolved


def asset_url(dataset: Resolved, config: str, split: str, row_idx: int, column: str, name: str) -> str:
    """`assets/DATASET/--/CONFIG/SPLIT/ROW_IDX/COLUMN/FILENAME`, each part percent-encoded once.

    The slash of an id stays; a local path is one part.
    """
    owner = quote(dataset.url_name, safe="/@" if dataset.kind is Kind.HUB else "@")
    parts = [encoded(part) for part in (config, split, str(row_idx), column, name)]
    return "/".join(["assets", owner, "--", *parts])


def encoded(part: str) -> str:
    """One part of a URL; a part of dots alone must not climb."""
    text = quote(part, safe="", errors="surrogatepass")
    return text.replace(".", "%2E") if text.strip(".") == "" else text
