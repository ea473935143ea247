"""Files as programs leave them behind. Expected: what the formats' own readers give (sqlite3, openpyxl, fastavro, NumPy)."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import openpyxl
import pandas as pd
import pytest

from tests.support.data import write
from tests.support.program import Program


def rows(program: Program, folder: Path) -> list[dict[str, Any]]:
    """The rows, the same in rows and filter."""
    first, second = (program(command, folder, "--format", "jsonl") for command in ("rows", "filter"))
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert first.documents == second.documents
    return first.documents


def test_what_a_killed_writer_had_not_committed_is_not_shown(tmp_path: Path, dspreview: Program) -> None:
    live = sqlite3.connect(tmp_path / "live.db", isolation_level=None)
    live.execute("CREATE TABLE t (i INTEGER, s TEXT)")
    live.executemany("INSERT INTO t VALUES (?, ?)", [(i, "x" * 500) for i in range(2_000)])
    live.execute("PRAGMA cache_size = 5")  # so that pages are written before the end
    live.execute("BEGIN")
    live.execute("UPDATE t SET s = 'not committed'")
    (tmp_path / "d").mkdir()
    for name in ("live.db", "live.db-journal"):
        shutil.copy(tmp_path / name, tmp_path / "d" / name)
    live.execute("ROLLBACK")
    live.close()
    before = {one.name: one.read_bytes() for one in (tmp_path / "d").iterdir()}
    statement = "SELECT count(*) AS n, count(*) FILTER (WHERE s LIKE 'not%') AS m FROM train"
    assert dspreview("sql", tmp_path / "d", statement, "--format", "jsonl").documents == [{"n": 2_000, "m": 0}]
    assert {one.name: one.read_bytes() for one in (tmp_path / "d").iterdir()} == before


def test_an_index_without_a_name_is_a_column(tmp_path: Path, dspreview: Program) -> None:
    (tmp_path / "d").mkdir()
    pd.DataFrame({"b": [1, 2], "c": ["x", "y"]}, index=["row-1", "row-2"]).to_excel(tmp_path / "d" / "a.xlsx")
    assert rows(dspreview, tmp_path / "d") == [
        {"column_1": "row-1", "b": 1, "c": "x"}, {"column_1": "row-2", "b": 2, "c": "y"},
    ]  # fmt: skip


def test_a_table_that_begins_further_right_has_no_empty_columns(tmp_path: Path, dspreview: Program) -> None:
    book = openpyxl.Workbook()
    for place, row in enumerate([("a", "b"), (1, 2), (None, 3)], 2):
        for column, value in enumerate(row, 3):
            book.active.cell(place, column, value)
    (tmp_path / "d").mkdir()
    book.save(tmp_path / "d" / "a.xlsx")
    assert rows(dspreview, tmp_path / "d") == [{"a": 1, "b": 2}, {"a": None, "b": 3}]


def test_a_sheet_that_says_it_is_one_cell(tmp_path: Path, dspreview: Program) -> None:
    book = openpyxl.Workbook()
    for i in range(5):
        book.active.append([f"a{i}", f"b{i}", i])
    book.save(tmp_path / "t.xlsx")
    (tmp_path / "d").mkdir()
    with zipfile.ZipFile(tmp_path / "t.xlsx") as old, zipfile.ZipFile(tmp_path / "d" / "a.xlsx", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            changed = data.replace(b'<dimension ref="A1:C5"', b'<dimension ref="A1"')
            assert changed != data or "sheet1" not in name
            new.writestr(name, changed)
    assert rows(dspreview, tmp_path / "d") == [{"a0": f"a{i}", "b0": f"b{i}", "0": i} for i in range(1, 5)]


def test_logical_types_in_a_union(tmp_path: Path, dspreview: Program) -> None:
    def union(kind: str, logical: str, **more: int) -> list[Any]:
        return ["null", {"type": kind, "logicalType": logical, **more}, "string"]

    fields = {"day": union("int", "date"), "price": union("bytes", "decimal", precision=6, scale=2), "at": union("long", "timestamp-millis")}  # fmt: skip
    schema = {"type": "record", "name": "R", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}
    at = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    (tmp_path / "d").mkdir()
    with (tmp_path / "d" / "a.avro").open("wb") as file:
        fastavro.writer(
            file,
            schema,
            [
                {"day": at.date(), "price": Decimal("12.34"), "at": at},
                {"day": ("string", "x"), "price": None, "at": ("string", "y")},
            ],
        )
    assert rows(dspreview, tmp_path / "d") == [
        {"day": "2020-01-01", "price": "12.34", "at": "2020-01-01T00:00:00Z"}, {"day": "x", "price": None, "at": "y"},
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Stored array in format 3.0")
def test_names_and_times_of_numpy(tmp_path: Path, dspreview: Program) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    inner = np.dtype({"names": ["ö", "n"], "formats": ["i2", "u1"], "offsets": [0, 4], "itemsize": 8})
    table = np.array([(1, "a", (5, 6))], dtype=[("größe", "i4"), ("名", "U3"), ("in", inner)])
    np.save(tmp_path / "a" / "a.npy", table)
    assert rows(dspreview, tmp_path / "a") == [{"größe": 1, "名": "a", "in": {"ö": 5, "n": 6}}]
    np.save(tmp_path / "b" / "a.npy", np.array([1_500_000_000_000, 2_000], "m8[ps]"))
    assert rows(dspreview, tmp_path / "b") == [{"value": "PT1.5S"}, {"value": "PT0.000000002S"}]


@pytest.mark.parametrize(("text", "told"), [("a X Z\nb Y Z\n\nc X\nd Y\n\n", "line 4 has 2 fields, and 3 are expected"), ("a X\nb Y\n\nc X Z\n\n", "line 4 has 3 fields, and 2 are expected")])  # fmt: skip
def test_sentences_of_other_widths_are_told_with_their_line(
    text: str, told: str, tmp_path: Path, dspreview: Program
) -> None:
    folder = write(tmp_path / "d", {"train.conll": text})
    ran = dspreview("rows", folder)
    assert (ran.code, told in ran.err) == (6, True)
    found = dspreview("check", folder, "--json").json["findings"][0]
    assert (found["code"], found["file"], found["line"]) == ("load-failed", "train.conll", 4)


def test_a_sentence_may_begin_with_a_number_sign(tmp_path: Path, dspreview: Program) -> None:
    folder = write(
        tmp_path / "d", {"train.conll": "Is VBZ B-VP O\n\n# NN B-NP O\n3 CD I-NP O\n\n# sent_id = 7\nNo UH O O\n"}
    )
    assert [row["tokens"] for row in rows(dspreview, folder)] == [["Is"], ["#", "3"], ["No"]]
