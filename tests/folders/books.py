"""Workbooks and databases, which hold several tables: Excel and SQLite."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl

from tests.folders.case import Healthy, Ill, Layout, Place, Row, Writer
from tests.folders.tables import cut


def workbook(folder: Path) -> None:
    """A sheet that lost a row, one that begins further down, and an empty one."""
    book = openpyxl.Workbook()
    people = book.active
    assert people is not None
    people.title = "People"
    people.append(["name", "born", "weight", "of age", "since"])
    for n in range(9):
        since = dt.datetime(2024, 1, 1 + n, 8, 30)
        people.append([f"Name {n}", dt.date(1990 + n, 3, 1), 60 + n / 4, n % 2 == 0, since if n != 4 else None])
    people.delete_rows(4)
    prices = book.create_sheet("Price list")
    listed: list[list[Any]] = [["item", "price"], ["Öl", 3], ["tea", 12]]
    for place, row in enumerate(listed, 3):
        for column, value in enumerate(row, 2):
            prices.cell(place, column, value)
    book.create_sheet("Empty")
    book.save(folder / "book.xlsx")


def own_workbook(folder: Path) -> dict[Place, list[Row]]:
    """What openpyxl reads below the first row that is not empty."""
    book = openpyxl.load_workbook(folder / "book.xlsx", data_only=True)
    found: dict[Place, list[Row]] = {}
    for name in ("People", "Price list"):
        rows = [[one for one in row if one is not None or name == "People"] for row in book[name].values]
        header, *rest = filter(None, rows)
        found[name, "train"] = [dict(zip(map(str, header), row, strict=True)) for row in rest]
    for row in found["People", "train"]:
        row["born"] = row["born"].date()  # it was written as a day, and Excel knows moments alone
    return found


def workbook_cut(folder: Path) -> None:
    """A workbook whose archive lost its end."""
    workbook(folder)
    cut(folder / "book.xlsx", 100)


DATABASE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, weight REAL, picture BLOB);
CREATE TABLE "log book" (day DATE, said TEXT);
CREATE VIEW heavy AS SELECT name, weight FROM people WHERE weight > 70;
"""


def database(folder: Path) -> None:
    """Tables whose rows were changed and deleted, and a column that was added."""
    with closing(sqlite3.connect(folder / "data.db")) as live:
        live.executescript(DATABASE)
        rows = [(n, f"name {n}", 60.5 + n, bytes([n]) * n) for n in range(1, 16)]
        live.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", rows)
        live.executemany('INSERT INTO "log book" VALUES (?, ?)', [("2024-01-01", "a"), ("2024-01-02", "b")])
        live.execute("DELETE FROM people WHERE id IN (3, 8)")
        live.execute("ALTER TABLE people ADD COLUMN city TEXT")
        live.execute("UPDATE people SET city = 'Graz ' || id WHERE id < 9")
        live.commit()
        live.execute("UPDATE people SET name = 'renamed' WHERE id = 5")
        live.commit()


def own_database(folder: Path) -> dict[Place, list[Row]]:
    """What sqlite3 reads."""
    found: dict[Place, list[Row]] = {}
    with closing(sqlite3.connect(folder / "data.db")) as opened:
        opened.row_factory = sqlite3.Row
        for name in ("people", "log book", "heavy"):
            found[name, "train"] = [dict(row) for row in opened.execute(f'SELECT * FROM "{name}"')]
    return found


def database_cut(folder: Path) -> None:
    """A database of which the last pages are missing."""
    with closing(sqlite3.connect(folder / "data.db")) as made:
        made.execute("CREATE TABLE t (n INTEGER, x TEXT)")
        made.executemany("INSERT INTO t VALUES (?, ?)", [(n, f"{n} " * 200) for n in range(100)])
        made.commit()
    cut(folder / "data.db", 5 * 4_096)


PEOPLE = {
    "people": {"id": "int64", "name": "string", "weight": "float64", "picture": "binary", "city": "string"},
    "log book": {"day": "string", "said": "string"}, "heavy": {"name": "string", "weight": "float64"},
}  # fmt: skip
SHEETS = {
    "People": {"name": "string", "born": "date32", "weight": "float64", "of age": "bool", "since": "timestamp[us]"},
    "Price list": {"item": "string", "price": "int64"},
}  # fmt: skip

BOOKS = (
    Layout(
        "Excel", Writer("openpyxl"), Healthy(workbook, own_workbook, {("People", "train"): 8, ("Price list", "train"): 2}, SHEETS, "a row deleted, a table further down, an empty sheet"),
        Ill(workbook_cut, "its archive is cut off", 6, ("load-failed",)), differs=True,
    ),
    Layout(
        "SQLite", Writer("SQLite"),
        Healthy(database, own_database, {("people", "train"): 13, ("log book", "train"): 2, ("heavy", "train"): 6}, PEOPLE, "rows deleted and changed, a column added"),
        Ill(database_cut, "its last pages are missing", 6, ("load-failed",)), differs=True,
    ),
)  # fmt: skip
"""These layouts."""
