"""The patterns that `datasets` tries on a folder whose README names no files, tried where a file can match at all.

It knows 65, and looks through the folder for each: 30 ms for a small folder, or as many requests to the Hub.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from functools import lru_cache, partial

from datasets import DownloadConfig
from datasets.data_files import EmptyDatasetError, _get_data_files_patterns, resolve_pattern
from fsspec.utils import glob_translate

MANY_FILES = 20_000
"""With more files than that looking at their names costs as much as it saves."""


def data_patterns(base: str, names: Collection[str] | None, download: DownloadConfig) -> dict[str, list[str]]:
    """The patterns of each split that fit the files below `base`. Raises EmptyDatasetError.

    Args:
        names: the files below it, `folder/file`; None where they are not known.

    """
    look = partial(resolve_pattern, base_path=base, download_config=download)

    def resolve(pattern: str) -> list[str]:
        if names is not None and not any(map(expression(pattern).match, names)):
            return []
        return list(look(pattern))

    try:
        return dict(_get_data_files_patterns(resolve))
    except FileNotFoundError as error:
        raise EmptyDatasetError(f"{base} doesn't contain any data files") from error


@lru_cache(maxsize=512)
def expression(pattern: str) -> re.Pattern[str]:
    """What a pattern matches, as fsspec has it."""
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
