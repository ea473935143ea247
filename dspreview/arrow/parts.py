"""What lies at a path within the values of a column: `messages[0].role`, null where there is nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dspreview.models import dump


def part_of_column(column: pa.ChunkedArray, steps: Sequence[str | int]) -> pa.ChunkedArray:
    """The values at a path: names of fields, and places in lists, from the end where negative."""
    kind = part_type(column.type, steps)
    return pa.chunked_array([part_of_array(chunk, steps) for chunk in column.chunks], kind)


def part_type(kind: pa.DataType, steps: Sequence[str | int]) -> pa.DataType:
    """The type of the values at a path."""
    for step in steps:
        if isinstance(kind, pa.JsonType):
            return kind
        kind = kind.value_type if isinstance(step, int) else kind.field(kind.get_field_index(step)).type
    return kind


def part_of_array(values: pa.Array, steps: Sequence[str | int]) -> pa.Array:
    """The same of one array."""
    for number, step in enumerate(steps):
        if isinstance(values.type, pa.JsonType):
            return json_parts(values, steps[number:])
        values = (
            element(values, step)
            if isinstance(step, int)
            else pc.struct_field(values, [values.type.get_field_index(step)])
        )
    return values


def element(lists: pa.Array, place: int) -> pa.Array:
    """The elements at a place of lists; null where a list ends before it."""
    lengths = pc.list_value_length(lists).fill_null(0).cast(pa.int64())
    ends = pc.cumulative_sum(lengths)
    there = pc.greater(lengths, place) if place >= 0 else pc.greater_equal(lengths, -place)
    starts = pc.subtract(ends, lengths) if place >= 0 else ends
    return pc.list_flatten(lists).take(pc.if_else(there, pc.add(starts, place), None))


def json_parts(values: pa.Array, steps: Sequence[str | int]) -> pa.Array:
    """What lies at a path in texts of JSON, as JSON."""
    found: list[str | None] = []
    for text in values.storage.to_pylist():
        value: Any = None if text is None else json.loads(text)
        for step in steps:
            fits = isinstance(value, list if isinstance(step, int) else dict)
            there = fits and (-len(value) <= step < len(value) if isinstance(step, int) else step in value)
            value = value[step] if there else None
        found.append(None if value is None else dump(value))
    return pa.ExtensionArray.from_storage(values.type, pa.array(found, values.type.storage_type))
