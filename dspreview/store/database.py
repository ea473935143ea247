"""Open the SQLite file: pragmas, migrations, transactions, and SQLite's failures as ours."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dspreview.errors import (
    StoreCorruptError,
    StoreError,
    StoreFullError,
    StoreLockedError,
    StoreTooNewError,
)

SCHEMA_VERSION = 1
APPLICATION_ID = 0x64737076  # "dspv": tells our file from any other SQLite file
RETRY_SECONDS = 0.02


def connect(path: Path | None, timeout: float) -> tuple[sqlite3.Connection, bool]:
    """Open `path` (None: in memory), migrated to this version, and say whether it can be written.

    Raises StoreError: locked for longer than `timeout` seconds, corrupt, newer than this program;
    StoreFullError where it cannot even be created.
    """
    if path is None:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        prepare(connection, path, timeout)
        return connection, False
    try:
        new = not path.exists()
        if new:
            create(path)
        writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        # a file that can only be read is read without the two files that WAL keeps beside it
        mode = "rw" if writable else "ro&immutable=1"
        connection = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=timeout, isolation_level=None)
        with translated(path):
            prepare(connection, path, timeout, writable=writable)
    except OSError as error:
        raise StoreFullError(f"{path}: {error.strerror}") from error
    return connection, writable


def create(path: Path) -> None:
    """An empty file that only its owner reads: it may hold rows of private datasets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def prepare(connection: sqlite3.Connection, path: Path | None, timeout: float, *, writable: bool = True) -> None:
    """Check whose file it is, migrate it, set the pragmas."""
    connection.execute("PRAGMA foreign_keys = ON")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA_VERSION:
        connection.execute("PRAGMA synchronous = NORMAL")
        return
    if version > SCHEMA_VERSION:
        raise StoreTooNewError(
            f"{path} was written by a newer dspreview (schema {version}, this one knows {SCHEMA_VERSION}); "
            "upgrade dspreview, or name another file with --database"
        )
    if not writable:
        raise StoreError(f"{path} is read-only and was written by an older dspreview; make it writable once")
    if path is not None:
        set_wal(connection, timeout)
    connection.execute("PRAGMA synchronous = NORMAL")
    from dspreview.store.migrations import migrate  # brings sqlite_utils, 80 ms once per file

    with transaction(connection):
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise StoreCorruptError(f"{path} is an SQLite file of another program; name another with --database")
        migrate(connection, version)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def set_wal(connection: sqlite3.Connection, timeout: float) -> None:
    """Switch to WAL; this pragma ignores the busy timeout, so several first starts at once must retry."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= deadline:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One immediate transaction: all of it, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """SQLite's failures as StoreErrors that name the file and the way out."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise StoreLockedError(
                f"{path} is locked by another program; try again, or raise STORE_TIMEOUT_SECONDS"
            ) from error
        if any(word in text for word in ("full", "readonly", "unable to open", "disk I/O")):
            raise StoreFullError(f"{path}: {text}") from error
        raise StoreError(f"{path}: {text}") from error
    except sqlite3.DatabaseError as error:
        raise StoreCorruptError(
            f"{path}: {error}; it is damaged or no dspreview database: move it away, it is made anew"
        ) from error
