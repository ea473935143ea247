#!/bin/sh
# SQLite FTS5: within one transaction, an INSERT of many rows writes more, and takes longer, than one INSERT a row.
#
# The guess is that many rows in one statement go faster, as in every other table. FTS5 gathers the words of new rows in memory, and writes
# them when 1 MB is full or the transaction ends. But a statement with several rows has a savepoint of its own, and there FTS5 writes
# what it has gathered, however little: many small segments, which are merged again and again.
#
# Seen: 200 rows in one transaction leave a few blocks with one row a statement, and more than twenty with ten rows a statement.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'apsw==3.53.2.0'
cat > "$folder/show.py" <<'PYTHON'
import apsw

ROWS = 200


def written(rows_at_once):
    """Blocks of the index that a transaction of 200 short rows leaves, before anything merges them."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(x, content='')")
    connection.execute("INSERT INTO t (t, rank) VALUES ('automerge', 0)")
    connection.execute("INSERT INTO t (t, rank) VALUES ('crisismerge', 1000)")
    connection.execute("BEGIN")
    for first in range(0, ROWS, rows_at_once):
        marks = ", ".join(f"({first + place}, ?)" for place in range(rows_at_once))
        connection.execute(f"INSERT INTO t (rowid, x) VALUES {marks}", [f"word{first + place}" for place in range(rows_at_once)])
    connection.execute("COMMIT")
    return connection.execute("SELECT count(*) FROM t_data").fetchall()[0][0]


found = {rows: written(rows) for rows in (1, 10)}
print("SQLite", apsw.sqlite_lib_version(), "blocks of the index, by rows a statement:", found)
assert found[1] < 5, found
assert found[10] >= ROWS // 10, found
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"
