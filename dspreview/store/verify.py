"""Whether the store is intact: the file, its references, and the asset folder; and sweeping up what crashes left."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from dspreview.errors import StoreCorruptError
from dspreview.store import Store
from dspreview.store.assets import FILE, STAGING
from dspreview.store.database import transaction
from dspreview.store.filelock import unlock
from dspreview.store.private import left_in_temporary, remove_below

PAGES = ("SELECT split_id, asset_folder FROM rows WHERE asset_folder IS NOT NULL",
         "SELECT split_id, file, url, size FROM assets",
         ("DELETE FROM rows WHERE split_id = ?", "DELETE FROM assets WHERE split_id = ?",
          "UPDATE splits SET status = 'EMPTY', error = NULL WHERE id = ?"))  # fmt: skip
ANSWERS = ("SELECT id, asset_folder FROM queries", "SELECT query_id, file, url, size FROM query_assets",
           ("DELETE FROM queries WHERE id = ?",))  # fmt: skip
"""The folder of each page and answer, the files in it, and how what refers to a lost one is forgotten."""


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
    for folders, files, forgetting in (PAGES, ANSWERS):
        damages += lost(store, dict(store.connection.execute(folders)), files, forgetting, repair=repair)
    return damages


def lost(
    store: Store, folders: dict[int, str], files: str, forgetting: tuple[str, ...], *, repair: bool
) -> Iterator[Damage]:
    """Assets whose files are gone, changed, or have names that are not ours; with `repair` their pages are forgotten."""
    lacking: set[int] = set()
    places: dict[int, str] = {}
    for owner, folder in folders.items():
        try:
            places[owner] = str(store.assets.path(folder))
        except StoreCorruptError:
            lacking.add(owner)
            yield Damage("name", f"{folder!a} is no asset folder of this cache; nothing is opened or removed there")
            continue
        if any(os.path.islink(place) for place in (places[owner], os.path.dirname(places[owner]))):
            del places[owner]
    for owner, file, url, size in store.connection.execute(files):
        if not FILE.fullmatch(file):
            told = Damage("name", f"{url}: {file!a} is no name of a file of this cache; it is not opened")
        elif owner not in places or not is_file_of(f"{places[owner]}/{file}", size):
            told = Damage("missing", f"{url}: its file is gone or changed")
        else:
            continue
        lacking.add(owner)
        yield told
    if repair and lacking:
        with transaction(store.connection):
            for statement in forgetting:
                store.connection.executemany(statement, [(owner,) for owner in lacking])
        store.assets.remove(*(folders[owner] for owner in lacking if owner in folders))


def is_file_of(path: str, size: int) -> bool:
    """Whether a regular file of that size lies there, and no link."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == size


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
    for folder in (
        left_in_temporary() if remove else ()
    ):  # no damage of this store: other stores' processes left them, too
        remove_below(folder.parent, folder.name)
    return damages
