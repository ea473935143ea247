"""Rows that are the same, among more than memory holds: a hash of each row in DuckDB, which spills to disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from dspreview.errors import QueryLimitError, StoreFullError
from dspreview.query.table import quoted
from dspreview.settings import Settings

MEMORY = 1_000_000_000
SHOWN = 100
"""Groups of equal rows that are named."""


@contextmanager
def told_apart(paths: Sequence[str] = ()) -> Iterator[None]:
    """What DuckDB raises that says nothing about the data: Ctrl-C is KeyboardInterrupt, no room StoreFullError.

    Args:
        paths: the files of the data; what names one of them is about the data, and stays a duckdb.Error.

    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise QueryLimitError("the rows need more memory than QUERY_MAX_MEMORY to be compared; raise it") from error
    except (duckdb.IOException, duckdb.TransactionException) as error:
        if any(path in str(error) for path in paths):
            raise
        told = str(error).splitlines()[0][:200]
        raise StoreFullError(
            f"{tempfile.gettempdir()} has no room for what a check keeps meanwhile ({told}); name another folder with TMPDIR"
        ) from error
    except RuntimeError as error:
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from None
        raise


class Equal(NamedTuple):
    """Two rows that are the same, the first of their group in each of two splits, or in one."""

    split: int
    row: int
    other_split: int
    other_row: int
    groups: int
    """How many groups of such rows there are between these splits."""


class RowHashes:
    """Hashes of the rows of several splits, of 64 bits: among 100 million rows two different ones agree once in 4,000 runs."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """`folder` takes what does not fit in memory; it belongs to the caller."""
        memory = min(MEMORY, settings.query_max_memory)
        self.connection = duckdb.connect(
            str(folder / "hashes.duckdb"),
            config={"memory_limit": f"{memory}B", "temp_directory": str(folder), "preserve_insertion_order": "false"},
        )
        self.connection.execute("SET enable_progress_bar = false")
        self.connection.execute("CREATE TABLE hashes (hash UBIGINT, split USMALLINT, place BIGINT)")

    def add(self, split: int, first_row: int, table: pa.Table) -> None:
        """The next rows of a split. Raises duckdb.Error for types that DuckDB does not know."""
        numbers = pa.array(range(first_row, first_row + table.num_rows), pa.int64())
        names = [f"c{place}" for place in range(table.num_columns)]
        block = pa.table([*table.columns, numbers], names=[*names, "place"])
        self.connection.register("block", block)
        with told_apart():
            self.connection.execute(
                f"INSERT INTO hashes SELECT hash({', '.join(names)}), {int(split)}, place FROM block"
            )
        self.connection.unregister("block")

    def add_file(self, split: int, first_row: int, path: str, order: Sequence[int]) -> None:
        """All rows of a Parquet file on this machine, the first of which has that number. Raises duckdb.Error.

        Args:
            order: the places of its columns, in the order in which they are compared.

        """
        names = ", ".join(f"c{place}" for place in range(len(order)))
        hashed = ", ".join(f"c{place}" for place in order)
        with told_apart([path]):
            self.connection.execute(
                f"INSERT INTO hashes SELECT hash({hashed}), {int(split)}, {int(first_row)} + place"
                f" FROM read_parquet({quoted(path)}, file_row_number = true) AS t({names}, place)"
            )

    def equal_rows(self) -> Iterator[Equal]:
        """Rows that are the same: within each split, and between each two."""
        with told_apart():
            self.connection.execute(
                "CREATE TABLE firsts AS SELECT hash, split, min(place) AS place, count(*) AS rows FROM hashes GROUP BY hash, split"
            )
        within = (
            "SELECT f.split, f.place, f.split, min(h.place), any_value(g.groups) FROM firsts f JOIN hashes h USING (hash, split)"
            " JOIN (SELECT split, count(*) AS groups, min(place) AS place FROM firsts WHERE rows > 1 GROUP BY split) g"
            " ON g.split = f.split AND g.place = f.place WHERE h.place > f.place GROUP BY f.split, f.place ORDER BY 1"
        )
        between = (
            "SELECT a.split, arg_min(a.place, b.place), b.split, min(b.place), count(*) FROM firsts a JOIN firsts b USING (hash)"
            f" WHERE a.split < b.split GROUP BY a.split, b.split ORDER BY 1, 3 LIMIT {SHOWN}"
        )
        for question in (within, between):
            with told_apart():
                found = self.connection.execute(question).fetchall()
            yield from (Equal(*row) for row in found)

    def close(self) -> None:
        """Let the file go."""
        self.connection.close()
