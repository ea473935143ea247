"""Where the columns of a row group lie, read from the footer of a Parquet file by hand.

pyarrow 26 ends the process on some damaged footers where it is asked for that (`RowGroupMetaData.column`); only reading pages is safe
there. The footer is a struct of Thrift's compact protocol: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

ROW_GROUPS, COLUMNS, META_DATA = 4, 1, 3
TOTAL_COMPRESSED_SIZE, DATA_PAGE_OFFSET, DICTIONARY_PAGE_OFFSET = 7, 9, 11
TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
DEEPEST = 32


ENCODINGS, NUM_VALUES, STATISTICS = 2, 5, 12
MAX_VALUE, MIN_VALUE, NULL_COUNT = 5, 6, 3
DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY = 6, 7


class Chunk(NamedTuple):
    """A column of a row group, in bytes."""

    start: int
    length: int
    dictionary: int
    """Of which so many are its dictionary."""


def column_chunks(footer: bytes, group: int) -> list[Chunk] | None:
    """The columns of the row group of that number; None where the footer does not tell."""
    try:
        for field, kind, reader in Compact(footer).fields():
            if field == ROW_GROUPS and kind == LIST:
                for number, row_group in enumerate(reader.items()):
                    if number == group:
                        return [chunk_of(column[META_DATA]) for column in row_group[COLUMNS]] or None
            reader.skip(kind)
    except (IndexError, KeyError, TypeError, ValueError, RecursionError):
        return None
    return None


def read_footer(stream: Any) -> bytes:
    """The footer of a Parquet file, by its path or open."""
    if isinstance(stream, str):
        with open(stream, "rb") as file:
            return read_footer(file)
    stream.seek(-8, 2)
    length = int.from_bytes(stream.read(8)[:4], "little")
    stream.seek(-8 - length, 2)
    return bytes(stream.read(length))


class ColumnTold(NamedTuple):
    """What a footer says of a column of a row group."""

    encodings: frozenset[int]
    size: int
    """In bytes, compressed."""
    values: int
    nulls: int | None
    low: bytes | None
    high: bytes | None
    """The ends of its values, where it has the new statistics."""


def told_of(column: dict[int, Any]) -> ColumnTold:
    """A column's metadata. Raises KeyError, TypeError, ValueError."""
    told = column.get(STATISTICS) or {}
    ends = told.get(MIN_VALUE), told.get(MAX_VALUE)
    found = ColumnTold(
        frozenset(column[ENCODINGS]), column[TOTAL_COMPRESSED_SIZE], column[NUM_VALUES], told.get(NULL_COUNT), *ends
    )
    if not all(isinstance(one, int) for one in (found.size, found.values, found.nulls or 0, *found.encodings)):
        raise ValueError(column)
    if not all(one is None or isinstance(one, bytes) for one in ends):
        raise ValueError(column)
    return found


def all_columns(footer: bytes, number: int) -> list[list[ColumnTold]]:
    """The columns of each row group, of which there are so many; nothing where the footer does not tell."""
    try:
        for field, kind, reader in Compact(footer, texts=True).fields():
            if field == ROW_GROUPS and kind == LIST:
                found = [[told_of(column[META_DATA]) for column in group[COLUMNS]] for group in reader.items()]
                return found if all(len(group) == number for group in found) else []
            reader.skip(kind)
    except (IndexError, KeyError, TypeError, ValueError, RecursionError):
        return []
    return []


def chunk_of(told: dict[int, Any]) -> Chunk:
    """A column, as its metadata tells. Raises KeyError, TypeError, ValueError."""
    data = told[DATA_PAGE_OFFSET]
    start = min(data, told.get(DICTIONARY_PAGE_OFFSET) or data)
    if start < 0 or told[TOTAL_COMPRESSED_SIZE] <= 0:
        raise ValueError(told)
    return Chunk(start, told[TOTAL_COMPRESSED_SIZE], data - start)


class Compact:
    """Reads Thrift's compact protocol. Raises IndexError where the data ends too early, ValueError where it is something else."""

    def __init__(self, data: bytes, *, texts: bool = False) -> None:
        """`texts` keeps them; else they are None."""
        self.data, self.at, self.depth, self.texts = data, 0, 0, texts

    def fields(self) -> Iterator[tuple[int, int, Compact]]:
        """Number and kind of each field of a struct; whoever asks reads or skips the value."""
        last = 0
        while head := self.byte():
            last = last + (head >> 4) if head >> 4 else self.integer()
            yield last, head & 15, self

    def value(self, kind: int) -> Any:
        """A value in a struct."""
        if kind in {TRUE, FALSE}:
            return kind == TRUE
        if kind == BYTE:
            return self.byte()
        if kind == DOUBLE:
            self.at += 8
            return None
        if kind == BINARY:
            length = self.varint()
            self.at += length
            return self.data[self.at - length : self.at] if self.texts else None
        if kind in {LIST, SET}:
            return list(self.items())
        if kind == MAP:
            return self.map()
        return self.struct() if kind == STRUCT else self.integer()

    def skip(self, kind: int) -> None:
        """Pass over a value."""
        self.value(kind)

    def struct(self) -> dict[int, Any]:
        """The fields of a struct by their numbers."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise ValueError("too deep")
        found = {field: self.value(kind) for field, kind, _ in self.fields()}
        self.depth -= 1
        return found

    def items(self) -> Iterator[Any]:
        """The values of a list."""
        head = self.byte()
        size = self.varint() if head >> 4 == 15 else head >> 4
        if size > len(self.data):
            raise ValueError(size)
        for _ in range(size):
            yield self.byte() == TRUE if head & 15 in {TRUE, FALSE} else self.value(head & 15)

    def map(self) -> None:
        """Pass over a map."""
        size = self.varint()
        kinds = self.byte() if size else 0
        for _ in range(min(size, len(self.data))):
            self.value(kinds >> 4)
            self.value(kinds & 15)

    def byte(self) -> int:
        """The next byte."""
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        """A number of as many bytes as it needs."""
        found = shift = 0
        while True:
            byte = self.byte()
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return found
            if shift > 70:
                raise ValueError("a number without an end")

    def integer(self) -> int:
        """A number with a sign."""
        found = self.varint()
        return (found >> 1) ^ -(found & 1)
