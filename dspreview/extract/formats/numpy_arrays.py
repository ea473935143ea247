"""NumPy's own files: an array is a column, its first axis the rows; the fields of a structured one are columns."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from dspreview.errors import PickleError, UnreadableDataError
from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.formats.arrays import column_of, split_arrays
from dspreview.extract.parquet.rowgroups import COUNT_KEY

VALUE = "value"
CHUNK = 1 << 24
"""Bytes of an array that are read at a time."""


def in_utf8(kind: Any) -> Any:
    """A type whose names were read as Latin-1, with them as UTF-8."""
    if kind.subdtype is not None:
        return np.dtype((in_utf8(kind.subdtype[0]), kind.subdtype[1]))
    if not kind.names:
        return kind
    fields = [kind.fields[name] for name in kind.names]
    return np.dtype(
        {
            "names": [name.encode("latin-1").decode() for name in kind.names],
            "formats": [in_utf8(field[0]) for field in fields],
            "offsets": [field[1] for field in fields],
            "itemsize": kind.itemsize,
        }
    )


class Stored:
    """An array in an open file, read from its beginning on."""

    def __init__(self, stream: Any) -> None:
        """Raises ValueError, PickleError."""
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        self.shape, fortran, self.dtype = read(stream)
        if version >= (3, 0):  # whose header is UTF-8; NumPy's public readers take all for Latin-1
            self.dtype = in_utf8(self.dtype)
        if self.dtype.hasobject:
            raise PickleError(
                "the array holds pickled objects, which can run code when they are loaded; save it without"
            )
        self.stream = stream
        self.turned = fortran and len(self.shape) > 1
        """Whether its first axis is not the slowest: then it is read whole."""

    def __len__(self) -> int:
        return self.shape[0] if self.shape else 1

    def parts(self, rows: int) -> Iterator[np.ndarray[Any, Any]]:
        """The array, so many rows at a time. Raises ValueError where the file ends before it."""
        inner = self.shape[1:]
        width = int(np.prod(inner, dtype=np.int64)) * self.dtype.itemsize
        if self.turned:
            whole = np.frombuffer(self.taken(width * len(self)), self.dtype).reshape(self.shape, order="F")
            yield from (whole[start : start + rows] for start in range(0, len(self), rows))
            return
        rows = max(1, min(rows, CHUNK // max(width, 1)))
        for start in range(0, len(self), rows):
            count = min(rows, len(self) - start)
            yield np.frombuffer(self.taken(width * count), self.dtype, count=-1).reshape((count, *inner))

    def taken(self, size: int) -> bytes:
        """So many bytes. Raises ValueError where there are fewer."""
        found = bytes(self.stream.read(size))
        if len(found) < size:
            raise ValueError(f"the file is cut off: {size - len(found):,} bytes are missing")
        return found


def npy_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """The rows of an array."""
    array = Stored(stream)
    empty = table_of(np.empty((0, *array.shape[1:]), array.dtype))
    yield empty.replace_schema_metadata({COUNT_KEY: str(len(array))})
    for part in array.parts(batch_size):
        yield table_of(part)


def table_of(part: np.ndarray[Any, Any]) -> pa.Table:
    """Some rows of an array as a table."""
    if part.dtype.names:
        return pa.table({name: column_of(part[name]) for name in part.dtype.names})
    return pa.table({VALUE: column_of(part)})


def npz_configs(folder: Folder, names: Sequence[str]) -> Configs:
    """The arrays of an archive: columns of one table where they are of one length, else by the splits that their names tell."""
    found: dict[str, Mapping[str, SplitRows]] = {}
    for name in names:
        lengths = {}
        with folder.open(name) as stream, zipfile.ZipFile(stream) as archive:
            for member in archive.namelist():
                with archive.open(member) as file:
                    lengths[member.removesuffix(".npy")] = len(Stored(file))
        if not lengths:
            raise UnreadableDataError(f"{folder.asked}: {name} holds no array")
        for config, splits in split_arrays(lengths).items():
            label = config if len(names) == 1 else f"{name.rpartition('.')[0].replace('/', '.')}.{config}"
            found[label] = {
                split: SplitRows(
                    (name,),
                    partial(npz_rows, folder, name, columns),
                    lengths[next(iter(columns.values()))],
                    origin=f"{config}/{split}",
                )
                for split, columns in splits.items()
            }
    return found


def npz_rows(folder: Folder, name: str, columns: Mapping[str, str], batch: int) -> Iterator[NamedTable]:
    """Some arrays of an archive as columns."""
    with folder.open(name) as stream, zipfile.ZipFile(stream) as archive:
        files = {column: archive.open(f"{member}.npy") for column, member in columns.items()}
        arrays = {column: Stored(file) for column, file in files.items()}
        rows = min(
            batch,
            *(
                CHUNK // max(1, int(np.prod(one.shape[1:], dtype=np.int64)) * one.dtype.itemsize) or 1
                for one in arrays.values()
            ),
        )
        parts = {column: one.parts(rows) for column, one in arrays.items()}
        yield (
            name,
            pa.table({column: column_of(np.empty((0, *one.shape[1:]), one.dtype)) for column, one in arrays.items()}),
        )
        for _ in range(0, len(next(iter(arrays.values()))), rows):
            yield name, pa.table({column: column_of(next(part)) for column, part in parts.items()})
