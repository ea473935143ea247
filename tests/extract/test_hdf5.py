"""HDF5 that is valid, and that the reader of `datasets` 5.2 does not take: the other byte order, datasets of a single value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.check.test_check import check
from tests.support.extraction import extract


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
