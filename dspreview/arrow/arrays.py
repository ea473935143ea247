"""Arrow tables as the cells of a page."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pyarrow as pa

from dspreview.arrow.texts import is_text, is_utf8
from dspreview.arrow.values import to_python
from dspreview.feature import Feature
from dspreview.models import EXACT_FLOAT, FeatureTree
from dspreview.page.iso import INFINITE, INFINITE_DAYS
from dspreview.page.pages import Cells

TIMES = {str(kind): kind for kind in (pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"))}


def cells_of(table: pa.Table, features: list[tuple[str, FeatureTree]], *, declared: bool) -> list[Cells]:
    """The columns of a table with their values, one per row."""
    found = []
    for place, (name, tree) in enumerate(features):
        column = timed(table.column(place), tree)
        found.append(Cells(name, tree, to_python(column), plain=is_plain(column, tree), declared=declared))
    return found


def timed(column: pa.ChunkedArray, tree: FeatureTree) -> pa.ChunkedArray:
    """A column of times that were stored as their counts, as times."""
    kind = TIMES.get(Feature(tree).value)
    if kind is None or not pa.types.is_integer(column.type):
        return column
    return pa.chunked_array([chunk.view(kind) for chunk in column.chunks], kind)


def is_plain(column: pa.ChunkedArray, tree: FeatureTree) -> bool:
    """Whether the values of a column are JSON as they are: no bytes, no files, no JSON text, only finite floats."""
    if Feature(tree).holds_assets() or isinstance(column.type, pa.BaseExtensionType) or Feature(tree).needs_cells():
        return False
    return all(leaf_is_plain(leaf) for leaf in leaves(column))


def leaves(column: pa.ChunkedArray | pa.Array) -> Iterator[pa.Array]:
    """The arrays of values at the bottom of nested lists and structs."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    for chunk in chunks:
        kind = chunk.type
        if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
            yield from leaves(chunk.flatten())
        elif pa.types.is_struct(kind):
            for place in range(kind.num_fields):
                yield from leaves(chunk.field(place))
        else:
            yield chunk


def leaf_is_plain(array: pa.Array) -> bool:
    """Whether plain values need no second look."""
    kind = array.type
    if pa.types.is_floating(kind):
        return all(value is None or math.isfinite(value) for value in array.to_pylist())
    if (pa.types.is_timestamp(kind) and kind.unit != "ns") or pa.types.is_date32(kind):
        most = INFINITE_DAYS if pa.types.is_date32(kind) else INFINITE
        counts = array.view(pa.int32() if pa.types.is_date32(kind) else pa.int64()).to_pylist()
        return all(count is None or -most < count < most for count in counts)
    if is_text(kind):
        return is_utf8(array)
    exact = pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)
    return bool(exact or pa.types.is_temporal(kind))


def beyond_floats(values: pa.ChunkedArray) -> bool:
    """Whether there are integers so large that floats do not tell them apart."""
    import pyarrow.compute as pc  # 30 ms for what few files have

    ends = pc.min_max(values).as_py()
    return ends["min"] is not None and bool(max(ends["max"], -ends["min"]) > EXACT_FLOAT)
