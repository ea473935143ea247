"""`dspreview sql`, as its user types it."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.data import parquet, picture, write
from tests.support.program import Program

JOB = "SELECT k, count(*) AS n, sum(v) AS total FROM train GROUP BY ALL ORDER BY k"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two splits, one config of each kind of file."""
    return write(
        tmp_path / "d",
        {
            "one/train.csv": "k,v\na,1\nb,2\na,3\n",
            "one/test.csv": "k,v\nb,20\n",
            "two/train.parquet": parquet(
                {"k": ["a"], "w": [0.5], "tags": [["x", "y"]], "time": pa.array([3_600_000], pa.time32("ms"))}
            ),
            "README.md": "---\nconfigs:\n- {config_name: one, data_dir: one, default: true}\n- {config_name: two, data_dir: two}\n---\n",
        },
    )


def rows(found: Any) -> list[dict[str, Any]]:
    """The rows of an answer in JSON."""
    return [row["row"] for row in json.loads(found.out)["rows"]]


def test_splits_are_tables(data: Path, dspreview: Any) -> None:
    found = dspreview("sql", data, JOB, "--json")
    assert rows(found) == [{"k": "a", "n": 2, "total": 4}, {"k": "b", "n": 1, "total": 2}]
    document = json.loads(found.out)
    assert [one["column"] for one in document["columns"]] == [
        {"name": "k", "type": "STRING"},
        {"name": "n", "type": "INT"},
        {"name": "total", "type": "INT"},
    ]
    assert (document["num_rows"], document["partial"]) == (2, False)


def test_splits_and_configs_are_joined(data: Path, dspreview: Any) -> None:
    text = 'SELECT a.k, a.v, b.v AS other, w, "time" FROM one.train a LEFT JOIN one.test b USING (k) LEFT JOIN two.train USING (k) ORDER BY a.v'
    assert rows(dspreview("sql", data, text, "--json")) == [
        {"k": "a", "v": 1, "other": None, "w": 0.5, "time": "01:00:00"},
        {"k": "b", "v": 2, "other": 20, "w": None, "time": None},
        {"k": "a", "v": 3, "other": None, "w": 0.5, "time": "01:00:00"},
    ]


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl", "arrow", "sqlite"])
def test_an_answer_goes_to_a_file(ending: str, data: Path, dspreview: Any, tmp_path: Path) -> None:
    to = tmp_path / f"x.{ending}"
    found = dspreview("sql", data, JOB, "--to", to, "--json")
    assert (found.code, found.json["num_rows"]) == (0, 2), found.err
    words = ("query",) if ending == "sqlite" else ()
    read = dspreview("rows", to, *words, "--json").json["rows"]
    assert [(row["row"]["k"], int(row["row"]["n"]), float(row["row"]["total"])) for row in read] == [
        ("a", 2, 4.0),
        ("b", 1, 2.0),
    ]
    assert dspreview("sql", data, JOB, "--to", to).code == 2
    assert dspreview("sql", data, JOB, "--to", to, "--force").code == 0
    assert dspreview("sql", data, "SELECT nope", "--to", tmp_path / "y.csv").code == 2
    large = dspreview("sql", data, "SELECT sum(9223372036854775807) AS s FROM train", "--to", tmp_path / "y.csv")
    assert (large.code, "s::VARCHAR" in large.err) == (2, True)
    assert not (tmp_path / "y.csv").exists()


def test_another_dataset_stands_beside(data: Path, dspreview: Any, tmp_path: Path) -> None:
    other = write(tmp_path / "o", {"a.jsonl": '{"k": "a", "name": "first"}\n'})
    found = dspreview(
        "sql", data, "SELECT name FROM test, o.train WHERE o.train.k = 'a'", "--with", f"o={other}", "--format", "csv"
    )
    assert found.out == "name\nfirst\n"


def test_a_statement_from_a_file_and_from_stdin(data: Path, dspreview: Any, tmp_path: Path) -> None:
    (tmp_path / "job.sql").write_text(JOB)
    assert rows(dspreview("sql", data, f"@{tmp_path / 'job.sql'}", "--json"))[0]["n"] == 2
    assert rows(dspreview("sql", data, "-", "--json", stdin=JOB))[0]["n"] == 2


