"""Arrays of text, whose bytes may be no UTF-8: pyarrow reads files without a look at that, DuckDB refuses them whole."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from dspreview.page.broken_text import BrokenText, text_of


def is_text(kind: pa.DataType) -> bool:
    """Whether values of a type are texts, in whatever form they lie."""
    return bool(pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind))


def is_utf8(texts: pa.Array) -> bool:
    """Whether all texts of an array are."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def to_texts(array: pa.Array) -> list[Any]:
    """Each text; what is not UTF-8 is a `BrokenText`."""
    try:
        return list(array.to_pylist())
    except UnicodeDecodeError:
        return [text_of(one.as_buffer().to_pybytes()) if one.is_valid else None for one in array]


def readable_table(table: pa.Table) -> pa.Table:
    """A table without text that is not UTF-8, at any depth: null stands for it, as in rows."""
    for place, column in enumerate(table.columns):
        chunks = column.chunks
        changed = [readable(chunk) for chunk in chunks]
        if any(one is not other for one, other in zip(changed, chunks, strict=True)):
            table = table.set_column(place, table.schema.field(place), pa.chunked_array(changed, column.type))
    return table


def readable(array: pa.Array) -> pa.Array:
    """The same of an array; itself where there is nothing to change."""
    kind, parts = array.type, parts_of(array)
    if is_text(kind):
        if is_utf8(array):
            return array
        return pa.array([None if isinstance(one, BrokenText) else one for one in to_texts(array)], kind)
    changed = [readable(part) for part in parts]
    if all(one is other for one, other in zip(changed, parts, strict=True)):
        return array
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, changed[0])
    if pt.is_dictionary(kind):
        return changed[0].take(array.indices).dictionary_encode().cast(kind)
    mask = array.is_null()
    if pt.is_struct(kind):
        return pa.StructArray.from_arrays(changed, fields=list(kind), mask=mask)
    if pt.is_fixed_size_list(kind):
        return pa.FixedSizeListArray.from_arrays(changed[0], type=kind, mask=mask)
    maker = pa.MapArray if pt.is_map(kind) else pa.ListArray if pt.is_list(kind) else pa.LargeListArray
    return maker.from_arrays(from_zero(array.offsets), *changed, type=kind, mask=mask)


def parts_of(array: pa.Array) -> list[pa.Array]:
    """The arrays that an array is put together from; of lists, the values between its first offset and its last."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return [array.storage]
    if pt.is_dictionary(kind):
        return [array.dictionary]
    if pt.is_struct(kind):
        return [array.field(number) for number in range(kind.num_fields)]
    if pt.is_fixed_size_list(kind):
        return [array.values.slice(array.offset * kind.list_size, len(array) * kind.list_size)]
    if pt.is_map(kind) or pt.is_list(kind) or pt.is_large_list(kind):
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
        values = [array.keys, array.items] if pt.is_map(kind) else [array.values]
        return [one.slice(first, last - first) for one in values]
    return []


def from_zero(offsets: pa.Array) -> pa.Array:
    """Offsets that begin at 0."""
    import pyarrow.compute as pc  # 30 ms for what few files have

    return pc.subtract(offsets, offsets[0])
