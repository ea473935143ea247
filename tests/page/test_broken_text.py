"""Text that is not UTF-8 costs its own cell in every command: pyarrow reads such files, DuckDB refuses them whole.

The Parquet specification (LogicalTypes.md, STRING) and Arrow's (Utf8) ask for UTF-8; contract section 5 says what a cell
that cannot be decoded is: null, with its reason in `cell_errors`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dspreview.arrow.texts import readable_table

LATIN = [b"good", b"caf\xe9", b"fine", None]
TEXT = pa.string()
NOTE = "not text in UTF-8 (byte 0xe9 at 3)"


def latin(kind: pa.DataType = TEXT) -> pa.Array:
    """Four texts, of which the second is Latin-1."""
    wide = kind == pa.large_string()
    found = pa.array(LATIN, pa.large_binary() if wide else pa.binary()).view(pa.large_string() if wide else pa.string())
    return found.view(kind) if kind in {pa.string(), pa.large_string()} else found.cast(kind)


def dictionary() -> pa.Array:
    places = pa.array([0, 1, 2, None], pa.int32())
    return pa.DictionaryArray.from_arrays(places, latin().slice(0, 3), safe=False)


OFFSETS = pa.array([0, 1, 2, 3, 4], pa.int32())
SHAPES = {
    "text": (latin(), ["good", None, "fine", None], []),
    "large": (latin(pa.large_string()), ["good", None, "fine", None], []),
    "dictionary": (dictionary(), ["good", None, "fine", None], []),
    "list": (pa.ListArray.from_arrays(OFFSETS, latin()), [["good"], [None], ["fine"], [None]], [0]),
    "fixed": (pa.FixedSizeListArray.from_arrays(latin(), 1), [["good"], [None], ["fine"], [None]], [0]),
    "struct": (pa.StructArray.from_arrays([latin()], ["a"]), [{"a": "good"}, {"a": None}, {"a": "fine"}, {"a": None}], ["a"]),
    "deep": (
        pa.ListArray.from_arrays(OFFSETS, pa.StructArray.from_arrays([latin()], ["a"])),
        [[{"a": "good"}], [{"a": None}], [{"a": "fine"}], [{"a": None}]],
        [0, "a"],
    ),
    "map": (
        pa.MapArray.from_arrays(OFFSETS, pa.array(["k"] * 4), latin()),
        [{"k": "good"}, {"k": None}, {"k": "fine"}, {"k": None}],
        ["k"],
    ),
}  # fmt: skip


@pytest.fixture(params=["parquet", "arrow"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def dataset(folder: Path, form: str, column: pa.Array) -> Path:
    """A dataset of one column with such texts beside one of numbers."""
    folder.mkdir()
    table = pa.table({"id": [1, 2, 3, 4], "t": column})
    if form == "parquet":
        pq.write_table(table, folder / "train.parquet")
    else:
        with pa.OSFile(str(folder / "train.arrow"), "wb") as out, pa.ipc.new_file(out, table.schema) as file:
            file.write_table(table)
    return folder


@pytest.mark.parametrize("shape", SHAPES)
def test_such_a_text_is_null_and_hides_nothing(shape: str, form: str, tmp_path: Path, dspreview: Any) -> None:
    column, wanted, path = SHAPES[shape]
    data = dataset(tmp_path / "d", form, column)
    page = dspreview("rows", data, "--json")
    assert page.code == 0, page.err
    assert [row["row"]["t"] for row in page.json["rows"]] == wanted
    (note,) = page.json["cell_errors"]
    assert (note["row_idx"], note["column"], note["path"], note["message"]) == (1, "t", path, NOTE)
    later = dspreview("filter", data, "--where", "id > 1", "--json")
    assert [row["row"]["t"] for row in later.json["rows"]] == wanted[1:], later.err
    assert later.json.get("cell_errors") or "not UTF-8 counts as missing" in later.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["filter", "D", "default", "train", "--where", "t IS NULL"], [2, 4]),
        (["filter", "D", "default", "train", "--where", "t = 'fine'"], [3]),
        (["search", "D", "default", "train", "good"], [1]),
        (["search", "D", "default", "train", "good", "--index"], [1]),
        (["rows", "D", "--sample", "4", "--seed", "1"], [1, 2, 3, 4]),
    ],
)
def test_questions_see_null_there(words: list[str], told: list[int], form: str, tmp_path: Path, dspreview: Any) -> None:
    data = dataset(tmp_path / "d", form, latin())
    ran = dspreview(*[data if word == "D" else word for word in words], "--json")
    assert ran.code == 0, ran.err
    assert sorted(row["row"]["id"] for row in ran.json["rows"]) == told


def test_statistics_and_sql_count_it_as_missing(form: str, tmp_path: Path, dspreview: Any) -> None:
    data = dataset(tmp_path / "d", form, latin())
    stats = dspreview("stats", data, "--json")
    assert [one["column_statistics"]["nan_count"] for one in stats.json["statistics"]] == [0, 2], stats.err
    other = dataset(tmp_path / "e", form, latin())  # of which nothing is known yet
    assert dspreview("sql", other, "SELECT count(t) AS n FROM train", "--format", "csv").out == "n\n2\n"
    assert dspreview("describe", dataset(tmp_path / "f", form, latin())).code == 0


@pytest.mark.parametrize("where", [(), ("--where", "id > 0")])
@pytest.mark.parametrize("ending", ["csv", "jsonl.zst", "parquet", "sqlite"])
def test_exports_write_null_and_say_so(
    ending: str, where: tuple[str, ...], form: str, tmp_path: Path, dspreview: Any
) -> None:
    data = dataset(tmp_path / "d", form, latin())
    ran = dspreview("export", data, "--to", tmp_path / f"x.{ending}", *where)
    assert ran.code == 0, ran.err
    assert "not UTF-8" in ran.err
    if ending == "csv":
        assert (tmp_path / "x.csv").read_text() == "id,t\n1,good\n2,\n3,fine\n4,\n"
    if ending == "parquet":
        assert pq.read_table(tmp_path / "x.parquet").column("t").to_pylist() == ["good", None, "fine", None]


def test_all_rows_are_written_and_it_is_said(form: str, tmp_path: Path, dspreview: Any) -> None:
    data = dataset(tmp_path / "d", form, latin())
    ran = dspreview("rows", data, "--length", "all", "--format", "jsonl")
    assert [json.loads(line)["t"] for line in ran.out.splitlines()] == ["good", None, "fine", None], ran.err
    assert "not UTF-8" in ran.err


def test_a_key_that_is_no_text_is_null_in_its_pair(tmp_path: Path, dspreview: Any) -> None:
    keys = pa.array([b"a", b"caf\xe9", b"c", b"d"], pa.binary()).view(pa.string())
    data = dataset(tmp_path / "d", "parquet", pa.MapArray.from_arrays(OFFSETS, keys, pa.array([1, 2, 3, 4])))
    page = dspreview("rows", data, "--json")
    assert [row["row"]["t"] for row in page.json["rows"]] == [{"a": 1}, [[None, 2]], {"c": 3}, {"d": 4}], page.err


def test_a_damaged_arrow_file_is_still_refused(tmp_path: Path, dspreview: Any) -> None:
    """The offsets of its lists go back: bytes that are no text are forgiven, a layout that is none is not."""
    lists = pa.ListArray.from_buffers(
        pa.list_(pa.string()), 3, [None, pa.array([0, 3, 1, 4], pa.int32()).buffers()[1]], children=[latin()]
    )
    data = tmp_path / "d"
    data.mkdir()
    schema = pa.schema([pa.field("t", lists.type)])
    with pa.OSFile(str(data / "train.arrow"), "wb") as out, pa.ipc.new_file(out, schema) as file:
        file.write_batch(pa.RecordBatch.from_arrays([lists], schema=schema))
    ran = dspreview("rows", data)
    assert ran.code == 6, ran.out
    assert "train.arrow" in ran.err


@pytest.mark.parametrize("shape", ["text", "large", "list", "fixed", "struct", "deep", "map"])
def test_text_that_is_utf8_is_left_as_it_is(shape: str) -> None:
    whole = SHAPES[shape][0].slice(2)
    table = pa.table({"t": pa.chunked_array([whole, whole]), "j": pa.array(["1"] * 4).cast(pa.json_())})
    assert readable_table(table) is table
