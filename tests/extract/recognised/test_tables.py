"""Iceberg tables and Zarr stores made by their own libraries, after an ordinary life."""

from __future__ import annotations

import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zarr
from pyiceberg.catalog.sql import SqlCatalog

from dspreview import errors
from tests.support.recognised import Seen


def iceberg(place: Path) -> Path:
    """A table that was appended to, deleted from and given a column."""
    place.mkdir()
    catalog = SqlCatalog("x", uri=f"sqlite:///{place}/catalog.db", warehouse=f"file://{place}/warehouse")
    catalog.create_namespace("n")
    rows = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "k": ["a", "b", None]})
    table = catalog.create_table("n.t", rows.schema)
    table.append(rows)
    table.append(pa.table({"id": pa.array([9], pa.int64()), "k": ["z"]}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table.delete("id = 2")
    with table.update_schema() as update:
        from pyiceberg.types import DoubleType

        update.add_column("new", DoubleType())
    table.append(pa.table({"id": pa.array([5], pa.int64()), "k": ["y"], "new": [1.5]}))
    catalog.close()
    return next((place / "warehouse").rglob("metadata")).parent


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["id"])


NOW = [
    {"id": 1, "k": "a", "new": None}, {"id": 3, "k": None, "new": None}, {"id": 5, "k": "y", "new": 1.5}, {"id": 9, "k": "z", "new": None},
]  # fmt: skip


def test_the_current_rows_of_an_iceberg_table(tmp_path: Path, settings: Any) -> None:
    seen = Seen(iceberg(tmp_path / "w"), settings())
    assert seen.taken_for == "Iceberg table"
    assert by_id(seen.rows()) == NOW
    assert seen.page().num_rows_total == 4


def test_an_iceberg_table_that_was_moved(tmp_path: Path, settings: Any) -> None:
    place = shutil.move(iceberg(tmp_path / "w"), tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "w")
    assert by_id(Seen(Path(place), settings()).rows()) == NOW


@pytest.mark.parametrize("version", [2, 3])
def test_arrays_of_a_zarr_store_are_columns(version: Any, tmp_path: Path, settings: Any) -> None:
    place = tmp_path / "s.zarr"
    group = zarr.open_group(str(place), mode="w", zarr_format=version)
    group.create_array("x", shape=(4, 2), chunks=(3, 2), dtype="f4")[:] = np.arange(8).reshape(4, 2)
    group.create_array("sub/y", shape=(4,), chunks=(4,), dtype="i8", fill_value=7)
    group.create_array("scalar", shape=(), dtype="i8")[()] = 5
    seen = Seen(place, settings())
    assert seen.taken_for == "Zarr store"
    assert seen.rows() == [{"sub/y": 7, "x": [float(2 * n), float(2 * n + 1)]} for n in range(4)]
    assert seen.page().num_rows_total == 4


def test_arrays_of_other_lengths_are_configs(tmp_path: Path, settings: Any) -> None:
    group = zarr.open_group(str(tmp_path / "d" / "s.zarr"), mode="w")
    group.create_array("a", shape=(2,), dtype="i4")[:] = [1, 2]
    group.create_array("b", shape=(3,), dtype="i4")[:] = [1, 2, 3]
    seen = Seen(tmp_path / "d", settings())
    assert seen.splits == {"a": ["train"], "b": ["train"]}
    assert [row["b"] for row in seen.rows("b")] == [1, 2, 3]


@pytest.mark.parametrize(("module", "words"), [("pyiceberg.table", "pyiceberg"), ("zarr", "zarr")])
def test_without_its_package_the_extra_is_named(module: str, words: str, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    if words == "zarr":
        zarr.open_group(str(tmp_path / "t"), mode="w").create_array("a", shape=(2,), dtype="i4")
        place = tmp_path / "t"
    else:
        place = iceberg(tmp_path / "w")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(errors.MissingPackageError, match=f"pip install {words}"):
        Seen(place, settings())
