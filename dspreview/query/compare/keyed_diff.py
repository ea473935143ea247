"""Rows of two tables by a key: which were added, removed, changed. In DuckDB, which spills to disk."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from dspreview.arrow.values import to_python
from dspreview.query.compare.row_hashes import MEMORY, told_apart
from dspreview.settings import Settings

SHOWN = 10
"""Keys of each kind that are named."""


class KeyedDifference(NamedTuple):
    """What became of rows, by their keys."""

    added: int
    removed: int
    changed: int
    repeated: int
    """Keys that stand more than once on a side: their rows cannot be told apart, and are compared as a group."""
    examples: dict[str, list[str]]
    """The first keys of each kind, as text."""


class KeyedRows:
    """The rows of one split on two sides."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """`folder` takes what does not fit in memory."""
        memory = min(MEMORY, settings.query_max_memory)
        self.connection = duckdb.connect(
            config={"memory_limit": f"{memory}B", "temp_directory": str(folder), "preserve_insertion_order": "false"}
        )
        self.connection.execute("SET enable_progress_bar = false")
        self.connection.execute("CREATE TABLE rows (side UTINYINT, key VARCHAR, hash UBIGINT)")

    def add(self, side: int, key: str, table: pa.Table) -> None:
        """The next rows of a side: the key, and columns that both sides have, in the order of their names."""
        ordered = sorted(name for name in table.column_names if name != key)
        columns = [comparable(table.column(name).combine_chunks()) for name in ordered]
        block = pa.table(
            [as_text(table.column(key).combine_chunks()), *columns],
            names=["key", *(f"c{n}" for n in range(len(ordered)))],
        )
        self.connection.register("block", block)
        hashed = f"hash({', '.join(f'c{n}' for n in range(len(ordered)))})" if ordered else "0"
        with told_apart():
            self.connection.execute(f"INSERT INTO rows SELECT {int(side)}, key, {hashed} FROM block")
        self.connection.unregister("block")

    def add_whole(self, side: int, first_row: int, table: pa.Table) -> None:
        """The next rows of a side without a key: each is its own, by all of its values; the columns in the order of their names."""
        ordered = sorted(table.column_names)
        numbers = pa.array(range(first_row, first_row + table.num_rows), pa.int64())
        columns = [comparable(table.column(name).combine_chunks()) for name in ordered]
        block = pa.table([numbers, *columns], names=["place", *(f"c{n}" for n in range(len(ordered)))])
        self.connection.register("block", block)
        with told_apart():
            self.connection.execute(
                f"INSERT INTO rows SELECT {int(side)}, place::VARCHAR, hash({', '.join(f'c{n}' for n in range(len(ordered)))}) FROM block"
            )
        self.connection.unregister("block")

    def moved(self) -> dict[str, int]:
        """Rows that one side alone has, by their values: added, removed, and changed where both stand at one place."""
        with told_apart():
            self.connection.execute(
                "CREATE TABLE counts AS SELECT hash, count(*) FILTER (WHERE side = 0) AS a, count(*) FILTER (WHERE side = 1) AS b FROM rows GROUP BY hash"
            )
            added = self.one("SELECT coalesce(sum(greatest(b - a, 0)), 0) FROM counts")
            removed = self.one("SELECT coalesce(sum(greatest(a - b, 0)), 0) FROM counts")
            changed = self.one(
                "SELECT count(*) FROM (SELECT key FROM rows JOIN counts USING (hash) WHERE side = 0 AND b = 0) x"
                " JOIN (SELECT key FROM rows JOIN counts USING (hash) WHERE side = 1 AND a = 0) y USING (key)"
            )
        self.connection.close()
        return {"added": added - changed, "removed": removed - changed, "changed": changed}

    def difference(self) -> KeyedDifference:
        """What became of the rows."""
        with told_apart():
            return self.compared()

    def compared(self) -> KeyedDifference:
        """The same. Raises duckdb.Error."""
        self.connection.execute(
            "CREATE TABLE keys AS SELECT key, count(*) FILTER (WHERE side = 0) AS a, count(*) FILTER (WHERE side = 1) AS b,"
            " sum(hash::HUGEINT) FILTER (WHERE side = 0) AS left_hash, sum(hash::HUGEINT) FILTER (WHERE side = 1) AS right_hash"
            " FROM rows GROUP BY key"
        )
        kinds = {
            "added": "a = 0",
            "removed": "b = 0",
            "changed": "a > 0 AND b > 0 AND (a <> b OR left_hash <> right_hash)",
        }
        counts = {name: self.one(f"SELECT count(*) FROM keys WHERE {where}") for name, where in kinds.items()}
        repeated = self.one("SELECT count(*) FROM keys WHERE a > 1 OR b > 1")
        examples = {
            name: [
                str(key)
                for (key,) in self.connection.execute(
                    f"SELECT key FROM keys WHERE {where} ORDER BY key LIMIT {SHOWN}"
                ).fetchall()
            ]
            for name, where in kinds.items()
        }
        self.connection.close()
        return KeyedDifference(counts["added"], counts["removed"], counts["changed"], repeated, examples)

    def one(self, question: str) -> int:
        """A single number."""
        found = self.connection.execute(question).fetchone()
        assert found is not None
        return int(found[0])


def comparable(values: pa.Array) -> pa.Array:
    """Values that DuckDB tells apart wherever they differ: floats by their bits, all that is nested or rare as texts."""
    kind = values.type
    if pa.types.is_float64(kind) or pa.types.is_float32(kind):
        return values.view(pa.int64() if pa.types.is_float64(kind) else pa.int32())
    known = (
        pa.types.is_integer,
        pa.types.is_boolean,
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_binary,
        pa.types.is_large_binary,
    )
    return values if any(test(kind) for test in known) else as_text(values)


def as_text(values: pa.Array) -> pa.Array:
    """Values as texts."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return values
    return pa.array(
        [None if value is None else value if isinstance(value, str) else repr(value) for value in to_python(values)],
        pa.large_string(),
    )
