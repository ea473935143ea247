"""Asset files: staged beside their place, published by one rename, removed with their page."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dspreview.errors import StoreFullError
from dspreview.store.owners import start_time

STAGING = ".staging"
DERIVED = ".derived"


class Staging(NamedTuple):
    """The private folders of one extraction."""

    assets: Path
    """What becomes the assets of a page."""
    work: Path
    """What is downloaded or unpacked on the way."""


class AssetFolder:
    """The asset folder. A page's assets share one folder with a name of ours; table `assets` maps URLs to it.

    Several databases may share it: `owner` is at the head of the names of each one's folders.
    """

    def __init__(self, root: Path, owner: str) -> None:
        self.root = root
        self.owner = owner

    @contextmanager
    def staging(self, *, elsewhere: bool = False) -> Iterator[Staging]:
        """Folders for one extraction, gone afterwards unless they were published.

        Args:
            elsewhere: in the system's folder for temporary files, since the asset folder cannot be written.

        """
        folder = Path(tempfile.mkdtemp(prefix="dspreview-")) if elsewhere else self._new_staging()
        try:
            staging = Staging(folder / "assets", folder / "work")
            for place in (staging.assets, staging.work):
                place.mkdir()
            yield staging
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _new_staging(self) -> Path:
        try:
            parent = self.root / STAGING
            parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            for left in self.left_behind():
                shutil.rmtree(left, ignore_errors=True)
            folder = parent / f"{os.getpid()}-{start_time(os.getpid())}-{uuid.uuid4().hex}"
            folder.mkdir()
        except OSError:
            return Path(tempfile.mkdtemp(prefix="dspreview-"))
        return folder

    def publish(self, staging: Staging) -> str | None:
        """Move staged assets to their place; the folder's name, or None where nothing was staged.

        Raises StoreFullError where the asset folder cannot be written.
        """
        if not any(staging.assets.iterdir()):
            return None
        name = self.owner + uuid.uuid4().hex
        place = self.path(name)
        try:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            staging.assets.rename(place)
        except OSError as error:
            raise StoreFullError(f"{self.root}: {error.strerror}") from error
        return name

    def path(self, folder: str, file: str = "") -> Path:
        """Where a published folder, or a file of it, lies."""
        return self.root / folder[len(self.owner) : len(self.owner) + 2] / folder / file

    def remove(self, folder: str | None) -> None:
        """Remove a page's assets from disk."""
        if folder:
            shutil.rmtree(self.path(folder), ignore_errors=True)

    def folders(self) -> set[str]:
        """The names of all published folders of this owner."""
        if not self.root.is_dir():
            return set()
        parents = [entry for entry in self.root.iterdir() if len(entry.name) == 2 and entry.is_dir()]
        return {entry.name for parent in parents for entry in parent.iterdir() if entry.name.startswith(self.owner)}

    def left_behind(self) -> list[Path]:
        """Staging folders whose process is gone: what a crash left."""
        parent = self.root / STAGING
        if not parent.is_dir():
            return []
        return [folder for folder in parent.iterdir() if not is_in_use(folder.name)]


def is_in_use(name: str) -> bool:
    """Whether the process that made a staging folder, `pid-start-...`, still runs."""
    pid, _, rest = name.partition("-")
    return pid.isdigit() and start_time(int(pid)) == rest.partition("-")[0]
