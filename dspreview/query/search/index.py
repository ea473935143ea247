"""Full-text search: an SQLite FTS5 index over the text columns of a split, built once, ranked by BM25."""

from __future__ import annotations

import pickle
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from dspreview.arrow.settled import settled_table
from dspreview.errors import QueryLimitError, StoreCorruptError, StoreError, StoreFullError
from dspreview.query.engine.engine import Engine
from dspreview.query.search import writer
from dspreview.query.search.tokens import without_fts5
from dspreview.query.search.words import APART, MOST_COLUMNS, Sought, distinct, spaced, texts_in
from dspreview.settings import Settings

INDEX = "index.sqlite"
ROWS_AT_ONCE = 1_000
PROTOCOL = pickle.HIGHEST_PROTOCOL
STEPS = 20_000
"""Steps of SQLite's machine between two looks at the clock."""


def counted(kind: pa.DataType) -> pa.DataType | None:
    """The integers behind times: Python has no words for all of these, and there is no text in them."""
    if pt.is_temporal(kind) and not pt.is_interval(kind):
        return pa.int32() if pt.is_date32(kind) or pt.is_time32(kind) else pa.int64()
    return None


def build(engine: Engine, columns: list[int], folder: Path, progress: Callable[[int], None]) -> None:
    """Write the index of a table into a folder; `progress` is told how many rows are in it. Raises PreviewError."""
    count = min(len(columns), MOST_COLUMNS)
    try:
        fill(engine, columns, count, folder, progress)
    except sqlite3.OperationalError as error:
        raise StoreFullError(f"{folder}: {error}") from error


def fill(engine: Engine, columns: list[int], count: int, folder: Path, progress: Callable[[int], None]) -> None:
    """Write the index, in another process while the rows are read here. Raises PreviewError, sqlite3.OperationalError for want of room."""
    command = [sys.executable, "-P", writer.__file__, str(folder / INDEX), str(count)]
    process = subprocess.Popen(command, stdin=PIPE, stdout=DEVNULL, stderr=PIPE)
    with process:
        assert process.stdin is not None
        assert process.stderr is not None
        row_idx = 0
        try:
            for rows in texts(engine, columns, count):
                spaced_rows = [[spaced(text) for text in row] for row in rows]
                pickle.dump((row_idx, spaced_rows, [distinct(row) for row in rows]), process.stdin, PROTOCOL)
                process.stdin.flush()  # all of it: the rest would wait for the next rows
                row_idx += len(rows)
                progress(row_idx)
            pickle.dump((row_idx, [], []), process.stdin, PROTOCOL)
            process.stdin.close()
        except BrokenPipeError:  # it says why
            pass
        except BaseException:  # Ctrl-C, too: nothing that was started here goes on
            process.kill()
            raise
        told = process.stderr.read().decode(errors="replace")
    if process.returncode and "fts5" in told:
        raise StoreError(without_fts5(told))
    if process.returncode:
        raise sqlite3.OperationalError(told or f"the process that writes the index ended with {process.returncode}")


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
    """What an index answers to a question."""

    def __init__(self, folder: Path, settings: Settings, where: str, wanted: Sought) -> None:
        """What was asked of the index in a folder; `where` names the split in messages."""
        self.where, self.settings, self.query = where, settings, wanted.query
        self.path = folder / INDEX
        self.connection = sqlite3.connect(f"{self.path.as_uri()}?mode=ro&immutable=1", uri=True)
        deadline = time.monotonic() + settings.query_max_seconds
        self.connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)

    def count(self) -> int:
        """How many rows match."""
        return int(self.ask("SELECT count(*) FROM texts WHERE texts MATCH ?", (self.query,))[0][0])

    def ranked(self, offset: int = 0, length: int = -1) -> list[int]:
        """The positions of rows that match, best first; those that fit alike by their number of words, then in order."""
        found = self.ask(
            "SELECT texts.rowid FROM texts JOIN words ON row_idx = texts.rowid WHERE texts MATCH ?"
            " ORDER BY round(bm25(texts), 9), number, texts.rowid LIMIT ? OFFSET ?",
            (self.query, length, offset),
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
