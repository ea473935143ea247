"""Rows with the same input, among more than memory holds: three hashes of each row in DuckDB, which spills to disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
from duckdb.sqltypes import DuckDBPyType

from dspreview.query.compare.row_hashes import MEMORY, SHOWN, held, row_hash, told_apart
from dspreview.query.table import quoted
from dspreview.settings import Settings


class SameInput(NamedTuple):
    """Two rows with the same input, the first of their group."""

    split: int
    row: int
    other_split: int
    other_row: int
    rows: int
    """How many such rows the other split has."""
    conflict: bool
    """Whether their answers differ."""


class InputHashes:
    """Hashes of the inputs, the answers and the whole of the rows of several splits."""

    def __init__(self, folder: Path, settings: Settings, *, text_least: int, template: int) -> None:
        """`folder` takes what does not fit in memory; it belongs to the caller.

        Args:
            folder: an empty one.
            settings: those of the call.
            text_least: characters that the texts of an input must have together.
            template: rows of a split with one input from which on it counts no more.

        """
        self.text_least, self.template = int(text_least), int(template)
        memory = min(MEMORY, settings.query_max_memory)
        self.connection = duckdb.connect(
            str(folder / "inputs.duckdb"),
            config={"memory_limit": f"{memory}B", "temp_directory": str(folder), "preserve_insertion_order": "false"},
        )
        self.connection.execute("SET enable_progress_bar = false")
        self.connection.execute("CREATE TABLE inputs (split USMALLINT, place BIGINT, i UBIGINT, a UBIGINT, r UBIGINT)")

    def add(self, split: int, first_row: int, table: pa.Table, inputs: Sequence[str], answers: Sequence[str]) -> None:
        """The next rows of a split. Raises duckdb.Error for types that DuckDB does not know."""
        names = table.column_names
        numbers = pa.array(range(first_row, first_row + table.num_rows), pa.int64())
        block = pa.table([*map(held, table.columns), numbers], names=[*[f"c{at}" for at in range(len(names))], "place"])
        self.connection.register("block", block)
        with told_apart():
            kinds = self.connection.table("block").types[:-1]
            self.connection.execute(self.insertion(split, names, kinds, inputs, answers, "place", "block"))
        self.connection.unregister("block")

    def add_file(self, split: int, first_row: int, path: str, names: Sequence[str], inputs: Sequence[str], answers: Sequence[str]) -> None:  # fmt: skip
        """All rows of a Parquet file on this machine, the first of which has that number. Raises duckdb.Error."""
        source = f"read_parquet({quoted(path)}, hive_partitioning = false, file_row_number = true)"
        listed = ", ".join(f"c{at}" for at in range(len(names)))
        with told_apart([path]):
            kinds = self.connection.sql(f"SELECT * FROM read_parquet({quoted(path)}, hive_partitioning = false)").types
            place = f"{int(first_row)} + place"
            self.connection.execute(
                self.insertion(split, names, kinds, inputs, answers, place, f"{source} AS t({listed}, place)")
            )

    def insertion(
        self, split: int, names: Sequence[str], kinds: Sequence[DuckDBPyType], inputs: Sequence[str], answers: Sequence[str],
        place: str, source: str,
    ) -> str:  # fmt: skip
        """The statement that adds rows: those whose input has no text to speak of are left out."""
        places = {name: at for at, name in enumerate(names)}
        order = sorted(places.values(), key=lambda at: names[at])
        hashed = {
            key: row_hash([f"c{at}" for at in chosen], [kinds[at] for at in chosen]) if chosen else "0"
            for key, chosen in (
                ("i", [places[name] for name in inputs]), ("a", [places[name] for name in answers]), ("r", order),
            )
        }  # fmt: skip
        named = quoted(
            "\n".join(sorted(names))
        )  # rows of other columns are others: a leading 0 leaves DuckDB's hash as it is
        texts = [
            f"coalesce(length(c{places[name]}::VARCHAR), 0)"
            for name in inputs
            if kinds[places[name]].id in {"varchar", "list"}
        ]
        long = f"{' + '.join(texts)} >= {self.text_least}" if texts else "false"
        return f"INSERT INTO inputs SELECT {int(split)}, {place}, {hashed['i']}, {hashed['a']}, hash({named}, {hashed['r']}) FROM {source} WHERE {long}"

    def same_inputs(self) -> Iterator[SameInput]:
        """Rows with the same input that are not the same row: with other answers within a split, and between each two splits."""
        with told_apart():
            self.connection.execute(
                "CREATE TABLE firsts AS SELECT i, split, min(place) AS place, count(*) AS n, min(a) AS a0, max(a) AS a1, min(r) AS r0, max(r) AS r1"
                " FROM inputs GROUP BY i, split"
            )
            within = self.connection.execute(
                "SELECT f.split, f.place, f.split, min(h.place), any_value(g.rows), true FROM firsts f JOIN inputs h USING (i, split)"
                f" JOIN (SELECT split, min(place) AS place, sum(n)::BIGINT AS rows FROM firsts WHERE a0 <> a1 AND n < {self.template} GROUP BY split) g ON g.split = f.split AND g.place = f.place"
                " WHERE h.place > f.place AND h.a <> (SELECT min(k.a) FROM inputs k WHERE k.i = f.i AND k.split = f.split AND k.place = f.place)"
                " GROUP BY f.split, f.place ORDER BY 1"
            ).fetchall()
            between = self.connection.execute(
                "SELECT a.split, arg_min(a.place, b.place), b.split, min(b.place), sum(b.n)::BIGINT, bool_or(a.a0 <> b.a0 OR a.a1 <> b.a1)"
                " FROM firsts a JOIN firsts b USING (i) WHERE a.split < b.split AND NOT (a.r0 = a.r1 AND b.r0 = b.r1 AND a.r0 = b.r0)"
                f" AND least(a.n, b.n) < {self.template} GROUP BY a.split, b.split ORDER BY 1, 3 LIMIT {SHOWN}"
            ).fetchall()
        yield from (SameInput(*row) for row in [*within, *between])

    def close(self) -> None:
        """Let the file go."""
        self.connection.close()
