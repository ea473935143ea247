"""Arrow arrays in types that Parquet holds and that every function of pyarrow takes; the values stay the same."""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import accumulate

import pyarrow as pa
import pyarrow.types as pt

from dspreview.arrow.values import is_list, to_python
from dspreview.models import dump
from dspreview.page.iso import INFINITE, PER_SECOND

TEXTS = {pa.string(), pa.large_string(), pa.binary(), pa.large_binary()}
"""What dictionaries are for in Parquet."""
VIEWS = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}


def empty_table(schema: pa.Schema) -> pa.Table:
    """A table without rows. Arrow's own imports pandas, and fails on extension types inside others."""
    return pa.Table.from_arrays([pa.nulls(0, kind) for kind in schema.types], schema=schema)


def settled_schema(schema: pa.Schema, change: Callable[[pa.DataType], pa.DataType | None]) -> pa.Schema:
    """The schema of a table once it is settled."""
    return pa.schema([field.with_type(target(field.type, change)) for field in schema], metadata=schema.metadata)


def filled(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with all columns of a schema in its order, and none beside them; what it lacks is null."""
    for field in schema:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.select(schema.names)


def settled_table(table: pa.Table, change: Callable[[pa.DataType], pa.DataType | None]) -> pa.Table:
    """A table with the columns that `change` names a type for, at any depth, in that type."""
    for place, field in enumerate(table.schema):
        kind = target(field.type, change)
        if kind != field.type:
            column = table.column(place)
            chunks = [settled(chunk, kind, change) for chunk in column.chunks]
            table = table.set_column(place, field.with_type(kind), pa.chunked_array(chunks, kind))
    return table


def plain(kind: pa.DataType) -> pa.DataType | None:
    """What pyarrow has too few functions for: views, and values in runs."""
    if kind in VIEWS:
        return VIEWS[kind]
    if pt.is_list_view(kind) or pt.is_large_list_view(kind):
        return pa.large_list(kind.value_field)
    if pt.is_dictionary(kind):
        return VIEWS.get(kind.value_type)
    return kind.value_type if pt.is_run_end_encoded(kind) else None


def bare(kind: pa.DataType) -> pa.DataType | None:
    """The same, and JSON as the text that it is stored as."""
    return kind.storage_type if isinstance(kind, pa.JsonType) else plain(kind)


def spelled_out(kind: pa.DataType) -> pa.DataType | None:
    """What pyarrow has too few functions for, and dictionaries as their values."""
    return kind.value_type if pt.is_dictionary(kind) else plain(kind)


def texts_at_hand(kind: pa.DataType) -> pa.DataType | None:
    """The same, and JSON as the text that it is stored as."""
    return kind.storage_type if isinstance(kind, pa.JsonType) else spelled_out(kind)


def micro(kind: pa.DataType) -> pa.DataType | None:
    """Microseconds for nanoseconds."""
    return pa.timestamp("us", kind.tz) if pt.is_timestamp(kind) and kind.unit == "ns" else None


def logical(kind: pa.DataType) -> pa.DataType | None:
    """What holds the values of an extension type; how they lie, in runs or as bytes, is nothing that they are."""
    if pt.is_run_end_encoded(kind):
        return kind.value_type
    if isinstance(kind, pa.UuidType):
        return pa.string()
    if isinstance(kind, pa.Bool8Type):
        return pa.bool_()
    if isinstance(kind, pa.FixedShapeTensorType):
        return nested_lists(kind.value_type, tensor_shape(kind))
    return kind.storage_type if isinstance(kind, pa.OpaqueType) else None


def intervals(kind: pa.DataType) -> pa.DataType | None:
    """What Parquet's INTERVAL holds in its twelve bytes."""
    return pa.month_day_nano_interval() if kind == pa.binary(12) else None


def interval_of(data: bytes) -> tuple[int, int, int]:
    """Months, days and nanoseconds: Parquet counts milliseconds."""
    months, days, milliseconds = struct.unpack("<III", data)
    return months, days, milliseconds * 1_000_000


def tensor_shape(kind: pa.FixedShapeTensorType) -> list[int]:
    """The shape of a tensor as it is meant, its dimensions in their order."""
    return [kind.shape[place] for place in kind.permutation or range(len(kind.shape))]


def nested_lists(kind: pa.DataType, shape: list[int]) -> pa.DataType:
    """Lists of fixed lengths inside each other."""
    for length in reversed(shape):
        kind = pa.list_(kind, length)
    return kind


def tensors(array: pa.ExtensionArray, wanted: pa.DataType) -> pa.Array:
    """Tensors of a fixed shape as nested lists."""
    kind, storage = array.type, array.storage
    size = kind.storage_type.list_size
    values = storage.values.slice(storage.offset * size, len(storage) * size)
    if kind.permutation:
        import numpy as np  # 50 ms for what few files have

        order = np.arange(len(values)).reshape(len(storage), *kind.shape)
        values = values.take(pa.array(order.transpose(0, *(place + 1 for place in kind.permutation)).ravel()))
    shape = tensor_shape(kind)
    for number in range(len(shape) - 1, 0, -1):
        values = pa.FixedSizeListArray.from_arrays(values, shape[number])
    return pa.FixedSizeListArray.from_arrays(values, type=wanted, mask=storage.is_null())


def target(kind: pa.DataType, change: Callable[[pa.DataType], pa.DataType | None]) -> pa.DataType:
    """The type that a type becomes."""
    other = change(kind)
    if other is not None:
        return target(other, change)
    if isinstance(kind, pa.BaseExtensionType):
        inner = target(kind.storage_type, change)
        return kind if inner == kind.storage_type else inner
    if pt.is_struct(kind):
        return pa.struct([one.with_type(target(one.type, change)) for one in kind])
    if pt.is_map(kind):
        return pa.map_(target(kind.key_type, change), target(kind.item_type, change))
    if pt.is_fixed_size_list(kind):
        return pa.list_(kind.value_field.with_type(target(kind.value_type, change)), kind.list_size)
    if pt.is_list(kind) or pt.is_large_list(kind):
        maker = pa.list_ if pt.is_list(kind) else pa.large_list
        return maker(kind.value_field.with_type(target(kind.value_type, change)))
    if pt.is_list_view(kind) or pt.is_large_list_view(kind):
        inner = target(kind.value_type, change)
        return kind if inner == kind.value_type else pa.large_list(kind.value_field.with_type(inner))
    return kind


def settled(array: pa.Array, wanted: pa.DataType, change: Callable[[pa.DataType], pa.DataType | None]) -> pa.Array:  # noqa: C901, PLR0911, PLR0912 - one case a line, each simple
    """An array in the type that it becomes."""
    import pyarrow.compute as pc  # 30 ms for what few files have

    kind = array.type
    if kind == wanted:
        return array
    if isinstance(kind, pa.FixedShapeTensorType):
        return tensors(array, wanted)
    if isinstance(kind, pa.UuidType):
        from uuid import UUID

        return pa.array([None if one is None else str(UUID(bytes=one)) for one in array.storage.to_pylist()], wanted)
    if isinstance(kind, pa.BaseExtensionType):
        return settled(array.storage, wanted, change)
    if pt.is_run_end_encoded(kind):
        return settled(pc.run_end_decode(array), wanted, change)
    if pt.is_dictionary(kind):
        return settled(array.dictionary, wanted, change).take(array.indices)  # views are decoded by nothing else
    if pt.is_interval(wanted):
        return pa.array([None if one is None else interval_of(one) for one in array.to_pylist()], wanted)
    if pt.is_interval(kind):
        return pa.array(to_python(array), wanted)
    if pt.is_union(kind):
        return pa.array([None if one is None else dump(one) for one in to_python(array)], wanted)
    if pt.is_struct(kind):
        if not kind.num_fields:
            return pc.if_else(array.is_valid(), True, pa.scalar(None, pa.bool_()))
        parts = [settled(array.field(n), wanted.field(n).type, change) for n in range(kind.num_fields)]
        return pa.StructArray.from_arrays(parts, fields=list(wanted), mask=array.is_null())
    if pt.is_list_view(kind) or pt.is_large_list_view(kind):
        values = settled(array.values, wanted.value_type, change)  # pyarrow 26 casts lists with nulls to damaged ones
        there = array.is_valid().to_pylist()
        sizes = [size if valid else 0 for size, valid in zip(array.sizes.to_pylist(), there, strict=True)]
        places = [
            place
            for start, size in zip(array.offsets.to_pylist(), sizes, strict=True)
            for place in range(start, start + size)
        ]
        starts = pa.array([0, *accumulate(sizes)], pa.int64())
        return pa.LargeListArray.from_arrays(
            starts, values.take(pa.array(places, pa.int64())), type=wanted, mask=array.is_null()
        )
    if pt.is_timestamp(kind) and pt.is_timestamp(wanted) and kind.unit != "ns":
        return instants(array, wanted)
    if pt.is_fixed_size_list(kind) and not kind.list_size:
        starts = pa.array([0] * (len(array) + 1), pa.int32())
        return pa.ListArray.from_arrays(starts, pa.nulls(0, wanted.value_type), type=wanted, mask=array.is_null())
    if pt.is_fixed_size_list(kind):
        values = array.values.slice(array.offset * kind.list_size, len(array) * kind.list_size)
        inner = settled(values, wanted.value_type, change)
        return pa.FixedSizeListArray.from_arrays(inner, type=wanted, mask=array.is_null())
    if pt.is_map(kind):
        starts = array.offsets
        keys, items = (
            part.slice(starts[0].as_py(), starts[-1].as_py() - starts[0].as_py()) for part in (array.keys, array.items)
        )
        keys, items = settled(keys, wanted.key_type, change), settled(items, wanted.item_type, change)
        return pa.MapArray.from_arrays(pc.subtract(starts, starts[0]), keys, items, type=wanted, mask=array.is_null())
    if is_list(kind):
        starts = array.offsets
        values = array.values.slice(starts[0].as_py(), starts[-1].as_py() - starts[0].as_py())
        maker = pa.ListArray if pt.is_list(kind) else pa.LargeListArray
        inner = settled(values, wanted.value_type, change)
        return maker.from_arrays(pc.subtract(starts, starts[0]), inner, type=wanted, mask=array.is_null())
    return array.cast(wanted)


def visible(array: pa.Array) -> pa.Array:
    """An array without what lies behind its nulls: values that a null list, or a list in a null struct, still has."""
    import pyarrow.compute as pc  # 30 ms for what few files have

    kind = array.type
    if pt.is_struct(kind) and kind.num_fields:
        parts = [visible(part) for part in array.flatten()]  # which knows the nulls of the struct
        return pa.StructArray.from_arrays(parts, fields=list(kind), mask=array.is_null())
    if not pt.is_nested(kind):
        return array
    array = array.take(pa.array(range(len(array)), pa.int64()))
    if not (pt.is_list(kind) or pt.is_large_list(kind)):
        return array
    starts, maker = array.offsets, pa.ListArray if pt.is_list(kind) else pa.LargeListArray
    values = array.values.slice(starts[0].as_py(), starts[-1].as_py() - starts[0].as_py())
    return maker.from_arrays(pc.subtract(starts, starts[0]), visible(values), type=kind, mask=array.is_null())


def instants(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Instants in another unit, infinite ones infinite. Raises ArrowInvalid where one has no place there."""
    import pyarrow.compute as pc  # 30 ms for what few files have

    counts = array.view(pa.int64())
    ends = pa.scalar(INFINITE), pa.scalar(-INFINITE)
    endless = pc.or_(pc.equal(counts, ends[0]), pc.equal(counts, ends[1]))
    have, want = PER_SECOND[array.type.unit], PER_SECOND[wanted.unit]
    finite = pc.if_else(endless, 0, counts)
    try:
        changed = pc.multiply_checked(finite, want // have) if want >= have else pc.divide(finite, have // want)
    except pa.ArrowInvalid as error:
        raise pa.ArrowInvalid(f"an instant that no count of microseconds holds, in {array.type}") from error
    return pc.if_else(endless, counts, changed).view(wanted)
