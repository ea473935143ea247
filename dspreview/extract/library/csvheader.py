"""CSV files whose rows all have one value more than their header: pandas takes the first values for no column at all."""

from __future__ import annotations

import bz2
import csv
import io
import lzma
import struct
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow as pa

DEFLATED = 8
"""How most files in a zip are packed; 0 is not at all."""


def first_member(data: bytes) -> bytes:
    """The beginning of the first file in the beginning of a zip. Raises zlib.error, struct.error."""
    (method,), (name, extra) = struct.unpack_from("<H", data, 8), struct.unpack_from("<HH", data, 26)
    body = data[30 + name + extra :]
    if method == DEFLATED:
        return zlib.decompressobj(-15).decompress(body)
    (size,) = struct.unpack_from("<I", data, 18)
    return b"" if method else body[: size or None]  # of what was streamed the size comes behind it


PACKED: dict[bytes, Callable[[], Callable[[bytes], bytes]]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(31).decompress,
    b"BZh": lambda: bz2.BZ2Decompressor().decompress,
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor().decompress,
    b"PK\x03\x04": lambda: first_member,
}
"""What unpacks the first bytes of a file, by these."""
END = "\0end"
"""A column for what stands behind the delimiter at the end of a row: nothing."""
HEAD, LOOKED_AT = 1 << 14, 100
"""Bytes and rows at the beginning that tell."""
TOLD = ("index_col", "names", "column_names", "header", "skiprows", "comment", "lineterminator")
"""Options of a README after which the header is what it says."""


class ShortHeader(NamedTuple):
    """A header of one name less than there are values."""

    names: list[str]
    trailing: bool
    """Whether the last value of all rows is nothing: each row ends in a delimiter. Else the first column has no name."""

    def apply(self, config: Any) -> None:
        """Tell the CSV reader the names of all columns."""
        config.names = [*self.names, END] if self.trailing else ["", *self.names]
        config.header = 0

    def checked(self, table: pa.Table) -> pa.Table:
        """The columns that have values. Raises ValueError where there are some behind the last."""
        if not self.trailing:
            return table
        if table.column(END).null_count < table.num_rows:
            raise ValueError(f"rows have {len(self.names) + 1} fields, and the header names {len(self.names)}")
        return table.drop_columns([END])


def unpacked(data: bytes) -> bytes:
    """The beginning of what a compressed file holds, or the bytes as they are."""
    decompress = next((made() for magic, made in PACKED.items() if data.startswith(magic)), None)
    if decompress is None:
        return data
    try:
        return decompress(data)
    except (OSError, EOFError, struct.error, zlib.error, lzma.LZMAError):
        return b""


def short_header(data: bytes, params: dict[str, Any]) -> ShortHeader | None:
    """What the beginning of a CSV file tells; None where header and rows go together.

    Args:
        params: those of a README for the CSV reader.

    """
    sep = str(params.get("sep") or params.get("delimiter") or ",")
    if len(sep) != 1 or any(params.get(key) is not None for key in TOLD):
        return None
    signs = {key: params[key] for key in ("quotechar", "escapechar") if params.get(key)}
    data = unpacked(data)[:HEAD]
    if b"\0" in data and not params.get("encoding"):  # packed in another way, and no text
        return None
    text = data.decode(str(params.get("encoding") or "utf-8-sig"), "replace")
    lines = [*io.StringIO(text, newline="")][: None if len(data) < HEAD else -1]
    rows = [row for row in csv.reader(lines[:LOOKED_AT], delimiter=sep, **signs) if row]
    width = len(rows[0]) + 1 if rows else 0
    if len(rows) > 1 and len(rows[1]) == width and all(len(row) <= width for row in rows):
        return ShortHeader(rows[0], not any(row[-1] for row in rows[1:] if len(row) == width))
    return None
