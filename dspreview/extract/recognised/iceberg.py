"""Iceberg tables through pyiceberg: the rows of the current snapshot, wherever the folder was moved to."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pyarrow as pa

from dspreview.arrow.settled import empty_table
from dspreview.errors import UnreadableDataError
from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows

NUMBER = re.compile(r"metadata/v?(\d+)[^/]*\.metadata\.json(?:\.gz)?")
GZIP = b"\x1f\x8b"
"""What files begin with that are packed; Java's writers do that on request."""


def current_metadata(folder: Folder) -> str:
    """The newest metadata file: the one with the largest number. Raises UnreadableDataError."""
    numbered = {name: int(found[1]) for name in folder.names if (found := NUMBER.fullmatch(name))}
    if not numbered:
        raise UnreadableDataError(f"{folder.asked}: its metadata has no file with a number; it is no Iceberg table")
    return max(numbered, key=lambda name: (numbered[name], name))


def iceberg_configs(folder: Folder) -> Configs:
    """One config with one split: the rows of the current snapshot."""
    from pyiceberg.table import StaticTable

    from dspreview.extract.recognised.moved import BEFORE, ROOT, MovedFiles, moved_path

    path = folder.path(current_metadata(folder))
    with open(path, "rb") as file:
        text = file.read()
    location = str(json.loads(gzip.decompress(text) if text.startswith(GZIP) else text)["location"])
    told = {"py-io-impl": f"{MovedFiles.__module__}.{MovedFiles.__qualname__}", ROOT: folder.path(), BEFORE: location}
    table = StaticTable.from_metadata(path, told)
    schema = table.schema().as_arrow()
    tasks = sorted(table.scan().plan_files(), key=lambda task: str(task.file.file_path))
    inside = moved_path(location, folder.path())
    names = tuple(os.path.relpath(inside(task.file.file_path), folder.path()) for task in tasks)
    exact = not any(task.delete_files for task in tasks)
    count = sum(task.file.record_count for task in tasks) if exact else None
    return {"default": {"train": SplitRows(names, partial(read_tasks, table, schema, names, tasks), count)}}


def read_tasks(
    table: Any, schema: pa.Schema, names: tuple[str, ...], tasks: list[Any], batch: int
) -> Iterator[NamedTable]:
    """The rows of each data file, without those that were deleted since."""
    from pyiceberg.expressions import AlwaysTrue
    from pyiceberg.io.pyarrow import ArrowScan

    del batch
    yield "", empty_table(schema)
    for name, task in zip(names, tasks, strict=True):
        scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
        for part in scan.to_record_batches([task]):
            yield name, pa.Table.from_batches([part]).cast(schema)
