"""Rows of single values as text, a column at a time: what `csv` and `json` of Python write for each value, in the speed of Arrow."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dspreview.export.rows import Columns
from dspreview.feature import FLOATS, LABEL, TEXTS, Feature
from dspreview.models import dump

ROWS = 50_000
"""Rows that are one text at a time."""
QUOTED, ESCAPED = '[",\r\n]', '["\\\\\x00-\x1f]'
"""Signs for which a text is quoted in CSV, or escaped in JSON (RFC 8259, 7)."""
LARGEST, SMALLEST = 1e10, 1e-4
"""Between these Arrow writes a float with a fraction as Python does: the shortest digits that are the same number, without an exponent."""
TEXT = pa.large_string()


def texts_of(values: list[str]) -> pa.Array:
    """Texts as an array, put together from its parts: `pa.array` imports pandas, 0.2 s."""
    encoded = [one.encode() for one in values]
    offsets = array("q", accumulate(map(len, encoded), initial=0))
    return pa.Array.from_buffers(TEXT, len(values), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))])


def text(value: str) -> pa.Scalar:
    """The same of one text."""
    return texts_of([value])[0]


QUOTE, NOTHING, NULL, EMPTY, TRUE, FALSE = map(text, ('"', "", "null", '""', "true", "false"))
NO_FLOAT = pa.nulls(1, pa.float64())[0]
BELOW, ABOVE = pa.Array.from_buffers(pa.float64(), 2, [None, pa.py_buffer(array("d", [LARGEST, SMALLEST]))])


def csv_blocks(table: pa.Table, columns: Columns) -> Iterator[bytes]:
    """The lines of a table, many at a time."""
    alone = len(columns) == 1
    for part in slices(table):
        cells = []
        for (_, tree), column in zip(columns, part.columns, strict=True):
            kind = Feature(tree)
            texts = pc.fill_null(quoted(plain(column)) if kind.value in TEXTS else values_of(kind, column), NOTHING)
            cells.append(pc.if_else(pc.equal(texts, NOTHING), EMPTY, texts) if alone else texts)
        between = [piece for cell in cells for piece in (cell, ",")]
        yield joined([*between[:-1], "\n"], part.num_rows)


def json_blocks(table: pa.Table, columns: Columns) -> Iterator[bytes]:
    """The same as JSON, an object a line."""
    for part in slices(table):
        pieces: list[Any] = []
        for (name, tree), column in zip(columns, part.columns, strict=True):
            kind = Feature(tree)
            texts = escaped(plain(column)) if kind.value in TEXTS else values_of(kind, column)
            pieces += [f"{',' if pieces else '{'}{dump(name)}:", pc.fill_null(texts, NULL)]
        yield joined([*pieces, "}\n"], part.num_rows)


def slices(table: pa.Table) -> Iterator[pa.Table]:
    """Some rows at a time, each column in one piece."""
    for start in range(0, table.num_rows, ROWS):
        yield table.slice(start, ROWS).combine_chunks()


def plain(column: pa.ChunkedArray) -> pa.Array:
    """Texts without a dictionary, in one array."""
    return whole(column.cast(TEXT))


def whole(column: pa.ChunkedArray) -> pa.Array:
    """A column in one array."""
    found = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(found, pa.ChunkedArray):  # without a chunk, or with too many bytes for one
        found = pa.concat_arrays(found.chunks) if found.num_chunks else pa.nulls(0, column.type)
    return found


def values_of(feature: Feature, column: pa.ChunkedArray) -> pa.Array:
    """Numbers, classes and truths as both have them; what is no number is null."""
    values = whole(column)
    if feature.value == "bool":
        return pc.if_else(values, TRUE, FALSE)
    if feature.kind == LABEL or feature.value not in FLOATS:
        return values.cast(TEXT)
    return floats(values.cast(pa.float64()))


def floats(values: pa.Array) -> pa.Array:
    """Floats as Python writes them; those that Arrow writes otherwise one by one."""
    values = pc.if_else(pc.is_finite(values), values, NO_FLOAT)
    size = pc.abs(values)
    same = pc.and_(pc.and_(pc.less(size, BELOW), pc.greater(size, ABOVE)), pc.not_equal(pc.floor(values), values))
    others = pc.and_kleene(pc.invert(same), pc.is_valid(values))
    texts = values.cast(TEXT)
    if not pc.any(others, min_count=0).as_py():
        return texts
    told = [repr(one) for one in values.filter(others).to_pylist()]
    return pc.replace_with_mask(texts, others, texts_of(told))


def quoted(texts: pa.Array) -> pa.Array:
    """Texts as CSV has them (RFC 4180, 2)."""
    odd = pc.match_substring_regex(texts, QUOTED)
    if not pc.any(odd, min_count=0).as_py():
        return texts
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(odd, pc.binary_join_element_wise(QUOTE, doubled, QUOTE, NOTHING), texts)


def escaped(texts: pa.Array) -> pa.Array:
    """Texts as JSON has them."""
    odd = pc.and_kleene(pc.match_substring_regex(texts, ESCAPED), pc.is_valid(texts))
    whole = pc.binary_join_element_wise(QUOTE, texts, QUOTE, NOTHING)
    if not pc.any(odd, min_count=0).as_py():
        return whole
    told = [json.dumps(one, ensure_ascii=False) for one in texts.filter(odd).to_pylist()]
    return pc.replace_with_mask(whole, odd, texts_of(told))


def joined(pieces: list[Any], rows: int) -> bytes:
    """Arrays and texts side by side, row after row, as bytes."""
    if not rows:
        return b""
    told = [text(one) if isinstance(one, str) else one for one in pieces]
    lines = pc.binary_join_element_wise(*told, NOTHING)
    offsets, data = lines.buffers()[1:]
    ends = memoryview(offsets).cast("q")
    first, last = ends[lines.offset], ends[lines.offset + len(lines)]
    return bytes(memoryview(data)[first:last])
