"""Delta tables made by their own library, after an ordinary life: appended, partitioned, evolved, deleted from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from dspreview import errors
from tests.support.recognised import Seen


def lived(place: Path) -> Path:
    write_deltalake(place, pa.table({"id": [1, 2, 3], "k": ["a", "b c", None]}), partition_by=["k"])
    write_deltalake(place, pa.table({"id": [9], "k": ["a"]}), mode="append")
    write_deltalake(place, pa.table({"id": [5], "k": ["z"], "new": [1.5]}), mode="append", schema_mode="merge")
    DeltaTable(place).delete("id = 1")
    return place


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["id"])


def test_the_current_rows_are_shown(tmp_path: Path, settings: Any) -> None:
    seen = Seen(lived(tmp_path / "t"), settings())
    assert seen.taken_for == "Delta table"
    assert by_id(seen.rows()) == [
        {"id": 2, "k": "b c", "new": None}, {"id": 3, "k": None, "new": None}, {"id": 5, "k": "z", "new": 1.5}, {"id": 9, "k": "a", "new": None},
    ]  # fmt: skip
    assert seen.page().num_rows_total == 4


def test_an_overwritten_table_has_its_last_rows(tmp_path: Path, settings: Any) -> None:
    write_deltalake(lived(tmp_path / "t"), pa.table({"id": [7], "k": ["x"], "new": [2.5]}), mode="overwrite")
    assert Seen(tmp_path / "t", settings()).rows() == [{"id": 7, "k": "x", "new": 2.5}]


def test_columns_by_mapped_names_and_rows_marked_as_deleted(tmp_path: Path, settings: Any) -> None:
    place = tmp_path / "t"
    told = {"delta.enableDeletionVectors": "true"}
    write_deltalake(place, pa.table({"id": [1, 2, 3]}), configuration=told)
    DeltaTable(place).delete("id = 2")
    assert by_id(Seen(place, settings()).rows()) == [{"id": 1}, {"id": 3}]


def test_without_its_package_the_extra_is_named(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place = lived(tmp_path / "t")
    monkeypatch.setitem(sys.modules, "deltalake", None)
    with pytest.raises(errors.MissingPackageError, match=r"Delta table \(its log .*pip install deltalake"):
        Seen(place, settings())


def test_a_damaged_log_is_told(tmp_path: Path, settings: Any) -> None:
    place = lived(tmp_path / "t")
    (place / "_delta_log" / "00000000000000000000.json").write_text("{")
    with pytest.raises(errors.UnreadableDataError):
        Seen(place, settings())
