"""All rows of JSON Lines by pyarrow's parser, in the types of the first 10 MB."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.json as pj

from dspreview.extract.depth import DEPTH, is_deep
from dspreview.extract.text.heads import NotPlainError, here
from dspreview.extract.text.json_head import json_head
from dspreview.extract.text.typed_tables import TypedTables
from dspreview.feature import Feature
from dspreview.local import open_regular
from dspreview.models import FeatureTree

TYPES = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "timestamp[s]": pa.timestamp("s"),
}
CHUNK = 10 << 20
"""Bytes that are parsed at a time, by several threads."""
SMALLEST_BLOCK = 16 << 10


def json_tables(paths: list[str]) -> TypedTables:
    """Files in the types of the first one. Raises NotPlainError, OSError."""
    with open_regular(paths[0]) as file:
        head = json_head(here(file), 1)
    if head is None:
        raise NotPlainError
    return TypedTables(paths, pa.schema([(one.name, arrow_type(one.feature)) for one in head.columns]), parsed)


def arrow_type(tree: FeatureTree) -> pa.DataType:
    """The Arrow type of a feature of a head."""
    one = Feature(tree)
    if one.is_struct:
        return pa.struct([(name, arrow_type(inner.tree)) for name, inner in one.fields.items()])
    return TYPES[one.value] if one.value else pa.list_(arrow_type(one.item.tree))


def parsed(path: str, schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of a file. Raises NotPlainError, OSError, and what pyarrow raises."""
    options = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    with open_regular(path) as file:
        while data := file.read(CHUNK) + file.readline(CHUNK):
            if not data.startswith(b"{") or (has_long_line(data) and is_deep(data)):
                raise NotPlainError
            block = max(len(data) // 8, SMALLEST_BLOCK)
            try:
                table = pj.read_json(io.BytesIO(data), pj.ReadOptions(block_size=block), options)
            except pa.ArrowInvalid as error:
                if "straddling" not in str(error):
                    raise
                table = pj.read_json(io.BytesIO(data), pj.ReadOptions(block_size=len(data) + 1), options)
            table.validate()
            if not table.schema.equals(schema):
                raise NotPlainError
            yield table


def has_long_line(data: bytes) -> bool:
    """Whether a line may be as long as one that is nested too deep: such a line covers a whole block of half that length."""
    step = max(1, DEPTH // 2)
    return any(data.find(b"\n", start, start + step) < 0 for start in range(0, len(data), step))