def test_length_cuts_and_all_streams(data: Path, dspreview: Any) -> None:
    found = dspreview("sql", data, "SELECT v FROM train ORDER BY v", "--length", "2", "--json")
    assert (rows(found), json.loads(found.out)["partial"]) == ([{"v": 1}, {"v": 2}], True)
    assert "first 2 rows" in found.err
    every = dspreview("sql", data, "SELECT range AS n FROM range(3000)", "--length", "all", "--format", "jsonl")
    assert [json.loads(line)["n"] for line in every.out.splitlines()] == list(range(3000))
    assert dspreview("sql", data, "SELECT 1", "--length", "all").code == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT nope FROM train", "nope"),
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM trains", "did you mean 'train'"),
        ("COPY train TO 'x.csv'", "only SELECT"),
        ("SELECT k::INT FROM train", "Could not convert"),
        ("SELECT 1 % 0", "zero"),
    ],
)
def test_a_mistake_is_exit_2_and_says_what(text: str, words: str, data: Path, dspreview: Any) -> None:
    found = dspreview("sql", data, text)
    assert (found.code, found.out) == (2, "")
    assert words in found.err


def test_no_file_is_read_or_written(data: Path, dspreview: Any, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n1\n")
    for text in (
        f"SELECT * FROM '{tmp_path}/x.csv'",
        f"SELECT * FROM read_csv('{tmp_path}/x.csv')",
        f"COPY train TO '{tmp_path}/y.csv'",
    ):
        assert dspreview("sql", data, text).code == 2
    assert not (tmp_path / "y.csv").exists()


def test_a_query_without_an_end_is_ended(data: Path, dspreview: Any) -> None:
    found = dspreview("sql", data, "SELECT count(*) FROM range(10000000000) a, range(1000) b", QUERY_MAX_SECONDS="1")
    assert found.code == 2
    assert "QUERY_MAX_SECONDS" in found.err


def test_files_are_left_out_and_their_paths_are_not(tmp_path: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {"a.png": picture()})
    found = dspreview("sql", data, "SELECT image, parse_filename(image.path) AS p FROM train", "--json")
    assert rows(found) == [{"image": None, "p": "a.png"}]
    assert "files in image" in found.err
    written = dspreview("sql", data, "SELECT image FROM train", "--to", tmp_path / "x.parquet")
    assert "files in image" in written.err
    assert pq.read_table(tmp_path / "x.parquet").to_pylist() == [{"image": None}]


def test_names_that_need_quotes_are_suggested_with_them(tmp_path: Path, dspreview: Any) -> None:
    data = write(
        tmp_path / "d",
        {"a.csv": "x\n1\n2\n", "README.md": "---\nconfigs:\n- {config_name: Sales 2024, data_files: a.csv}\n---\n"},
    )
    found = dspreview("sql", data, "SELECT * FROM Sales")
    assert '"Sales 2024".train' in found.err
    assert rows(dspreview("sql", data, 'SELECT * FROM "Sales 2024".train', "--json")) == [{"x": 1}, {"x": 2}]


def test_json_is_json_and_columns_that_sql_takes_for_one_are_told_apart(tmp_path: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {"a.jsonl": '{"A": 1, "a": {"x": [1]}}\n{"A": 2, "a": "t"}\n'})
    found = dspreview("sql", data, "SELECT A, a_2, a_2 ->> '$.x[0]' AS x FROM train", "--json")
    assert rows(found) == [{"A": 1, "a_2": {"x": [1]}, "x": "1"}, {"A": 2, "a_2": "t", "x": None}]


def test_no_name_of_a_column_reaches_the_terminal_as_a_command(tmp_path: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {"a.parquet": parquet({"\x1b[31mred": ["\x1b]0;title\x07"]})})
    found = dspreview("sql", data, "SELECT * FROM train")
    assert "red" in found.out
    assert "\x1b" not in found.out
    assert "\x07" not in found.out
    assert dspreview("export", data, "--to", tmp_path / "x.csv").code == 0


def test_an_engine_that_dies_is_told(data: Path, dspreview: Program) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "dspreview", "sql", data, "SELECT count(*) FROM range(100000000000) a", "--json"],
        env=dspreview.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    psutil.Process(one_child(running)).kill()
    out, told = running.communicate()
    assert (running.returncode, json.loads(out)["exception"]) == (2, "UsageError")
    assert "signal 9" in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whom", ["the terminal's group", "the program alone"])
