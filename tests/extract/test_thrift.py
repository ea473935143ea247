"""The places of columns in a footer, read by hand: those that pyarrow tells; damaged footers end nothing."""

from __future__ import annotations

import io
import random
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dspreview.extract.thrift import Chunk, column_chunks
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
    footer, pick = footer_of(parquet(TABLES["nested"], row_group_size=70)), random.Random(1)
    for _ in range(3_000):
        damaged = bytearray(footer)
        for _ in range(pick.choice((1, 2, 8))):
            damaged[pick.randrange(len(damaged))] = pick.randrange(256)
        found = column_chunks(
            bytes(damaged[: pick.randrange(len(damaged))] if pick.random() < 0.2 else damaged), pick.randrange(4)
        )
        assert found is None or all(one.length > 0 and one.start >= 0 for one in found)


def test_a_footer_on_which_pyarrow_ends_the_process_is_an_error_of_the_data(online: Program, hub: Hub) -> None:
    """Found by searching for one: pyarrow 26 checks the size statistics of a column where nothing catches what it throws."""
    data = parquet(pa.table({"n": range(300), "l": [[n] for n in range(300)]}), row_group_size=70)
    begin = len(data) - 8 - len(footer_of(data))
    script = "import sys, io, pyarrow.parquet as pq; m = pq.read_metadata(io.BytesIO(sys.stdin.buffer.read())); [m.row_group(0).column(c) for c in range(m.num_columns)]"
    fatal, pick = None, random.Random(3)
    for _ in range(60):
        damaged = bytearray(data)
        damaged[pick.randrange(begin, len(data) - 8)] = pick.randrange(256)
        if (
            subprocess.run(
                [sys.executable, "-c", script], input=bytes(damaged), capture_output=True, check=False
            ).returncode
            == -6
        ):
            fatal = bytes(damaged)
            break
    hub.add("me/data", {"a.parquet": fatal or data[:-9] + b"\0" * 9})
    result = online("rows", "me/data", "--json")
    assert result.code in {0, 6}
    assert result.json
