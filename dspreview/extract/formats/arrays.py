"""Arrays of numbers as columns: the first axis is the rows, the others are nested lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

SPLIT = re.compile(r"(?:^|[_./-])(train|training|test|testing|val|valid|validation|dev)(?=$|[_./-])")
ORDER = ["train", "validation", "test"]
NAMES = {"training": "train", "testing": "test", "val": "validation", "valid": "validation", "dev": "validation"}


def column_of(part: np.ndarray[Any, Any]) -> pa.Array:
    """Some rows of an array as Arrow."""
    if part.ndim > 1:
        inner = column_of(part.reshape(-1, *part.shape[2:]))
        starts = np.arange(len(part) + 1, dtype=np.int64) * part.shape[1]
        return pa.ListArray.from_arrays(pa.array(starts.astype(np.int32)), inner)
    if not part.dtype.isnative:
        part = part.astype(part.dtype.newbyteorder("="))
    kind = part.dtype.kind
    if part.dtype.names:
        return pa.StructArray.from_arrays([column_of(part[name]) for name in part.dtype.names], names=part.dtype.names)
    if kind == "c":
        return pa.StructArray.from_arrays([pa.array(part.real), pa.array(part.imag)], names=["real", "imag"])
    if kind == "S":
        return texts(part)
    if kind == "M" and np.datetime_data(part.dtype)[0] not in {"s", "ms", "us", "ns", "D"}:
        part = part.astype("datetime64[ns]" if is_fine(part.dtype) else "datetime64[s]")
    if kind == "m" and np.datetime_data(part.dtype)[0] not in {"s", "ms", "us", "ns"}:
        part = part.astype("timedelta64[ns]" if is_fine(part.dtype) else "timedelta64[s]")
    if kind == "V":
        return pa.array([bytes(one) for one in part], pa.binary())
    if kind in {"U", "T"}:
        return pa.array(part.tolist(), pa.string())
    return pa.array(np.ascontiguousarray(part))


def is_fine(kind: Any) -> bool:
    """Whether times are counted in less than nanoseconds, which nobody else does."""
    return np.datetime_data(kind)[0] in {"ps", "fs", "as"}


def texts(part: np.ndarray[Any, Any]) -> pa.Array:
    """Bytes of a fixed length as text, where all of them are UTF-8."""
    values = part.tolist()
    try:
        return pa.array([one.decode() for one in values], pa.string())
    except UnicodeDecodeError:
        return pa.array(values, pa.binary())


def split_arrays(lengths: Mapping[str, int]) -> dict[str, dict[str, dict[str, str]]]:
    """The columns of each split of each config, by the names of arrays and how long they are.

    Of one length they are the columns of one table; else the splits that stand in their names, `x_train` and `x_test`; else each is
    a config by itself.
    """
    if len(set(lengths.values())) == 1:
        return {"default": {"train": {name: name for name in lengths}}}
    splits: dict[str, dict[str, str]] = {}
    for name in lengths:
        found = SPLIT.search(name)
        if found is None:
            break
        column = f"{name[: found.start()]}{name[found.end() :]}".strip("_./-") or "value"
        splits.setdefault(NAMES.get(found[1], found[1]), {})[column] = name
    else:
        if all(len({lengths[name] for name in columns.values()}) == 1 for columns in splits.values()):
            return {"default": {split: splits[split] for split in sorted(splits, key=ORDER.index)}}
    return {name: {"train": {name: name}} for name in lengths}
