"""Open the SQLite file: pragmas, migrations, transactions, and SQLite's failures as ours."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dspreview.errors import (
    StoreCorruptError,
    StoreError,
    StoreFullError,
    StoreGoneError,
    StoreLockedError,
    StoreTooNewError,
    StoreUntrustedError,
)
from dspreview.signals import uninterrupted

SCHEMA_VERSION = 3
"""One more than the steps of `migrations`, which is imported where a file needs them."""
APPLICATION_ID = 0x64737076  # "dspv": tells our file from any other SQLite file
LOG_PAGES = 4_000
"""Pages of the write-ahead log, 16 MB, before it is copied back: claims write the same few pages again and again."""
RETRY_SECONDS = 0.02
BUSY_SECONDS = 0.2
"""SQLite's own waiting is deaf to Ctrl-C, so it waits this long and we repeat."""


class Connection(sqlite3.Connection):
    """A connection that knows how long a locked file is waited for."""

    patience: float = 0.0


def connect(path: Path | None, timeout: float, *, trust: bool = False) -> tuple[Connection, bool]:
    """Open `path` (None: in memory), migrated to this version, and say whether it can be written.

    Raises StoreError: locked for longer than `timeout` seconds, corrupt, newer than this program, another user's without
    `trust`; StoreFullError where it cannot even be created.
    """
    if path is None:
        connection = sqlite3.connect(":memory:", isolation_level=None, factory=Connection)
        prepare(connection, None)
        return connection, False
    try:
        create(path)
        if not trust:
            check_user(path)
        writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        # a file that can only be read is read without the two files that WAL keeps beside it
        mode = "rw" if writable else "ro&immutable=1"
        uri = f"{path.as_uri()}?mode={mode}"
        with translated(path):
            connection = sqlite3.connect(
                uri, uri=True, timeout=min(timeout, BUSY_SECONDS), isolation_level=None, factory=Connection
            )
            connection.patience = timeout
            try:
                prepare(connection, path, writable=writable)
            except BaseException:
                connection.close()
                raise
    except OSError as error:
        raise StoreFullError(f"{path}: {error.strerror}") from error
    return connection, writable


def identity(path: Path | str) -> tuple[int, int]:
    """Which file lies at a path: it is another one after it was replaced. Raises StoreGoneError where there is none, or nothing in it."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise StoreGoneError(f"{path} is gone ({error.strerror}); the same command creates it again") from None
    if not status.st_size:
        raise StoreGoneError(f"{path} was emptied while it was used; what was stored in it is lost: run it again")
    return status.st_dev, status.st_ino


def check_identity(path: Path | str, known: tuple[int, int]) -> None:
    """Raise StoreGoneError where another file lies at a path than the one that is open."""
    if identity(path) != known:
        raise StoreGoneError(f"{path} was replaced while it was used; what was stored since is lost: run it again")


def check_user(path: Path) -> None:
    """Refuse a file that somebody else wrote, or could. Raises StoreUntrustedError."""
    status = path.stat()
    if status.st_uid != os.geteuid():
        raise StoreUntrustedError(
            f"{path} belongs to another user (uid {status.st_uid}), who controls its contents;"
            " if this is intended, use --trust-database"
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StoreUntrustedError(
            f"{path} can be written by other users, who can change its contents;"
            f" run: chmod go-w {path}, or use --trust-database"
        )


def create(path: Path) -> None:
    """A file that only its owner reads: it may hold rows of private datasets."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def prepare(connection: Connection, path: Path | None, *, writable: bool = True) -> None:
    """Check whose file it is, migrate it, set the pragmas."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    version = retried(connection, "PRAGMA user_version")
    if version != SCHEMA_VERSION or retried(connection, "PRAGMA application_id") != APPLICATION_ID:
        upgrade(connection, path, writable=writable)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")


def upgrade(connection: Connection, path: Path | None, *, writable: bool) -> None:
    """Bring an empty or older file to this version; refuse any other untouched."""
    check_owner(connection, path)
    if not writable:
        raise StoreError(f"{path} is read-only and was written by an older dspreview; make it writable once")
    if path is not None:
        set_wal(connection)
        path.chmod(0o600)
    from dspreview.store.migrations import migrate  # the schema is needed once per file

    connection.execute("PRAGMA foreign_keys = OFF")  # a table that is made anew would take its children along
    with transaction(connection):
        migrate(connection, check_owner(connection, path))
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA foreign_keys = ON")


def check_owner(connection: Connection, path: Path | None) -> int:
    """The schema version of a file of ours, 0 for an empty one. Raises StoreCorruptError, StoreTooNewError."""
    version, owner, tables = (
        retried(connection, query)
        for query in ("PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite_master")
    )
    if tables and owner != APPLICATION_ID:
        raise StoreCorruptError(f"{path} is an SQLite file of another program; name another with --database")
    if version > SCHEMA_VERSION:
        raise StoreTooNewError(
            f"{path} was written by a newer dspreview (schema {version}, this one knows {SCHEMA_VERSION}); "
            "upgrade dspreview, or name another file with --database"
        )
    return version


def retried(connection: Connection, statement: str) -> int:
    """The one value of a statement, repeated while the file is locked and patience lasts."""
    deadline = time.monotonic() + connection.patience
    while True:
        try:
            row = connection.execute(statement).fetchone()
        except sqlite3.OperationalError as error:
            if not is_locked(error) or time.monotonic() >= deadline:
                raise
            import random

            time.sleep(RETRY_SECONDS * random.uniform(0.5, 1.5))
        else:
            return int(row[0]) if row else 0


def set_wal(connection: Connection) -> None:
    """Switch to WAL; this pragma ignores the busy timeout, so several first starts at once must repeat it."""
    deadline = time.monotonic() + connection.patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not is_locked(error) or time.monotonic() >= deadline:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


def is_locked(error: sqlite3.Error) -> bool:
    """Whether another process holds the file."""
    return "locked" in str(error) or "busy" in str(error)


class transaction:  # noqa: N801 - reads like `with contextlib.suppress(...)`, at a third of a generator's cost
    """One immediate transaction: all of it, or nothing."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        try:
            self._begin()
        except BaseException:  # Ctrl-C, after it began
            self._end()
            raise

    def _begin(self) -> None:
        """Begin, as soon as nobody else writes."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not is_locked(error):
                raise
            retried(self.connection, "BEGIN IMMEDIATE")

    @uninterrupted
    def _end(self) -> None:
        """Take back what was not committed."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    @uninterrupted
    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.connection.execute("COMMIT")
        finally:
            self._end()


@contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """SQLite's failures as StoreErrors that name the file and the way out; misuse of ours stays what it is."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise
    except sqlite3.OperationalError as error:
        text = str(error)
        if is_locked(error):
            raise StoreLockedError(
                f"{path} is locked by another program; try again, or raise STORE_TIMEOUT_SECONDS"
            ) from error
        if any(word in text for word in ("full", "readonly", "unable to open", "disk I/O")):
            raise StoreFullError(f"{path}: {text}") from error
        raise StoreError(f"{path}: {text}") from error
    except sqlite3.DatabaseError as error:
        raise StoreCorruptError(
            f"{path}: {error}; it is damaged, or not a dspreview database; move it away, and a new one is created"
        ) from error
