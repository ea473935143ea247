"""One look at every value of plain Parquet files on this machine, in DuckDB: which columns hold nothing that is worth a closer look.

Whoever needs the exact place of something odd then reads the other columns alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb

from dspreview.query.compare.row_hashes import row_hash, told_apart
from dspreview.query.engine.engine import GLOB, LOCKED, TRUSTING
from dspreview.query.table import quoted
from dspreview.settings import Settings

SIEVE_MEMORY = 700_000_000
TEXT, LABEL, OTHER, NESTED = "text", "label", "other", "nested"


class SieveColumn(NamedTuple):
    """What a column is looked at for."""

    kind: str
    """`text`, `label` (of so many names), `other` (nothing can be odd but nulls), `nested` (always looked at closely)."""
    names: int = 0
    suspects: tuple[str, ...] = ()
    """What makes a column of texts odd where it is true of one of them, in SQL; `{}` stands for the column."""


class Sieved(NamedTuple):
    """What came out."""

    rows: int
    distinct: int
    """Rows that differ, by a hash of 64 bits."""
    nulls: list[int]
    odd: list[bool]
    """Which columns are worth a closer look."""


def sieve(
    paths: Sequence[str], columns: Sequence[SieveColumn], folder: Path, settings: Settings,
    progress: Callable[[float], None],
) -> Sieved | None:  # fmt: skip
    """Look at all values once; None where a path cannot be handed to DuckDB as it is. Raises duckdb.Error.

    Args:
        folder: takes what does not fit in memory.
        progress: takes the share that is done, now and then.

    """
    if not columns or any(GLOB & set(path) for path in paths):
        return None
    parts: list[str] = []
    for number, column in enumerate(columns):
        name = f"c{number}"
        parts.append(f"count({name})")
        if column.kind == TEXT:
            listed = " OR ".join(one.replace("{}", name) for one in column.suspects) or "false"
            parts.append(f"coalesce(bool_or({listed}), false)")
        elif column.kind == LABEL:
            parts.append(f"coalesce(min({name}) < -1 OR max({name}) >= {int(column.names)}, false)")
        else:
            parts.append("true" if column.kind == NESTED else "false")
        if column.kind != NESTED:  # mostly read from the ends of the files
            parts[-1] += f" OR coalesce(min({name}) = max({name}) AND count({name}) = count(*), false)"
    names = ", ".join(f"c{number}" for number in range(len(columns)))
    with told_apart(paths), locked(paths, folder, settings) as connection:
        files = ", ".join(quoted(path) for path in paths)
        kinds = connection.sql(f"SELECT * FROM read_parquet([{files}], hive_partitioning = false)").types
        hashed = row_hash([f"c{number}" for number in range(len(columns))], kinds)
        with watched(connection, progress):
            found = connection.execute(
                f"SELECT count(*), count(DISTINCT {hashed}), {', '.join(parts)} FROM read_parquet([{files}], hive_partitioning = false) AS t({names})"
            ).fetchone()
    assert found is not None
    rows, distinct, *others = found
    return Sieved(rows, distinct, [rows - count for count in others[::2]], [bool(odd) for odd in others[1::2]])


def locked(paths: Sequence[str], folder: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    """DuckDB that reads these files and nothing else."""
    connection = duckdb.connect(
        config=LOCKED
        | {"memory_limit": f"{min(SIEVE_MEMORY, settings.query_max_memory)}B", "temp_directory": str(folder)}
    )
    for statement in (
        "SET enable_progress_bar = false",
        "SET preserve_insertion_order = false",
        f"SET disabled_optimizers = '{','.join(TRUSTING)}'",
        "SET enable_geoparquet_conversion = false",
        f"SET allowed_paths = [{', '.join(quoted(path) for path in paths)}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)
    return connection


@contextmanager
def watched(connection: duckdb.DuckDBPyConnection, progress: Callable[[float], None]) -> Iterator[None]:
    """Tell how far a query is, until it is done."""
    done = threading.Event()

    def tell() -> None:
        while not done.wait(0.2):
            progress(max(0.0, connection.query_progress()) / 100)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def count_distinct(paths: Sequence[str], columns: int, folder: Path, settings: Settings) -> int:
    """How many rows of some files differ, by a hash of 64 bits. Raises duckdb.Error."""
    names = ", ".join(f"c{number}" for number in range(columns))
    files = ", ".join(quoted(path) for path in paths)
    with told_apart(paths), locked(paths, folder, settings) as connection:
        kinds = connection.sql(f"SELECT * FROM read_parquet([{files}], hive_partitioning = false)").types
        hashed = row_hash([f"c{number}" for number in range(columns)], kinds)
        found = connection.execute(
            f"SELECT count(DISTINCT {hashed}) FROM read_parquet([{files}], hive_partitioning = false) AS t({names})"
        ).fetchone()
    assert found is not None
    return int(found[0])
