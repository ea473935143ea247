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
from contextlib import contextmanager, suppress
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

    def path(self, about: About) -> Path:
        """Where a folder lies, or would."""
        return self.root / (self.owner + about.key)

    def find(self, about: About) -> Path | None:
        """The folder, where it is there; it counts as used now."""
        path = self.path(about)
        with suppress(OSError):  # a read-only store keeps no times
            os.utime(path / ABOUT)
        return path if (path / ABOUT).is_file() else None

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
                (staged / ABOUT).write_text(dump(about._asdict()), encoding="utf-8")
                for file in staged.iterdir():
                    flush(file)
                place = self.path(about)
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
        return path

    def entries(self) -> list[Derived]:
        """All derived folders of this store, least recently used first."""
        found = []
        for path in self.root.glob(f"{self.owner}*") if self.root.is_dir() else ():
            about = read_about(path)
            if about is not None:
                found.append(Derived(path, about, folder_size(path), (path / ABOUT).stat().st_mtime))
        return sorted(found, key=lambda one: one.used_at)

    def keep_to_limit(self, max_bytes: int, kept: set[Path]) -> int:
        """Remove the least recently used until all fit into `max_bytes`, but for those in use now; how many went."""
        entries = self.entries()
        excess = sum(one.bytes for one in entries) - max_bytes
        gone = 0
        for one in entries:
            if excess <= 0:
                break
            if one.path not in kept:
                self.remove(one.path)
                excess -= one.bytes
                gone += 1
        return gone

    def drop(self, dataset: str, kept: set[str]) -> None:
        """Remove what was derived from a dataset at other revisions than those `kept`."""
        for one in self.entries():
            if one.about.dataset == dataset and one.about.revision not in kept:
                self.remove(one.path)

    def remove(self, path: Path) -> None:
        """Remove a folder and its lock; whoever has a file of it open reads on."""
        shutil.rmtree(path, ignore_errors=True)
        path.with_name(path.name + ".lock").unlink(missing_ok=True)

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
                freed += folder_size(path)
                self.remove(path)
            else:
                path.unlink(missing_ok=True)
        self.sweep()
        return freed


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
        return About(**found)
    except (OSError, ValueError, TypeError):
        return None


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
