"""The forms of an export: several files, packed texts, a sample, files beside their metadata."""

from __future__ import annotations

import gzip
import json
import os
import signal
import sqlite3
import time
import wave
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Audio, ClassLabel, Features, Image, Value, load_dataset

from tests.support.data import parquet, picture, write
from tests.support.program import Program


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write(tmp_path / "d", {"a.parquet": parquet({"n": list(range(1_003)), "t": [f"row {n}" for n in range(1_003)]}, row_group_size=90)})  # fmt: skip


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def sound(seconds: float = 0.01) -> bytes:
    """A WAV."""
    sink = BytesIO()
    with wave.open(sink, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(int(16_000 * seconds)))
    return sink.getvalue()


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl", "arrow", "jsonl.gz"])
@pytest.mark.parametrize("shards", [1, 3, 7])
def test_shards_are_one_dataset(shards: int, ending: str, data: Path, out: Path, dspreview: Program) -> None:
    found = dspreview("export", data, "--to", out / f"train.{ending}", "--shards", str(shards), "--json")
    assert found.code == 0, found.err
    assert (found.json["num_rows"], found.json["shards"]) == (1_003, shards)
    names = sorted(os.listdir(out))
    assert names == [f"train-{number:05}-of-{shards:05}.{ending}" for number in range(shards)]
    assert found.json["num_bytes"] == sum((out / name).stat().st_size for name in names)
    theirs: Any = load_dataset(str(out), split="train", cache_dir=str(dspreview.home / "theirs"))
    assert theirs["n"] == list(range(1_003))
    if ending == "parquet":
        counts = [pq.read_metadata(out / name).num_rows for name in names]
        assert max(counts) - min(counts) <= 1


def test_shards_of_what_matches_in_an_order(data: Path, out: Path, dspreview: Program) -> None:
    words = ("--where", "n >= 1000", "--orderby", "n DESC", "--shards", "2")
    assert dspreview("export", data, "--to", out / "x.jsonl", *words).code == 0
    found = [[json.loads(line)["n"] for line in path.read_text().splitlines()] for path in sorted(out.iterdir())]
    assert found == [[1002], [1001, 1000]]


def test_more_shards_than_rows_are_files_without_rows(out: Path, tmp_path: Path, dspreview: Program) -> None:
    small = write(tmp_path / "s", {"a.csv": "n\n1\n2\n"})
    assert dspreview("export", small, "--to", out / "x.parquet", "--shards", "4").code == 0
    assert [pq.read_metadata(path).num_rows for path in sorted(out.iterdir())] == [0, 1, 0, 1]
    assert dspreview("rows", out / "*.parquet", "--json").row_values == [{"n": 1}, {"n": 2}]


def test_a_shard_that_is_there_is_kept_and_nothing_written(data: Path, out: Path, dspreview: Program) -> None:
    (out / "x-00001-of-00002.csv").write_text("mine")
    ran = dspreview("export", data, "--to", out / "x.csv", "--shards", "2")
    assert ran.code == 2
    assert "x-00001-of-00002.csv is there already; replace it with --force" in ran.err
    assert os.listdir(out) == ["x-00001-of-00002.csv"]
    assert dspreview("export", data, "--to", out / "x.csv", "--shards", "2", "--force").code == 0
    assert len(os.listdir(out)) == 2


def test_a_sample_is_that_of_rows(data: Path, out: Path, dspreview: Program) -> None:
    lot = ("--sample", "20", "--seed", "5")
    assert dspreview("export", data, "--to", out / "x.jsonl", *lot).code == 0
    rows = [json.loads(line) for line in (out / "x.jsonl").read_text().splitlines()]
    assert rows == dspreview("rows", data, *lot, "--json").row_values
    assert len(rows) == 20


def test_texts_are_packed_by_their_ending(data: Path, out: Path, dspreview: Program) -> None:
    for name in ("x.csv", "x.csv.gz", "x.csv.zst", "y.csv.gz"):
        assert dspreview("export", data, "--to", out / name).code == 0
    plain = (out / "x.csv").read_bytes()
    assert gzip.decompress((out / "x.csv.gz").read_bytes()) == plain
    assert pa.CompressedInputStream(str(out / "x.csv.zst"), "zstd").read() == plain
    assert (out / "x.csv.gz").read_bytes() == (out / "y.csv.gz").read_bytes()  # no name, no time


PICTURES = Features({"image": Image(), "label": ClassLabel(names=["cat", "dog"]), "t": Value("string")})


def test_pictures_as_files_are_read_by_imagefolder(tmp_path: Path, out: Path, dspreview: Program) -> None:
    cells = [
        {"bytes": picture(size=(3, 2)), "path": "../odd/a.PNG"},
        {"bytes": picture(size=(5, 4)), "path": None},
        None,
    ]
    table = pa.table({"image": cells, "label": [1, 0, None], "t": ["x", None, "z"]}, schema=PICTURES.arrow_schema)
    data = write(tmp_path / "p", {"a.parquet": parquet(table)})
    found = dspreview("export", data, "--to", f"{out}/folder/", "--media", "files", "--json")
    assert found.code == 0, found.err
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*")) == [
        "folder/files/000000.png", "folder/files/000001.png", "folder/metadata.jsonl",
    ]  # fmt: skip
    assert (out / "folder/files/000000.png").read_bytes() == cells[0]["bytes"]  # type: ignore[index]
    theirs: Any = load_dataset(str(out / "folder"), split="train", cache_dir=str(dspreview.home / "theirs"))
    assert [one and one.size for one in theirs["image"]] == [(3, 2), (5, 4), None]
    assert (theirs["label"], theirs["t"]) == (["dog", "cat", None], ["x", None, "z"])
    again = dspreview("export", data, "--to", f"{out}/folder", "--media", "files")
    assert again.code == 2
    assert "is there already" in again.err


