"""The commands as their user runs them, on local data; JSON and exit codes as the contract has them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.data import parquet, picture, write
from tests.support.program import Program

CSV = "id,text,score\n" + "".join(f"{n},text {n},{n / 2}\n" for n in range(150))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a CSV of 150 rows."""
    return write(tmp_path / "data", {"train.csv": CSV})


def test_rows_in_each_format(data: Path, dspreview: Program) -> None:
    answer = dspreview("rows", data, "--json").json
    assert [row["row_idx"] for row in answer["rows"]] == list(range(100))
    assert answer["rows"][3]["row"] == {"id": 3, "text": "text 3", "score": 1.5}
    assert [column["column"]["type"] for column in answer["columns"]] == ["INT", "STRING", "FLOAT"]
    lines = dspreview("rows", data, "--format", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == [row["row"] for row in answer["rows"]]
    text = dspreview("rows", data, "--format", "csv").out
    assert text.splitlines()[:3] == ["id,text,score", "0,text 0,0.0", "1,text 1,0.5"]
    assert len(text.splitlines()) == 101
    table = dspreview("rows", data).out
    assert "20 rows of 150" in table


def test_any_rows_of_a_split(data: Path, dspreview: Program) -> None:
    window = dspreview("rows", data, "--offset", "120", "--length", "3", "--json").json
    assert [(row["row_idx"], row["row"]["id"]) for row in window["rows"]] == [(120, 120), (121, 121), (122, 122)]
    inside = dspreview("rows", data, "--offset", "98", "--length", "4", "--json").json
    assert [row["row_idx"] for row in inside["rows"]] == [98, 99, 100, 101]
    beyond = dspreview("rows", data, "--offset", "1000", "--json")
    assert (beyond.code, beyond.json["rows"]) == (0, [])
    nothing = dspreview("rows", data, "--length", "0", "--json").json
    assert (nothing["rows"], len(nothing["features"])) == ([], 3)
    assert dspreview("rows", data, "--length", "101").code == 2
    assert dspreview("rows", data, "--offset", "-1").code == 2


def test_columns_in_the_order_asked_for(data: Path, dspreview: Program) -> None:
    answer = dspreview("rows", data, "--columns", "score,id", "--length", "1", "--json").json
    assert answer["rows"][0]["row"] == {"score": 0.0, "id": 0}
    assert list(answer["rows"][0]["row"]) == ["score", "id"]
    assert [column["column"]["name"] for column in answer["columns"]] == ["score", "id"]
    wrong = dspreview("rows", data, "--columns", "scor")
    assert (wrong.code, "did you mean 'score'?" in wrong.err) == (2, True)


def test_full_cells_are_shown_and_not_stored(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {"a.parquet": parquet({"t": ["x" * 5_000_000, "y"]})})
    page = dspreview("rows", data, "--json").json
    assert page["rows"][0]["truncated_cells"] == ["t"]
    assert page["rows"][0]["row"]["t"] == "x" * 100
    assert page["rows"][1]["row"]["t"] == "y"
    full = dspreview("rows", data, "--json", "--full").json
    assert full["rows"][0]["row"]["t"] == "x" * 5_000_000
    assert dspreview("rows", data, "--json", "--cached").json == page
    noted = dspreview("rows", data, "--format", "jsonl")
    assert "cut cells in t" in noted.err
    card = dspreview("rows", data, "--row", "1").out
    assert "y" in card and "row 1" in card


def test_the_limits_hold_for_any_data(tmp_path: Path, dspreview: Program) -> None:
    wide = {f"column_{n}": [n] * 100 for n in range(3_000)}
    vectors = {"v": [[float(i * j % 97) / 7 for j in range(4_096)] for i in range(100)]}
    for name, columns in {"wide": wide, "vectors": vectors}.items():
        data = write(tmp_path / name, {"a.parquet": parquet(columns)})
        result = dspreview("rows", data, "--json")
        rows = result.json["rows"]
        assert len(rows) >= 10
        assert len(json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode()) <= 1_000_000
    few = dspreview("rows", tmp_path / "wide", "--json", ROWS_MAX_NUMBER="7").json
    assert len(few["rows"]) == 7
    tight = dspreview("rows", tmp_path / "wide", "--json", ROWS_MAX_BYTES="20_000").json
    assert len(json.dumps(tight["rows"], separators=(",", ":"))) <= 20_000
    assert tight["omitted_columns"] == 3_000 - len(tight["rows"][0]["row"])


def test_an_edited_file_is_seen_at_the_next_call(data: Path, dspreview: Program) -> None:
    assert dspreview("rows", data, "--json", "--length", "1").row_values == [{"id": 0, "text": "text 0", "score": 0.0}]
    write(data, {"train.csv": "id\n7\n"})
    stale = dspreview("rows", data, "--cached", "--json", "--length", "1")
    assert (stale.row_values[0]["id"], stale.json["stalled"]) == (0, True)
    assert "has changed" in stale.err
    assert dspreview("rows", data, "--json").row_values == [{"id": 7}]
    other = dspreview("rows", data, "--json", ROWS_MAX_NUMBER="1")
    assert other.code == 0


def test_many_datasets_in_one_call(data: Path, tmp_path: Path, dspreview: Program) -> None:
    write(tmp_path / "broken", {"a.parquet": b"no"})
    lines = f"# a comment\n{data}\n\n{tmp_path}/nothing\n{tmp_path}/broken\t\n{data} default train\n"
    result = dspreview("rows", "--from", "-", "--json", stdin=lines)
    first, missing, broken, last = result.documents
    assert (first["dataset"], first["config"], first["split"]) == (str(data), None, None)
    assert len(first["rows"]) == len(last["rows"]) == 100
    assert (missing["status_code"], missing["dataset"]) == (404, f"{tmp_path}/nothing")
    assert broken["status_code"] == 400
    assert (last["config"], last["split"]) == ("default", "train")
    assert result.code == 6
    assert result.err.count("\n") == 2
    listed = dspreview("splits", "--from", "-", "--json", stdin=lines)
    assert [list(document)[:3] for document in listed.documents] == [["dataset", "config", "split"]] * 4
    assert dspreview("rows", "--from", "-", "--format", "csv", stdin=lines).code == 2
    assert dspreview("rows", data, "--from", "-", stdin=lines).code == 2
    assert dspreview("rows").code == 2


def test_is_valid(data: Path, tmp_path: Path, dspreview: Program) -> None:
    write(tmp_path / "half", {"train.parquet": b"no", "test.parquet": parquet({"a": [1]})})
    write(tmp_path / "bad", {"train.parquet": b"no"})
    write(tmp_path / "none", {"README.md": ""})
    write(tmp_path / "empty", {"train.parquet": parquet({"a": []})})
    assert dspreview("is-valid", data, "--json").json == {"valid": True}
    assert dspreview("is-valid", tmp_path / "half").code == 0
    for name in ("bad", "none", "empty"):
        result = dspreview("is-valid", tmp_path / name, "--json")
        assert (result.code, result.json) == (1, {"valid": False}), name
    assert dspreview("is-valid", tmp_path / "unknown").code == 3
    many = dspreview("is-valid", data, tmp_path / "bad", tmp_path / "unknown", "--json")
    assert [document.get("valid") for document in many.documents] == [True, False, None]
    assert many.code == 3
    assert dspreview("cache", "valid", "--json").json["valid"] == [str(data), str(tmp_path / "half")]


def test_refresh(data: Path, tmp_path: Path, dspreview: Program) -> None:
    half = write(tmp_path / "half", {"train.parquet": b"no", "test.parquet": parquet({"a": [1]})})
    result = dspreview("refresh", half, "--json")
    assert result.code == 1
    assert [(split["split"], split["status"]) for split in result.json["splits"]] == [
        ("train", "ERROR"),
        ("test", "VALID"),
    ]
    assert dspreview("refresh", half, "default", "train").code == 6
    assert dspreview("refresh", data, "--json").json["status"] == "ok"


def test_cache_commands(data: Path, tmp_path: Path, dspreview: Program) -> None:
    bad = write(tmp_path / "bad", {"train.parquet": b"no"})
    dspreview("rows", data)
    dspreview("rows", bad)
    stats = dspreview("cache", "stats", "--json").json
    assert stats["datasets"] == {"empty": 0, "error": 0, "stalled": 0, "valid": 2}
    assert stats["splits"] == {"empty": 0, "error": 1, "stalled": 0, "valid": 1}
    report = dspreview("cache", "report", "--json").json
    assert report["datasets"]["valid"][0] == {"dataset": str(data), "status": "VALID", "error": None}
    (error,) = report["splits"]["error"]
    assert (error["dataset"], error["config"], error["split"], error["status"]) == (
        str(bad),
        "default",
        "train",
        "ERROR",
    )
    assert list(error["error"]) == [
        "status_code",
        "exception",
        "message",
        "cause_exception",
        "cause_message",
        "cause_traceback",
    ]
    assert dspreview("cache", "stats", "--format", "csv").out.startswith("kind,status,number\n")
    assert dspreview("cache", "verify").code == 0
    assert dspreview("cache", "path").out.strip() == str(dspreview.database)
    assert dspreview("cache", "remove", bad, "--json").json == {"removed": 1}
    assert dspreview("cache", "remove", bad).code == 3
    assert dspreview("cache", "clean").code == 2
    assert dspreview("cache", "clean", "--yes").code == 0
    assert dspreview("rows", data, "--cached").code == 3


def test_settings_and_doctor(dspreview: Program) -> None:
    (dspreview.home / "dspreview.toml").write_text('ROWS_MAX_NUMBER = "1_0"\n')
    listed = {item["name"]: item for item in dspreview("settings", "--json", ROWS_MIN_NUMBER="3").json["settings"]}
    assert (listed["ROWS_MAX_NUMBER"]["value"], listed["ROWS_MAX_NUMBER"]["source"]) == (
        10,
        str(dspreview.home / "dspreview.toml"),
    )
    assert (listed["ROWS_MIN_NUMBER"]["value"], listed["ROWS_MIN_NUMBER"]["source"]) == (3, "environment")
    assert listed["HF_TOKEN"]["value"] == "not set"
    doctor = dspreview("doctor", "--json")
    states = {check["check"]: check["state"] for check in doctor.json["checks"]}
    assert (states["database"], states["assets"], states["hub"]) == ("ok", "ok", "warn")
    assert doctor.code == 0


def test_a_bad_setting_names_itself(dspreview: Program) -> None:
    result = dspreview("rows", ".", "--json", ROWS_MAX_NUMBER="many")
    assert (result.code, result.json["exception"]) == (2, "SettingsError")
    assert "ROWS_MAX_NUMBER" in result.err and "'many'" in result.err
    (dspreview.home / "dspreview.toml").write_text("ROWS_MAX_NUMER = 5\n")
    assert "did you mean 'ROWS_MAX_NUMBER'?" in dspreview("settings").err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["row", "."], "did you mean 'rows'?"),
        (["rows", ".", "--fromat", "json"], "--format"),
        (["rows", ".", "--json", "--format", "csv"], "contradict"),
        (["cache", "stat"], "stats"),
        (["refresh", ".", "--cached"], "--cached forbids"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(words: list[str], told: str, dspreview: Program) -> None:
    result = dspreview(*words)
    assert result.code == 2
    assert told in result.err
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err


def test_a_pipe_that_closes_is_no_failure(data: Path, dspreview: Program) -> None:
    dspreview("rows", data)
    command = f"{sys.executable} -m dspreview rows {data} --json --cached; echo $? >&2"
    for reader in ("head -c 10", "true"):
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; ({command}) | {reader}"],
            env=dspreview.environment(),
            capture_output=True,
            check=False,
        )
        assert done.stderr == b"0\n", reader


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_behind_stdout_is_not_success(data: Path, dspreview: Program) -> None:
    with open("/dev/full", "wb") as full:
        process = dspreview.start("rows", data, "--json", stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 7
    assert err.count(b"\n") == 1


def test_two_processes_extract_one_split_once(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {f"{n}.png": picture() for n in range(50)})
    running = [
        dspreview.start("rows", data, "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)
    ]
    answers = [process.communicate(timeout=120) for process in running]
    assert {process.returncode for process in running} == {0}
    assert len({out for out, _ in answers}) == 1
    connection = sqlite3.connect(dspreview.database)
    assert connection.execute("SELECT kind, count(*) FROM jobs GROUP BY kind").fetchall() == [
        ("datasets", 1),
        ("splits", 1),
    ]
    assert dspreview("cache", "verify").code == 0


def test_a_locked_store_is_told_and_the_answer_is_given(data: Path, dspreview: Program) -> None:
    dspreview("cache", "stats")
    other = sqlite3.connect(dspreview.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    result = dspreview("rows", data, "--json", "--length", "1", STORE_TIMEOUT_SECONDS="1")
    assert (result.code, result.row_values[0]["id"]) == (0, 0)
    assert "locked" in result.err
    refused = dspreview("cache", "remove", data, STORE_TIMEOUT_SECONDS="1")
    assert refused.code == 7
    other.execute("ROLLBACK")
    assert dspreview("rows", data, "--cached").code == 3


def test_a_store_that_cannot_be_opened_is_exit_7(data: Path, dspreview: Program) -> None:
    dspreview.database.parent.mkdir()
    dspreview.database.write_bytes(b"no database" * 1000)
    result = dspreview("rows", data, "--json")
    assert (result.code, result.json["exception"]) == (7, "StoreCorruptError")


def test_terminal_escapes_are_harmless(tmp_path: Path, dspreview: Program) -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07\u202eevil\u200b"
    data = write(tmp_path / "d", {"a.parquet": parquet({hostile: [hostile], "list": [[hostile]]})})
    for words in (["rows", data], ["rows", data, "--row", "0"], ["rows", data, "--columns", hostile + "x"]):
        result = dspreview(*[str(word) for word in words])
        assert "\x1b" not in result.out + result.err
        assert "\u202e" not in result.out
    assert dspreview("rows", data, "--json").row_values[0][hostile] == hostile


@pytest.mark.parametrize("color", ["always", "never"])
def test_colours_are_as_asked(color: str, data: Path, dspreview: Program) -> None:
    assert ("\x1b[" in dspreview("rows", data, "--color", color).out) is (color == "always")
    assert "\x1b[" not in dspreview("rows", data, NO_COLOR="1").out


def test_help_and_version(dspreview: Program) -> None:
    assert dspreview("--version").out == "dspreview 0.1.0\n"
    assert "rows" in dspreview("--help").out
    assert dspreview("rows", "-h").code == 0
    assert dspreview().code == 2


def test_where_nothing_can_be_written_the_answer_is_given(data: Path, dspreview: Program) -> None:
    (dspreview.home / "file").write_text("")
    blocked = str(dspreview.home / "file" / "x.sqlite")
    result = dspreview("rows", data, "--json", "--database", blocked)
    assert (result.code, len(result.json["rows"])) == (0, 100)
    assert "not stored" in result.err
    assert dspreview("refresh", data, "--database", blocked).code == 7


def test_a_sample_has_no_next_page(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {"a.csv": "a\n" + "1\n" * 50})
    told = dspreview("rows", data, "--sample", "2", "--seed", "3").out
    assert "2 rows of 50 in a random sample (--seed 3)" in told
    assert "--offset" not in told
    assert "more: --length 50" in dspreview("rows", data).err
