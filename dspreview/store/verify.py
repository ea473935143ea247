"""Whether the store is intact: the file, its references, and the asset folder; and sweeping up what crashes left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dspreview.errors import StoreCorruptError
from dspreview.store import Store
from dspreview.store.assets import STAGING
from dspreview.store.database import transaction
from dspreview.store.filelock import unlock
from dspreview.store.private import left_in_temporary, remove_below

ASSETS = (
    (
        "SELECT r.split_id, r.asset_folder, a.file, a.url, a.size FROM assets a LEFT JOIN rows r ON r.split_id = a.split_id",
        ("DELETE FROM rows WHERE split_id = ?", "DELETE FROM assets WHERE split_id = ?",
         "UPDATE splits SET status = 'EMPTY', error = NULL WHERE id = ?"),
    ),
    (
        "SELECT q.id, q.asset_folder, a.file, a.url, a.size FROM query_assets a JOIN queries q ON q.id = a.query_id",
        ("DELETE FROM queries WHERE id = ?",),
    ),
)  # fmt: skip
"""The files of pages and of answers, and how what refers to a lost one is forgotten."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Something in the store that does not fit together."""

    code: str
    message: str


def verify(store: Store, *, repair: bool) -> list[Damage]:
    """What does not fit together: file, references, assets without their page and pages without their assets.

    With `repair`, what nobody refers to is removed, and pages that lack a file are forgotten.
    """
    damages = [
        Damage("database", str(line)) for (line,) in store.connection.execute("PRAGMA integrity_check") if line != "ok"
    ]
    damages += [
        Damage("reference", f"table {table}, row {row}: what it refers to is gone")
        for table, row, *_ in store.connection.execute("PRAGMA foreign_key_check")
    ]
    damages += sweep(store, remove=repair)
    for query, forgetting in ASSETS:
        damages += lost(store, query, forgetting, repair=repair)
    return damages


def lost(store: Store, query: str, forgetting: tuple[str, ...], *, repair: bool) -> Iterator[Damage]:
    """Assets whose files are gone, changed, or have names that are not ours; with `repair` their pages are forgotten."""
    lacking: dict[int, str | None] = {}
    for owner, folder, file, url, size in store.connection.execute(query):
        told = None
        try:
            path = store.assets.find(folder or "", file)
            if path is None or path.stat().st_size != size:
                told = Damage("missing", f"{url}: its file is gone or changed")
        except StoreCorruptError as error:
            told = Damage("name", f"{url}: {str(error).partition(';')[0]}")
        except OSError:
            told = Damage("missing", f"{url}: its file cannot be read")
        if told is not None:
            lacking[owner] = folder
            yield told
    if repair and lacking:
        with transaction(store.connection):
            for statement in forgetting:
                store.connection.executemany(statement, [(owner,) for owner in lacking])
        store.assets.remove(*lacking.values())


def sweep(store: Store, *, remove: bool = True) -> list[Damage]:
    """Find what crashes left in the asset folder, and remove it: assets without a page, and what `litter` finds."""
    damages = []
    orphans = store.assets.folders() - set(store.cache.asset_folders())
    if orphans and store.writable:
        with transaction(store.connection):  # pages are published and stored under this lock: now none is in between
            orphans &= store.assets.folders() - set(store.cache.asset_folders())
    damages += [Damage("orphan", f"{store.assets.path(folder)}: assets without a page") for folder in sorted(orphans)]
    if remove:
        store.assets.remove(*orphans)
    for broken in store.derived.damaged():
        told = f"{broken}: a file of it is gone or changed; it is made again when it is needed"
        damages.append(Damage("derived", told))
        if remove:
            store.derived.remove(broken)
    return damages + litter(store, remove=remove)


def litter(store: Store, *, remove: bool = True) -> list[Damage]:
    """Find what killed processes left, and remove it: staging folders, lock files, folders for temporary files."""
    damages = []
    for staged in store.assets.left_behind():
        damages.append(Damage("staging", f"{staged}: left behind by a crash"))
        if remove:
            remove_below(store.assets.root, STAGING, staged.name)
    for staged in store.derived.left_behind():
        damages.append(Damage("staging", f"{staged}: left behind by a crash"))
        if remove:
            remove_below(store.derived.root, staged.name)
    locks = [lock for lock in store.derived.left_locks() if not remove or unlock(lock)]
    damages += [Damage("lock", f"{lock}: left behind by a crash") for lock in locks]
    for folder in left_in_temporary() if remove else ():  # no damage of this store: other stores' processes left them, too
        remove_below(folder.parent, folder.name)
    return damages
