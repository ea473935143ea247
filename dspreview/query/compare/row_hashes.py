"""Rows that are the same, among more than memory holds: a hash of each row in DuckDB, which spills to disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
from duckdb.sqltypes import DuckDBPyType

from dspreview.arrow.values import to_python
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


def row_hash(names: Sequence[str], kinds: Sequence[DuckDBPyType]) -> str:
    """The hash of some columns, with the shape of those that are nested.

    DuckDB's own is the same for null and an empty list, for null and a struct of nulls, for [[1], [2]] and [[1, 2]].
    """
    hashed = []
    for name, kind in zip(names, kinds, strict=True):
        hashed.append(f"{name}::VARCHAR" if kind.id == "interval" else name)  # 30 days are no month
        if kind.id == "decimal":
            hashed.append(str(dict(kind.children)["scale"]))  # else 1.5 of one digit is 15 of none
        if (form := shape(name, kind)) is not None:
            hashed.append(form)
    return f"hash({', '.join(hashed)})"


def shape(value: str, kind: DuckDBPyType, depth: int = 0) -> str | None:
    """What tells values of a nested type apart beside the values inside: what is null, and how long lists are."""
    if kind.id == "map":
        pair = f"e{depth}"
        inner = parts([f"struct_extract_at({pair}, {number})" for number in (1, 2)], kind, depth + 1)
        entries = f", 'e': list_transform(map_entries({value}), lambda {pair}: {{{', '.join(inner)}}})" if inner else ""
        return f"{{'n': coalesce(cardinality({value})::BIGINT, -1){entries}}}"
    if kind.id in {"list", "array"}:
        each = shape(f"e{depth}", child_types(kind)[0], depth + 1)
        number = f"coalesce(len({value}), -1)"
        return number if each is None else f"{{'n': {number}, 'e': list_transform({value}, lambda e{depth}: {each})}}"
    if kind.id == "struct":
        fields = [f"struct_extract_at({value}, {number})" for number in range(1, len(kind.children) + 1)]
        told = [f"'n': {value} IS NULL", *parts(fields, kind, depth)]
        return f"{{{', '.join(told)}}}"
    return None


def parts(values: list[str], kind: DuckDBPyType, depth: int) -> list[str]:
    """The shapes of the values inside another, as the fields of a struct."""
    shapes = [shape(value, inner, depth) for value, inner in zip(values, child_types(kind), strict=True)]
    return [f"'f{number}': {found}" for number, found in enumerate(shapes) if found is not None]


def child_types(kind: DuckDBPyType) -> list[DuckDBPyType]:
    """The types inside a nested one; an array has its length beside them."""
    return [inner for _, inner in kind.children if isinstance(inner, DuckDBPyType)]


def held(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as DuckDB holds it without loss: durations as their counts, what has durations or intervals inside as text."""
    if pa.types.is_duration(values.type):
        return pa.chunked_array([chunk.view(pa.int64()) for chunk in values.chunks], pa.int64())
    if pa.types.is_timestamp(values.type) and values.type.unit in {
        "s",
        "ms",
    }:  # infinite ones have no place in DuckDB's
        return pa.chunked_array([chunk.view(pa.int64()) for chunk in values.chunks], pa.int64())
    if is_lossy(values.type):
        texts = [None if value is None else repr(value) for value in to_python(values)]
        return pa.chunked_array([pa.array(texts, pa.large_string())])
    return values


def is_lossy(kind: pa.DataType) -> bool:
    """Whether DuckDB has no such type, or changes its values."""
    if pa.types.is_duration(kind) or pa.types.is_interval(kind) or pa.types.is_float16(kind):
        return True
    if pa.types.is_decimal(kind):
        return bool(kind.scale < 0)
    return any(is_lossy(kind.field(number).type) for number in range(kind.num_fields))


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
        self.connection.execute("SET enable_geoparquet_conversion = false")
        self.connection.execute("CREATE TABLE hashes (hash UBIGINT, split USMALLINT, place BIGINT)")

    def add(self, split: int, first_row: int, table: pa.Table) -> None:
        """The next rows of a split. Raises duckdb.Error for types that DuckDB does not know."""
        numbers = pa.array(range(first_row, first_row + table.num_rows), pa.int64())
        names = [f"c{place}" for place in range(table.num_columns)]
        block = pa.table([*map(held, table.columns), numbers], names=[*names, "place"])
        self.connection.register("block", block)
        with told_apart():
            kinds = self.connection.table("block").types[:-1]
            self.connection.execute(
                f"INSERT INTO hashes SELECT {row_hash(names, kinds)}, {int(split)}, place FROM block"
            )
        self.connection.unregister("block")

    def add_file(self, split: int, first_row: int, path: str, order: Sequence[int]) -> None:
        """All rows of a Parquet file on this machine, the first of which has that number. Raises duckdb.Error.

        Args:
            order: the places of its columns, in the order in which they are compared.

        """
        names = ", ".join(f"c{place}" for place in range(len(order)))
        with told_apart([path]):
            kinds = self.connection.sql(f"SELECT * FROM read_parquet({quoted(path)}, hive_partitioning = false)").types
            hashed = row_hash([f"c{place}" for place in order], [kinds[place] for place in order])
            self.connection.execute(
                f"INSERT INTO hashes SELECT {hashed}, {int(split)}, {int(first_row)} + place"
                f" FROM read_parquet({quoted(path)}, hive_partitioning = false, file_row_number = true) AS t({names}, place)"
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
