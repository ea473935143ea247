"""Completion of dataset, config and split names from the cache: no network, nothing heavy, never an error."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from typing import Any

from dspreview.errors import PreviewError
from dspreview.settings import resolve


def query(statement: str, values: tuple[str, ...]) -> Iterator[str]:
    """The first column of a query on the cache, if there is one."""
    try:
        path = resolve({}).dspreview_database
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.05)
    except (PreviewError, sqlite3.Error):
        return
    try:
        for (name,) in connection.execute(statement, values):
            yield str(name)
    except sqlite3.Error:
        return
    finally:
        connection.close()


def ours(ctx: Any) -> str:
    """The dataset that was typed, as the cache names it."""
    dataset = str(ctx.params.get("dataset") or "")
    return (
        os.path.realpath(os.path.expanduser(dataset))
        if dataset.startswith(("/", ".", "~"))
        else dataset.partition("@")[0]
    )


def datasets(incomplete: str) -> list[str]:
    """Ids of the Hub in the cache; paths are the shell's own affair."""
    found = query("SELECT DISTINCT alias FROM aliases WHERE alias NOT LIKE '/%' ORDER BY alias", ())
    return [name for name in found if name.startswith(incomplete)]


def configs(ctx: Any, incomplete: str) -> list[str]:
    """The configs of the dataset that was typed."""
    found = query(
        "SELECT DISTINCT c.config FROM aliases a JOIN configs c ON c.dataset_id = a.dataset_id WHERE a.alias = ?"
        " ORDER BY c.position",
        (ours(ctx),),
    )
    return [name for name in found if name.startswith(incomplete)]


def splits(ctx: Any, incomplete: str) -> list[str]:
    """The splits of the config that was typed."""
    found = query(
        "SELECT DISTINCT s.split FROM aliases a JOIN configs c ON c.dataset_id = a.dataset_id"
        " JOIN splits s ON s.config_id = c.id WHERE a.alias = ? AND c.config = ? ORDER BY s.position",
        (ours(ctx), str(ctx.params.get("config") or "")),
    )
    return [name for name in found if name.startswith(incomplete)]
