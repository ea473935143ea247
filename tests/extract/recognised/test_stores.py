"""Tables and arrays that do not lie at the top of a dataset: one for each split, in a warehouse, beside other files."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zarr
from deltalake import write_deltalake
from pyiceberg.catalog.sql import SqlCatalog

from dspreview import errors
from tests.support.program import Program
from tests.support.recognised import Seen


def delta(place: Path, last: int) -> Path:
    """A table that was overwritten: of its files the last one counts."""
    write_deltalake(place, pa.table({"i": [1, 2, 3]}))
    write_deltalake(place, pa.table({"i": [last]}), mode="overwrite")
    return place


def test_a_table_for_each_split(tmp_path: Path, settings: Any) -> None:
    delta(tmp_path / "d/train", 7)
    delta(tmp_path / "d/test", 8)
    seen = Seen(tmp_path / "d", settings())
    assert (seen.taken_for, seen.splits) == ("Delta table", {"default": ["train", "test"]})
    assert (seen.rows(), seen.rows(split="test")) == ([{"i": 7}], [{"i": 8}])


def test_tables_of_other_names_are_configs(tmp_path: Path, settings: Any) -> None:
    delta(tmp_path / "d/a/users", 7)
    delta(tmp_path / "d/b/users", 8)
    delta(tmp_path / "d/b/items.delta", 9)
    seen = Seen(tmp_path / "d", settings())
    assert {config: seen.rows(config) for config in seen.splits} == {"a--users": [{"i": 7}], "b--users": [{"i": 8}], "items": [{"i": 9}]}  # fmt: skip


def test_all_commands_read_the_tables_below(tmp_path: Path, dspreview: Program) -> None:
    delta(tmp_path / "d/train", 7)
    delta(tmp_path / "d/test", 8)
    (tmp_path / "d/extra.parquet").write_bytes((next((tmp_path / "d/test").glob("*.parquet"))).read_bytes())
    assert dspreview("filter", tmp_path / "d", "default", "test", "--where", "i > 7", "--format", "jsonl").out == '{"i":8}\n'  # fmt: skip
    found = dspreview("check", tmp_path / "d", "--json").json["findings"]
    assert [(one["code"], one["file"]) for one in found if one["severity"] == "warning"] == [("unused-file", "extra.parquet")]  # fmt: skip
    dspreview("stats", tmp_path / "d", "default", "test")
    write_deltalake(tmp_path / "d/test", pa.table({"i": [9]}), mode="append")
    assert dspreview("rows", tmp_path / "d", "default", "test", "--format", "csv").out.split()[1:] in (["8", "9"], ["9", "8"])  # fmt: skip


def test_tables_beside_more_data_are_files_of_it(tmp_path: Path, settings: Any) -> None:
    delta(tmp_path / "d/old", 7)
    for number in range(20):
        (tmp_path / "d" / f"{number}.csv").write_text("a\n1\n")
    assert Seen(tmp_path / "d", settings()).taken_for == ""


def test_a_folder_that_leads_elsewhere_is_no_table_of_this_dataset(tmp_path: Path, settings: Any) -> None:
    delta(tmp_path / "elsewhere", 7)
    delta(tmp_path / "d/train", 8)
    (tmp_path / "d/test").symlink_to(tmp_path / "elsewhere")
    try:
        seen = Seen(tmp_path / "d", settings())
    except errors.UnsafePathError:
        return
    assert seen.splits == {"default": ["train"]}


def warehouse(place: Path, location: str, **columns: Any) -> Path:
    """The folder of an Iceberg table in a catalog, partitioned by its column p where it has one."""
    catalog = SqlCatalog("x", uri=f"sqlite:///{place}.db", warehouse=location)
    catalog.create_namespace("ns")
    rows = pa.table(columns)
    table = catalog.create_table("ns.t", schema=rows.schema)
    if "p" in columns:
        with table.update_spec() as update:
            update.add_identity("p")
        table = catalog.load_table("ns.t")
    table.append(rows)
    catalog.close()
    return next(place.rglob("metadata")).parent


def test_an_iceberg_table_in_its_warehouse(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "w").mkdir()
    warehouse(tmp_path / "w", str(tmp_path / "w"), i=pa.array([1], pa.int32()))
    seen = Seen(tmp_path / "w", settings())
    assert (seen.taken_for, seen.rows()) == ("Iceberg table", [{"i": 1}])


def test_partitions_whose_folders_are_percent_encoded(tmp_path: Path, settings: Any) -> None:
    table = warehouse(tmp_path / "w", f"file://{tmp_path}/w", id=[1, 2, 3], p=["a b", "x/y", "50%"])
    assert sorted((row["id"], row["p"]) for row in Seen(table, settings()).rows()) == [(1, "a b"), (2, "x/y"), (3, "50%")]  # fmt: skip


def test_metadata_that_is_packed(tmp_path: Path, settings: Any) -> None:
    """As Java's writers name it with write.metadata.compression-codec=gzip."""
    table = warehouse(tmp_path / "w", f"file://{tmp_path}/w", id=[1, 2])
    for file in (table / "metadata").glob("*.metadata.json"):
        file.with_name(file.name.replace(".metadata", ".gz.metadata")).write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    assert Seen(table, settings()).rows() == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize("version", [2, 3])
def test_a_store_of_arrays_for_each_split(version: Any, tmp_path: Path, settings: Any) -> None:
    for split, rows in (("train", 3), ("test", 2)):
        group = zarr.open_group(str(tmp_path / "d" / f"{split}.zarr"), mode="w", zarr_format=version)
        group.create_array("x", data=np.arange(rows))
        group.create_array("y", data=np.arange(rows) + 0.5)
    seen = Seen(tmp_path / "d", settings())
    assert (seen.taken_for, seen.splits) == ("Zarr store", {"default": ["train", "test"]})
    assert seen.rows(split="test") == [{"x": 0, "y": 0.5}, {"x": 1, "y": 1.5}]


def test_a_lance_table_without_its_data_is_told(tmp_path: Path, settings: Any) -> None:
    place = tmp_path / "d/t.lance/_versions"
    place.mkdir(parents=True)
    (place / "1.manifest").write_bytes(b"LANC")
    (place / "latest_version_hint.json").write_text('{"version": 1}')
    with pytest.raises(errors.UnreadableDataError, match="has a Lance table whose versions are there, and none of the files"):  # fmt: skip
        Seen(tmp_path / "d", settings())


def test_rows_that_metadata_counts_otherwise_are_told(tmp_path: Path, dspreview: Program) -> None:
    for number in range(3):
        write_deltalake(tmp_path / "d", pa.table({"i": range(10 * number, 10 * number + 10)}), mode="append")
    for log in (tmp_path / "d/_delta_log").glob("*.json"):
        log.write_text(log.read_text().replace('numRecords\\":10', 'numRecords\\":25'))
    found = dspreview("check", tmp_path / "d", "--all-rows", "--json").json["findings"]
    assert [one["message"] for one in found if one["code"] == "info-rows"] == ["its own metadata counts 75 rows, and there are 30"]  # fmt: skip
    assert dspreview("rows", tmp_path / "d", "--length", "30", "--json").json["num_rows_total"] == 30
