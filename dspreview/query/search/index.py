"""Full-text search: an SQLite FTS5 index over the text columns of a split, built once, ranked by BM25."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from dspreview.arrow.settled import settled_table
from dspreview.errors import QueryLimitError, StoreCorruptError, StoreError, StoreFullError, UsageError
from dspreview.feature import Feature
from dspreview.query.engine.engine import Engine
from dspreview.query.search.words import APART, distinct, spaced, texts_in
from dspreview.query.table import Table
from dspreview.settings import Settings

INDEX = "index.sqlite"
MOST_COLUMNS = 100
"""Columns of an index; the texts of further ones stand together in the last."""
ROWS_AT_ONCE = 1_000
STEPS = 20_000
"""Steps of SQLite's machine between two looks at the clock."""


def counted(kind: pa.DataType) -> pa.DataType | None:
    """The integers behind times: Python has no words for all of these, and there is no text in them."""
    if pt.is_temporal(kind) and not pt.is_interval(kind):
        return pa.int32() if pt.is_date32(kind) or pt.is_time32(kind) else pa.int64()
    return None


def text_columns(table: Table, where: str) -> list[int]:
    """The columns that hold text. Raises UsageError where none does."""
    found = [number for number, column in enumerate(table.columns) if Feature(column.feature).holds_text()]
    if not found:
        raise UsageError(f"{where}: no column holds text; there is nothing to search (filter compares numbers)")
    return found


def build(engine: Engine, columns: list[int], folder: Path, progress: Callable[[int], None]) -> None:
    """Write the index of a table into a folder; `progress` is told how many rows are in it. Raises PreviewError."""
    count = min(len(columns), MOST_COLUMNS)
    try:
        fill(engine, columns, count, folder, progress)
    except sqlite3.OperationalError as error:
        raise StoreFullError(f"{folder}: {error}") from error


def fill(engine: Engine, columns: list[int], count: int, folder: Path, progress: Callable[[int], None]) -> None:
    """Write the index. Raises PreviewError, sqlite3.OperationalError where there is no room."""
    connection = sqlite3.connect(folder / INDEX, isolation_level=None)
    try:
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "BEGIN"):
            connection.execute(statement)
        names = ", ".join(f"c{number}" for number in range(count))
        try:
            connection.execute(
                f"CREATE VIRTUAL TABLE texts USING fts5({names}, content='',"
                " tokenize=\"unicode61 remove_diacritics 2 categories 'L* N* M* Co'\")"
            )
        except sqlite3.OperationalError as error:
            raise StoreError(f"this Python's SQLite cannot search texts ({error}); install one with FTS5") from error
        connection.execute("CREATE TABLE words (row_idx INTEGER PRIMARY KEY, number INTEGER NOT NULL)")
        marks = ", ".join("?" * (count + 1))
        row_idx = 0
        for rows in texts(engine, columns, count):
            connection.executemany(
                f"INSERT INTO texts (rowid, {names}) VALUES ({marks})",
                [(row_idx + number, *[spaced(text) for text in row]) for number, row in enumerate(rows)],
            )
            connection.executemany(
                "INSERT INTO words VALUES (?, ?)",
                [(row_idx + number, distinct([*row])) for number, row in enumerate(rows)],
            )
            row_idx += len(rows)
            progress(row_idx)
        connection.execute("INSERT INTO texts (texts) VALUES ('optimize')")
        connection.execute("COMMIT")
    finally:
        connection.close()


def texts(engine: Engine, columns: list[int], count: int) -> Iterator[list[list[str]]]:
    """The texts of all rows, some at a time: those of each column together."""
    from dspreview.query.engine.arrow import column_batches

    between = f" {APART} "
    for batch in column_batches(engine, columns, ROWS_AT_ONCE):
        cells = [
            [between.join(texts_in(value)) for value in engine.read(column.to_pylist)]
            for column in settled_table(batch, counted).columns
        ]
        if len(cells) > count:
            cells[count - 1 :] = [[between.join(row) for row in zip(*cells[count - 1 :], strict=True)]]
        yield [list(row) for row in zip(*cells, strict=True)]


class Index:
    """An open index."""

    def __init__(self, folder: Path, settings: Settings, where: str) -> None:
        """`where` names the split in messages."""
        self.where, self.settings = where, settings
        self.path = folder / INDEX
        self.connection = sqlite3.connect(f"{self.path.as_uri()}?mode=ro&immutable=1", uri=True)
        deadline = time.monotonic() + settings.query_max_seconds
        self.connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)

    def count(self, query: str) -> int:
        """How many rows match."""
        return int(self.ask("SELECT count(*) FROM texts WHERE texts MATCH ?", (query,))[0][0])

    def ranked(self, query: str, offset: int = 0, length: int = -1) -> list[int]:
        """The positions of rows that match, best first; those that fit alike by their number of words, then in order."""
        found = self.ask(
            "SELECT texts.rowid FROM texts JOIN words ON row_idx = texts.rowid WHERE texts MATCH ?"
            " ORDER BY round(bm25(texts), 9), number, texts.rowid LIMIT ? OFFSET ?",
            (query, length, offset),
        )
        return [int(row[0]) for row in found]

    def ask(self, query: str, values: tuple[Any, ...]) -> list[Any]:
        """All rows of an answer. Raises QueryLimitError."""
        try:
            return self.connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            if "interrupt" in str(error):
                raise QueryLimitError(
                    f"{self.where}: no answer in {self.settings.query_max_seconds} s; ask for less, or raise QUERY_MAX_SECONDS"
                ) from error
            raise StoreCorruptError(f"{self.path}: {error}; run: dspreview cache clean --derived") from error

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
