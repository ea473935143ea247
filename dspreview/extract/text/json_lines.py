"""The first rows of one JSON Lines file on this machine, flat and plain, without `datasets`: the same types, the same page.

It parses the very bytes that the reader of `datasets` guesses the types from, its first chunk, with the same parser. Nested
values, nulls alone, integers that may be rounded and whatever the parser refuses are for the long way.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.json as paj

from dspreview.arrow.arrays import cells_of
from dspreview.extract.counting import COUNTED_BYTES
from dspreview.extract.depth import is_deep
from dspreview.extract.longintegers import beyond_64_bits
from dspreview.extract.plain import tree_of
from dspreview.extract.text.heads import Head
from dspreview.extract.text.heads import page_of as head_as_page
from dspreview.local import open_regular
from dspreview.models import Page, Resolved, SplitId
from dspreview.settings import Settings

CHUNK = 10 << 20
"""Bytes that `datasets` guesses types from, and the end of a line."""
BLOCK = CHUNK // 32
FLAT = (pa.int64(), pa.float64(), pa.bool_(), pa.string(), pa.timestamp("s"), pa.timestamp("ns"))


def json_page(
    path: str, asked: str, dataset: Resolved, split: SplitId, staging: Path, settings: Settings
) -> Page | None:
    """The page; None where it takes `datasets`, or that to tell what is wrong."""
    try:
        return page_of(path, asked, dataset, split, staging, settings)
    except (OSError, UnicodeDecodeError, MemoryError, pa.ArrowException):
        return None


def page_of(path: str, asked: str, dataset: Resolved, split: SplitId, staging: Path, settings: Settings) -> Page | None:
    """The page. Raises what pyarrow raises."""
    with open_regular(path) as file:
        data = file.read(CHUNK) + file.readline(CHUNK)
        size = os.fstat(file.fileno()).st_size
    if not data.startswith(b"{") or beyond_64_bits(data) or is_deep(data):
        return None
    table = parsed(data)
    wanted = settings.rows_max_number
    if (
        not table.num_columns
        or any(kind not in FLAT for kind in table.schema.types)
        or len(set(table.column_names)) < table.num_columns
    ):
        return None
    if table.num_rows <= wanted and len(data) < size:
        return None
    if any(is_large(table.column(place)) for place, kind in enumerate(table.schema.types) if kind == pa.float64()):
        return None  # integers among them may have been rounded
    trees = [(field.name, tree_of(field.type)) for field in table.schema]
    part = table.slice(0, wanted)
    known = len(data) >= size and (table.num_rows <= wanted or size <= COUNTED_BYTES)
    head = Head(cells_of(part, trees, declared=False), part.num_rows, table.num_rows if known else None)
    return head_as_page(head, dataset, asked, split, staging, settings)


def is_large(column: pa.ChunkedArray) -> bool:
    """Whether a float stands in a column beyond which a float does not tell integers apart."""
    return any(value is not None and abs(value) >= 2**53 for value in column.to_pylist())


def parsed(data: bytes) -> pa.Table:
    """JSON Lines as a table. Blocks grow until the longest line fits, as in `datasets`. Raises ArrowInvalid."""
    block = len(data) if len(data) // 8 > BLOCK else BLOCK
    while True:
        try:
            table = paj.read_json(io.BytesIO(data), read_options=paj.ReadOptions(block_size=block))
            table.validate()
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block >= len(data):
                raise
            block *= 2
        else:
            return table