def test_an_interrupt_ends_both_processes(whom: str, number: int, data: Path, dspreview: Program) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "dspreview", "sql", data, "SELECT count(*) FROM range(100000000000) a"],
        env=dspreview.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    child = psutil.Process(one_child(running))
    if whom == "the program alone":
        running.send_signal(number)
    else:
        os.killpg(running.pid, number)
    out, told = running.communicate()
    assert (running.returncode, out) == (130, ""), told
    assert not child.is_running()


def one_child(running: subprocess.Popen[str]) -> int:
    """The process that runs the statement, as soon as it has begun to."""
    while True:
        assert running.poll() is None
        found = psutil.Process(running.pid).children()
        if found and any("duckdb" in one.path for one in found[0].memory_maps()):
            return int(found[0].pid)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT " + "[" * 100 + "1" + "]" * 100, "cannot be handed out"),
        ("SELECT 'a'" + ".upper()" * 1_000, "nested too deeply"),
        ("SELECT repeat('x', 1000000) FROM range(100000)", "QUERY_MAX_MEMORY"),
        ("SELECT damerau_levenshtein(repeat('a', 20000), repeat('b', 20000))", "QUERY_MAX_MEMORY"),
    ],
)
def test_what_is_too_deep_or_too_large_is_exit_2(text: str, words: str, data: Path, dspreview: Program) -> None:
    found = dspreview("sql", data, text, "--json", QUERY_MAX_MEMORY="200000000")
    assert found.code == 2, found.err
    assert words in found.err


def test_null_is_told_from_an_empty_text(tmp_path: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {"a.csv": "n\n1\n"})
    found = dspreview("sql", data, "SELECT NULL AS a, '' AS b, 7 AS n FROM train")
    assert found.out.splitlines()[2].split() == ["null", "7"]


def test_values_are_those_of_rows(tmp_path: Path, dspreview: Any) -> None:
    """Structs that only look like files, lengths of time, geometries, structs without fields."""
    table = pa.table({
        "st": pa.array([{"bytes": b"hello", "path": "x.txt"}, None], pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        "du": pa.array([1_500, None], pa.duration("ms")),
        "es": pa.array([{}, None], pa.struct([])),
        "les": pa.array([[{}, None], []], pa.list_(pa.struct([]))),
    })  # fmt: skip
    (tmp_path / "d").mkdir()
    with pa.ipc.new_file(tmp_path / "d" / "a.arrow", table.schema) as out:
        out.write_table(table)
    found = dspreview("sql", tmp_path / "d", "SELECT * FROM train", "--format", "jsonl").out.splitlines()
    shown = dspreview("rows", tmp_path / "d", "--format", "jsonl").out.splitlines()
    rows = [json.loads(line) for line in found]
    assert rows == [json.loads(line) for line in shown]
    assert [row["du"] for row in rows] == ["PT1.5S", None]
    wkb = struct.pack("<BIdd", 1, 1, 1.5, 2.0)
    geo = {"version": "1.0.0", "primary_column": "g", "columns": {"g": {"encoding": "WKB", "geometry_types": []}}}
    places = pa.table({"g": pa.array([wkb])}).replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(places, tmp_path / "g.parquet")
    answer = dspreview(
        "sql", tmp_path / "g.parquet", "SELECT g, 'POINT (3 4)'::GEOMETRY AS h FROM train", "--format", "jsonl"
    )
    assert json.loads(answer.out) == {"g": "POINT (1.5 2)", "h": "POINT (3 4)"}
