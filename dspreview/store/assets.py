"""Asset files: staged beside their place, published by one rename, removed with their page."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STAGING = ".staging"
DERIVED = ".derived"


class AssetFolder:
    """The asset folder. A page's assets share one folder with a name of ours; table `assets` maps URLs to it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A private folder for the assets of one extraction, gone afterwards unless it was published."""
        name = f"{os.getpid()}-{uuid.uuid4().hex}"
        try:
            parent = self.root / STAGING
            parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = parent / name
            folder.mkdir()
        except OSError:
            import tempfile  # a read-only disk: the answer is given all the same

            folder = Path(tempfile.mkdtemp(prefix="dspreview-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, staged: Path) -> str | None:
        """Move a staged folder to its place; its name, or None where nothing was staged."""
        if not staged.is_dir() or not any(staged.iterdir()):
            return None
        name = uuid.uuid4().hex
        place = self.path(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        staged.rename(place)
        return name

    def path(self, folder: str, file: str = "") -> Path:
        """Where a published folder, or a file of it, lies."""
        return self.root / folder[:2] / folder / file

    def remove(self, folder: str | None) -> None:
        """Remove a page's assets from disk."""
        if folder:
            shutil.rmtree(self.path(folder), ignore_errors=True)

    def folders(self) -> set[str]:
        """The names of all published folders."""
        if not self.root.is_dir():
            return set()
        parents = [entry for entry in self.root.iterdir() if len(entry.name) == 2 and entry.is_dir()]
        return {entry.name for parent in parents for entry in parent.iterdir()}

    def staged(self) -> list[Path]:
        """Staging folders whose process is gone: what a crash left behind."""
        parent = self.root / STAGING
        if not parent.is_dir():
            return []
        return [folder for folder in parent.iterdir() if not is_alive(folder.name.partition("-")[0])]

    def size(self) -> int:
        """Bytes of all published assets."""
        return sum(
            file.stat().st_size for name in self.folders() for file in self.path(name).iterdir() if file.is_file()
        )


def is_alive(pid: str) -> bool:
    """Whether a process of that number runs on this machine."""
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
