"""The short way: the same bytes and exit codes as the long one, and nothing written where it gives up."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import parquet, picture, write
from tests.support.hub import Hub
from tests.support.program import Program, Result

LONG = ("--quiet",)
"""An option that the short way does not know."""


def both(program: Program, *words: str | Path, **env: str) -> tuple[Result, Result]:
    """A call by the short way, and by the long one."""
    return program("rows", *words, "--json", **env), program("rows", *words, "--json", *LONG, **env)


def modules(program: Program, *words: str | Path) -> set[str]:
    """Which modules a call imports."""
    command = [sys.executable, "-X", "importtime", "-m", "dspreview", "rows", *map(str, words), "--json"]
    done = subprocess.run(
        command, env=program.environment(), capture_output=True, text=True, cwd=program.home, check=False
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


def test_a_cached_answer_and_a_parquet_file_come_without_typer(dspreview: Program, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet({"n": [1, 2, 3]}))
    fresh = modules(dspreview, tmp_path / "a.parquet")
    assert "pyarrow.parquet" in fresh
    assert not {"typer", "datasets", "huggingface_hub", "pandas"} & fresh
    cached = modules(dspreview, tmp_path / "a.parquet")
    assert not {"typer", "pyarrow", "rich", "numpy"} & cached


def test_both_ways_print_the_same(dspreview: Program, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(
        parquet(
            {"n": [1, None, 3], "t": ["é", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), None]}
        )
    )
    write(tmp_path / "pics", {"a.png": picture(), "b.png": b"broken"})
    write(tmp_path / "two", {"train.csv": "a\n1\n", "test.csv": "a\n2\n"})
    for words in (
        [tmp_path / "a.parquet"],
        [tmp_path / "pics"],
        [tmp_path / "two", "default", "test"],
        [tmp_path / "two", "test"],
    ):
        for _ in range(2):  # computed, then cached
            short, long = both(dspreview, *words)
            assert (short.code, short.err) == (0, ""), words
            assert short.out == long.out
        short, long = both(dspreview, *words, "--cached")
        assert (short.code, short.out, short.err) == (0, long.out, "")


@pytest.mark.parametrize(
    ("words", "code"),
    [(["no/such"], 5), (["./nowhere"], 3), (["broken"], 6), (["./broken"], 6), (["./broken", "--cached"], 6),
     (["./two", "default", "nope"], 3), (["./two", "a", "b", "c"], 2), (["./new", "--cached"], 3), ([""], 3), (["--help"], 0)],
)  # fmt: skip
def test_what_goes_wrong_is_told_once_by_the_long_way(dspreview: Program, words: list[str], code: int) -> None:
    write(dspreview.home / "broken", {"a.csv": 'a,b\n1,"open\n'})
    write(dspreview.home / "two", {"train.csv": "a\n1\n", "test.csv": "a\n2\n"})
    write(dspreview.home / "new", {"a.csv": "a\n1\n"})
    dspreview("rows", "./broken")
    result = dspreview("rows", *words, "--json")
    if words == ["broken"]:  # an id of the Hub, and the hint that there is a folder of that name
        assert "./broken" in result.err
        code = 5
    assert result.code == code, result.err
    assert len(result.out.splitlines()) == 1 or words == ["--help"]
    if code:
        assert set(json.loads(result.out)) == {
            "status_code",
            "exception",
            "message",
            "cause_exception",
            "cause_message",
            "cause_traceback",
        }


def test_data_that_changed_is_read_again_or_marked(dspreview: Program, tmp_path: Path) -> None:
    def rows(*words: str) -> Any:
        return dspreview("rows", tmp_path / "a.parquet", "--json", *words).json

    (tmp_path / "a.parquet").write_bytes(parquet({"n": [1]}))
    assert rows()["num_rows_total"] == 1
    (tmp_path / "a.parquet").write_bytes(parquet({"n": [1, 2]}))
    assert rows("--cached")["stalled"]
    assert rows()["num_rows_total"] == 2
    assert "stalled" not in rows("--cached")


def test_the_hub_is_asked_by_the_long_way_when_an_entry_is_old(online: Program, hub: Hub) -> None:
    hub.add("me/data", {"train.parquet": parquet({"n": [1]})})
    assert online("rows", "me/data", "--json").code == 0
    before = len(hub.seen)
    assert online("rows", "me/data", "--json").json["rows"][0]["row"] == {"n": 1}
    assert len(hub.seen) == before
    hub.push("me/data", {"train.parquet": parquet({"n": [1, 2]})})
    assert len(online("rows", "me/data", "--json", MAX_AGE_LONG_SECONDS="0").json["rows"]) == 2


def test_a_private_entry_stays_private(online: Program, hub: Hub) -> None:
    from tests.support.hub import TOKEN

    hub.add("me/private", {"train.parquet": parquet({"n": [1]})}, private=True, readers={TOKEN})
    allowed = {"HF_TOKEN": TOKEN, "DATASETS_ENABLE_PRIVATE": "true"}
    assert online("rows", "me/private", "--json", **allowed).code == 0
    assert online("rows", "me/private", "--json", HF_TOKEN=TOKEN).code == 4


def test_a_locked_or_full_store_still_gives_the_answer(dspreview: Program, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet({"n": [1]}))
    (tmp_path / "b.parquet").write_bytes(parquet({"n": [2]}))
    assert dspreview("rows", tmp_path / "a.parquet", "--json").code == 0
    holder = sqlite3.connect(dspreview.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    result = dspreview("rows", tmp_path / "b.parquet", "--json", STORE_TIMEOUT_SECONDS="1")
    holder.execute("ROLLBACK")
    holder.close()
    assert result.row_values == [{"n": 2}]
    assert "not stored" in result.err


@pytest.mark.parametrize("unbuffered", ["1", ""])
@pytest.mark.parametrize("flags", ["", "--quiet"])
def test_an_answer_that_finds_no_room_is_no_success(
    unbuffered: str, flags: str, dspreview: Program, tmp_path: Path
) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet({"t": ["x" * 5_000] * 100}))
    command = f"ulimit -f 300; trap '' XFSZ; {sys.executable} -m dspreview rows {tmp_path}/a.parquet --json {flags} > {tmp_path}/out.json"
    environment = dspreview.environment(PYTHONUNBUFFERED=unbuffered, DSPREVIEW_DATABASE="/dev/null/x")
    done = subprocess.run(["bash", "-c", command], env=environment, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 7, done.stderr
    assert b"could not be written" in done.stderr


def test_a_reader_that_does_not_wait_gets_one_document_at_most(dspreview: Program, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet({"t": ["x" * 5_000] * 150}))
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    process = dspreview.start("rows", tmp_path / "a.parquet", "--json", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    assert text.count(b'{"features"') == 1
    assert process.wait() in {0, 7}


def test_another_program_that_calls_main_is_not_run_again(dspreview: Program, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    script = "print('once', flush=True); import sys; sys.argv = ['x', 'rows', %r, '--json']; from dspreview.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script % str(tmp_path / "a.parquet")], env=dspreview.environment(), cwd=tmp_path, capture_output=True, check=False
    )  # fmt: skip
    assert done.returncode == 6
    assert done.stdout.count(b"once") == 1


def test_nobody_reads_or_the_disk_is_full(dspreview: Program, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet({"t": ["x" * 900] * 100}))
    command = f"{sys.executable} -m dspreview rows {tmp_path}/a.parquet --json"
    for shell, code in (
        (f"{command} | head -c 1; exit ${{PIPESTATUS[0]}}", 0),
        (f"{command} > /dev/full", 7),
        (f"{command} >&-", 7),
    ):
        done = subprocess.run(
            ["bash", "-c", shell], env=dspreview.environment(), capture_output=True, cwd=dspreview.home, check=False
        )
        assert done.returncode == code, done.stderr
        assert b"Traceback" not in done.stderr
        assert os.path.exists(dspreview.database)
