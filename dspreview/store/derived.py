"""Derived files: converted Parquet, search indexes, parts of remote files. Whatever is there can be made again.

Each is a folder with a name of ours in `.derived`, made in a private place and moved into it by one rename; `about.json`
says what it was made from, and its time of change is the time of last use.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from dspreview.errors import StoreFullError
from dspreview.models import Json, dump
from dspreview.store.assets import DERIVED, is_in_use
from dspreview.store.owners import start_time

ABOUT = "about.json"
STAGED = "staged-"
POLL_SECONDS = 0.05


class About(NamedTuple):
    """What a derived folder was made from."""

    kind: str
    """`parquet`, `search`, `media` or `ranges`."""
    dataset: str
    """The resolved id, or the absolute path."""
    revision: str
    config: str
    split: str
    detail: str = ""
    """What else it depends on: a limit, the columns, a file."""

    @property
    def key(self) -> str:
        """A name for it."""
        return hashlib.sha256("\0".join(self).encode(errors="surrogatepass")).hexdigest()[:40]


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

    def find(self, about: About) -> Path | None:
        """The folder, where it is there and whole; it counts as used now, and nobody removes it until `close`."""
        path = self.path(about)
        if path in self.held:
            return path
        return path if is_whole(path) and self.hold(path) else None

    def hold(self, path: Path) -> bool:
        """Keep a folder from being removed, by a lock that ends with this process; whether it is still there."""
        try:
            handle = os.open(path / ABOUT, os.O_RDONLY)
        except OSError:
            return False
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_SH)
        if not (path / ABOUT).exists():  # removed between the two
            os.close(handle)
            return False
        with suppress(OSError):  # a read-only store keeps no times
            os.utime(path / ABOUT)
        self.held[path] = handle
        return True

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
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self.root / f"{self.owner}{about.key}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise StoreFullError(f"{self.root}: {error.strerror}") from error
        try:
            told = False
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not told:
                        waiting()
                        told = True
                    time.sleep(POLL_SECONDS)
                except OSError:  # a file system without locks: two may do the work, and one of them is kept
                    break
            yield
        finally:
            os.close(handle)

    @contextmanager
    def making(self, about: About) -> Iterator[Path]:
        """A private folder that becomes the derived one at the end, whole, or not at all."""
        self.sweep()
        staged = self.root / f"{STAGED}{os.getpid()}-{start_time(os.getpid())}-{uuid.uuid4().hex}"
        try:
            try:
                staged.mkdir(parents=True, mode=0o700)
                yield staged
                files = {file.name: file.stat().st_size for file in staged.iterdir()}
                (staged / ABOUT).write_text(dump(about._asdict() | {"files": files}), encoding="utf-8")
                for file in staged.iterdir():
                    flush(file)
                place = self.path(about)
                if place.exists() and not self.remove(place):  # damaged, or made by somebody else meanwhile
                    shutil.rmtree(place, ignore_errors=True)
                staged.rename(place)
            except OSError as error:
                if error.filename is None and error.errno not in {28, 30, 122}:
                    raise
                raise StoreFullError(f"{self.root}: {error.strerror}") from error
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def shared(self, about: About) -> Path | None:
        """A folder that several processes add to; None where nothing can be written."""
        path = self.path(about)
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not (path / ABOUT).exists():
                new = path / f"{ABOUT}-{uuid.uuid4().hex}"
                new.write_text(dump(about._asdict()), encoding="utf-8")
                new.replace(path / ABOUT)
        except OSError:
            return None
        if path not in self.held:
            self.hold(path)
        return path

    def entries(self) -> list[Derived]:
        """All derived folders of this store, least recently used first."""
        found = []
        for path in self.root.glob(f"{self.owner}*") if self.root.is_dir() else ():
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
        """Remove a folder, unless somebody uses it now; whether it went."""
        with ExitStack() as stack:
            with suppress(FileNotFoundError, PermissionError, NotADirectoryError):
                handle = os.open(path / ABOUT, os.O_RDONLY)
                stack.callback(os.close, handle)
                if not take(handle):
                    return False
            (path / ABOUT).unlink(missing_ok=True)  # from now on nobody takes it for whole
            shutil.rmtree(path, ignore_errors=True)
            path.with_name(path.name + ".lock").unlink(missing_ok=True)
        return True

    def damaged(self) -> list[Path]:
        """Folders that lack a file, or have one of another size than it was made with."""
        found = self.root.glob(f"{self.owner}*") if self.root.is_dir() else ()
        return [path for path in found if path.is_dir() and not is_whole(path)]

    def sweep(self) -> None:
        """Remove what processes that are gone left behind half made."""
        for staged in self.left_behind():
            shutil.rmtree(staged, ignore_errors=True)

    def left_behind(self) -> list[Path]:
        """Half made folders whose process is gone."""
        if not self.root.is_dir():
            return []
        return [path for path in self.root.glob(f"{STAGED}*") if not is_in_use(path.name.removeprefix(STAGED))]

    def clean(self) -> int:
        """Remove all of it but what is being made; how many bytes went."""
        freed = 0
        for path in self.root.glob(f"{self.owner}*") if self.root.is_dir() else ():
            if path.is_dir():
                size = folder_size(path)
                freed += size if self.remove(path) else 0
            else:
                path.unlink(missing_ok=True)
        self.sweep()
        return freed


def take(handle: int) -> bool:
    """Lock a file for oneself; False where somebody uses it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # a file system without locks
    return True


def flush(file: Path) -> None:
    """Have the disk hold a file before its name says that it is whole."""
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_about(path: Path) -> About | None:
    """What a folder was made from; None where it is none of ours."""
    try:
        found: Json = json.loads((path / ABOUT).read_text(encoding="utf-8"))
        return About(**{name: found[name] for name in About._fields})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def is_whole(path: Path) -> bool:
    """Whether all files of a folder are there, each of the size that it was made with."""
    try:
        found: Json = json.loads((path / ABOUT).read_text(encoding="utf-8"))
        return all((path / name).stat().st_size == size for name, size in found.get("files", {}).items())
    except (OSError, ValueError, AttributeError):
        return False


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder; of a file with holes, those that take room."""
    total = 0
    for file in folder.rglob("*") if folder.is_dir() else ():
        try:
            status = file.stat()
        except FileNotFoundError:
            continue
        if file.is_file():
            total += min(status.st_size, status.st_blocks * 512)
    return total
