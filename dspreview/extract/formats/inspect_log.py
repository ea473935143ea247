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
from zipfile import BadZipFile

from dspreview.errors import UnreadableDataError
from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.formats.values import table_of
from dspreview.models import Json

SAMPLES, HEADER = "samples/", "header.json"
ENDING = ".eval"
MOST_HEADERS = 10
"""Logs whose headers are told."""
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


def headers(folder: Folder) -> list[Json]:
    """Of the first logs: task, model, how it ended, scores. A log that cannot be read tells nothing."""
    found = []
    for name in [one for one in folder.names if one.endswith(ENDING)][:MOST_HEADERS]:
        try:
            with folder.open(name) as stream, opened(stream) as archive:
                told = json.loads(archive.read(HEADER))
        except (OSError, ValueError, KeyError, BadZipFile):
            continue
        if isinstance(told, dict):
            found.append({"file": name, **header_facts(told)})
    return found


def header_facts(told: dict[str, Json]) -> dict[str, Json]:
    """What people ask of a log."""
    about, results = mapping(told.get("eval")), mapping(told.get("results"))
    scores = {
        f"{mapping(score).get('name', 'score')} {metric}": mapping(value).get("value", value)
        for score in results.get("scores") or ()
        for metric, value in mapping(mapping(score).get("metrics")).items()
    }
    facts = {"task": about.get("task"), "model": about.get("model"), "status": told.get("status")}
    return {key: value for key, value in facts.items() if value is not None} | ({"scores": scores} if scores else {})


def mapping(value: Json) -> dict[str, Json]:
    """A value where it is an object, else an empty one: a log is written by whatever version."""
    return value if isinstance(value, dict) else {}
