"""All rows of text files as Arrow tables of types that are known from their first rows, without `datasets`.

A file that does not hold these types to its end, or leaves any doubt, is declined as a whole, and converted the long way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from dspreview.arrow.arrays import leaves
from dspreview.extract.format import Format
from dspreview.extract.plain import Columns, tree_of
from dspreview.extract.reader import NOT_MINE, NotMine
from dspreview.extract.text.heads import NotPlainError
from dspreview.models import EXACT_FLOAT

T = TypeVar("T")
Parse = Callable[[str, pa.Schema], Iterator[pa.Table]]
"""Reads one file in the types of a schema. Raises NotPlainError, and what pyarrow raises."""


AT_ONCE = 4
"""Tables that are read and not yet used; each holds some MB."""


class OtherTypesError(Exception):
    """A column turned out to need another type."""

    def __init__(self, schema: pa.Schema) -> None:
        super().__init__()
        self.schema = schema


class TypedTables:
    """All rows of some files, in one schema."""

    features = None
    """Nothing is declared: only the values tell."""

    def __init__(self, paths: list[str], schema: pa.Schema, parse: Parse) -> None:
        self.paths, self.schema, self.parse = paths, schema, parse
        self.counts: dict[str, int] = {}
        """The rows of each file that was read to its end."""

    def tables(self, skip: int = 0) -> Iterator[tuple[str, pa.Table]]:
        """The tables in order. Raises NotPlainError, OtherTypesError."""
        for path in self.paths:
            rows = 0
            for table in ahead(self.checked(path)):
                rows += table.num_rows
                first = min(skip, table.num_rows)
                skip -= first
                yield path, table.slice(first)
            self.counts[path] = rows

    def checked(self, path: str) -> Iterator[pa.Table]:
        """The tables of one file. Raises NotPlainError, OtherTypesError."""
        try:
            for table in self.parse(path, self.schema):
                if any(map(is_rounded, table.columns)):
                    raise NotPlainError
                yield table
        except (OSError, UnicodeDecodeError, MemoryError, pa.ArrowException) as error:  # told by the long way
            raise NotPlainError from error

    def unified(self, schema: pa.Schema, name: str, table: pa.Table) -> pa.Schema:
        """The one schema."""
        del schema, name, table
        return self.schema

    def opening(self, schema: pa.Schema) -> pa.Schema:
        """The one schema."""
        del schema
        return self.schema

    def fitted(self, table: pa.Table, schema: pa.Schema) -> pa.Table:
        """A table as it is."""
        assert table.schema.equals(schema)
        return table

    def columns(self, schema: pa.Schema) -> Columns:
        """The columns with their features."""
        return [(field.name, tree_of(field.type)) for field in schema]


def typed_whole(kind: Format, paths: list[str], use: Callable[[TypedTables], T], *, widen: bool = True) -> T | NotMine:
    """What `use` makes of all rows of files of guessed types; `NOT_MINE` where their first rows do not tell the types of all.

    Args:
        widen: whether a column may become wider than its first rows are, as it does for pandas.

    """
    if (make := kind.read_whole()) is None:
        return NOT_MINE
    try:
        tables: TypedTables = make(paths)
        for _ in range(len(tables.schema) * widen + 1):  # each column may become wider once
            try:
                return use(tables)
            except OtherTypesError as error:
                tables = TypedTables(paths, error.schema, tables.parse)
    except (NotPlainError, OSError, UnicodeDecodeError, pa.ArrowException):
        return NOT_MINE
    return NOT_MINE


def ahead(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same tables, the next of which are read while one is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = deque(pool.submit(next, tables, None) for _ in range(AT_ONCE))
        try:
            while (table := coming.popleft().result()) is not None:
                coming.append(pool.submit(next, tables, None))
                yield table
        finally:
            for one in coming:
                one.cancel()


def is_rounded(column: pa.ChunkedArray) -> bool:
    """Whether floats in a column may have been integers that floats do not tell apart, or are infinite."""
    return any(
        (bounds := pc.min_max(leaf).as_py())["min"] is not None and max(-bounds["min"], bounds["max"]) >= EXACT_FLOAT
        for leaf in leaves(column)
        if pa.types.is_floating(leaf.type)
    )
