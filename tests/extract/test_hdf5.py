"""HDF5 that is valid, and that the reader of `datasets` 5.2 does not take: the other byte order, datasets of a single value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dspreview import errors, local
from dspreview.extract.folder import Folder
from dspreview.extract.recognised.hdf5 import hdf5_configs
from tests.check.test_check import check
from tests.support.extraction import extract
from tests.support.recognised import Seen


def file(folder: Path, **datasets: Any) -> Path:
    """A file of some datasets."""
    folder.mkdir()
    with h5py.File(folder / "a.h5", "w") as out:
        for name, values in datasets.items():
            out[name] = values
    return folder


def test_numbers_in_the_other_byte_order(tmp_path: Path, settings: Any) -> None:
    data = file(tmp_path / "d", n=np.array([1, -2, 3], dtype=">i4"), x=np.array([[1.5, 2.5]] * 3, dtype=">f8"))
    rows = extract(data, settings(), tmp_path / "s").rows
    assert rows == [{"n": n, "x": [1.5, 2.5]} for n in (1, -2, 3)]


def test_a_scalar_is_the_same_in_every_row(tmp_path: Path, settings: Any) -> None:
    data = file(tmp_path / "d", n=5, t="text", x=np.arange(3))
    assert extract(data, settings(), tmp_path / "s").rows == [{"n": 5, "t": "text", "x": x} for x in range(3)]


def test_nothing_but_scalars_is_one_row(tmp_path: Path, settings: Any) -> None:
    assert extract(file(tmp_path / "d", n=np.float64(2.5)), settings(), tmp_path / "s").rows == [{"n": 2.5}]


def test_check_says_that_the_library_does_not_read_it(tmp_path: Path, settings: Any) -> None:
    data = file(tmp_path / "d", n=np.array([1, 2], dtype=">i4"))
    found = check(data, settings, tmp_path / "work", None).findings
    assert [(one.code, one.severity) for one in found] == [("library-refuses", "error")]


def test_groups_of_several_lengths_are_splits(tmp_path: Path, settings: Any) -> None:
    """Expected: what h5py gives."""
    (tmp_path / "d").mkdir()
    with h5py.File(tmp_path / "d" / "a.h5", "w") as out:
        for split, rows in (("train", 3), ("test", 2)):
            out[f"{split}/x"] = np.arange(2.0 * rows).reshape(rows, 2)
            out[f"{split}/name"] = [f"{split}{n}" for n in range(rows)]
    seen = Seen(tmp_path / "d", settings())
    assert (seen.taken_for, seen.splits) == ("HDF5 file of several lengths", {"default": ["train", "test"]})
    assert seen.rows(split="test") == [{"name": "test0", "x": [0.0, 1.0]}, {"name": "test1", "x": [2.0, 3.0]}]
    assert seen.page(split="train").num_rows_total == 3


def test_datasets_of_other_names_are_configs(tmp_path: Path, settings: Any) -> None:
    data = file(
        tmp_path / "d", train=np.arange(3), test=np.arange(2), neighbors=np.array([[1, 2], [0, 1]], dtype=">i4")
    )
    seen = Seen(data, settings())
    assert seen.splits == {"neighbors": ["train"], "test": ["train"], "train": ["train"]}
    assert seen.rows("neighbors") == [{"neighbors": [1, 2]}, {"neighbors": [0, 1]}]


def test_datasets_of_one_length_stay_a_table(tmp_path: Path, settings: Any) -> None:
    assert Seen(file(tmp_path / "d", x=np.arange(3), y=np.arange(3)), settings()).taken_for == ""


def test_groups_that_hold_each_other_are_gone_through_once(tmp_path: Path, settings: Any) -> None:
    data = file(tmp_path / "d", train=np.arange(3), test=np.arange(2))
    with h5py.File(data / "a.h5", "a") as out:
        out["g/x"] = np.arange(2)
        out["g/back"] = out["/"]
        out["twin"] = out["g"]
    assert Seen(data, settings()).splits == {"g/x": ["train"], "test": ["train"], "train": ["train"]}


@pytest.mark.parametrize("way", ["external", "virtual", "link", "soft link"])
def test_no_other_file_is_read(way: str, tmp_path: Path, settings: Any) -> None:
    """Whatever a file says of another one, it stays unread."""
    outside = tmp_path / "outside.h5"
    with h5py.File(outside, "w") as out:
        out["s"] = np.frombuffer(b"canary", dtype="u1")
    data = file(tmp_path / "d", train=np.arange(3), test=np.arange(2))
    with h5py.File(data / "a.h5", "a") as out:
        if way == "external":
            out.create_dataset("x", (6,), dtype="u1", external=[(str(outside), 0, 6)])
        elif way == "virtual":
            layout = h5py.VirtualLayout(shape=(6,), dtype="u1")
            layout[:] = h5py.VirtualSource(str(outside), "s", shape=(6,))
            out.create_virtual_dataset("x", layout)
        else:
            out["x"] = h5py.ExternalLink(str(outside), "s") if way == "link" else h5py.SoftLink("/train")
    with pytest.raises(errors.PreviewError):
        Seen(data, settings()).page()
    folder = Folder(local.resolve(local.identify(str(data))), str(data), settings(), frozenset({"a.h5"}))
    with pytest.raises(errors.UnreadableDataError, match=r"another file|a link"):
        hdf5_configs(folder)
