"""Logs of Inspect: a sample is a row, its keys are columns; nested ones are JSON.

They are zip files whose members may be packed with zstd, whatever their ids are called. Source: inspect_ai.log, 0.3.285.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import IO, Any

from dspreview.errors import UnreadableDataError
from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.formats.values import table_of

SAMPLES, HEADER = "samples/", "header.json"
AT_ONCE = 64
"""Samples that are held at a time: each may have megabytes of events."""


def inspect_configs(folder: Folder, names: Sequence[str]) -> Configs:
    """One config with the split that `datasets` has for logs."""
    return {"default": {"logs": SplitRows(tuple(names), partial(read_logs, folder, names), guessed=True)}}


def opened(stream: IO[bytes]) -> Any:
    """A zip that knows zstd. Raises BadZipFile."""
    module = "zipfile" if sys.version_info >= (3, 14) else "backports.zstd.zipfile"
    return import_module(module).ZipFile(stream)


def read_logs(folder: Folder, names: Sequence[str], batch: int) -> Iterator[NamedTable]:
    """The samples of each log, by their epochs and their order in it."""
    del batch
    for name in names:
        with folder.open(name) as stream, opened(stream) as archive:
            members = sorted(
                (one for one in archive.namelist() if one.startswith(SAMPLES) and one.endswith(".json")), key=place_of
            )
            if not members and HEADER not in archive.namelist():
                raise UnreadableDataError(f"{name} is no log of Inspect: it has no {HEADER}")
            keys: dict[str, None] = {}
            for start in range(0, len(members), AT_ONCE):
                rows = [json.loads(archive.read(one)) for one in members[start : start + AT_ONCE]]
                keys |= dict.fromkeys(key for row in rows for key in row)
                yield name, table_of(list(keys), ([row.get(key) for key in keys] for row in rows))


def place_of(member: str) -> tuple[int, int, str]:
    """The epoch of a sample, and its id: numbers in their order, then texts."""
    ident, _, epoch = member.removeprefix(SAMPLES).removesuffix(".json").rpartition("_epoch_")
    return int(epoch) if epoch.isdecimal() else 0, int(ident) if ident.isdecimal() else sys.maxsize, ident
