"""Exports: the rows that were asked for, in each format, whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, Image, Sequence, Value, load_dataset
from pyarrow import feather

from tests.support.data import parquet, picture, write

FEATURES = Features(
    {
        "n": Value("int64"),
        "t": Value("string"),
        "label": ClassLabel(names=["no", "yes"]),
        "tags": Sequence(Value("string")),
    }
)
ROWS = {
    "n": [3, 1, None, 2],
    "t": ["c", 'a,"', "d\n", None],
    "label": [0, 1, 1, 0],
    "tags": [["x"], [], None, ["y", None]],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A split whose file has the features of `datasets`."""
    return write(tmp_path / "d", {"a.parquet": parquet(pa.table(ROWS, schema=FEATURES.arrow_schema))})


def exported(dspreview: Any, data: Path, to: Path, *words: str) -> dict[str, Any]:
    found = dspreview("export", data, "--to", to, *words, "--json")
    assert found.code == 0, found.err
    assert found.json["num_bytes"] == to.stat().st_size
    assert os.listdir(to.parent) == [to.name]
    return dict(found.json)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_parquet_has_the_same_features_and_page(data: Path, out: Path, dspreview: Any) -> None:
    assert exported(dspreview, data, out / "x.parquet")["num_rows"] == 4
    assert pq.read_table(out / "x.parquet").to_pydict() == ROWS
    loaded = load_dataset(
        "parquet", data_files=str(out / "x.parquet"), split="train", cache_dir=str(out.parent / "cache")
    )
    assert loaded.features == FEATURES
    pages = [dspreview("rows", where, "--json").json for where in (data, out / "x.parquet")]
    assert [[row["row"] for row in page["rows"]] for page in pages] == [[row["row"] for row in pages[0]["rows"]]] * 2
    assert pages[0]["features"] == pages[1]["features"]


def test_what_matches_in_an_order_and_some_columns(data: Path, out: Path, dspreview: Any) -> None:
    exported(dspreview, data, out / "x.parquet", "--where", "n >= 2", "--orderby", "n", "--columns", "t,n")
    assert pq.read_table(out / "x.parquet").to_pydict() == {"t": [None, "c"], "n": [2, 3]}
    exported(dspreview, data, out / "x.parquet", "--force", "--where", "label = 'yes'", "--columns", "label")
    assert pq.read_table(out / "x.parquet").to_pydict() == {"label": [1, 1]}
    exported(dspreview, data, out / "x.parquet", "--force", "--where", "n > 9")
    assert pq.read_table(out / "x.parquet").num_rows == 0
    assert pq.read_schema(out / "x.parquet").names == list(ROWS)


def test_an_order_over_dates_structs_and_files(tmp_path: Path, out: Path, dspreview: Any) -> None:
    days = [dt.date(2020, 1, 3), None, dt.date(2020, 1, 1)]
    instants = pa.array([3, 1, None], pa.timestamp("ns", "UTC"))
    rows = pa.table(
        {
            "d": days,
            "s": [{"a": 1, "t": dt.date(1999, 1, 1)}, None, {"a": 3, "t": None}],
            "i": instants,
            "b": [b"\xff", b"", None],
        }
    )
    data = write(tmp_path / "d", {"a.parquet": parquet(rows)})
    exported(dspreview, data, out / "x.parquet", "--orderby", "d", "--columns", "i,d,s,b")
    expected = rows.select(["i", "d", "s", "b"]).take([2, 0, 1])
    assert pq.read_table(out / "x.parquet").replace_schema_metadata(None).equals(expected)
    exported(dspreview, data, out / "x.parquet", "--force", "--where", "s.a > 0")
    assert pq.read_table(out / "x.parquet").replace_schema_metadata(None).equals(rows.take([0, 2]))


def test_text_formats(data: Path, out: Path, dspreview: Any) -> None:
    exported(dspreview, data, out / "x.csv")
    with open(out / "x.csv", newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["n", "t", "label", "tags"], ["3", "c", "0", '["x"]'], ["1", 'a,"', "1", "[]"], ["", "d\n", "1", ""], ["2", "", "0", '["y",null]'],
        ]  # fmt: skip
    (out / "x.csv").unlink()
    exported(dspreview, data, out / "x.jsonl")
    lines = (out / "x.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        dict(zip(ROWS, row, strict=True)) for row in zip(*ROWS.values(), strict=True)
    ]


