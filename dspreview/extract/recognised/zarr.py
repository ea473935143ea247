"""Zarr stores of both versions through their own library: arrays are columns, their first axis the rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from dspreview.errors import EmptyDatasetError
from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.formats.arrays import column_of, split_arrays

VALUE = "value"
CHUNK = 1 << 24
"""Bytes of an array that are read at a time."""


def zarr_configs(folder: Folder) -> Configs:
    """The arrays of a store: columns of one table where they are of one length, else by the splits that their names tell."""
    arrays = arrays_of(folder.path())
    if not arrays:
        raise EmptyDatasetError(f"{folder.asked}: its Zarr store holds no array")
    names = tuple(folder.names)
    lengths = {name: len_of(array) for name, array in arrays.items()}
    scalars = {name: array for name, array in arrays.items() if not array.shape}
    if len(scalars) < len(arrays):
        lengths = {name: length for name, length in lengths.items() if name not in scalars}
    return {
        config: {
            split: SplitRows(names, partial(read_arrays, {column: arrays[name] for column, name in columns.items()}), lengths[next(iter(columns.values()))],
                             origin=f"{config}/{split}")
            for split, columns in splits.items()
        }
        for config, splits in split_arrays(lengths).items()
    }  # fmt: skip


def arrays_of(path: str) -> dict[str, Any]:
    """The arrays below a store, by their paths in it."""
    import zarr

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of metadata that other readers may not know
        found = zarr.open(path, mode="r")
        if isinstance(found, zarr.Array):
            return {VALUE: found}
        return {
            name.lstrip("/"): one for name, one in sorted(found.members(max_depth=None)) if isinstance(one, zarr.Array)
        }


def len_of(array: Any) -> int:
    """The rows of an array."""
    return int(array.shape[0]) if array.shape else 1


def read_arrays(columns: Mapping[str, Any], batch: int) -> Iterator[NamedTable]:
    """Some arrays as columns, a slice of their first axis at a time."""
    widths = [
        max(1, int(np.prod(one.shape[1:], dtype=np.int64)) * np.dtype(one.dtype).itemsize) for one in columns.values()
    ]
    rows = max(1, min([batch, *(CHUNK // width for width in widths)]))
    length = len_of(next(iter(columns.values())))
    for start in range(0, max(length, 1), rows):
        end = min(start + rows, length)
        yield "", pa.table({name: column_of(part_of(one, start, end)) for name, one in columns.items()})


def part_of(array: Any, start: int, end: int) -> np.ndarray[Any, Any]:
    """A slice of an array."""
    return np.asarray(array[start:end] if array.shape else np.reshape(array[()], (1,)))
