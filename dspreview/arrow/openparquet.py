"""A Parquet file as pyarrow reads it, right also where pyarrow is not: INT96 of any year, VARIANT, dictionaries of deltas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dspreview.arrow.geometry import marked
from dspreview.arrow.settled import empty_table, intervals, logical, settled_table, target
from dspreview.arrow.thrift import (
    DELTA_BYTE_ARRAY,
    DELTA_LENGTH_BYTE_ARRAY,
    ColumnTold,
    all_columns,
    read_footer,
)

BATCH = 1_000
"""Rows that are decoded at a time, at most."""
LOOKED_AT = 8_000_000
"""Bytes of INT96 on the Hub that are looked at before any are shown; of more, those of the first rows decide."""
LAST_MICRO = 2**63 // 1000
"""Microseconds from 1970 that nanoseconds in 64 bits still hold."""


class OpenParquet:
    """An open Parquet file: its `metadata`, `schema` (Parquet's), `schema_arrow` (of the `tables` that it gives), `stored` (Arrow's)."""

    def __init__(self, stream: Any, **options: Any) -> None:
        """The footer is read. Raises what pyarrow raises."""
        self.stream, self.options = stream, options
        self.file = file = pq.ParquetFile(stream, pre_buffer=False, **options)
        self.metadata, self.schema, self.num_row_groups = file.metadata, file.schema, file.num_row_groups
        self.schema_arrow = self.stored = file.schema_arrow
        self.cast: pa.Schema | None = None
        self.ancient = [n for n in range(len(file.schema)) if file.schema.column(n).physical_type == "INT96"]
        self.below_micro = False
        """Whether instants of INT96 are finer than microseconds."""
        self.sampled = False
        """Whether only the first of them were looked at."""
        if self.ancient:
            self._look_at_ancient()
        if any(holds_dictionary(kind) for kind in self.stored.types) and self._holds_deltas():
            self._forget_dictionaries()
        self.variants = "(Variant(" in str(file.schema)
        if self.variants:
            from dspreview.arrow.variant import without_variants

            self.schema_arrow = without_variants(empty_table(self.schema_arrow), annotated=True).schema
        self.logical = any(target(field.type, logical) != field.type for field in self.schema_arrow)
        """Whether columns are stored otherwise than their values are: DuckDB has no part in these."""
        if self.logical:
            kinds = [field.with_type(target(field.type, logical)) for field in self.schema_arrow]
            self.schema_arrow = pa.schema(kinds, metadata=self.schema_arrow.metadata)
        leaves = [file.schema.column(number) for number in range(len(file.schema))]
        self.intervals = {leaf.path.split(".")[0] for leaf in leaves if leaf.converted_type == "INTERVAL"}
        """Columns with Parquet's INTERVAL, which is bytes to pyarrow."""
        if self.intervals:
            kinds = [
                target(one.type, intervals) if one.name in self.intervals else one.type for one in self.schema_arrow
            ]
            fields = [one.with_type(kind) for one, kind in zip(self.schema_arrow, kinds, strict=True)]
            self.schema_arrow = pa.schema(fields, metadata=self.schema_arrow.metadata)
        self.schema_arrow = marked(self.schema_arrow, geometries(file.schema))

    def _look_at_ancient(self) -> None:
        """INT96 holds nanoseconds of any year, and Arrow's nanoseconds do not: microseconds where these are needed."""
        import pyarrow.compute as pc  # 30 ms for what few files have

        groups = [number for number in range(self.num_row_groups) if self.metadata.row_group(number).num_rows]
        if hasattr(self.stream, "expect"):  # on the Hub
            told = [group[number].size for group in self.columns for number in self.ancient]
            self.sampled = sum(told) > LOOKED_AT or not told
            groups = groups[:1] if self.sampled else groups
        if self._are_far(groups):
            self.file, self.sampled = self._in_micro(), False
            self.schema_arrow = self.stored = self.file.schema_arrow
            return
        for leaf in self._ancient_leaves(self.file, groups):
            if pc.any(pc.not_equal(pc.multiply(pc.divide(leaf, 1000), 1000), leaf)).as_py():
                self.below_micro = True
                return

    def _in_micro(self) -> pq.ParquetFile:
        """The same file with microseconds for INT96."""
        return pq.ParquetFile(self.stream, pre_buffer=False, coerce_int96_timestamp_unit="us", **self.options)

    def _are_far(self, groups: list[int]) -> bool:
        """Whether there are instants of INT96 that nanoseconds do not hold."""
        import pyarrow.compute as pc

        for leaf in self._ancient_leaves(self._in_micro(), groups):
            ends = pc.min_max(leaf).as_py()
            if ends["min"] is not None and not (ends["min"] > -LAST_MICRO and ends["max"] < LAST_MICRO):
                return True
        return False

    def _ancient_leaves(self, file: pq.ParquetFile, groups: list[int]) -> Iterator[pa.Array]:
        """The counts behind the instants of INT96 in some row groups."""
        for batch in file.reader.iter_batches(BATCH, row_groups=groups, column_indices=self.ancient):
            for column in batch.columns:
                yield from times_in(column)

    @cached_property
    def columns(self) -> list[list[ColumnTold]]:
        """What the footer says of the columns of each row group; nothing where it does not tell."""
        return all_columns(read_footer(self.stream), len(self.schema))

    def _holds_deltas(self) -> bool:
        """Whether columns are in an encoding that pyarrow decodes, but not into a dictionary."""
        deltas = {DELTA_BYTE_ARRAY, DELTA_LENGTH_BYTE_ARRAY}
        return any(deltas & column.encodings for group in self.columns for column in group)

    def _forget_dictionaries(self) -> None:
        """Read values where a writer noted dictionaries that pyarrow does not decode into: its note is hidden."""
        out = pa.BufferOutputStream()
        self.metadata.write_metadata_file(out)
        told = pq.read_metadata(pa.BufferReader(out.getvalue().to_pybytes().replace(b"ARROW:schema", b"arrow_schema")))
        self.file = pq.ParquetFile(self.stream, pre_buffer=False, metadata=told, **self.options)
        kinds = [field.with_type(target(field.type, values_of)) for field in self.schema_arrow]
        self.schema_arrow = self.cast = pa.schema(kinds, metadata=self.schema_arrow.metadata)

    def tables(self, size: int, group: int, leaves: list[int] | None = None) -> Iterator[pa.Table]:
        """The rows of a row group, some at a time; of some leaves alone, where these are named. Raises ValueError, and what pyarrow does."""
        if self.sampled and self._are_far([group]):
            raise ValueError(
                f"row group {group} has years in INT96 that nanoseconds do not hold, and the first has none"
            )
        chosen = {} if leaves is None else {"column_indices": leaves}
        for batch in self.file.reader.iter_batches(size, row_groups=[group], **chosen):
            table = pa.Table.from_batches([batch])
            if self.cast is not None:
                table = table.cast(pa.schema([self.cast.field(name) for name in table.column_names]))
            if self.variants:
                from dspreview.arrow.variant import without_variants

                table = without_variants(table, annotated=True)
            if self.logical:
                table = settled_table(table, logical)
            for name in self.intervals & set(table.column_names):
                place = table.column_names.index(name)
                column = settled_table(table.select([place]), intervals)
                table = table.set_column(place, column.schema.field(0), column.column(0))
            yield table


def geometries(schema: pq.ParquetSchema) -> dict[str, str]:
    """The columns of Parquet's GEOMETRY and GEOGRAPHY, with the coordinate reference system of each."""
    found = {}
    for number in range(len(schema)):
        leaf = schema.column(number)
        if leaf.logical_type.type in {"GEOMETRY", "GEOGRAPHY"}:
            found[leaf.path] = json.loads(leaf.logical_type.to_json()).get("crs") or "OGC:CRS84"
    return found


def times_in(array: pa.Array) -> Iterator[pa.Array]:
    """The counts behind time stamps at the bottom of a column."""
    kind = array.type
    if pa.types.is_timestamp(kind):
        yield array.view(pa.int64())
    elif pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            yield from times_in(array.field(number))
    elif pa.types.is_map(kind):
        yield from times_in(array.keys)
        yield from times_in(array.items)
    elif hasattr(kind, "value_type"):
        yield from times_in(array.values)


def holds_dictionary(kind: pa.DataType) -> bool:
    """Whether a type is a dictionary, or has one inside."""
    return bool(target(kind, values_of) != kind)


def values_of(kind: pa.DataType) -> pa.DataType | None:
    """What a dictionary holds."""
    return kind.value_type if pa.types.is_dictionary(kind) else None