def test_sounds_as_files_are_read_by_audiofolder(tmp_path: Path, out: Path, dspreview: Program) -> None:
    features = Features({"clip": Audio(), "n": Value("int64")})
    table = pa.table({"clip": [{"bytes": sound(), "path": None}], "n": [7]}, schema=features.arrow_schema)
    data = write(tmp_path / "p", {"a.parquet": parquet(table)})
    assert dspreview("export", data, "--to", out / "folder", "--media", "files").code == 0
    assert [path.name for path in (out / "folder/files").iterdir()] == ["000000.wav"]
    rows = dspreview("rows", out / "folder", "--json").json
    assert [column["column"]["name"] for column in rows["columns"]] == ["clip", "n"]
    assert rows["rows"][0]["row"]["n"] == 7


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--to", "x", "--media", "files"], "there is no column of files"),
        (["--to", "x.parquet", "--media", "files"], "is the name of a file"),
        (["--to", "x", "--media", "files", "--shards", "2"], "leave --shards, --compression and --index out"),
        (["--to", "x.csv", "--sample", "2", "--where", "n > 1"], "--sample chooses among all rows"),
        (["--to", "x.csv", "--seed", "2"], "--seed is for --sample"),
        (["--to", "x.csv.gz", "--compression", "gzip"], "a text is packed by its ending"),
        (["--to", "x.parquet.gz"], "its ending tells no format"),
        (["--to", "x.csv", "--shards", "0"], "--shards"),
    ],
)
def test_what_does_not_fit_is_refused(words: list[str], told: str, data: Path, out: Path, dspreview: Program) -> None:
    dspreview.cwd = out
    ran = dspreview("export", data, *words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert os.listdir(out) == []


def test_other_shards_of_that_name_are_replaced_or_kept(data: Path, out: Path, dspreview: Program) -> None:
    assert dspreview("export", data, "--to", out / "x.csv", "--shards", "3").code == 0
    ran = dspreview("export", data, "--to", out / "x.csv", "--shards", "2")
    assert ran.code == 2
    assert "x-00000-of-00003.csv is there already, of another number of shards" in ran.err
    assert len(os.listdir(out)) == 3
    (out / "x-00000-of-00009.txt").write_text("mine")
    told = dspreview("export", data, "--to", out / "x.csv", "--shards", "2", "--force").out
    assert told.startswith(f"{out}/x-00000-of-00002.csv: 1,003 rows")
    assert sorted(os.listdir(out)) == ["x-00000-of-00002.csv", "x-00000-of-00009.txt", "x-00001-of-00002.csv"]


def test_dictionaries_of_several_files_are_values_in_an_arrow_file(
    tmp_path: Path, out: Path, dspreview: Program
) -> None:
    files = {f"train-{n}.parquet": parquet(pa.table({"c": pa.array(v).dictionary_encode()})) for n, v in enumerate((["a", "b"], ["c", "d"]))}  # fmt: skip
    assert dspreview("export", write(tmp_path / "dic", files), "--to", out / "x.arrow").code == 0
    with pa.ipc.open_file(out / "x.arrow") as file:
        assert file.read_all().to_pydict() == {"c": ["a", "b", "c", "d"]}


def test_a_column_called_file_name_keeps_its_values(tmp_path: Path, out: Path, dspreview: Program) -> None:
    features = Features({"image": Image(), "file_name": Value("string")})
    table = pa.table({"image": [{"bytes": picture(size=(3, 2)), "path": None}], "file_name": ["cat.png"]}, schema=features.arrow_schema)  # fmt: skip
    data = write(tmp_path / "p", {"a.parquet": parquet(table)})
    assert dspreview("export", data, "--to", out / "folder", "--media", "files").code == 0
    line = json.loads((out / "folder/metadata.jsonl").read_text())
    assert line == {"image_file_name": "files/000000.png", "file_name": "cat.png"}


def test_who_may_read_a_file_that_is_replaced_stays(data: Path, out: Path, dspreview: Program) -> None:
    (out / "x.csv").write_text("old")
    (out / "x.csv").chmod(0o600)
    assert dspreview("export", data, "--to", out / "x.csv", "--force").code == 0
    assert ((out / "x.csv").stat().st_mode & 0o777, (out / "x.csv").read_text()[:3] != "old") == (0o600, True)


def test_a_codec_that_arrow_has_not_is_refused(data: Path, out: Path, dspreview: Program) -> None:
    ran = dspreview("export", data, "--to", out / "x.arrow", "--compression", "gzip")
    assert (ran.code, "zstd, lz4" in ran.err, list(out.iterdir())) == (2, True, [])


def test_bytes_of_one_length_are_blobs(tmp_path: Path, out: Path, dspreview: Program) -> None:
    table = pa.table({"a": pa.array([b"abcd", None], pa.binary(4))})
    pq.write_table(table, tmp_path / "a.parquet")
    assert dspreview("export", tmp_path / "a.parquet", "--to", out / "x.sqlite").code == 0
    with sqlite3.connect(out / "x.sqlite") as base:
        assert base.execute("SELECT a FROM train").fetchall() == [(b"abcd",), (None,)]
    base.close()


def test_a_terminal_that_is_closed_leaves_nothing(tmp_path: Path, out: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "big", {"train.parquet": parquet({"a": list(range(3_000_000))})})
    running = dspreview.start("export", folder, "--to", out / "x.csv")
    while not any(one.name.startswith(".dspreview-") for one in out.iterdir()) and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGHUP)
    assert running.wait(60) in {0, 130}
    assert [one.name for one in out.iterdir() if one.name != "x.csv"] == []
