"""Arrow arrays as plain Python values that lose nothing: nanoseconds, decimals and big integers stay exact.

Binary stays `bytes` and floats may be NaN; `cells.py` turns these into JSON, where it knows the feature.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from dspreview.arrow.texts import is_text, to_texts
from dspreview.page.iso import day, iso_date, iso_duration, iso_interval, iso_time, moment


def to_python(array: pa.Array | pa.ChunkedArray) -> list[Any]:  # noqa: C901, PLR0911, PLR0912 - one case a line, each simple
    """The values of an array, one per row."""
    if isinstance(array, pa.ChunkedArray):
        return [value for chunk in array.chunks for value in to_python(chunk)]
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return to_python(array.storage)
    if pt.is_dictionary(kind):
        values = to_python(array.dictionary)
        return [None if place is None else values[place] for place in array.indices.to_pylist()]
    if pt.is_run_end_encoded(kind):
        import pyarrow.compute as pc  # 30 ms for what few files have

        return to_python(pc.run_end_decode(array))
    if pt.is_struct(kind):
        return structs(array)
    if pt.is_map(kind):
        return maps(array)
    if pt.is_fixed_size_list(kind):
        return fixed_lists(array)
    if is_list(kind):
        return lists(array)
    if pt.is_timestamp(kind):
        return [None if v is None else moment(v, kind.unit, kind.tz) for v in integers(array, pa.int64())]
    if pt.is_duration(kind):
        return [None if v is None else iso_duration(v, kind.unit) for v in integers(array, pa.int64())]
    if pt.is_time(kind):
        width = pa.int32() if pt.is_time32(kind) else pa.int64()
        return [None if v is None else iso_time(v, kind.unit) for v in integers(array, width)]
    if pt.is_date64(kind):
        return [None if v is None else iso_date(v // 86_400_000) for v in integers(array, pa.int64())]
    if pt.is_date32(kind):
        return [None if v is None else day(v) for v in integers(array, pa.int32())]
    if pt.is_decimal(kind):
        return [None if v is None else format(v, "f") for v in array.to_pylist()]
    if pt.is_interval(kind):
        return [None if v is None else iso_interval(v) for v in array.to_pylist()]
    return to_texts(array) if is_text(kind) else list(array.to_pylist())


def is_list(kind: pa.DataType) -> bool:
    """Whether a type is one of Arrow's lists of varying length."""
    return bool(pt.is_list(kind) or pt.is_large_list(kind) or pt.is_list_view(kind) or pt.is_large_list_view(kind))


def integers(array: pa.Array, kind: pa.DataType) -> list[int | None]:
    """The integers behind a temporal array."""
    return list(array.view(kind).to_pylist())


def structs(array: pa.Array) -> list[Any]:
    """Each struct as a dict in the order of its fields."""
    names = [field.name for field in array.type]
    columns = [to_python(array.field(position)) for position in range(len(names))]
    valid = array.is_valid().to_pylist()
    return [
        {name: column[row] for name, column in zip(names, columns, strict=True)} if valid[row] else None
        for row in range(len(array))
    ]


def lists(array: pa.Array) -> list[Any]:
    """Each list, its values converted together."""
    if pt.is_list_view(array.type) or pt.is_large_list_view(array.type):
        values = to_python(array.values)
        spans = zip(array.offsets.to_pylist(), array.sizes.to_pylist(), array.is_valid().to_pylist(), strict=True)
        return [values[start : start + size] if there else None for start, size, there in spans]
    starts = array.offsets.to_pylist()
    values = to_python(array.values.slice(starts[0], starts[-1] - starts[0]))
    valid = array.is_valid().to_pylist()
    first = starts[0]
    return [values[starts[i] - first : starts[i + 1] - first] if valid[i] else None for i in range(len(array))]


def fixed_lists(array: pa.Array) -> list[Any]:
    """Each list of a fixed length."""
    size = array.type.list_size
    values = to_python(array.values.slice(array.offset * size, len(array) * size))
    valid = array.is_valid().to_pylist()
    return [values[i * size : (i + 1) * size] if valid[i] else None for i in range(len(array))]


def maps(array: pa.Array) -> list[Any]:
    """Each map: an object where the keys are text, else a list of `[key, value]`."""
    starts = array.offsets.to_pylist()
    first = starts[0]
    keys = to_python(array.keys.slice(first, starts[-1] - first))
    items = to_python(array.items.slice(first, starts[-1] - first))
    valid = array.is_valid().to_pylist()
    kind = array.type.key_type
    key = kind.value_type if pt.is_dictionary(kind) else kind
    found: list[Any] = []
    for row in range(len(array)):
        span = slice(starts[row] - first, starts[row + 1] - first)
        pairs = list(zip(keys[span], items[span], strict=True))
        if not valid[row]:
            found.append(None)
        elif is_text(key) and all(isinstance(one, str) for one, _ in pairs) and len(dict(pairs)) == len(pairs):
            found.append(dict(pairs))
        else:
            found.append([list(pair) for pair in pairs])
    return found