def test_single_values_are_written_fast_and_the_same(tmp_path: Path, out: Path, dspreview: Any) -> None:
    rows = {
        "a,b": [1, None, -(2**63)],
        "f": [0.1, 1e-7, float("nan")],
        "t": ['x"y', "", None],
        "q": [True, None, False],
    }
    data = write(tmp_path / "d", {"a.parquet": parquet(rows)})
    exported(dspreview, data, out / "x.csv")
    assert (out / "x.csv").read_text() == '"a,b",f,t,q\n1,0.1,"x""y",true\n,1e-07,,\n-9223372036854775808,,,false\n'
    assert (out / "x.csv").read_text() == dspreview("rows", data, "--length", "all", "--format", "csv").out
    (out / "x.csv").unlink()
    exported(dspreview, data, out / "x.jsonl", "--where", "NOT q IS NULL")
    assert [json.loads(line) for line in (out / "x.jsonl").read_text().splitlines()] == [
        {"a,b": 1, "f": 0.1, "t": 'x"y', "q": True}, {"a,b": -(2**63), "f": None, "t": None, "q": False},
    ]  # fmt: skip


def test_arrow_and_sqlite(data: Path, out: Path, dspreview: Any) -> None:
    exported(dspreview, data, out / "x.arrow", "--compression", "zstd")
    assert feather.read_table(out / "x.arrow").to_pydict() == ROWS
    (out / "x.arrow").unlink()
    exported(dspreview, data, out / "x.sqlite", "--index", "n")
    with sqlite3.connect(out / "x.sqlite") as database:
        assert database.execute("SELECT * FROM train").fetchall() == [
            (3, "c", 0, '["x"]'), (1, 'a,"', 1, "[]"), (None, "d\n", 1, None), (2, None, 0, '["y",null]'),
        ]  # fmt: skip
        assert [row[1] for row in database.execute("PRAGMA index_list(train)")] == ["idx_train_n"]
        assert [row[2] for row in database.execute("PRAGMA table_info(train)")] == [
            "INTEGER",
            "TEXT",
            "INTEGER",
            "TEXT",
        ]


def test_bytes_are_blobs_in_sqlite(tmp_path: Path, out: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {"a.parquet": parquet({"b": [b"\xff\x00", None], "n": [1, 2]})})
    exported(dspreview, data, out / "x.sqlite")
    with sqlite3.connect(out / "x.sqlite") as database:
        assert database.execute("SELECT b, typeof(b) FROM train").fetchall() == [(b"\xff\x00", "blob"), (None, "null")]


def test_files_that_cells_name_are_in_it(tmp_path: Path, out: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {"cat/a.png": picture(), "dog/b.png": picture(size=(3, 3))})
    exported(dspreview, data, out / "x.parquet")
    rows = pq.read_table(out / "x.parquet").to_pylist()
    assert rows == [
        {"image": {"bytes": picture(), "path": "a.png"}, "label": 0},
        {"image": {"bytes": picture(size=(3, 3)), "path": "b.png"}, "label": 1},
    ]
    loaded = load_dataset(
        "parquet", data_files=str(out / "x.parquet"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert (loaded.features["image"], loaded[1]["image"].size) == (Image(), (3, 3))


def test_files_within_lists_and_structs_are_in_it(tmp_path: Path, out: Path, dspreview: Any) -> None:
    features = Features({"all": Sequence(Image()), "one": {"i": Image(), "n": Value("int64")}})
    named = {"bytes": None, "path": "a.png"}
    rows = pa.table({"all": [[named, None], None], "one": [{"i": named, "n": 1}, None]}, schema=features.arrow_schema)
    data = write(
        tmp_path / "d",
        {
            "a.parquet": parquet(rows),
            "a.png": picture(),
            "README.md": "---\nconfigs:\n- {config_name: x, data_files: a.parquet}\n---\n",
        },
    )
    exported(dspreview, data, out / "x.parquet")
    held = {"bytes": picture(), "path": "a.png"}
    assert pq.read_table(out / "x.parquet").to_pylist() == [
        {"all": [held, None], "one": {"i": held, "n": 1}},
        {"all": None, "one": None},
    ]


def test_types_that_are_stored_otherwise_come_back(tmp_path: Path, out: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {"a.jsonl": '{"a": 1, "d": "2020-01-02"}\n{"a": "x", "d": "2020-01-03"}\n'})
    exported(dspreview, data, out / "x.parquet")
    pages = [dspreview("rows", where, "--json").json for where in (data, out / "x.parquet")]
    assert [row["row"] for row in pages[0]["rows"]] == [row["row"] for row in pages[1]["rows"]]
    table = pa.table({"t": pa.array([1, None], pa.time32("s")), "i": pa.array([1, 2], pa.duration("s"))})
    with pa.ipc.new_file(tmp_path / "d.arrow", table.schema) as file:
        file.write_table(table)
    exported(dspreview, tmp_path / "d.arrow", out / "x.parquet", "--force", "--columns", "t")
    assert pq.read_table(out / "x.parquet")["t"].cast(pa.time32("s")).to_pylist() == table["t"].to_pylist()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--to", "x.xyz"], "tells no format"),
        (["--to", "there.csv"], "--force"),
        (["--to", "none/x.csv"], "no folder"),
        (["--to", "x.csv", "--columns", "nn"], "no column"),
        (["--to", "x.sqlite", "--index", "nn"], "no column"),
        (["--to", "x.csv", "--where", "n ="], "where"),
        (["--to", "x.parquet", "--compression", "rar"], "zstd"),
        (["--to", "x.csv", "--compression", "gzip"], "is for .parquet"),
        (["--to", "x.csv", "--index", "n"], "is for .sqlite"),
        ([], "--to"),
    ],
)
def test_a_mistake_writes_nothing(words: list[str], told: str, data: Path, out: Path, dspreview: Any) -> None:
    (out / "there.csv").write_text("mine")
    words = [str(out / word) if before == "--to" else word for before, word in zip(["", *words], words, strict=False)]
    found = dspreview("export", data, *words)
    assert (found.code, found.out) == (2, "")
    assert told in found.err
    assert os.listdir(out) == ["there.csv"]
    assert (out / "there.csv").read_text() == "mine"


