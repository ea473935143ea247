"""Tables with a log of their versions, and arrays in stores and files: Delta, Iceberg, Zarr, HDF5, NumPy."""

from __future__ import annotations

import json
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
import pyarrow as pa
import zarr
from deltalake import CommitProperties, DeltaTable, write_deltalake
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable
from pyiceberg.types import DoubleType

from tests.folders.case import TEST, TRAIN, Healthy, Ill, Layout, Place, Row, Writer

VALIDATION: Place = ("default", "validation")


def orders(first: int, number: int, **more: Any) -> pa.Table:
    """Some orders."""
    ids = range(first, first + number)
    days = pa.array([19_000 + n % 3 for n in ids], pa.date32())
    names = [None if n % 6 == 5 else f"a b/{n % 3}" for n in ids]
    return pa.table({"id": pa.array(ids, pa.int64()), "day": days, "shop": names, "sum": [n / 4 for n in ids]} | more)


def delta(folder: Path) -> None:
    """A partitioned table that was appended to, changed, deleted from, merged into, given a column, compacted and checkpointed."""
    write_deltalake(folder, orders(0, 12), partition_by=["shop"])
    for first in (20, 40):
        write_deltalake(folder, orders(first, 10), mode="append", commit_properties=CommitProperties({"by": "test"}))
    write_deltalake(folder, orders(60, 3, note=["x", None, "ö"]), mode="append", schema_mode="merge")
    DeltaTable(folder).delete("id % 5 = 0")
    DeltaTable(folder).update(updates={"sum": "sum * 10"}, predicate="id > 40")
    news = orders(61, 3, note=["new", "newer", "newest"])
    merge = DeltaTable(folder).merge(news, "t.id = s.id", source_alias="s", target_alias="t")
    merge.when_matched_update_all().when_not_matched_insert_all().execute()
    DeltaTable(folder).optimize.compact()
    DeltaTable(folder).create_checkpoint()
    DeltaTable(folder).delete("id = 1")


def own_delta(folder: Path) -> dict[Place, list[Row]]:
    """What deltalake reads of the current version."""
    return {TRAIN: pa.table(DeltaTable(folder).to_pyarrow_table()).to_pylist()}


def delta_without_file(folder: Path) -> None:
    """A file that the log names is not there."""
    delta(folder)
    (folder / DeltaTable(folder).file_uris()[0].removeprefix(f"{folder}/")).unlink()


