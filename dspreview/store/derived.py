"""Derived files: converted Parquet, search indexes, parts of remote files. Whatever is there can be made again.

Each is a folder with a name of ours in `.derived`, made in a private place and moved into it by one rename; `about.json`
says what it was made from, and its time of change is the time of last use.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from dspreview.errors import StoreFullError
from dspreview.models import dump
from dspreview.store import filelock
from dspreview.store.about import ABOUT, About, folder_size, is_whole, read_about
from dspreview.store.assets import DERIVED
from dspreview.store.private import (
    flush,
    is_left_behind,
    new_name,
    open_own,
    real_folders,
    remove_below,
    write_own,
)

STAGED = "staged-"
POLL_SECONDS = 0.05


class Derived(NamedTuple):
    """A derived folder that is there."""

    path: Path
    about: About
    bytes: int
    used_at: float


class DerivedFolder:
    """The derived files of one store; several may share the folder, `owner` is at the head of the names of each."""

    def __init__(self, assets: Path, owner: str) -> None:
        self.root = assets / DERIVED
        self.owner = owner
        self.held: dict[Path, int] = {}
        """Folders in use by this process: each is locked, so that nobody removes it meanwhile."""

    def path(self, about: About) -> Path:
        """Where a folder lies, or would."""
        return self.root / (self.owner + about.key)

    def mine(self) -> list[Path]:
        """The folders of this store; nothing where the folder of derived files is a link to another place."""
        form = re.compile(re.escape(self.owner) + r"[0-9a-f]{40}")
        found = () if self.root.is_symlink() else real_folders(self.root)
        return [folder for folder in found if form.fullmatch(folder.name)]

    def refuse_link(self) -> None:
        """Raise StoreFullError where derived files would be written through a link to another place."""
        if self.root.is_symlink():
            raise StoreFullError(f"{self.root} is a link; move the whole folder, and name it with ASSETS_DIRECTORY")

    def find(self, about: About) -> Path | None:
        """The folder, where it is there and whole; it counts as used now, and nobody removes it until `close`."""
        path = self.path(about)
        if path in self.held:
            return path
        return path if not self.root.is_symlink() and is_whole(path) and self.hold(path) else None

    def hold(self, path: Path) -> bool:
        """Keep a folder from being removed, by a lock that ends with this process; whether it is still there."""
        try:
            handle = open_own(path / ABOUT)
        except OSError:
            return False
        filelock.share(handle)
        if not (path / ABOUT).exists():  # removed between the two
            os.close(handle)
            return False
        with suppress(OSError):  # a read-only store keeps no times
            os.utime(handle)
        self.held[path] = handle
        return True

    def discard(self, path: Path) -> None:
        """Remove a folder that was found and cannot be used; it is made again when it is asked for."""
        handle = self.held.pop(path, None)
        if handle is not None:
            os.close(handle)
        self.remove(path)

    def close(self) -> None:
        """Let go of all folders."""
        for handle in self.held.values():
            os.close(handle)
        self.held.clear()

    @contextmanager
    def lock(self, about: About, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the right to make a folder; whoever comes second waits, and then finds it made.

        Raises StoreFullError where nothing can be written.
        """
        self.refuse_link()
        told = False
        while (handle := self.locked(about)) is None:
            if not told:
                waiting()
                told = True
            time.sleep(POLL_SECONDS)
        try:
            yield
        finally:
            if not self.path(about).exists():  # nothing was made
                self.lock_path(self.path(about)).unlink(missing_ok=True)
            os.close(handle)

    def locked(self, about: About) -> int | None:
        """The lock of a folder; None where somebody else has it. Raises StoreFullError."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            return filelock.locked(self.lock_path(self.path(about)))
        except OSError as error:
            raise StoreFullError(f"{self.root}: {error.strerror}") from error

    def lock_path(self, folder: Path) -> Path:
        """The lock file of a folder."""
        return folder.with_name(folder.name + ".lock")

    @contextmanager
    def making(self, about: About) -> Iterator[Path]:
        """A private folder that becomes the derived one at the end, whole, or not at all."""
        self.refuse_link()
        self.sweep()
        staged = self.root / (STAGED + new_name())
        try:
            try:
                staged.mkdir(parents=True, mode=0o700)
                yield staged
                files = {file.name: file.stat().st_size for file in staged.iterdir()}
                (staged / ABOUT).write_text(dump(about._asdict() | {"files": files}), encoding="utf-8")
                flush([*staged.iterdir(), staged])
                place = self.path(about)
                if place.exists() and not self.remove(place):  # damaged, or made by somebody else meanwhile
                    remove_below(self.root, place.name)
                staged.rename(place)
            except OSError as error:
                if error.filename is None and error.errno not in {28, 30, 122}:
                    raise
                raise StoreFullError(f"{self.root}: {error.strerror}") from error
        finally:
            import shutil

            shutil.rmtree(staged, ignore_errors=True)

    def shared(self, about: About) -> Path | None:
        """A folder that several processes add to; None where nothing can be written."""
        path = self.path(about)
        if self.root.is_symlink() or path.is_symlink():
            return None
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not (path / ABOUT).exists():
                write_own(path / ABOUT, dump(about._asdict()))
        except OSError:
            return None
        if path not in self.held:
            self.hold(path)
        return path

    def entries(self) -> list[Derived]:
        """All derived folders of this store, least recently used first."""
        found = []
        for path in self.mine():
            about = read_about(path)
            with suppress(FileNotFoundError):  # somebody else removes it just now
                if about is not None:
                    found.append(Derived(path, about, folder_size(path), (path / ABOUT).stat().st_mtime))
        return sorted(found, key=lambda one: one.used_at)

    def keep_to_limit(self, max_bytes: int) -> int:
        """Remove the least recently used until all fit into `max_bytes`, but for those in use now; how many went."""
        entries = self.entries()
        excess = sum(one.bytes for one in entries) - max_bytes
        gone = 0
        for one in entries:
            if excess <= 0:
                break
            if self.remove(one.path):
                excess -= one.bytes
                gone += 1
        return gone

    def drop(self, dataset: str, kept: set[str]) -> None:
        """Remove what was derived from a dataset at other revisions than those `kept`."""
        for one in self.entries():
            if one.about.dataset == dataset and one.about.revision not in kept:
                self.remove(one.path)

    def remove(self, path: Path) -> bool:
        """Remove a folder of this store, unless somebody uses it now; whether it went."""
        if path.is_symlink() or path.parent != self.root or self.root.is_symlink():
            return False
        with ExitStack() as stack:
            with suppress(OSError):  # gone, or no file of ours
                handle = open_own(path / ABOUT)
                stack.callback(os.close, handle)
                if not filelock.take(handle):
                    return False
            (path / ABOUT).unlink(missing_ok=True)  # from now on nobody takes it for whole
            remove_below(self.root, path.name)
            filelock.unlock(self.lock_path(path))
        return True

    def damaged(self) -> list[Path]:
        """Folders that lack a file, or have one of another size than it was made with."""
        return [path for path in self.mine() if not is_whole(path)]

    def sweep(self) -> None:
        """Remove what processes that are gone left behind half made."""
        for staged in self.left_behind():
            remove_below(self.root, staged.name)

    def left_behind(self) -> list[Path]:
        """Half made folders whose process is gone."""
        found = () if self.root.is_symlink() else real_folders(self.root)
        return [path for path in found if is_left_behind(path, STAGED)]

    def left_locks(self) -> list[Path]:
        """Lock files without a folder that nobody holds: what a kill left."""
        if self.root.is_symlink():
            return []
        form = re.compile(re.escape(self.owner) + r"[0-9a-f]{40}\.lock")
        found = self.root.glob(f"{self.owner}*.lock")
        alone = [lock for lock in found if form.fullmatch(lock.name) and not lock.with_suffix("").exists()]
        return [lock for lock in alone if filelock.unlock(lock, remove=False)]

    def clean(self) -> int:
        """Remove all of it but what is being made; how many bytes went."""
        freed = 0
        for path in self.mine():
            size = folder_size(path)
            freed += size if self.remove(path) else 0
        for lock in self.left_locks():
            filelock.unlock(lock)
        self.sweep()
        return freed
