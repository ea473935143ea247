"""Arrow tables as Parquet holds them and DuckDB reads them, and back."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as pt

from dspreview.arrow.settled import TEXTS, instants, plain, settled_table, target


def parquet_type(kind: pa.DataType) -> pa.DataType:
    """A column's type in Parquet: times are stored as their counts, since DuckDB refuses what is no time of day."""
    kind = target(kind, plain_time)
    if pt.is_time(kind):
        return pa.int32() if pt.is_time32(kind) else pa.int64()
    return target(kind, stored)


def plain_time(kind: pa.DataType) -> pa.DataType | None:
    """Times of day out of dictionaries and runs."""
    packed = pt.is_dictionary(kind) or pt.is_run_end_encoded(kind)
    return kind.value_type if packed and pt.is_time(kind.value_type) else None


def stored_table(table: pa.Table) -> pa.Table:
    """A table in types that Parquet holds, and DuckDB reads."""
    table = settled_table(table, plain_time)
    for place, field in enumerate(table.schema):
        if pt.is_time(field.type):
            kind = parquet_type(field.type)
            chunks = [chunk.view(kind) for chunk in table.column(place).chunks]
            table = table.set_column(place, field.with_type(kind), pa.chunked_array(chunks, kind))
    return settled_table(table, stored)


def stored(kind: pa.DataType) -> pa.DataType | None:
    """What Parquet has no type for: beside those, intervals (as ISO 8601), unions (as JSON) and structs without fields (whether they are there)."""
    if pt.is_interval(kind) or pt.is_union(kind):
        return pa.string()
    if isinstance(kind, pa.JsonType):
        return kind.storage_type  # DuckDB refuses a column of JSON with a text that is none
    if pt.is_struct(kind) and not kind.num_fields:
        return pa.bool_()
    if pt.is_dictionary(kind) and kind.value_type not in TEXTS:
        return kind.value_type
    if pt.is_timestamp(kind) and kind.unit in {"s", "ms"}:
        return pa.timestamp("us", kind.tz)  # Parquet has no seconds, and DuckDB counts both in microseconds
    if pt.is_decimal(kind) and kind.scale < 0:
        return pa.decimal128(min(kind.precision - kind.scale, 38), 0)
    if pt.is_fixed_size_list(kind) and not kind.list_size:
        return pa.list_(kind.value_field)
    return pa.binary() if kind == pa.binary(0) else plain(kind)


def unsettled(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """An array that was stored, in the type that it had: what comes back from Parquet may be another (seconds are milliseconds there)."""
    import pyarrow.compute as pc  # 30 ms for what few files have

    if array.type == kind:
        return array
    if (time := plain_time(kind)) is not None:
        again = unsettled(array, time)
        return (
            again.dictionary_encode().cast(kind)
            if pt.is_dictionary(kind)
            else pc.run_end_encode(again, kind.run_end_type)
        )
    if isinstance(kind, pa.JsonType):
        return pa.ExtensionArray.from_storage(kind, array.cast(kind.storage_type))
    if pt.is_struct(kind) and not kind.num_fields:
        return pa.array([{} if there else None for there in array.is_valid().to_pylist()], kind)
    if pt.is_struct(kind):
        parts = [unsettled(array.field(n), kind.field(n).type) for n in range(kind.num_fields)]
        return pa.StructArray.from_arrays(parts, fields=list(kind), mask=array.is_null())
    if pt.is_list(kind):
        starts = array.offsets
        values = array.values.slice(starts[0].as_py(), starts[-1].as_py() - starts[0].as_py())
        inner = unsettled(values, kind.value_type)
        return pa.ListArray.from_arrays(pc.subtract(starts, starts[0]), inner, type=kind, mask=array.is_null())
    if pt.is_timestamp(kind) and pt.is_timestamp(array.type) and "ns" not in {kind.unit, array.type.unit}:
        return instants(array, kind)
    return array.cast(kind)


def unsettled_table(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table that was stored, as it was."""
    chunks = [
        pa.chunked_array([unsettled(chunk, field.type) for chunk in column.chunks], field.type)
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return pa.table(chunks, schema=schema)
