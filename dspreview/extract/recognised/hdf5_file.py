"""An HDF5 file by what lies in it: no dataset in another file, no link, no virtual dataset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dspreview.errors import UnreadableDataError
from dspreview.extract.folder import Folder
from dspreview.extract.recognised.signs import kinds_of


def hdf5(folder: Folder) -> str | None:
    """One HDF5 file whose datasets are of several lengths: of equal ones they are a table, for `datasets` too."""
    if not {"h5", "hdf5"} & folder.endings or folder.dataset.is_remote:
        return None
    names = hdf5_files(folder)
    if len(names) != 1 or kinds_of(folder.names).total() != 1:
        return None
    try:
        several = len(lengths_of(folder, names[0])) > 1
    except (
        OSError,
        ImportError,
        KeyError,
        RuntimeError,
        ValueError,
        UnreadableDataError,
    ):  # who reads the data says what is wrong
        return None
    return f"the lengths of the datasets in {names[0]}" if several else None


def hdf5_files(folder: Folder) -> list[str]:
    """The HDF5 files of a dataset."""
    return [name for name in folder.names if name.lower().endswith((".h5", ".hdf5"))]


def lengths_of(folder: Folder, name: str) -> set[int]:
    """The lengths of the datasets of a file. Raises what h5py raises."""
    with opened(folder, name) as datasets:
        return {int(one.shape[0]) for one in datasets.values()}


@contextmanager
def opened(folder: Folder, name: str) -> Iterator[dict[str, Any]]:
    """The datasets of a file that have rows, by their paths in it. Raises UnreadableDataError, OSError, ImportError."""
    import h5py

    with h5py.File(folder.path(name), "r") as file:
        yield {path: one for path, one in datasets_in(file, name, h5py) if one.shape}


def datasets_in(
    group: Any, name: str, library: Any, prefix: str = "", seen: set[int] | None = None
) -> Iterator[tuple[str, Any]]:
    """The datasets below a group that lie in this file, each group once. Raises UnreadableDataError where one does not."""
    seen = set() if seen is None else seen
    place = library.h5o.get_info(group.id).addr
    if place in seen:  # groups may hold each other
        return
    seen.add(place)
    for key in group:
        path = f"{prefix}{key}"
        if not isinstance(group.get(key, getlink=True), library.HardLink):
            raise UnreadableDataError(f"{name}: {path} is a link; only what lies in the file itself is read")
        found = group[key]
        if isinstance(found, library.Group):
            yield from datasets_in(found, name, library, f"{path}/", seen)
        elif isinstance(found, library.Dataset):
            if found.external or found.is_virtual:
                raise UnreadableDataError(f"{name}: the values of {path} lie in another file, which is not read")
            yield path, found
