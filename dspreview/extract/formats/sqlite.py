"""SQLite files: a table or a view is a config. They are opened read-only, and nothing is written beside them."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from time import monotonic
from urllib.parse import quote

import pyarrow as pa

from dspreview.errors import EmptyDatasetError, TooLargeError, UnreadableDataError
from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.formats.values import table_of

MAGIC = b"SQLite format 3\0"
ELSEWHERE = {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH}
"""What would open another file; this one is not written to."""
STEPS = 100_000
"""Instructions of SQLite between two looks at the clock."""
ROWS_SECONDS = 60.0
"""A view that takes longer for its next rows is given up."""
AFFINITY = (("INT", pa.int64()), ("CHAR", pa.string()), ("CLOB", pa.string()), ("TEXT", pa.string()), ("BLOB", pa.binary()),
            ("REAL", pa.float64()), ("FLOA", pa.float64()), ("DOUBLE", pa.float64()))  # fmt: skip
"""What a column without values is, by what its declared type holds (https://sqlite.org/datatype3.html, 3.1)."""


def sqlite_configs(folder: Folder, names: Sequence[str]) -> Configs:
    """A config a table; of several databases, the name of each stands before the table's."""
    found = {}
    own = os.path.realpath(folder.settings.dspreview_database)
    for name in names:
        if os.path.realpath(folder.path(name)) == own:
            continue  # the cache that this is kept in
        with connected(folder, name) as database:
            tables = table_names(database)
        for table in tables:
            config = table if len(names) == 1 else f"{name.rpartition('.')[0].replace('/', '.')}.{table}"
            rows = SplitRows((name,), partial(table_rows, folder, name, table), guessed=True, origin=table)
            found[config] = {"train": rows}
    if not found:
        raise EmptyDatasetError(f"{folder.asked} has no data files: {', '.join(names)} holds no table")
    return found


@contextmanager
def connected(folder: Folder, name: str) -> Iterator[sqlite3.Connection]:
    """A database. What its log has not yet handed to it, or its journal takes back, is settled in a copy: nothing is written beside it.

    Raises UnreadableDataError.
    """
    path = folder.path(name)
    with open(path, "rb") as file:
        if (start := file.read(len(MAGIC))) and start != MAGIC:
            raise UnreadableDataError(f"{folder.asked}: {name} is not a SQLite database")
    beside = [one for one in ("-wal", "-journal") if os.path.exists(path + one) and os.path.getsize(path + one)]
    with tempfile.TemporaryDirectory(prefix="dspreview-") as copies:
        options = "mode=ro&immutable=1"
        if beside:
            copy = os.path.join(copies, "database")
            for end in ("", *beside):
                folder.path(name + end)
                shutil.copyfile(path + end, copy + end)
            path, options = copy, "mode=rw"
        with closing(sqlite3.connect(f"file:{quote(path)}?{options}", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.set_authorizer(
                lambda action, *_: sqlite3.SQLITE_DENY if action in ELSEWHERE else sqlite3.SQLITE_OK
            )
            database.text_factory = lambda text: text.decode("utf-8", "replace")
            try:
                yield database
            except sqlite3.DatabaseError as error:
                if "interrupted" in str(error):
                    raise TooLargeError(f"{folder.asked}: {name}: a view takes more than {ROWS_SECONDS:g} s") from error
                raise UnreadableDataError(f"{folder.asked}: {name}: {error}") from error


def table_names(database: sqlite3.Connection) -> list[str]:
    """Its tables and views in their order; those that keep the index of another are none of them."""
    listed = database.execute("PRAGMA table_list").fetchall()
    shown = {row[1] for row in listed if row[0] == "main" and row[2] != "shadow" and not row[1].startswith("sqlite_")}
    order = [
        row[0]
        for row in database.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY rowid")
    ]
    return [name for name in order if name in shown]


def table_rows(folder: Folder, name: str, table: str, batch: int) -> Iterator[NamedTable]:
    """The rows of a table in the order in which they lie."""
    quoted = '"' + table.replace('"', '""') + '"'
    with connected(folder, name) as database:
        until = [monotonic() + ROWS_SECONDS]
        database.set_progress_handler(lambda: monotonic() > until[0], STEPS)
        declared = {row[1]: affinity(row[2]) for row in database.execute(f"PRAGMA table_xinfo({quoted})")}
        cursor = database.execute(f"SELECT * FROM {quoted}")
        names = [column[0] for column in cursor.description]
        types = [declared.get(one) for one in names]
        yield name, table_of(names, [], types)
        while rows := cursor.fetchmany(batch):
            yield name, table_of(names, rows, types)
            until[0] = monotonic() + ROWS_SECONDS


def affinity(declared: str) -> pa.DataType | None:
    """The type of a column without values; None where its declaration says nothing."""
    return next((kind for word, kind in AFFINITY if word in declared.upper()), None)
