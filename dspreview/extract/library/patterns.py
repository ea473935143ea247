"""The patterns that `datasets` tries on a folder whose README names no files, tried where a file can match at all.

It knows 65, and looks through the folder for each: 30 ms for a small folder, or as many requests to the Hub.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from functools import partial

from datasets import DownloadConfig
from datasets.data_files import DataFilesDict, EmptyDatasetError, _get_data_files_patterns, resolve_pattern
from datasets.packaged_modules import (
    _ALL_ALLOWED_EXTENSIONS,
    _MODULE_TO_EXTENSIONS,
    _MODULE_TO_METADATA_EXTENSIONS,
    _MODULE_TO_METADATA_FILE_NAMES,
)

from dspreview.errors import DatasetError
from dspreview.extract.layout.globs import expression, literal

TEXTS_OF_TASKS = frozenset({".md", ".toml"})


def data_patterns(base: str, names: Collection[str] | None, download: DownloadConfig) -> dict[str, list[str]]:
    """The patterns of each split that fit the files below `base`. Raises EmptyDatasetError.

    Args:
        names: the files below it, `folder/file`; None where they are not known.

    """
    text = "\n".join(names or ())
    look = partial(resolve_pattern, base_path=base, download_config=download)

    def resolve(pattern: str) -> list[str]:
        if names is not None and (literal(pattern) not in text or not any(map(expression(pattern).match, names))):
            return []
        return list(look(pattern))

    try:
        return dict(_get_data_files_patterns(resolve))
    except FileNotFoundError as error:
        raise EmptyDatasetError(f"{base} doesn't contain any data files") from error


def is_task(name: str) -> bool:
    """Whether a file makes its folder one of the tasks that `datasets` reads from .md and .toml files."""
    return os.path.basename(name) in {"task.toml", "instruction.md"}


def without_texts(found: DataFilesDict) -> DataFilesDict:
    """The files without those that are data in a folder of tasks alone."""
    return found.filter(extensions=[one for one in _ALL_ALLOWED_EXTENSIONS if one not in TEXTS_OF_TASKS])


def of_kind(found: DataFilesDict, module: str) -> DataFilesDict:
    """The files that a reader of `datasets` takes."""
    return found.filter(
        extensions=_MODULE_TO_EXTENSIONS[module] + _MODULE_TO_METADATA_EXTENSIONS[module],
        file_names=_MODULE_TO_METADATA_FILE_NAMES[module],
    )


def several_kinds(asked: str, names: list[str]) -> DatasetError:
    """The failure of a pattern that matches files of several kinds, or of none that is known."""
    kinds = Counter(os.path.splitext(one)[1] or "without an ending" for one in names)
    told = ", ".join(f"{number:,} {kind}" for kind, number in sorted(kinds.items())[:12])
    return DatasetError(f"{asked} matches files of several kinds ({told}); name those of one kind that is read")
