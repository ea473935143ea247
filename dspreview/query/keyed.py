"""Rows of two tables by a key: which were added, removed, changed. In DuckDB, which spills to disk."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from dspreview.query.hashes import MEMORY
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
        """The next rows of a side. Raises duckdb.Error for types that DuckDB does not know, KeyError for an unknown key."""
        place = table.column_names.index(key) if key in table.column_names else -1
        if place < 0:
            raise KeyError(key)
        ordered = sorted(name for name in table.column_names if name != key)  # columns may have moved
        block = pa.table(
            [table.column(key), *(table.column(name) for name in ordered)],
            names=["key", *(f"c{n}" for n in range(len(ordered)))],
        )
        self.connection.register("block", block)
        hashed = f"hash({', '.join(f'c{n}' for n in range(len(ordered)))})" if ordered else "0"
        self.connection.execute(f"INSERT INTO rows SELECT {int(side)}, key::VARCHAR, {hashed} FROM block")
        self.connection.unregister("block")

    def difference(self) -> KeyedDifference:
        """What became of the rows."""
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
