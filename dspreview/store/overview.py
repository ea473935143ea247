"""What the cache holds, for people who look around in it."""

from __future__ import annotations

import json
from typing import NamedTuple

from dspreview.models import Json, Status
from dspreview.store import Store

SIZE = (
    "SELECT coalesce((SELECT sum(length(CAST(r.rows AS BLOB))) FROM rows r JOIN splits s ON s.id = r.split_id"
    " JOIN configs c ON c.id = s.config_id WHERE c.dataset_id = d.id), 0)"
    " + coalesce((SELECT sum(a.size) FROM assets a JOIN splits s ON s.id = a.split_id"
    " JOIN configs c ON c.id = s.config_id WHERE c.dataset_id = d.id), 0)"
)
WHERE = "(? = '' OR instr(lower(d.name), lower(?))) AND (? OR NOT (d.private OR d.gated))"


class DatasetLine(NamedTuple):
    """A dataset in a list."""

    name: str
    asked_revision: str
    status: Status
    error: Json
    checked_at: float
    bytes: int
    """Of its rows and assets."""
    splits: dict[str, int]
    """How many there are of each status."""


class SplitLine(NamedTuple):
    """A split in a list."""

    config: str
    split: str
    status: Status
    num_examples: int | None
    num_bytes: int | None
    error: Json


def datasets(store: Store, words: str, *, restricted: bool, offset: int, length: int) -> tuple[list[DatasetLine], int]:
    """Some of the datasets whose name holds these words, and how many there are."""
    arguments = (words, words, restricted)
    (total,) = store.connection.execute(f"SELECT count(*) FROM datasets d WHERE {WHERE}", arguments).fetchone()
    found = store.connection.execute(
        f"SELECT d.id, d.name, d.asked_revision, d.status, d.error, d.checked_at, ({SIZE}) FROM datasets d WHERE {WHERE}"
        " ORDER BY d.name, d.asked_revision LIMIT ? OFFSET ?",
        (*arguments, length, offset),
    ).fetchall()
    lines = []
    for identity, name, asked, status, error, checked, size in found:
        splits = store.connection.execute(
            "SELECT s.status, count(*) FROM splits s JOIN configs c ON c.id = s.config_id WHERE c.dataset_id = ?"
            " GROUP BY s.status",
            (identity,),
        )
        told = json.loads(error) if error else None
        lines.append(DatasetLine(name, asked, Status(status), told, checked, size, dict(splits)))
    return lines, total


def splits(store: Store, dataset_id: int) -> list[SplitLine]:
    """The splits of a dataset, in its own order."""
    found = store.connection.execute(
        "SELECT c.config, s.split, s.status, s.num_examples, s.num_bytes, s.error FROM splits s"
        " JOIN configs c ON c.id = s.config_id WHERE c.dataset_id = ? ORDER BY c.position, s.position",
        (dataset_id,),
    )
    return [
        SplitLine(config, split, Status(status), examples, size, json.loads(error) if error else None)
        for config, split, status, examples, size, error in found
    ]


def hub_ids(store: Store) -> list[str]:
    """The names of the Hub by which datasets of the cache were asked."""
    rows = store.connection.execute(
        "SELECT DISTINCT alias FROM aliases WHERE alias NOT LIKE '/%' ORDER BY alias LIMIT 10000"
    )
    return [str(alias) for (alias,) in rows]
