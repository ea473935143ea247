"""The footers of Parquet files: rows, bytes and columns, without `datasets`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from dspreview.models import FeatureTree


class Footer(NamedTuple):
    """What the end of a Parquet file tells."""

    path: str
    num_rows: int
    size: int
    schema: pa.Schema
    groups: tuple[int, ...]
    """Bytes of each row group, not compressed."""


class ParquetSplit(NamedTuple):
    """A split as Parquet files with the same columns, in order."""

    footers: tuple[Footer, ...]
    features: list[tuple[str, FeatureTree]]


def stored_type(kind: pa.DataType) -> str:
    """A type as Parquet stores it: long or short offsets, dictionaries and names of extensions make no difference."""
    if isinstance(kind, pa.BaseExtensionType):
        return stored_type(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return stored_type(kind.value_type)
    if pa.types.is_struct(kind):
        fields = [kind.field(number) for number in range(kind.num_fields)]
        return "{" + ", ".join(f"{field.name!r}: {stored_type(field.type)}" for field in fields) + "}"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return f"[{stored_type(kind.value_type)}]"
    names = {pa.large_string(): "string", pa.string_view(): "string", pa.large_binary(): "binary"}
    return names.get(kind, str(kind))


def footer_of(name: str, file: pq.ParquetFile, size: int) -> Footer:
    """The footer of an open file of so many bytes."""
    groups = tuple(int(file.metadata.row_group(number).total_byte_size) for number in range(file.num_row_groups))
    return Footer(name, file.metadata.num_rows, size, file.schema_arrow, groups)


def local_footer(name: str) -> Footer:
    """The footer of a file on this machine."""
    try:
        with pq.ParquetFile(name) as file:
            return footer_of(name, file, os.path.getsize(name))
    except Exception as error:  # raised again, with its file
        error.add_note(name)
        raise


def remote_footer(name: str, opened: Callable[[str], tuple[Any, Callable[[], int]]]) -> Footer:
    """The footer of a file on the Hub, read by ranges."""
    handle, size = opened(name)
    try:
        file = pq.ParquetFile(handle, pre_buffer=False)
        return footer_of(name, file, size())
    except Exception as error:  # raised again, with its file
        error.add_note(name)
        raise
