"""Rows as text, a column at a time, against `csv` and `json` of Python: to the byte, whatever the values."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
import tempfile
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspreview.export import plain_texts
from dspreview.export.plain_texts import csv_blocks, json_blocks
from dspreview.feature import value_tree

TEXTS = st.one_of(st.none(), st.text(alphabet=st.sampled_from('ab ",\n\r\t\\\x00\x1f\x7f\u2028é😀'), max_size=6))
FLOATS = st.one_of(
    st.none(), st.floats(), st.integers(-(10**17), 10**17).map(float), st.floats(-1e11, 1e11).map(lambda one: round(one, 3)), st.floats(-1e-3, 1e-3),
)  # fmt: skip
KINDS: list[tuple[str, pa.DataType, Any]] = [
    ("string", pa.string(), TEXTS), ("large_string", pa.large_string(), TEXTS), ("string", pa.dictionary(pa.int32(), pa.string()), TEXTS),
    ("float64", pa.float64(), FLOATS), ("float32", pa.float32(), st.one_of(st.none(), st.floats(width=32))), ("bool", pa.bool_(), st.one_of(st.none(), st.booleans())),
    ("int64", pa.int64(), st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))), ("uint64", pa.uint64(), st.one_of(st.none(), st.integers(0, 2**64 - 1))),
]  # fmt: skip


@st.composite
def tables(draw: Any) -> tuple[pa.Table, list[tuple[str, Any]]]:
    """Some columns of any kinds, in chunks, with names that need care."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    rows = draw(st.integers(0, 7))
    cut = draw(st.integers(0, rows))
    columns = []
    for _, kind, values in kinds:
        found = pa.array(draw(st.lists(values, min_size=rows, max_size=rows)), kind)
        columns.append(pa.chunked_array([found[:cut], found[cut:]], kind))
    names = [f'n"{place}' for place in range(len(kinds))]
    return pa.Table.from_arrays(columns, names=names), [(name, value_tree(kind[0])) for name, kind in zip(names, kinds, strict=True)]  # fmt: skip


def cell(value: Any) -> Any:
    """A value as both formats have it: what is no number is null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def by_csv(table: pa.Table) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        writer.writerow([str(value).lower() if isinstance(value, bool) else cell(value) for value in row])
    return out.getvalue()


@given(tables())
def test_lines_are_those_of_csv(found: tuple[pa.Table, Any]) -> None:
    """RFC 4180; the ends of rows are line feeds."""
    table, columns = found
    ours = b"".join(csv_blocks(table, columns)).decode()
    assert [*csv.reader(io.StringIO(ours, newline=""))] == [*csv.reader(io.StringIO(by_csv(table), newline=""))]
    if "\r" not in ours:
        assert ours == by_csv(table).replace("\r\n", "\n")


@given(tables())
def test_lines_are_those_of_json(found: tuple[pa.Table, Any]) -> None:
    table, columns = found
    rows = [{name: cell(value) for name, value in row.items()} for row in table.to_pylist()]
    told = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    assert b"".join(json_blocks(table, columns)).decode() == told


@pytest.mark.parametrize("rows", [1, 3, 4, 9])
def test_blocks_have_all_rows(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_texts, "ROWS", 3)
    table = pa.table({"n": range(rows)})
    assert b"".join(csv_blocks(table, [("n", value_tree("int64"))])).split() == [str(n).encode() for n in range(rows)]


def test_numbers_and_texts_are_written_without_pandas() -> None:
    """Its import is as long as all the rest: pyarrow imports it for each value that it is handed."""
    code = (
        "import sys\nimport pyarrow.parquet as pq\nfrom dspreview.export.plain_texts import csv_blocks, json_blocks\n"
        "from dspreview.feature import value_tree\ntable = pq.ParquetFile(sys.argv[1]).read()\n"
        "columns = [('f', value_tree('float64')), ('t', value_tree('string')), ('b', value_tree('bool'))]\n"
        "assert b''.join(csv_blocks(table, columns)) and b''.join(json_blocks(table, columns))\nprint('pandas' in sys.modules)\n"
    )
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        pq.write_table(pa.table({"f": [1.0, 0.5, None], "t": ["a", 'b"', None], "b": [True, False, None]}), file.name)
        ran = subprocess.run([sys.executable, "-c", code, file.name], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
