"""The places of columns in a footer, read by hand: those that pyarrow tells; damaged footers end nothing."""

from __future__ import annotations

import ast
import io
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import dspreview
from dspreview.arrow.thrift import Chunk, column_chunks
from tests.support.data import parquet
from tests.support.hub import Hub
from tests.support.program import Program

TABLES = {
    "flat": pa.table({"n": range(300), "t": [f"x{n}" for n in range(300)]}),
    "nested": pa.table({"l": [[n] for n in range(300)], "s": [{"a": n, "b": None} for n in range(300)], "f": np.random.default_rng(0).normal(size=300)}),
    "wide": pa.table({f"c{n}": [n] * 300 for n in range(200)}),
}  # fmt: skip


def footer_of(data: bytes) -> bytes:
    """The footer of a file."""
    length = int.from_bytes(data[-8:-4], "little")
    return data[-8 - length : -8]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(
    "options",
    [{}, {"use_dictionary": False}, {"write_statistics": False}, {"write_page_index": True}, {"version": "1.0"}],
)
def test_the_places_are_those_that_pyarrow_tells(name: str, options: dict[str, object]) -> None:
    data = parquet(TABLES[name], row_group_size=70, **options)
    metadata = pq.ParquetFile(io.BytesIO(data)).metadata
    for group in range(metadata.num_row_groups):
        expected = []
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            start = min(column.data_page_offset, column.dictionary_page_offset or column.data_page_offset)
            expected.append(Chunk(start, column.total_compressed_size, column.data_page_offset - start))
        assert column_chunks(footer_of(data), group) == expected
    assert column_chunks(footer_of(data), metadata.num_row_groups) is None


def test_damaged_footers_are_none_or_something_and_end_nothing() -> None:
    """Only our own parser sees them: parts of a footer, and bytes by chance."""
    footer, pick = footer_of(parquet(TABLES["nested"], row_group_size=70)), random.Random(1)
    for number in range(3_000):
        damaged = footer[: pick.randrange(len(footer))] if number % 2 else pick.randbytes(pick.randrange(200))
        found = column_chunks(damaged, pick.randrange(4))
        assert found is None or all(one.length > 0 and one.start >= 0 for one in found)


def test_a_damaged_footer_is_an_error_of_the_data(online: Program, hub: Hub) -> None:
    data = parquet(pa.table({"n": range(300), "l": [[n] for n in range(300)]}), row_group_size=70)
    hub.add("me/data", {"a.parquet": data[:-9] + b"\0" * 9})
    result = online("rows", "me/data", "--json")
    assert (result.code, result.json["exception"]) == (6, "UnreadableDataError")


def test_of_a_row_group_only_counts_are_asked() -> None:
    """pyarrow 26.0 looks at the statistics of columns where nothing catches what it throws: nobody asks for them at a page's start."""
    root = Path(dspreview.__file__).parent
    asked = set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
                call = node.value.func
                if isinstance(call, ast.Attribute) and call.attr == "row_group":
                    asked.add(node.attr)
    assert asked <= {"num_rows", "total_byte_size"}
