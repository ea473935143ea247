"""The cache seen as a whole: counts, reports, what may go, and whether it is intact."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dspreview.models import Json, Status
from dspreview.store import Store
from dspreview.store.database import transaction
from dspreview.store.entries import iso, read_error, understood

STATUSES = [status.lower() for status in (Status.EMPTY, Status.ERROR, Status.STALLED, Status.VALID)]
SPLITS = "splits s JOIN configs c ON c.id = s.config_id JOIN datasets d ON d.id = c.dataset_id"
VALID_DATASETS = """SELECT d.name FROM datasets d WHERE d.status IN ('VALID', 'STALLED') AND EXISTS (
  SELECT 1 FROM configs c CROSS JOIN splits s ON s.config_id = c.id CROSS JOIN page_sizes p ON p.split_id = s.id
  WHERE c.dataset_id = d.id AND +s.status IN ('VALID', 'STALLED') AND p.num_rows > 0) ORDER BY d.id"""
"""CROSS JOIN keeps the order of the tables, and a + the index of the status out: SQLite would look through all valid splits for each dataset."""
ENTRIES = {
    "datasets": "SELECT d.name, d.asked_revision, NULL, NULL, d.status, d.error FROM datasets d"
    " WHERE d.id > ? AND d.id <= ? AND d.status = ? ORDER BY d.id",
    "splits": "SELECT d.name, d.asked_revision, c.config, s.split, s.status, s.error FROM datasets d"
    " CROSS JOIN configs c ON c.dataset_id = d.id CROSS JOIN splits s ON s.config_id = c.id"
    " WHERE d.id > ? AND d.id <= ? AND +s.status = ? ORDER BY d.id, c.position, s.position",
}
SPLITS_OF = "SELECT s.id FROM configs c JOIN splits s ON s.config_id = c.id WHERE c.dataset_id IN (SELECT value FROM json_each(?))"
QUERIES_OF = f"SELECT id FROM queries WHERE split_id IN ({SPLITS_OF})"
REFERRING = (
    ("query_assets", "query_id", "query"), ("queries", "id", "query"), ("assets", "split_id", "split"),
    ("parquet", "split_id", "split"), ("page_sizes", "split_id", "split"), ("rows", "split_id", "split"),
    ("splits", "id", "split"), ("configs", "dataset_id", "dataset"), ("aliases", "dataset_id", "dataset"),
    ("datasets", "id", "dataset"),
)  # fmt: skip
"""What goes with a dataset: each table, its column, and whose numbers stand in it; who refers stands before who is referred to."""
PIECE = 2_000
"""Datasets that are reported at a time: a cache of hundreds of thousands is never in memory as a whole."""
BATCH = 500
"""Datasets that are removed in one transaction: nobody waits long for its end, and its log stays small."""


def count(store: Store) -> Json:
    """How many datasets and splits there are of each status, and how much room they take."""
    answer: dict[str, Json] = {}
    for table in ("datasets", "splits"):
        found = dict(store.connection.execute(f"SELECT lower(status), count(*) FROM {table} GROUP BY status"))
        answer[table] = {status: found.get(status, 0) for status in STATUSES}
    answer["created_at"] = iso(store.cache.clock())
    pages, size = (store.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    answer["database_bytes"] = pages * size
    (answer["asset_bytes"],) = store.connection.execute(
        "SELECT (SELECT coalesce(sum(size), 0) FROM assets) + (SELECT coalesce(sum(size), 0) FROM query_assets)"
    ).fetchone()
    entries = store.derived.entries()
    answer["derived_bytes"] = sum(one.bytes for one in entries)
    answer["derived"] = [
        one.about._asdict() | {"bytes": one.bytes, "used_at": iso(one.used_at)} for one in reversed(entries)
    ]
    return answer


def last_id(store: Store) -> int:
    """Up to which number there are datasets."""
    return int(store.connection.execute("SELECT coalesce(max(id), 0) FROM datasets").fetchone()[0])


def entries(store: Store, kind: str, status: str, after: int) -> list[dict[str, Json]]:
    """The datasets or splits of one status with their errors, of the PIECE datasets whose numbers follow `after`."""
    found = []
    values = (after, after + PIECE, status.upper())
    for name, asked, config, split, state, error in store.connection.execute(ENTRIES[kind], values):
        names = {"dataset": name} if kind == "datasets" else {"dataset": name, "config": config, "split": split}
        with understood(name):
            item = {**names, "status": state, "error": read_error(error)}
        found.append(item | ({"revision": asked} if asked else {}))
    return found


def count_besides(store: Store, hidden: set[str]) -> Json:
    """The counts of `count` without some datasets."""
    answer: dict[str, Json] = {}
    for table, query in (
        ("datasets", "SELECT d.name, d.status, 1 FROM datasets d"),
        ("splits", f"SELECT d.name, s.status, count(*) FROM {SPLITS} GROUP BY d.id, s.status"),
    ):
        counts = dict.fromkeys(STATUSES, 0)
        for name, status, number in store.connection.execute(query):
            counts[status.lower()] += 0 if name in hidden else number
        answer[table] = counts
    return answer | {"created_at": iso(store.cache.clock())}


def valid_names(store: Store) -> list[str]:
    """The datasets that have their list of splits and rows for at least one split."""
    return list(dict.fromkeys(name for (name,) in store.connection.execute(VALID_DATASETS)))


def count_names(store: Store, names: Iterable[str]) -> dict[str, dict[str, int]]:
    """How many of these ids are valid, in error or missing; those without an owner apart.

    The first that fits: missing (no entry, or a split not computed), error (also: no splits), valid.
    """
    known = {
        name: "missing" if empty else "error" if status == Status.ERROR or failed or not splits else "valid"
        for name, status, splits, empty, failed in store.connection.execute(
            "SELECT d.name, d.status, count(s.id), sum(s.status = 'EMPTY'), sum(s.status = 'ERROR') FROM datasets d"
            " LEFT JOIN configs c ON c.dataset_id = d.id LEFT JOIN splits s ON s.config_id = c.id"
            " WHERE d.asked_revision = '' GROUP BY d.id"
        )
    }
    counts = {kind: {"valid": 0, "error": 0, "missing": 0} for kind in ("canonical", "community")}
    for name in names:
        counts["community" if "/" in name else "canonical"][known.get(name, "missing")] += 1
    return counts


def remove(store: Store, name: str, revision: str | None = None) -> int:
    """Remove all that is kept of a dataset, under any name it was asked by, or of one revision; how many entries went."""
    with transaction(store.connection):
        found = store.connection.execute(
            "SELECT DISTINCT d.id, d.name FROM datasets d LEFT JOIN aliases a ON a.dataset_id = d.id"
            " WHERE (d.name = ? OR a.alias = ?) AND (? IS NULL OR d.asked_revision = ?)",
            (name, name, revision, revision),
        ).fetchall()
        folders = store.cache.asset_folders([identity for identity, _ in found])
        for identity, _ in found:
            store.connection.execute("DELETE FROM datasets WHERE id = ?", (identity,))
        for waiting in {name, *(resolved for _, resolved in found)}:  # also where nothing of it is cached yet
            store.queue.drop_waiting(waiting)
    store.assets.remove(*folders)
    for _, resolved in found:
        store.derived.drop(resolved, store.cache.revisions(resolved))
    return len(found)


def clean(store: Store) -> int:
    """Remove every entry and every asset; how many datasets went."""
    with transaction(store.connection):
        folders = store.cache.asset_folders()
        (number,) = store.connection.execute("SELECT count(*) FROM datasets").fetchone()
        store.connection.execute("DELETE FROM datasets")
        store.connection.execute("DELETE FROM facts WHERE name <> 'owner'")
    store.assets.remove(*folders)
    store.derived.clean()
    maintenance(store).vacuum()
    return int(number)


def maintenance(store: Store) -> Any:
    """The file as a sqlite_utils Database, for work that nobody waits for."""
    import sqlite_utils  # 0.3 s with the pandas that it finds

    return sqlite_utils.Database(store.connection)


def prune(store: Store, max_bytes: int) -> int:
    """Remove assets of queries, then the least recently used datasets, until rows and assets fit into `max_bytes`.

    How many datasets went.
    """
    (total,) = store.connection.execute("SELECT coalesce(sum(bytes), 0) FROM page_sizes").fetchone()
    excess = total - max_bytes
    excess += prune_queries(store, excess)
    gone = least_recently_used(store, excess)
    if gone:
        # Debian's SQLite overwrites what it deletes, and so writes as much as there was
        store.connection.execute("PRAGMA secure_delete = FAST")
    for start in range(0, len(gone), BATCH):
        store.assets.remove(*remove_many(store, gone[start : start + BATCH]))
    return len(gone)


def remove_many(store: Store, datasets: list[int]) -> list[str]:
    """Remove datasets with all that refers to them, table by table: twice as fast as row by row; the folders of their assets."""
    store.connection.execute("PRAGMA foreign_keys = OFF")
    try:
        with transaction(store.connection):
            folders = store.cache.asset_folders(datasets)
            numbers = {"dataset": json.dumps(datasets)}
            for name, query in (("split", SPLITS_OF), ("query", QUERIES_OF)):
                numbers[name] = json.dumps(
                    [number for (number,) in store.connection.execute(query, (numbers["dataset"],))]
                )
            for table, column, of in REFERRING:
                these = f"{column} IN (SELECT value FROM json_each(?))"
                store.connection.execute(f"DELETE FROM {table} WHERE {these}", (numbers[of],))
    finally:
        store.connection.execute("PRAGMA foreign_keys = ON")
    return folders


def least_recently_used(store: Store, excess: int) -> list[int]:
    """The numbers of the datasets whose removal makes so many bytes of room, sorted: neighbours in the file go together."""
    gone: list[int] = []
    if excess > 0:
        for identity, size in store.connection.execute(
            "SELECT d.id, (SELECT coalesce(sum(p.bytes), 0) FROM configs c JOIN splits s ON s.config_id = c.id"
            " JOIN page_sizes p ON p.split_id = s.id WHERE c.dataset_id = d.id) FROM datasets d ORDER BY d.used_at, d.id"
        ):
            gone.append(identity)
            excess -= size
            if excess <= 0:
                break
    return sorted(gone)


def prune_queries(store: Store, excess: int) -> int:
    """Remove the least recently used answers of queries until room is made; how many bytes of them are left.

    Args:
        excess: bytes by which everything else is over the limit; below it where negative.

    """
    sizes = store.connection.execute(
        "SELECT q.id, q.asset_folder, coalesce(sum(a.size), 0) FROM queries q LEFT JOIN query_assets a ON a.query_id = q.id"
        " GROUP BY q.id ORDER BY q.used_at, q.id"
    ).fetchall()
    left = int(sum(size for *_, size in sizes))
    gone = []
    for identity, folder, size in sizes:
        if excess + left <= 0:
            break
        gone.append((identity, folder))
        left -= size
    with transaction(store.connection):
        store.connection.executemany("DELETE FROM queries WHERE id = ?", [(identity,) for identity, _ in gone])
    store.assets.remove(*(folder for _, folder in gone))
    return left
