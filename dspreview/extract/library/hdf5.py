"""HDF5 through the reader of `datasets`, which takes no numbers of the other byte order, and no dataset of a single value.

Importing this replaces two of its functions. A scalar is the same value in every row of its file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from datasets import Features
from datasets.packaged_modules.hdf5 import hdf5 as reader

from dspreview.extract.files.door import CURRENT


class Native:
    """A dataset as arrays in the byte order of this machine, a scalar as often as it is asked for."""

    def __init__(self, dataset: Any) -> None:
        self.dataset, self.dtype = dataset, dataset.dtype
        self.shape = dataset.shape or (1,)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.dataset, name)

    def __getitem__(self, key: Any) -> Any:
        """Some rows, or a field of a compound."""
        found: Any
        door = CURRENT.get()
        if door is not None and (len(self.dataset.shape) == 0 or self.dtype.isnative is False):
            door.beyond_library = "a dataset of a single value, or of numbers in the other byte order"
        if isinstance(key, slice) and not self.dataset.shape:
            kind = object if self.dtype.kind == "O" else self.dtype
            found = np.full(key.stop - key.start, self.dataset[()], dtype=kind)
        else:
            found = self.dataset[key]
        if isinstance(found, np.ndarray) and found.dtype.kind != "O":
            return found.astype(found.dtype.newbyteorder("="), copy=False)
        return found


def load_array(dataset: Any, path: str, start: int, end: int) -> Any:
    """Some rows of a dataset, as `_load_array` of `datasets`."""
    return loads(Native(dataset), path, start, end)


def shapes(group: Any, features: Features) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The shapes of the datasets in a file or a group."""
    for path, found in reader._iter_with_links(group):  # noqa: SLF001 - what is replaced is private, and pinned by tests
        if path in features and reader._is_group(found):  # noqa: SLF001 - what is replaced is private, and pinned by tests
            yield from ((f"{path}/{inner}", shape) for inner, shape in shapes(found, features[path]))
        elif path in features and reader._is_dataset(found):  # noqa: SLF001 - what is replaced is private, and pinned by tests
            yield path, found.shape


def number_of_rows(file: Any, features: Features) -> int | None:
    """The rows of a file, as `_check_dataset_lengths` of `datasets`; one where all are scalars. Raises ValueError where they differ."""
    known = dict(shapes(file, features))
    lengths = {path: shape[0] for path, shape in known.items() if shape}
    first = next(iter(lengths.values()), 1 if known else None)
    for path, length in lengths.items():
        if length != first:
            raise ValueError(f"dataset {path!r} has {length} rows, and the first has {first}")
    return first


loads = reader._load_array  # noqa: SLF001 - what is replaced is private, and pinned by tests
reader._load_array = load_array  # noqa: SLF001 - what is replaced is private, and pinned by tests
reader._check_dataset_lengths = number_of_rows  # noqa: SLF001 - what is replaced is private, and pinned by tests
