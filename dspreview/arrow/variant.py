"""Parquet's VARIANT columns as JSON: https://github.com/apache/parquet-format/blob/master/VariantEncoding.md, VariantShredding.md."""

from __future__ import annotations

import base64
import json
import struct
from decimal import Context, Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.types as pt

from dspreview.arrow.values import is_list, to_python
from dspreview.page.iso import iso_date, iso_time, iso_timestamp

MISSING = object()
"""A field that an object does not have."""
NAME = b"arrow.parquet.variant"
INTEGERS, DECIMALS = {3: 1, 4: 2, 5: 4, 6: 8}, {8: 4, 9: 8, 10: 16}
TIMES = {12: ("us", "UTC"), 13: ("us", None), 18: ("ns", "UTC"), 19: ("ns", None)}
WIDE = Context(prec=40)


def without_variants(table: pa.Table, *, annotated: bool) -> pa.Table:
    """A table whose variants are JSON; `annotated` where Parquet says that there are some. Raises ValueError."""
    for place, field in enumerate(table.schema):
        if holds_variant(field, annotated=annotated):
            chunks = [as_json(chunk, field, annotated=annotated) for chunk in table.column(place).chunks]
            kind = chunks[0].type if chunks else as_json(pa.array([], field.type), field, annotated=annotated).type
            table = table.set_column(place, field.name, pa.chunked_array(chunks, kind))
    return table


def is_variant(field: pa.Field, *, annotated: bool) -> bool:
    """Whether a field is a variant: a struct of just these names, so called."""
    kind = field.type
    if not pt.is_struct(kind) or {one.name for one in kind} - {"metadata", "value", "typed_value"}:
        return False
    named = (field.metadata or {}).get(b"ARROW:extension:name") == NAME
    binary = any(one.name == "metadata" and is_binary(one.type) for one in kind)
    return binary and kind.num_fields > 1 and (annotated or named)


def holds_variant(field: pa.Field, *, annotated: bool) -> bool:
    """Whether a field is a variant, or has one inside."""
    kind = field.type
    if is_variant(field, annotated=annotated):
        return True
    if pt.is_struct(kind):
        return any(holds_variant(one, annotated=annotated) for one in kind)
    return is_list(kind) and holds_variant(kind.value_field, annotated=annotated)


def as_json(array: pa.Array, field: pa.Field, *, annotated: bool) -> pa.Array:
    """An array with its variants as JSON."""
    if is_variant(field, annotated=annotated):
        texts = [None if row is None else json.dumps(row) for row in variants(array)]
        return pa.ExtensionArray.from_storage(pa.json_(), pa.array(texts, pa.string()))
    kind = array.type
    if not holds_variant(field, annotated=annotated):
        return array
    if pt.is_struct(kind):
        parts = [as_json(array.field(number), one, annotated=annotated) for number, one in enumerate(kind)]
        return pa.StructArray.from_arrays(parts, names=[one.name for one in kind], mask=array.is_null())
    inner = as_json(array.values, kind.value_field, annotated=annotated)
    maker = pa.LargeListArray if pt.is_large_list(kind) else pa.ListArray
    return maker.from_arrays(array.offsets, inner, mask=array.is_null())


def variants(array: pa.StructArray) -> list[Any]:
    """The values of a column of variants."""
    names = names_of(array.field(array.type.get_field_index("metadata")))
    found = shredded(array, names)
    valid = array.is_valid().to_pylist()
    return [one if there and one is not MISSING else None for one, there in zip(found, valid, strict=True)]


def names_of(array: pa.Array) -> list[list[str]]:
    """The names that each row's metadata holds."""
    return [dictionary(bytes(row)) if row else [] for row in array.to_pylist()]


def dictionary(data: bytes) -> list[str]:
    """The names in metadata. Raises ValueError where it is none."""
    width = (data[0] >> 6) + 1
    starts = numbers(data, 1, width, 1)
    count = starts[0]
    if count > len(data):
        raise ValueError(f"a damaged variant: {count:,} names in {len(data):,} bytes")
    places = numbers(data, 1 + width, width, count + 1)
    texts = data[1 + width * (count + 2) :]
    return [texts[first:last].decode() for first, last in pairwise(places)]


def numbers(data: bytes | memoryview, at: int, width: int, count: int) -> list[int]:
    """Some unsigned numbers."""
    return [int.from_bytes(data[at + width * n : at + width * (n + 1)], "little") for n in range(count)]


def shredded(array: pa.StructArray, names: list[list[str]]) -> list[Any]:
    """The values of pairs of `value` and `typed_value`: one of both, or an object in two parts."""
    places = {field.name: number for number, field in enumerate(array.type)}
    rest = array.field(places["value"]).to_pylist() if "value" in places else [None] * len(array)
    known = typed(array.field(places["typed_value"]), names) if "typed_value" in places else [MISSING] * len(array)
    found = []
    for data, one, own in zip(rest, known, names, strict=True):
        value = MISSING if data is None else whole(bytes(data), own)
        if isinstance(one, dict) and isinstance(value, dict):
            value = value | one
        found.append(value if one is MISSING or isinstance(value, dict) else one)
    return found


