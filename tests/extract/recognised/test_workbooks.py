"""Workbooks and databases: a config a sheet, a config a table."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dspreview import errors
from tests.support.recognised import Seen


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def database(path: Path, script: str) -> Path:
    with sqlite3.connect(path) as made:
        made.executescript(script)
    made.close()
    return path


def test_a_sheet_is_a_config(tmp_path: Path, settings: Any) -> None:
    day = dt.date(2020, 1, 2)
    rows: list[list[Any]] = [
        [],
        [None, "name", "n", "day", None, "n"],
        [None, "a", 1, day, "x", 2],
        [],
        [None, "b", 2.5, None, None, None, True],
        [],
    ]
    path = workbook(tmp_path / "b.xlsx", {"People": rows, "More of it": [["x"], [5]], "None": []})
    seen = Seen(path, settings())
    assert seen.taken_for == "Excel workbook"
    assert seen.splits == {"People": ["train"], "More of it": ["train"]}
    empty = dict.fromkeys(["name", "n", "day", "column_4", "n_2", "column_6"])
    assert seen.rows("People") == [
        empty | {"name": "a", "n": 1.0, "day": "2020-01-02", "column_4": "x", "n_2": 2},
        empty,
        empty | {"name": "b", "n": 2.5, "column_6": True},
    ]
    assert seen.rows("More of it") == [{"x": 5}]


def test_a_workbook_without_a_value(tmp_path: Path, settings: Any) -> None:
    with pytest.raises(errors.EmptyDatasetError, match="no sheet"):
        Seen(workbook(tmp_path / "b.xlsx", {"None": [[]]}), settings())


def test_cells_of_several_kinds_are_json_and_errors_are_nothing(tmp_path: Path, settings: Any) -> None:
    rows: list[list[Any]] = [
        ["a", "b", "c"],
        [1, "#DIV/0!", dt.datetime(2020, 1, 2, 3, 4)],
        ["x", 2, dt.datetime(2020, 1, 3)],
        [None, 3, dt.time(3)],
    ]
    path = workbook(tmp_path / "b.xlsx", {"S": rows})
    assert Seen(path, settings()).rows("S") == [
        {"a": 1, "b": None, "c": "2020-01-02T03:04:00"}, {"a": "x", "b": 2, "c": "2020-01-03T00:00:00"}, {"a": None, "b": 3, "c": "03:00:00"},
    ]  # fmt: skip


def test_several_workbooks_name_their_sheets(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "d").mkdir()
    for name in ("a", "b"):
        workbook(tmp_path / "d" / f"{name}.xlsx", {"S": [["x"], [1]]})
    assert list(Seen(tmp_path / "d", settings()).splits) == ["a.S", "b.S"]


def test_a_damaged_workbook_is_told(tmp_path: Path, settings: Any) -> None:
    path = tmp_path / "b.xlsx"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(errors.UnreadableDataError):
        Seen(path, settings())


SCRIPT = """
CREATE TABLE "a ""b" (id INTEGER PRIMARY KEY, name TEXT, v REAL, b BLOB, g TEXT GENERATED ALWAYS AS (name || '!'));
INSERT INTO "a ""b" (id, name, v, b) VALUES (2, 'x', 1.5, x'00ff'), (1, NULL, NULL, NULL);
CREATE TABLE keyed (k TEXT PRIMARY KEY, n) WITHOUT ROWID;
INSERT INTO keyed VALUES ('b', 1), ('a', 'one');
CREATE TABLE empty (i INTEGER, t VARCHAR(9), d DATE);
CREATE VIEW some AS SELECT name FROM "a ""b";
CREATE VIRTUAL TABLE words USING fts5(w);
INSERT INTO words VALUES ('hello');
"""


def test_a_table_is_a_config(tmp_path: Path, settings: Any) -> None:
    seen = Seen(database(tmp_path / "d.sqlite", SCRIPT), settings())
    assert seen.taken_for == "SQLite database"
    assert list(seen.splits) == ['a "b', "keyed", "empty", "some", "words"]
    assert seen.rows('a "b') == [
        {"id": 1, "name": None, "v": None, "b": None, "g": None}, {"id": 2, "name": "x", "v": 1.5, "b": "AP8=", "g": "x!"},
    ]  # fmt: skip
    assert seen.rows("keyed") == [{"k": "a", "n": "one"}, {"k": "b", "n": 1}]
    assert [one.type for one in seen.page("empty").columns] == ["INT", "STRING", "JSON"]
    assert seen.rows("words") == [{"w": "hello"}]


def test_nothing_is_written_beside_a_database_and_its_log_counts(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "d").mkdir()
    path = tmp_path / "d" / "a.db"
    open_one = sqlite3.connect(path)
    open_one.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (1)")
    before = {name: os.stat(tmp_path / "d" / name).st_mtime_ns for name in os.listdir(tmp_path / "d")}
    assert "a.db-wal" in before
    assert Seen(path, settings()).rows("t") == [{"x": 1}]
    assert {name: os.stat(tmp_path / "d" / name).st_mtime_ns for name in os.listdir(tmp_path / "d")} == before
    open_one.close()


def test_text_that_is_no_utf8_hides_no_row(tmp_path: Path, settings: Any) -> None:
    path = database(tmp_path / "d.db", "CREATE TABLE t (x TEXT); INSERT INTO t VALUES (CAST(x'61ff' AS TEXT)), ('b')")
    assert Seen(path, settings()).rows("t") == [{"x": "a\ufffd"}, {"x": "b"}]


def test_what_is_no_database_is_told(tmp_path: Path, settings: Any) -> None:
    path = tmp_path / "d.db"
    path.write_bytes(b"something else, and long enough for a header")
    with pytest.raises(errors.UnreadableDataError, match="not a SQLite database"):
        Seen(path, settings())


def test_a_database_that_nobody_may_write(tmp_path: Path, settings: Any) -> None:
    path = database(tmp_path / "d.db", "CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('a')")
    path.chmod(stat.S_IRUSR)
    assert Seen(path, settings()).rows("t") == [{"x": "a"}]


@pytest.mark.parametrize("change", [2_500, 40_000])
def test_a_column_that_changes_its_kind_late_says_the_same_before_and_after_a_filter(change: int, tmp_path: Path, dspreview: Any) -> None:  # fmt: skip
    """SQLite types values, not columns (https://sqlite.org/datatype3.html); a change within a batch, and between two of them."""
    with sqlite3.connect(tmp_path / "a.db") as made:
        made.execute("CREATE TABLE t (i INTEGER, v)")
        made.executemany("INSERT INTO t VALUES (?, ?)", ((i, i if i < change else f"t{i}") for i in range(change + 9)))
    made.close()
    page = ("rows", tmp_path / "a.db", "--offset", change - 1, "--length", 2, "--format", "jsonl")
    assert dspreview(*page).out == f'{{"i":{change - 1},"v":{change - 1}}}\n{{"i":{change},"v":"t{change}"}}\n'
    assert dspreview("filter", tmp_path / "a.db", "--where", f"v = 't{change}'", "--columns", "i", "--format", "csv").out == f"i\n{change}\n"  # fmt: skip
    assert dspreview(*page).out == f'{{"i":{change - 1},"v":{change - 1}}}\n{{"i":{change},"v":"t{change}"}}\n'
