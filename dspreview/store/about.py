"""What a derived folder was made from, and whether it is whole: as its `about.json` says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

from dspreview.models import Json
from dspreview.store.private import read_own

ABOUT = "about.json"
SHARED = "ranges"
"""The kind of folders that several processes add to."""


class About(NamedTuple):
    """What a derived folder was made from."""

    kind: str
    """`parquet`, `search`, `searched` (an empty one), `statistics`, `media` or `ranges`."""
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
        import hashlib  # 2 ms, of which a cached answer needs nothing

        return hashlib.sha256("\0".join(self).encode(errors="surrogatepass")).hexdigest()[:40]


def read_about(path: Path) -> About | None:
    """What a folder was made from; None where it is none of ours."""
    try:
        found: Json = json.loads(read_own(path / ABOUT))
        return About(**{name: str(found[name]) for name in About._fields})
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def is_whole(path: Path) -> bool:
    """Whether all files of a folder are there, regular ones, each of the size that it was made with; only a folder that
    several add to has no list of them.
    """
    try:
        found: Json = json.loads(read_own(path / ABOUT))
        files = found["files"] if found["kind"] != SHARED else {}
        with os.scandir(path) as entries:
            sizes = {entry.name: entry.stat(follow_symlinks=False).st_size for entry in entries if is_regular(entry)}
        real = not path.is_symlink() and len(sizes) == len(os.listdir(path))
        return real and all(sizes.get(name) == size for name, size in files.items())
    except (OSError, ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return False


def is_regular(entry: os.DirEntry[str]) -> bool:
    """Whether an entry of a folder is a file, and no link to one."""
    return entry.is_file(follow_symlinks=False)


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