def test_broken_data_writes_nothing(tmp_path: Path, out: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {"a.parquet": parquet({"a": list(range(1_000))})[:-40]})
    assert dspreview("export", data, "--to", out / "x.csv").code == 6
    assert os.listdir(out) == []


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl", "arrow", "sqlite"])
def test_a_full_disk_leaves_nothing(ending: str, tmp_path: Path, out: Path) -> None:
    data = write(
        tmp_path / "d",
        {"a.parquet": parquet({"n": list(range(200_000)), "t": [f"{n * 7919 % 100_003:x}" for n in range(200_000)]})},
    )
    code = (  # a file that may not grow over 200 kB stands for a full disk
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "import dspreview; split = dspreview.open(sys.argv[1], DSPREVIEW_DATABASE=sys.argv[2]).split(); split.rows();"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); split.export(sys.argv[3])"
    )
    words: list[Any] = [sys.executable, "-c", code, data, tmp_path / "x.sqlite", out / f"x.{ending}"]
    found = subprocess.run(words, capture_output=True, text=True)
    assert "StoreFullError" in found.stderr
    assert str(out / f"x.{ending}") in found.stderr.splitlines()[-1]
    assert os.listdir(out) == []


def test_an_interrupt_leaves_nothing(tmp_path: Path, out: Path, dspreview: Any) -> None:
    rows = {"n": list(range(300_000)), "m": [[n] for n in range(300_000)]}
    data = write(tmp_path / "d", {"a.parquet": parquet(rows, row_group_size=10_000)})
    dspreview("rows", data)
    words: list[Any] = [sys.executable, "-m", "dspreview", "export", data, "--to", out / "x.csv"]
    running = subprocess.Popen(words, env=dspreview.environment(), stderr=subprocess.PIPE, text=True)
    while not any(Path(out).glob(".dspreview-*/x.csv")):
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    _, told = running.communicate()
    assert running.returncode == 130, told
    assert os.listdir(out) == []


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_keys_and_personal_data_are_taken_out(ending: str, tmp_path: Path, dspreview: Any) -> None:
    token, mail = "hf_" + "kVqZxWbTnLpRsGdF" + "hJmYcUoEaXwQzKtVbN", "jane.doe@mail-provider.org"
    rows = [
        {"n": 1, "t": f"a {token} b", "m": [{"role": "user", "content": f"mail {mail}"}], "j": {"x": [mail]}},
        {"n": 2, "t": "plain", "m": [], "j": {"x": None}},
        {"n": 3, "t": None, "m": None, "j": "text"},
    ]
    data = write(tmp_path / "d", {"a.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    to = tmp_path / f"out.{ending}"
    assert "3 values redacted" in dspreview("export", data, "-o", to, "--redact").out
    found = dspreview("rows", to, "--format", "jsonl").documents
    assert [row["t"] for row in found] == ["a [huggingface-token] b", "plain", None]
    assert found[0]["m"] == [{"role": "user", "content": "mail [email]"}]
    assert (found[0]["j"], found[2]["j"]) == ({"x": ["[email]"]}, "text")
    assert token.encode() not in to.read_bytes()


def test_a_carriage_return_stays_in_its_cell(tmp_path: Path, dspreview: Any) -> None:
    rows = ["a\rb", "\r", "x\n", "y"]
    folder = write(
        tmp_path / "d",
        {
            "a.parquet": parquet({"s": rows}),
        },
    )
    assert dspreview("export", folder, "--to", tmp_path / "o.csv").code == 0
    with (tmp_path / "o.csv").open(newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["s", *rows]


def test_structs_without_fields_are_json(tmp_path: Path, dspreview: Any) -> None:
    table = pa.table({"es": pa.array([{}, None], pa.struct([])), "m": pa.array([[{}], None], pa.list_(pa.struct([])))})
    feather.write_feather(table, tmp_path / "a.arrow", compression="uncompressed")
    for name in ("o.parquet", "o.arrow"):
        assert dspreview("export", tmp_path / "a.arrow", "--to", tmp_path / name).code == 0
        found = dspreview("rows", tmp_path / name, "--format", "jsonl").out.splitlines()
        assert [json.loads(line) for line in found] == [{"es": {}, "m": [{}]}, {"es": None, "m": None}]


def test_names_that_sqlite_takes_for_one_are_a_mistake_of_the_call(tmp_path: Path, dspreview: Any) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"A": [1], "a": [2]})})
    done = dspreview("export", folder, "--to", tmp_path / "o.sqlite")
    assert (done.code, "'A' and 'a'" in done.err, (tmp_path / "o.sqlite").exists()) == (2, True, False)


