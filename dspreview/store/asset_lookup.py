"""Which file an asset URL stands for."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

PARTS = " JOIN configs c ON c.id = s.config_id JOIN datasets d ON d.id = c.dataset_id WHERE a.url = ?"
QUERY = (
    "SELECT r.asset_folder, a.file, a.size, d.kind = 'hub', d.private OR d.gated FROM assets a"
    f" JOIN rows r ON r.split_id = a.split_id JOIN splits s ON s.id = a.split_id{PARTS}"
    " UNION ALL SELECT q.asset_folder, a.file, a.size, d.kind = 'hub', d.private OR d.gated FROM query_assets a"
    f" JOIN queries q ON q.id = a.query_id JOIN splits s ON s.id = q.split_id{PARTS} LIMIT 1"
)


class FoundAsset(NamedTuple):
    """A file of the asset folder."""

    folder: str
    file: str
    size: int
    on_hub: bool
    restricted: bool
    """Whether its dataset is private or gated."""


def find_asset(connection: sqlite3.Connection, url: str) -> FoundAsset | None:
    """The file behind a relative URL, as a page has it; those of pages before those of queries."""
    row = connection.execute(QUERY, (url, url)).fetchone()
    return None if row is None else FoundAsset(row[0], row[1], row[2], bool(row[3]), bool(row[4]))


def find_name(connection: sqlite3.Connection, alias: str) -> str | None:
    """The id that the Hub knows a dataset by, which somebody asked for under another name."""
    row = connection.execute(
        "SELECT d.name FROM aliases a JOIN datasets d ON d.id = a.dataset_id"
        " WHERE a.alias = ? AND a.asked_revision = '' AND d.kind = 'hub'",
        (alias,),
    ).fetchone()
    return row[0] if row else None