def iceberg(folder: Path) -> None:
    """A table partitioned later on, deleted from, overwritten in part, with a renamed and a new column; then it was moved."""
    with closing(SqlCatalog("x", uri=f"sqlite:///{folder}.db", warehouse=f"file://{folder}.w")) as catalog:
        catalog.create_namespace("n")
        table = catalog.create_table("n.t", orders(0, 1).schema)
        table.append(orders(0, 12))
        with table.update_spec() as spec:
            spec.add_identity("shop")
        table.append(orders(20, 10))
        with table.update_schema() as change:
            change.rename_column("sum", "total")
            change.add_column("note", DoubleType())
        table.append(orders(40, 4, note=[0.5, None, 1.5, 2.0]).rename_columns(["id", "day", "shop", "total", "note"]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table.delete("id = 21")
            table.overwrite(orders(70, 2).rename_columns(["id", "day", "shop", "total"]), "id < 3")
        place = Path(table.location().removeprefix("file://"))
    for one in place.iterdir():
        one.rename(folder / one.name)


def own_iceberg(folder: Path) -> dict[Place, list[Row]]:
    """What pyiceberg reads of the current snapshot, where the table was before it was moved."""
    place = Path(f"{folder}.w") / "n" / "t"
    place.rmdir()
    place.symlink_to(folder)
    newest = max((folder / "metadata").glob("*.metadata.json"))
    return {TRAIN: StaticTable.from_metadata(str(newest)).scan().to_arrow().to_pylist()}


def iceberg_cut(folder: Path) -> None:
    """The list of manifests of the current snapshot is cut off."""
    iceberg(folder)
    newest = json.loads(max((folder / "metadata").glob("*.metadata.json")).read_bytes())
    current = next(one for one in newest["snapshots"] if one["snapshot-id"] == newest["current-snapshot-id"])
    listed = folder / "metadata" / Path(current["manifest-list"]).name
    listed.write_bytes(listed.read_bytes()[:-40])


def store(folder: Path, version: Literal[2, 3]) -> None:
    """Arrays in groups, chunked, one with a chunk that was never written, one that grew."""
    root = zarr.open_group(str(folder), mode="w", zarr_format=version)
    root.attrs["title"] = "a store"
    root.create_array("pixels", shape=(10, 2, 3), chunks=(4, 2, 3), dtype="u1")[:] = np.arange(60).reshape(10, 2, 3)
    root.create_array("label", shape=(10,), chunks=(4,), dtype="<i4", fill_value=-1)[:8] = np.arange(8)
    grown = root.create_group("more").create_array("weight", shape=(6,), chunks=(5,), dtype=">f8")
    grown.resize((10,))
    grown[:] = np.arange(10) / 8
    if version == 2:  # version 3 has no word for texts of a fixed length
        root.create_array("name", shape=(10,), chunks=(10,), dtype="U8")[:] = [f"näme {n}" for n in range(10)]


def own_store(folder: Path) -> dict[Place, list[Row]]:
    """What zarr reads of each array."""
    root = zarr.open_group(str(folder), mode="r")
    names = [name for name in COLUMNS if name in root]
    arrays: dict[str, Any] = {name: np.asarray(root[name]) for name in names}
    return {TRAIN: [{name: array[n] for name, array in arrays.items()} for n in range(10)]}


def zarr_2(folder: Path) -> None:
    """A store of version 2."""
    store(folder, 2)


def zarr_2_with_page(folder: Path) -> None:
    """A chunk is the page of a server that refused it."""
    zarr_2(folder)
    (folder / "pixels/1.0.0").write_text("<html><body><h1>429 Too Many Requests</h1></body></html>")


def zarr_3(folder: Path) -> None:
    """A store of version 3."""
    store(folder, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # consolidated metadata is not in the specification
        zarr.consolidate_metadata(str(folder))


def zarr_3_of_another(folder: Path) -> None:
    """The chunks of an array are those of a shorter type."""
    store(folder, 3)
    told = json.loads((folder / "label/zarr.json").read_bytes())
    (folder / "label/zarr.json").write_text(json.dumps(told | {"data_type": "int64"}))


def hdf5(folder: Path) -> None:
    """Groups of two splits, packed in chunks, one data set enlarged."""
    with h5py.File(folder / "data.h5", "w") as file:
        for name, number in (("train", 9), ("test", 4)):
            group = file.create_group(name)
            start = 100 * (name == "test")
            group["x"] = np.arange(start, start + 2 * number, dtype="f4").reshape(number, 2) / 4
            group.create_dataset(
                "y", data=np.arange(start, start + number, dtype=">i2"), chunks=(4,), compression="gzip"
            )
            group.create_dataset("text", data=[f"Satz {start + n} ß" for n in range(number)], dtype=h5py.string_dtype())
    with h5py.File(folder / "data.h5", "a") as file:
        grown = file["train"].create_dataset("ok", (5,), maxshape=(None,), dtype=bool, data=[True] * 5)
        grown.resize((9,))
        grown[5:] = [True, False, True, False]
        file["test"]["ok"] = np.array([True, False, False, True])


def own_hdf5(folder: Path) -> dict[Place, list[Row]]:
    """What h5py reads of each group."""
    found: dict[Place, list[Row]] = {}
    with h5py.File(folder / "data.h5") as file:
        for name in ("train", "test"):
            group = file[name]
            columns = {key: group[key].asstr()[:] if key == "text" else group[key][:] for key in group}
            rows = len(columns["y"])
            found["default", name] = [{key: column[n] for key, column in columns.items()} for n in range(rows)]
    return found


def hdf5_cut(folder: Path) -> None:
    """A file that is shorter than its own header says."""
    hdf5(folder)
    path = folder / "data.h5"
    path.write_bytes(path.read_bytes()[:-1_000])


NUMBERS = {"train": (0, 8), "val": (50, 3), "test": (90, 2)}


def npz(folder: Path) -> None:
    """Arrays of three splits in one packed archive, one in the order of Fortran, one of big-endian numbers."""
    arrays: dict[str, Any] = {}
    for name, (first, rows) in NUMBERS.items():
        whole = np.arange(first, first + rows * 6, dtype="i2").reshape(rows, 3, 2)
        arrays[f"x_{name}"] = np.asfortranarray(whole)
        arrays[f"y_{name}"] = np.arange(first, first + rows).astype(">u4")
        arrays[f"when_{name}"] = np.datetime64("2024-02-28") + np.arange(first, first + rows)
        arrays[f"name_{name}"] = np.array([f"é{n}" for n in range(first, first + rows)])
        arrays[f"part_{name}"] = (np.arange(rows) / 3).astype("f2")
        arrays[f"part_{name}"][0] = np.nan
    np.savez_compressed(folder / "data.npz", **arrays)


def own_npz(folder: Path) -> dict[Place, list[Row]]:
    """What numpy reads of each array."""
    found: dict[Place, list[Row]] = {}
    with np.load(folder / "data.npz") as archive:
        for split, name in (("train", "train"), ("validation", "val"), ("test", "test")):
            columns = {key: archive[f"{key}_{name}"] for key in ARRAYS}
            found["default", split] = [
                {key: column[n] for key, column in columns.items()} for n in range(NUMBERS[name][1])
            ]
    return found


def npz_with_objects(folder: Path) -> None:
    """An array of Python's objects, which are pickled."""
    np.savez(folder / "data.npz", x=np.arange(3), y=np.array([{"a": 1}, None, "b"], dtype=object))


ORDER = {"id": "int64", "day": "date32", "shop": "string"}
SUMS = {"id": "int64", "day": "date32", "sum": "float64", "shop": "string", "note": "string"}
"""The writer puts the column that the table is partitioned by behind the others."""
COLUMNS = {"label": "int32", "more/weight": "float64", "name": "string", "pixels": [["uint8"]]}
SETS = {"ok": "bool", "text": "string", "x": ["float32"], "y": "int16"}
ARRAYS = {"x": [["int16"]], "y": "uint32", "when": "date32", "name": "string", "part": "float16"}

STORES = (
    Layout(
        "Delta table", Writer("deltalake"),
        Healthy(delta, own_delta, {TRAIN: 27}, {"default": SUMS}, "partitioned, appended, deleted, updated, merged, compacted, a column added", ordered=False),
        Ill(delta_without_file, "a file that the log names is missing", 6, ("load-failed",)), differs=True,
    ),
    Layout(
        "Iceberg table", Writer("pyiceberg"),
        Healthy(iceberg, own_iceberg, {TRAIN: 24}, {"default": ORDER | {"total": "float64", "note": "float64"}}, "partitioned later, deleted, overwritten in part, a column renamed, moved", ordered=False),
        Ill(iceberg_cut, "the current manifest list is cut off", 6, ("load-failed",)), differs=True,
    ),
    Layout(
        "Zarr store, version 2", Writer("zarr"), Healthy(zarr_2, own_store, {TRAIN: 10}, {"default": COLUMNS}, "groups, an array that grew, a chunk never written"),
        Ill(zarr_2_with_page, "a chunk is the error page of a server", 6, ("load-failed",)), differs=True,
    ),
    Layout(
        "Zarr store, version 3", Writer("zarr"), Healthy(zarr_3, own_store, {TRAIN: 10}, {"default": {name: kind for name, kind in COLUMNS.items() if name != "name"}}, "the same, consolidated"),
        Ill(zarr_3_of_another, "metadata tells another type than the chunks have", 6, ("load-failed",)), differs=True,
    ),
    Layout(
        "HDF5 file of several lengths", Writer("h5py"), Healthy(hdf5, own_hdf5, {TRAIN: 9, TEST: 4}, {"default": SETS}, "groups of splits, a data set enlarged"),
        Ill(hdf5_cut, "it is cut off", 6, ("load-failed",)), differs=True,
    ),
    Layout(
        "NumPy", Writer("numpy"), Healthy(npz, own_npz, {TRAIN: 8, VALIDATION: 3, TEST: 2}, {"default": ARRAYS}, "arrays of three splits, of several orders of bytes and axes"),
        Ill(npz_with_objects, "an array of pickled objects", 6, ("pickle",)), differs=True,
    ),
)  # fmt: skip
"""These layouts."""
