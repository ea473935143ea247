"""The patterns that `datasets` tries on a folder whose README names no files, tried where a file can match at all.

It knows 65, and looks through the folder for each: 30 ms for a small folder, or as many requests to the Hub.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from datasets import DownloadConfig
from datasets.data_files import EmptyDatasetError, _get_data_files_patterns, resolve_pattern

from dspreview.extract.layout.globs import expression, literal


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
