"""Parquet files whose footer says something else: it is read, changed and written back in Thrift's compact protocol."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, STRUCT = 1, 2, 3, 7, 8, 9, 12
INTEGERS = {4, 5, 6}
Fields = dict[int, tuple[int, Any]]
"""The fields of a struct by their numbers: their kind and their value; of a list the value is a kind and the items."""


class Reader:
    """Reads structs."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def varint(self) -> int:
        """A number of as many bytes as it needs."""
        found = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            found |= (byte & 127) << shift
            if byte < 128:
                return found
            shift += 7

    def struct(self) -> Fields:
        """The fields up to the end of a struct."""
        found: Fields = {}
        last = 0
        while head := self.data[self.at]:
            self.at += 1
            last = last + (head >> 4) if head >> 4 else signed(self.varint())
            found[last] = (head & 15, self.value(head & 15))
        self.at += 1
        return found

    def value(self, kind: int) -> Any:
        """A value of a kind."""
        if kind in {TRUE, FALSE}:
            return kind == TRUE
        if kind in INTEGERS:
            return signed(self.varint())
        if kind in {BYTE, DOUBLE, BINARY}:
            size = {BYTE: 1, DOUBLE: 8}.get(kind) or (self.varint() if kind == BINARY else 0)
            self.at += size
            return self.data[self.at - size : self.at]
        if kind == LIST:
            head = self.data[self.at]
            self.at += 1
            size = self.varint() if head >> 4 == 15 else head >> 4
            return head & 15, [self.value(head & 15) for _ in range(size)]
        return self.struct()


def signed(number: int) -> int:
    """A number from its zigzag form."""
    return (number >> 1) ^ -(number & 1)


def varint(number: int) -> bytes:
    """A number in as many bytes as it needs."""
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def written(kind: int, value: Any) -> bytes:
    """A value of a kind."""
    if kind in {TRUE, FALSE}:
        return b""
    if kind in INTEGERS:
        return varint(value << 1 if value >= 0 else (-value << 1) - 1)
    if kind == BINARY:
        return varint(len(value)) + bytes(value)
    if kind == LIST:
        inner, items = value
        return bytes([0xF0 | inner]) + varint(len(items)) + b"".join(written(inner, item) for item in items)
    return whole(value) if kind == STRUCT else bytes(value)


def whole(fields: Fields) -> bytes:
    """A struct."""
    found, last = b"", 0
    for number, (kind, value) in sorted(fields.items()):
        told = (TRUE if value else FALSE) if kind in {TRUE, FALSE} else kind
        step = number - last
        found += bytes([step << 4 | told]) if 0 < step < 16 else bytes([told]) + written(5, number)
        found += written(kind, value)
        last = number
    return found + b"\0"


def changed(path: Path, change: Callable[[Fields], None]) -> None:
    """Write a file anew with a footer that `change` was given to change."""
    data = path.read_bytes()
    (length,) = struct.unpack("<I", data[-8:-4])
    footer = Reader(data[-8 - length : -8]).struct()
    change(footer)
    told = whole(footer)
    path.write_bytes(data[: -8 - length] + told + struct.pack("<I", len(told)) + b"PAR1")


def columns(footer: Fields) -> list[list[Fields]]:
    """The metadata of the columns of each row group: fields of ColumnMetaData."""
    return [[column[3][1] for column in group[1][1][1]] for group in footer[4][1][1]]
