"""HDF5 files whose datasets are of several lengths, which `datasets` refuses: as columns of the splits that their names tell, else a config each.

Only what lies in the file itself is read: no dataset in another file, no link, no virtual dataset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from dspreview.errors import UnreadableDataError
from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.formats.arrays import column_of, split_arrays
from dspreview.extract.recognised.hdf5_file import hdf5_files, opened

CHUNK = 1 << 24
"""Bytes of a dataset that are read at a time."""


def hdf5_configs(folder: Folder) -> Configs:
    """The datasets of the file by configs and splits. Raises UnreadableDataError."""
    (name,) = hdf5_files(folder)
    with opened(folder, name) as datasets:
        lengths = {path: int(one.shape[0]) for path, one in datasets.items()}
    return {
        config: {
            split: SplitRows(
                (name,), partial(read_datasets, folder, name, columns), lengths[next(iter(columns.values()))], origin=f"{config}/{split}"
            )
            for split, columns in splits.items()
        }
        for config, splits in split_arrays(lengths).items()
    }  # fmt: skip


def read_datasets(folder: Folder, name: str, columns: Mapping[str, str], batch: int) -> Iterator[NamedTable]:
    """Some datasets as columns, a slice of their first axis at a time."""
    with opened(folder, name) as datasets:
        found = {column: datasets[path] for column, path in columns.items()}
        widths = [max(1, int(np.prod(one.shape[1:], dtype=np.int64)) * one.dtype.itemsize) for one in found.values()]
        rows, length = max(1, min([batch, *(CHUNK // width for width in widths)])), len(next(iter(found.values())))
        for start in range(0, max(length, 1), rows):
            end = min(start + rows, length)
            yield name, pa.table({column: values_of(one, start, end, name) for column, one in found.items()})


def values_of(dataset: Any, start: int, end: int, name: str) -> pa.Array:
    """Some rows of a dataset. Raises UnreadableDataError for types that no table has."""
    part = np.asarray(dataset[start:end])
    if part.dtype.kind != "O":
        return column_of(part)
    texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in part.ravel()]
    if not all(isinstance(one, str) for one in texts):
        raise UnreadableDataError(f"{name}: {dataset.name} has a type that no table has: {dataset.dtype}")
    return pa.array(np.array(texts, dtype=object).reshape(part.shape).tolist())
