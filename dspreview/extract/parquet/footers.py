"""The footers of Parquet files: rows, bytes and columns, without `datasets`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pyarrow as pa

from dspreview.arrow.openparquet import OpenParquet
from dspreview.arrow.settled import micro, target
from dspreview.extract.parquet.rowgroups import row_count
from dspreview.models import FeatureTree

AT_ONCE = 8
"""Footers read over the network at the same time."""
DAY = {"milliseconds": 86_400_000, "microseconds": 86_400_000_000, "nanoseconds": 86_400_000_000_000}
"""How many of a unit of time there are in a day."""
FOREIGN = frozenset({"BSON", "GEOMETRY", "GEOGRAPHY"})
"""Logical types that DuckDB refuses, or writes anew."""


class Footer(NamedTuple):
    """What the end of a Parquet file tells."""

    path: str
    num_rows: int
    size: int
    schema: pa.Schema
    groups: tuple[int, ...]
    """Bytes of each row group, not compressed."""
    foreign: tuple[str, ...] = ()
    """Columns whose values DuckDB refuses, or changes; pyarrow reads them, so they are converted."""
    ancient: frozenset[str] = frozenset()
    """Columns with instants in INT96: their unit is what their years need."""
    stored: pa.Schema | None = None
    """The schema as the file has it, with all metadata; `schema` has the values that we make of it."""
    starts_empty: bool = False
    """Whether its first row group has no rows."""


class ParquetSplit(NamedTuple):
    """A split as Parquet files with the same columns, in order."""

    footers: tuple[Footer, ...]
    features: list[tuple[str, FeatureTree]]
    origin: str = "own"
    """`own` files of the dataset, or the Hub's `export`."""


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


def within_a_day(file: OpenParquet, number: int) -> bool:
    """Whether the ends of a file prove that a column holds times of day: DuckDB refuses a column with any other."""
    unit = json.loads(file.schema.column(number).logical_type.to_json())["timeUnit"]
    for group in file.columns:
        told = group[number]
        if told.low is None or told.high is None:
            if told.values and told.nulls != told.values:
                return False
        elif signed(told.low) < 0 or signed(told.high) >= DAY[unit]:
            return False
    return bool(file.columns) or not file.num_row_groups


def signed(data: bytes) -> int:
    """A number as statistics hold it."""
    return int.from_bytes(data, "little", signed=True)


def footer_of(name: str, file: OpenParquet, size: int) -> Footer:
    """The footer of an open file of so many bytes."""
    groups = tuple(int(file.metadata.row_group(number).total_byte_size) for number in range(file.num_row_groups))
    leaves = [file.schema.column(number) for number in range(len(file.schema))]
    foreign = tuple(
        leaf.path
        for number, leaf in enumerate(leaves)
        if leaf.logical_type.type in FOREIGN or (leaf.logical_type.type == "TIME" and not within_a_day(file, number))
    )
    if file.variants:
        foreign += ("VARIANT",)
    if file.logical or file.intervals:
        foreign += ("extension",)
    if file.below_micro:
        foreign += ("INT96",)  # DuckDB keeps six digits
    ancient = frozenset(leaves[number].path.split(".")[0] for number in file.ancient)
    rows = row_count(file.metadata)
    starts_empty = bool(groups) and not file.metadata.row_group(0).num_rows
    return Footer(name, rows, size, file.schema_arrow, groups, foreign, ancient, file.file.schema_arrow, starts_empty)


def uniform(footers: list[Footer]) -> list[Footer]:
    """Footers whose columns of INT96 have one unit: microseconds where a file needs them."""
    ancient = frozenset().union(*(footer.ancient for footer in footers))
    mixed = {name for name in ancient if len({kind_in(footer, name) for footer in footers}) > 1}
    return [footer._replace(schema=in_micro(footer.schema, mixed & footer.ancient)) for footer in footers]


def kind_in(footer: Footer, name: str) -> pa.DataType | None:
    """The type of a column; None where there is none."""
    return footer.schema.field(name).type if name in footer.schema.names else None


def in_micro(schema: pa.Schema, names: frozenset[str] | set[str]) -> pa.Schema:
    """A schema with microseconds in some columns."""
    fields = [field.with_type(target(field.type, micro)) if field.name in names else field for field in schema]
    return pa.schema(fields, metadata=schema.metadata) if names else schema


def local_footer(name: str) -> Footer:
    """The footer of a file on this machine."""
    try:
        with open(name, "rb") as stream:
            return footer_of(name, OpenParquet(stream), os.path.getsize(name))
    except Exception as error:  # raised again, with its file
        error.add_note(name)
        raise


def remote_footer(name: str, opened: Callable[[str], tuple[Any, Callable[[], int]]]) -> Footer:
    """The footer of a file on the Hub, read by ranges."""
    handle, size = opened(name)
    try:
        file = OpenParquet(handle)
        return footer_of(name, file, size())
    except Exception as error:  # raised again, with its file
        error.add_note(name)
        raise


def footers_of(names: list[str], opened: Callable[[str], tuple[Any, Callable[[], int]]]) -> list[Footer]:
    """The footers of files here, or on the Hub; there `opened` gives something that pyarrow reads, and its size once it was read."""
    if not any("://" in name for name in names):
        return [local_footer(name) for name in names]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda name: remote_footer(name, opened), names))
