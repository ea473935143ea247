"""Patterns of files as fsspec has them, and the names that they are tried on."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from functools import lru_cache

MANY_FILES = 20_000
"""With more files than that looking at their names costs as much as it saves."""


@lru_cache(maxsize=512)
def expression(pattern: str) -> re.Pattern[str]:
    """What a pattern matches."""
    from fsspec.utils import glob_translate

    return re.compile(glob_translate(pattern))


def names_below(folder: str) -> list[str] | None:
    """The files below a local folder; None where they are many, or a link leads to another folder."""
    names: list[str] = []
    folders = [""]
    while folders:
        prefix = folders.pop()
        with os.scandir(os.path.join(folder, prefix)) as entries:
            for entry in entries:
                if not entry.is_dir():
                    names.append(prefix + entry.name)
                elif entry.is_symlink():
                    return None
                else:
                    folders.append(f"{prefix}{entry.name}/")
        if len(names) > MANY_FILES:
            return None
    return names


def names_within(names: Collection[str], folder: str | None) -> list[str] | None:
    """Those of a repository's files that lie in a folder of it; None where they are many."""
    if len(names) > MANY_FILES:
        return None
    prefix = f"{folder.strip('/')}/" if folder else ""
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
