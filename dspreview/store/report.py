"""The cache seen as a whole: counts, reports, what may go, and whether it is intact."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dspreview.models import Json, Status
from dspreview.store import Store
from dspreview.store.database import transaction
from dspreview.store.entries import iso

STATUSES = [status.lower() for status in (Status.EMPTY, Status.ERROR, Status.STALLED, Status.VALID)]
SPLITS = "splits s JOIN configs c ON c.id = s.config_id JOIN datasets d ON d.id = c.dataset_id"
VALID_DATASETS = """SELECT d.name FROM datasets d WHERE d.status IN ('VALID', 'STALLED') AND EXISTS (
  SELECT 1 FROM configs c JOIN splits s ON s.config_id = c.id JOIN rows r ON r.split_id = s.id
  WHERE c.dataset_id = d.id AND s.status IN ('VALID', 'STALLED') AND r.num_rows > 0) ORDER BY d.id"""


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


def report(store: Store) -> Json:
    """Each dataset and split with its status and error."""
    datasets: dict[str, list[Json]] = {status: [] for status in STATUSES}
    for name, asked, status, error in store.connection.execute(
        "SELECT name, asked_revision, status, error FROM datasets ORDER BY id"
    ):
        item = {"dataset": name, "status": status, "error": json.loads(error) if error else None}
        datasets[status.lower()].append(item | ({"revision": asked} if asked else {}))
    splits: dict[str, list[Json]] = {status: [] for status in STATUSES}
    for name, asked, config, split, status, error in store.connection.execute(
        f"SELECT d.name, d.asked_revision, c.config, s.split, s.status, s.error FROM {SPLITS} ORDER BY d.id, c.position, s.position"
    ):
        item = {
            "dataset": name, "config": config, "split": split, "status": status,
            "error": json.loads(error) if error else None,
        }  # fmt: skip
        splits[status.lower()].append(item | ({"revision": asked} if asked else {}))
    return {"datasets": datasets, "splits": splits, "created_at": iso(store.cache.clock())}


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
        folders = [folder for identity, _ in found for folder in store.cache.asset_folders(identity)]
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
    sizes = store.connection.execute(
        "SELECT d.id, coalesce(sum(length(CAST(r.rows AS BLOB)) + length(CAST(r.features AS BLOB)) + length(CAST(r.columns AS BLOB))), 0)"
        " + (SELECT coalesce(sum(a.size), 0) FROM assets a JOIN splits s ON s.id = a.split_id"
        " JOIN configs c ON c.id = s.config_id WHERE c.dataset_id = d.id)"
        " FROM datasets d LEFT JOIN configs c ON c.dataset_id = d.id LEFT JOIN splits s ON s.config_id = c.id"
        " LEFT JOIN rows r ON r.split_id = s.id GROUP BY d.id ORDER BY d.used_at, d.id"
    ).fetchall()
    excess = sum(size for _, size in sizes) - max_bytes
    excess += prune_queries(store, excess)
    gone: list[int] = []
    for identity, size in sizes:
        if excess <= 0:
            break
        gone.append(identity)
        excess -= size
    folders = [folder for identity in gone for folder in store.cache.asset_folders(identity)]
    with transaction(store.connection):
        store.connection.executemany("DELETE FROM datasets WHERE id = ?", [(identity,) for identity in gone])
    store.assets.remove(*folders)
    return len(gone)


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
