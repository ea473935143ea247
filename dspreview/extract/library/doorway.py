"""The readers of `datasets` open their files through the door of the dataset that is read; fsspec resolves no address for them.

Wherever their modules ask fsspec what an address means, they ask us: the names below are replaced once, when this is imported.
`tests/extract/test_door.py` shows that no protocol of fsspec is reachable besides those of the door.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import fsspec
from datasets import data_files
from datasets.download import download_manager
from datasets.utils import file_utils

from dspreview.extract.files.door import CURRENT


def url_to_fs(url: Any, **options: Any) -> tuple[Any, str]:
    """The file system of an address and the path in it, as `fsspec.core.url_to_fs`. Raises UnsafePathError.

    Where none of our datasets is read, a program that uses `datasets` beside us gets what it always got.
    """
    door = CURRENT.get()
    return fsspec.core.url_to_fs(url, **options) if door is None else door.file_system(str(url), **options)


def pattern_to_fs(pattern: Any, **options: Any) -> tuple[Any, str]:
    """The same for a pattern of data files. Raises UnsafePathError."""
    door = CURRENT.get()
    if door is None:
        return url_to_fs(pattern, **options)
    return door.pattern_system(str(pattern), **options)


def get_fs_token_paths(url: Any, mode: str = "rb", storage_options: Any = None, **_: Any) -> tuple[Any, str, list[str]]:
    """The same with a list of paths, as `fsspec.get_fs_token_paths`."""
    del mode
    system, path = url_to_fs(url, **(storage_options or {}))
    return system, "", [path]


def open_address(url: Any, mode: str = "rb", **options: Any) -> Any:
    """A file, as `fsspec.open`. Raises UnsafePathError, OSError."""
    note(url)
    system, path = url_to_fs(url, **options)
    return system.open(path, mode)


def note(address: Any) -> None:
    """Keep what a reader opens, for the message where it fails without saying which file it was."""
    if (door := CURRENT.get()) is not None:
        door.latest = str(address)


def open_path(path: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
    """A file on this machine, as `open`: where a dataset is read, one of its own. Raises UnsafePathError, OSError."""
    door = CURRENT.get()
    if door is not None and isinstance(path, str) and "w" not in mode:
        door.here(path)
        note(path)
    return builtins.open(path, mode, *rest, **options)


def threads(thread_map: Callable[..., Any]) -> Callable[..., Any]:
    """A `thread_map` whose threads read the same dataset as the one that asks for them."""

    def mapped(function: Callable[..., Any], *items: Any, **options: Any) -> Any:
        door = CURRENT.get()

        def one(*values: Any) -> Any:
            with nullcontext() if door is None else door.entered():
                return function(*values)

        return thread_map(one, *items, **options)

    return mapped


def origin_metadata(metadata: Callable[..., Any]) -> Callable[..., Any]:
    """What tells that files changed, which `datasets` asks for each of them: our own keys do that."""

    def asked(files: list[str], *rest: Any, **options: Any) -> Any:
        return metadata(files, *rest, **options) if CURRENT.get() is None else [()] * len(files)

    return asked


file_utils.url_to_fs = url_to_fs
file_utils.open = open_path
file_utils.fsspec = SimpleNamespace(
    open=open_address,
    get_fs_token_paths=get_fs_token_paths,
    available_protocols=fsspec.available_protocols,
)
data_files.url_to_fs = pattern_to_fs
data_files._get_origin_metadata = origin_metadata(data_files._get_origin_metadata)  # noqa: SLF001 - what is replaced is private, and pinned by tests
download_manager.url_to_fs = url_to_fs
for module in (data_files, download_manager):
    module.thread_map = threads(module.thread_map)
