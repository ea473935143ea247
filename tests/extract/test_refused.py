"""Formats that are code, or that can reach outside of the dataset, stay refused: shown with harmless files that a test makes."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from dspreview import errors
from dspreview.settings import Settings
from tests.support.data import write
from tests.support.extraction import extract

Make = Callable[..., Settings]
MARK = 8_675_309


class Touch:
    """Makes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return open, (str(self.path), "w")


@pytest.mark.parametrize("name", ["a.pkl", "a.pickle", "a.npy", "a.npz", "a.pt", "a.pth", "a.joblib"])
def test_pickles_are_not_opened(name: str, tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {name: pickle.dumps(Touch(tmp_path / "ran"))})
    with pytest.raises(errors.DatasetError):
        extract(tmp_path / "d", settings(), tmp_path / "s")
    assert not (tmp_path / "ran").exists()


def test_arrays_of_objects_in_an_archive_are_not_unpickled(tmp_path: Path, settings: Make) -> None:
    import io
    import tarfile

    buffer = io.BytesIO()
    np.save(buffer, np.array([Touch(tmp_path / "ran")], dtype=object), allow_pickle=True)
    (tmp_path / "d").mkdir()
    with tarfile.open(tmp_path / "d" / "a.tar", "w") as archive:
        member = tarfile.TarInfo("0.x.npy")
        member.size = len(buffer.getvalue())
        archive.addfile(member, io.BytesIO(buffer.getvalue()))
    with pytest.raises(errors.DatasetError):
        extract(tmp_path / "d", settings(), tmp_path / "s")
    assert not (tmp_path / "ran").exists()


def linked(file: h5py.File, outside: Path) -> None:
    """A link to another file."""
    file["x"] = h5py.ExternalLink(str(outside), "/x")


def stored(file: h5py.File, outside: Path) -> None:
    """A dataset whose bytes lie in another file."""
    file.create_dataset("x", (4,), "int64", external=[(str(outside), 0, 32)])


def virtual(file: h5py.File, outside: Path) -> None:
    """A dataset put together from another file's."""
    layout = h5py.VirtualLayout((4,), "int64")
    layout[:] = h5py.VirtualSource(str(outside), "x", (4,))
    file.create_virtual_dataset("x", layout)


@pytest.mark.parametrize("reach", [linked, stored, virtual])
@pytest.mark.parametrize("group", ["", "inner"])
def test_hdf5_reaches_no_other_file(
    reach: Callable[[h5py.File, Path], None], group: str, tmp_path: Path, settings: Make
) -> None:
    outside = tmp_path / "outside.h5"
    with h5py.File(outside, "w") as other:
        other["x"] = np.full(4, MARK, "int64")
    (tmp_path / "d").mkdir()
    with h5py.File(tmp_path / "d" / "a.h5", "w") as file:
        file["y"] = np.arange(4)
        reach(file.create_group(group) if group else file, outside)
    with pytest.raises(errors.DatasetError) as caught:
        extract(tmp_path / "d", settings(), tmp_path / "s")
    assert str(MARK) not in str(caught.value)
    with h5py.File(tmp_path / "d" / "a.h5", "w") as file:  # without that it is read
        file["y"] = np.arange(4)
    assert extract(tmp_path / "d", settings(), tmp_path / "t").rows == [{"y": number} for number in range(4)]


def test_sqlite_is_no_format_yet(tmp_path: Path, settings: Make) -> None:
    (tmp_path / "d").mkdir()
    with sqlite3.connect(tmp_path / "d" / "a.sqlite") as connection:
        connection.execute(f"ATTACH '{tmp_path}/other.sqlite' AS other")
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    with pytest.raises(errors.EmptyDatasetError):
        extract(tmp_path / "d", settings(), tmp_path / "s")


@pytest.mark.parametrize(
    "value",
    ["!!python/object/apply:os.mkdir [{ran}]", "!!python/name:os.system", "!include {ran}", "!!python/tuple [1]"],
)
def test_tags_of_yaml_make_nothing(value: str, tmp_path: Path, settings: Make) -> None:
    readme = f"---\nlicense: {value.format(ran=tmp_path / 'ran')}\n---\n"
    write(tmp_path / "d", {"README.md": readme, "a.csv": "a\n1\n"})
    with pytest.raises(errors.CardError):
        extract(tmp_path / "d", settings(), tmp_path / "s")
    assert not (tmp_path / "ran").exists()
