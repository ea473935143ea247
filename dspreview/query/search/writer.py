"""Writes a full-text index in a process of its own: `python writer.py FILE COLUMNS`, with the rows on its standard input.

SQLite takes as long for the words of a row as Python does to find them; beside each other in one process they would take turns.
A message is `(row_idx of the first row, rows, how many different words each has)`, pickled; one without rows is the end. Only the
standard library is imported, and this module is run by its path: nothing that lies in the working folder is found by name.
"""

from __future__ import annotations

import pickle
import signal
import sqlite3
import sys

HASH_BYTES = 64 << 20
"""What FTS5 gathers before it writes a part of the index; by default 1 MB, and merging such small parts is half of its work."""
TOKENIZER = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'"


def write(path: str, count: int) -> bool:
    """Write an index of so many columns; whether the end of the rows came. Raises sqlite3.OperationalError."""
    names = ", ".join(f"c{number}" for number in range(count))
    add = f"INSERT INTO texts (rowid, {names}) VALUES ({', '.join('?' * (count + 1))})"
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "BEGIN"):
            connection.execute(statement)
        connection.execute(f"CREATE VIRTUAL TABLE texts USING fts5({names}, content='', tokenize=\"{TOKENIZER}\")")
        connection.execute("INSERT INTO texts (texts, rank) VALUES ('hashsize', ?)", (HASH_BYTES,))
        connection.execute("CREATE TABLE words (row_idx INTEGER PRIMARY KEY, number INTEGER NOT NULL)")
        while True:
            try:
                first, rows, numbers = pickle.load(sys.stdin.buffer)  # noqa: S301 - from whoever started this
            except EOFError:  # who is gone
                return False
            if not rows:
                break
            # one row a statement: at the end of each with several, FTS5 writes what it has gathered
            connection.executemany(add, [(place, *row) for place, row in enumerate(rows, first)])
            connection.executemany("INSERT INTO words VALUES (?, ?)", list(enumerate(numbers, first)))
        connection.execute("INSERT INTO texts (texts) VALUES ('optimize')")
        connection.execute("COMMIT")
    finally:
        connection.close()
    return True


def main() -> int:
    """Write; what SQLite says where it cannot goes to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # its parent ends, and the rows with it
    try:
        return 0 if write(sys.argv[1], int(sys.argv[2])) else 1
    except sqlite3.Error as error:
        sys.stderr.write(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
