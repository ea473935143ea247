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


def chunk_of(told: dict[int, Any]) -> Chunk:
    """A column, as its metadata tells. Raises KeyError, TypeError, ValueError."""
    data = told[DATA_PAGE_OFFSET]
    start = min(data, told.get(DICTIONARY_PAGE_OFFSET) or data)
    if start < 0 or told[TOTAL_COMPRESSED_SIZE] <= 0:
        raise ValueError(told)
    return Chunk(start, told[TOTAL_COMPRESSED_SIZE], data - start)


class Compact:
    """Reads Thrift's compact protocol. Raises IndexError where the data ends too early, ValueError where it is something else."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.depth = data, 0, 0

    def fields(self) -> Iterator[tuple[int, int, Compact]]:
        """Number and kind of each field of a struct; whoever asks reads or skips the value."""
        last = 0
        while head := self.byte():
            last = last + (head >> 4) if head >> 4 else self.integer()
            yield last, head & 15, self

    def value(self, kind: int) -> Any:
        """A value in a struct; texts, which nobody asks for, are None."""
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
            return None
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