def test_a_file_of_the_dataset_is_not_replaced(tmp_path: Path, dspreview: Any) -> None:
    folder = write(tmp_path / "d", {"train.parquet": parquet({"id": list(range(60))})})
    before = (folder / "train.parquet").read_bytes()
    for source in (folder, folder / "train.parquet"):
        ran = dspreview("export", source, "-o", folder / "train.parquet", "--force", "--where", "id < 5")
        assert ran.code == 2
        assert "a file of the dataset itself" in ran.err
    assert (folder / "train.parquet").read_bytes() == before
    (tmp_path / "out.csv").mkdir()
    ran = dspreview("export", folder, "-o", tmp_path / "out.csv", "--force")
    assert (ran.code, "is a folder" in ran.err) == (2, True)
    assert sorted(one.name for one in tmp_path.iterdir() if one.name != "home") == ["d", "out.csv"]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"a": pa.array([2**64 - 1, 1], pa.uint64())}, ["18446744073709551615", 1]),
        ({"a": ["x", None]}, ["x", None]),
    ],
)  # fmt: skip
def test_integers_beyond_64_bits_are_their_digits_in_sqlite(
    table: Any, told: list[Any], tmp_path: Path, dspreview: Any
) -> None:
    folder = write(tmp_path / "d", {"train.parquet": parquet(table)})
    for words in (["export", folder, "-o"], ["sql", folder, "SELECT * FROM train", "--to"]):
        assert dspreview(*words, tmp_path / f"{words[0]}.sqlite").code == 0
        with sqlite3.connect(tmp_path / f"{words[0]}.sqlite") as base:
            (name,) = base.execute("SELECT name FROM sqlite_master").fetchone()
            assert [row[0] for row in base.execute(f"SELECT a FROM {name}")] == told
        base.close()


@pytest.mark.parametrize(
    ("columns", "told"), [(["a\0b"], "NUL"), ([f"c{n}" for n in range(2_001)], "too many columns")]
)
def test_what_sqlite_cannot_hold_is_a_mistake_of_the_call(
    columns: list[str], told: str, tmp_path: Path, dspreview: Any
) -> None:
    folder = write(tmp_path / "d", {"train.parquet": parquet({key: [1] for key in columns})})
    ran = dspreview("export", folder, "-o", tmp_path / "x.sqlite")
    assert (ran.code, told in ran.err) == (2, True)
    assert not (tmp_path / "x.sqlite").exists()


@pytest.mark.parametrize(
    ("statement", "value"),
    [("SELECT INTERVAL '1 day 2 hours' AS v", "P0M1DT2H"), ("SELECT t AS v FROM train", "PT1.5S"), ("SELECT union_value(a := 1) AS v", "1")],
)  # fmt: skip
def test_what_parquet_has_no_type_for_is_text(statement: str, value: str, tmp_path: Path, dspreview: Any) -> None:
    folder = write(tmp_path / "d", {"train.parquet": parquet({"t": pa.array([1_500], pa.duration("ms"))})})
    ran = dspreview("sql", folder, statement, "--to", tmp_path / "x.parquet")
    assert ran.code == 0, ran.err
    assert pq.read_table(tmp_path / "x.parquet")["v"].to_pylist() == [value]


def test_what_parquet_has_no_type_for_at_all_is_told(tmp_path: Path, dspreview: Any) -> None:
    folder = write(tmp_path / "d", {"train.parquet": parquet({"a": [1]})})
    ran = dspreview("sql", folder, "SELECT {} AS v", "--to", tmp_path / "x.parquet")
    assert (ran.code, "has no type for a column" in ran.err) == (2, True)
    assert not (tmp_path / "x.parquet").exists()