def typed(array: pa.Array, names: list[list[str]]) -> list[Any]:
    """The values of a `typed_value`; MISSING where it is null."""
    valid = array.is_valid().to_pylist()
    kind = array.type
    rows: list[Any]
    if pt.is_struct(kind):
        parts = [(field.name, shredded(array.field(number), names)) for number, field in enumerate(kind)]
        rows = [{name: part[row] for name, part in parts if part[row] is not MISSING} for row in range(len(array))]
    elif is_list(kind):
        starts = array.offsets.to_pylist()
        spread = [own for own, first, last in zip(names, starts, starts[1:], strict=False) for _ in range(last - first)]
        items = shredded(array.values.slice(starts[0], starts[-1] - starts[0]), spread)
        items = [None if item is MISSING else item for item in items]
        rows = [items[first - starts[0] : last - starts[0]] for first, last in pairwise(starts)]
    elif isinstance(kind, pa.UuidType) or (pt.is_fixed_size_binary(kind) and kind.byte_width == 16):
        rows = [None if one is None else str(UUID(bytes=bytes(one))) for one in to_python(array)]
    else:
        rows = [base64.b64encode(one).decode() if isinstance(one, bytes) else one for one in to_python(array)]
    return [row if there else MISSING for row, there in zip(rows, valid, strict=True)]


def whole(data: bytes, names: list[str]) -> Any:
    """A value that fills some bytes. Raises ValueError where they are none."""
    try:
        return Decoder(names, len(data)).decoded(memoryview(data))
    except (IndexError, struct.error, RecursionError) as error:
        raise ValueError(f"a damaged variant of {len(data):,} bytes") from error


class Decoder:
    """Decodes one value; bytes that are pointed at again and again do not make it larger than they are."""

    def __init__(self, names: list[str], size: int) -> None:
        self.names, self.left = names, size

    def decoded(self, data: memoryview) -> Any:
        """The value at the beginning of some bytes. Raises ValueError, IndexError, struct.error, RecursionError."""
        self.left -= 1
        if self.left < 0:
            raise ValueError("a damaged variant: its parts overlap")
        basic, head = data[0] & 3, data[0] >> 2
        if basic == 1:
            return str(data[1 : 1 + head], "utf-8")
        if basic == 0:
            return primitive(head, data[1:])
        large = head >> (4 if basic == 2 else 2) & 1
        width, at = (head & 3) + 1, 1 + (4 if large else 1)
        count = int.from_bytes(data[1:at], "little")
        if count > self.left:
            raise ValueError(f"a damaged variant: {count:,} parts in {len(data):,} bytes")
        ids: list[int] = []
        if basic == 2:
            wide = (head >> 2 & 3) + 1
            ids, at = numbers(data, at, wide, count), at + wide * count
        places = numbers(data, at, width, count + 1)
        body = data[at + width * (count + 1) :]
        if basic == 3:
            return [self.decoded(body[place:]) for place in places[:-1]]
        return {self.names[number]: self.decoded(body[place:]) for number, place in zip(ids, places, strict=False)}


def primitive(kind: int, data: memoryview) -> Any:  # noqa: PLR0911 - one case a line, each simple
    """A value without parts. Raises ValueError."""
    if kind <= 2:
        return (None, True, False)[kind]
    if kind in INTEGERS:
        return signed(data, 0, INTEGERS[kind])
    if kind in DECIMALS:
        return format(Decimal(signed(data, 1, DECIMALS[kind])).scaleb(-data[0], WIDE), "f")
    if kind in {7, 14}:
        return struct.unpack_from("<d" if kind == 7 else "<f", data)[0]
    if kind == 11:
        return iso_date(signed(data, 0, 4))
    if kind in TIMES:
        return iso_timestamp(signed(data, 0, 8), *TIMES[kind])
    if kind == 17:
        return iso_time(signed(data, 0, 8), "us")
    if kind in {15, 16}:
        found = bytes(data[4 : 4 + int.from_bytes(data[:4], "little")])
        return found.decode() if kind == 16 else base64.b64encode(found).decode()
    if kind == 20:
        return str(UUID(bytes=bytes(data[:16])))
    raise ValueError(f"a variant of type {kind}, which the format does not know")


def signed(data: memoryview, start: int, width: int) -> int:
    """A signed number."""
    return int.from_bytes(data[start : start + width], "little", signed=True)


def is_binary(kind: pa.DataType) -> bool:
    """Whether a type is that of bytes."""
    return bool(pt.is_binary(kind) or pt.is_large_binary(kind) or pt.is_binary_view(kind))
