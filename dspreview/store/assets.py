"""The folder of asset files: staged, published in one move, and removed with their page."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dspreview.errors import StoreCorruptError, StoreFullError
from dspreview.page.staging import Staging
from dspreview.signals import uninterrupted
from dspreview.store.private import (
    flush,
    is_left_behind,
    new_name,
    real_folders,
    remove_below,
    temporary_folder,
)

STAGING = ".staging"
DERIVED = ".derived"
FOLDER = re.compile(r"[0-9a-f]{32,40}")
FILE = re.compile(r"\d{1,9}(?:\.[A-Za-z0-9_() +@=-]{0,200})?")
"""The names that we give; a database that holds others was written by somebody else."""


class AssetFolder:
    """The asset folder. A page's assets share one folder with a name of ours; table `assets` maps URLs to it.

    Several databases may share it: `owner` is at the head of the names of each one's folders.
    """

    def __init__(self, root: Path, owner: str, settle: Callable[[], None]) -> None:
        """`settle` has the disk hold what was committed: only then may files go that the database referred to before."""
        self.root, self.owner, self.settle = root, owner, settle

    @contextmanager
    @uninterrupted
    def staging(self, *, elsewhere: bool = False) -> Iterator[Staging]:
        """Folders for one extraction, gone afterwards unless they were published.

        Args:
            elsewhere: in the system's folder for temporary files, since the asset folder cannot be written.

        """
        folder = temporary_folder() if elsewhere else self._new_staging()
        try:
            staging = Staging(folder / "assets", folder / "work")
            for place in (staging.assets, staging.work):
                place.mkdir()
            yield staging
        finally:
            import shutil  # with tempfile, 4 ms that no cached answer pays

            shutil.rmtree(folder, ignore_errors=True)

    def _new_staging(self) -> Path:
        try:
            parent = self.root / STAGING
            parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if parent.is_symlink():
                return temporary_folder()
            for left in self.left_behind():
                remove_below(self.root, STAGING, left.name)
            folder = parent / new_name()
            folder.mkdir()
        except (OSError, StoreFullError):
            return temporary_folder()
        return folder

    def probe(self) -> None:
        """Raise StoreFullError where the asset folder cannot be read and written."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            next(self.root.iterdir(), None)
            (self.root / STAGING).mkdir(exist_ok=True, mode=0o700)
            folder = self.root / STAGING / new_name()
            folder.mkdir()
            folder.rmdir()
        except OSError as error:
            raise StoreFullError(f"{self.root} cannot be used: {error.strerror}") from error

    def publish(self, staging: Staging) -> str | None:
        """Move staged assets to their place, on the disk for good; the folder's name, or None where nothing was staged.

        Raises StoreFullError where the asset folder cannot be written.
        """
        name = self.owner + os.urandom(16).hex()
        place = self.path(name)
        try:
            files = list(staging.assets.iterdir())
            if not files:
                return None
            new = not place.parent.exists()
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if place.parent.is_symlink():
                raise StoreFullError(f"{place.parent} is a link, and assets lie in their own folder; remove it")
            flush([*files, staging.assets])
            staging.assets.rename(place)
            flush([place.parent, self.root] if new else [place.parent])
        except OSError as error:
            raise StoreFullError(f"{self.root}: {error.strerror}") from error
        return name

    def path(self, folder: str, file: str = "") -> Path:
        """Where a published folder, or a file of it, lies. Raises StoreCorruptError for names that are not of our form."""
        if not self.is_ours(folder) or (file and not FILE.fullmatch(file)):
            name = f"{folder}/{file}" if file else folder
            raise StoreCorruptError(f"{name!a} is no asset of this cache; run: dspreview cache verify --repair")
        return self.root / folder[len(self.owner) : len(self.owner) + 2] / folder / file

    def find(self, folder: str, file: str) -> Path | None:
        """A published file that is there; None where it is not, is a link, or lies behind one. Raises StoreCorruptError."""
        path = self.path(folder, file)
        linked = any(place.is_symlink() for place in (path, path.parent, path.parent.parent))
        return path if path.is_file() and not linked else None

    def is_ours(self, folder: str) -> bool:
        """Whether a name has the form that published folders have."""
        return bool(FOLDER.fullmatch(folder)) and folder.startswith(self.owner)

    def remove(self, *folders: str | None) -> None:
        """Remove pages' assets from disk; names that are not of our form are left alone, and no link is followed."""
        mine = [folder for folder in folders if folder and self.is_ours(folder)]
        if mine:
            self.settle()
        for folder in mine:
            remove_below(self.root, self.path(folder).parent.name, folder)

    def folders(self) -> set[str]:
        """The names of all published folders of this owner."""
        parents = [parent for parent in real_folders(self.root) if len(parent.name) == 2]
        return {folder.name for parent in parents for folder in real_folders(parent) if self.is_ours(folder.name)}

    def left_behind(self) -> list[Path]:
        """Staging folders whose process is gone: what a crash left."""
        parent = self.root / STAGING
        return [] if parent.is_symlink() else [folder for folder in real_folders(parent) if is_left_behind(folder)]
