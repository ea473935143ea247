"""Faults around the program: streams, disks, entries that vanish, environments without this or that."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.data import parquet, picture, write
from tests.support.hub import Hub
from tests.support.program import Program

pytestmark = pytest.mark.started


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one row."""
    return write(tmp_path / "data", {"train.csv": "a\n1\n"})


def shell(program: Program, line: str) -> subprocess.CompletedProcess[bytes]:
    """A line of bash with `$D` for the program; it prints the program's own exit code last on stderr."""
    env = program.environment(D=f"{sys.executable} -m dspreview")
    return subprocess.run(["bash", "-c", line], env=env, cwd=program.home, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize(
    "words", ["rows ./nope --json", "--help", "rows --help", "cache stats", "settings", "rows {data}"]
)
def test_nobody_reads_the_answer(words: str, data: Path, dspreview: Program) -> None:
    quiet = shell(dspreview, f"($D {words.format(data=data)} 2>/dev/null; echo $? >&2) | true")
    assert quiet.stderr in {b"0\n", b"3\n"}


def test_closed_streams(data: Path, dspreview: Program) -> None:
    dspreview("rows", data)
    assert shell(dspreview, f"$D rows {data} --cached 2>&-").returncode == 0
    lost = shell(dspreview, f"$D rows {data} --cached >&-")
    assert (lost.returncode, lost.stderr.count(b"\n")) == (7, 1)
    assert shell(dspreview, "$D rows --from - <&-").returncode == 0


def test_a_lost_failure_is_still_told(dspreview: Program) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    done = shell(dspreview, "$D rows ./nope --json > /dev/full")
    assert done.returncode == 7
    assert done.stderr.count(b"\n") == 1


def test_a_locked_store_ends_what_must_write_and_nothing_else(data: Path, dspreview: Program) -> None:
    dspreview("cache", "stats")
    other = sqlite3.connect(dspreview.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for name, code in (("splits", 0), ("is-valid", 0), ("refresh", 7)):
        result = dspreview(name, data, STORE_TIMEOUT_SECONDS="0")
        assert (result.code, "locked" in result.err) == (code, True), name


def test_ctrl_c_is_heard_while_a_lock_is_waited_for(data: Path, dspreview: Program) -> None:
    dspreview("cache", "stats")
    other = sqlite3.connect(dspreview.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    process = dspreview.start("cache", "remove", data, stderr=subprocess.PIPE, env={"STORE_TIMEOUT_SECONDS": "600"})
    known = psutil.Process(process.pid)
    while not any(file.path == str(dspreview.database) for file in known.open_files()):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130


def test_another_programs_file_stays_as_it_is(dspreview: Program, tmp_path: Path) -> None:
    other = tmp_path / "notes.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE notes (x)")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    before = other.read_bytes()
    for words in (["cache", "stats"], ["cache", "clean", "--yes"], ["rows", "."]):
        assert dspreview(*words, "--database", str(other)).code == 7
    assert other.read_bytes() == before
    assert not other.with_name("notes.sqlite-wal").exists()


def test_an_entry_removed_meanwhile_takes_no_other_page(hub: Hub, online: Program, data: Path) -> None:
    hub.add("a/slow", {"data.parquet": parquet({"x": [1]})})
    online("splits", "a/slow")
    asked, answering = threading.Event(), threading.Event()

    def hold(handler: Any, path: str) -> bool:
        del handler, path
        asked.set()
        answering.wait(60)
        return False

    hub.fault = hold
    slow = online.start("rows", "a/slow", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert asked.wait(60)
    assert online("cache", "clean", "--yes").code == 0
    assert online("splits", data).code == 0
    hub.fault = None
    answering.set()
    out, err = slow.communicate(timeout=60)
    assert slow.returncode == 0
    assert [row["row"] for row in json.loads(out)["rows"]] == [{"x": 1}]
    assert b"removed" in err
    assert online("rows", data, "--json", "--cached").code == 3
    assert online("rows", data, "--json").row_values == [{"a": 1}]
    assert online("cache", "verify").code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_unwinds_everything(number: signal.Signals, hub: Hub, online: Program) -> None:
    hub.add("a/slow", {"data.parquet": parquet({"x": [1]})})
    asked, answering = threading.Event(), threading.Event()

    def hold(handler: Any, path: str) -> bool:
        del handler, path
        asked.set()
        answering.wait(60)
        return True

    hub.fault = hold
    process = online.start("rows", "a/slow", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert asked.wait(60)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    answering.set()
    assert (process.returncode, err) == (130, b"dspreview: interrupted\n")
    assert online("cache", "verify").out == "the cache is intact\n"
    connection = sqlite3.connect(online.database)
    assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (0,)


def test_two_databases_share_an_asset_folder(tmp_path: Path, dspreview: Program) -> None:
    pictures = write(tmp_path / "d", {"a.png": picture()})
    one, other = str(tmp_path / "s" / "one.sqlite"), str(tmp_path / "s" / "other.sqlite")
    for database in (one, other):
        assert dspreview("rows", pictures, "--database", database).code == 0
    for database in (one, other, one):
        assert dspreview("cache", "verify", "--repair", "--database", database).out == "the cache is intact\n"


def test_odd_words_for_a_dataset(dspreview: Program, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert dspreview("rows", tmp_path / "pipe.csv").code == 3
    words = {
        "~nobody-of-that-name/x": 3,
        "a b": 3,
        "..": 6,
        "@": 2,
        "x@": 2,
        "é": 3,
        "a" * 200: 3,
        "./" + "x" * 5_000: 3,
    }
    for word, code in words.items():
        result = dspreview("rows", word, "--json")
        assert result.code == code, word
        assert result.err.count("\n") == 1, word
        assert "Traceback" not in result.err
    broken = dspreview.start(
        b"rows".decode(), os.fsdecode(b"./a\xff.csv"), "--json", stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    _, err = broken.communicate(timeout=60)
    assert (broken.returncode, err.count(b"\n")) == (3, 1)


def test_a_bad_line_of_a_list_costs_itself_only(data: Path, dspreview: Program) -> None:
    lines = f"\ufeff{data}\na b c d e\n{data} default nope\nx\0y\n{data}\n"
    result = dspreview("splits", "--from", "-", "--json", stdin=lines)
    assert [document.get("status_code") for document in result.documents] == [None, 422, 404, 404, None]
    assert all(list(document)[:3] == ["dataset", "config", "split"] for document in result.documents)
    assert result.code == 2


def test_a_working_folder_that_is_gone(data: Path, dspreview: Program, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = shell(
        dspreview,
        f"cd {gone} && rmdir {gone} && $D rows ./x; echo $?; $D rows {data} --format csv; $D cache path --database x.sqlite; echo $?",
    )
    assert done.stdout == b"3\na\n1\n2\n"
    assert b"Traceback" not in done.stderr


def test_verbose_shows_the_cause_of_a_stored_failure_too(tmp_path: Path, dspreview: Program) -> None:
    bad = write(tmp_path / "d", {"a.parquet": b"no"})
    fresh = dspreview("rows", bad, "-v")
    stored = dspreview("rows", bad, "--verbose")
    assert "Traceback" in fresh.err
    assert stored.err == fresh.err
    assert "Traceback" not in dspreview("rows", bad).err


def test_bare_words_show_the_help_as_it_is(dspreview: Program) -> None:
    for words in ([], ["cache"]):
        result = dspreview(*words)
        assert (result.code, result.out) == (2, "")
        assert re.search(r"\n(Look|Commands):\n", result.err)


def test_a_folder_or_a_column_that_is_not_there_gets_the_nearest_name(tmp_path: Path, dspreview: Program) -> None:
    write(tmp_path / "signals", {"train.csv": "IMDB Rating,n\n7,1\n"})
    dspreview.cwd = tmp_path
    found = dspreview("rows", "./sgnals")
    assert (found.code, found.out, "did you mean 'signals'" in found.err) == (3, "", True), found.err
    found = dspreview("filter", "./signals", "--where", "IMDB Rating > 5")
    assert (found.code, '"IMDB Rating"' in found.err) == (2, True), found.err


def test_log_level_and_quiet(data: Path, dspreview: Program) -> None:
    dspreview("rows", data)
    write(data, {"train.csv": "a\n2\n"})
    assert "has changed" in dspreview("rows", data, "--cached").err
    assert dspreview("rows", data, "--cached", "--quiet").err == ""
    assert dspreview("rows", data, "--cached", LOG_LEVEL="ERROR").err == ""
    assert "has changed" in dspreview("rows", data, "--cached", "--verbose", LOG_LEVEL="ERROR").err


def test_completion_knows_the_cache(hub: Hub, online: Program) -> None:
    hub.add("own/er", {"train.csv": "a\n1\n", "test.csv": "age,name,n\n1,x,2\n"})
    online("splits", "own/er")

    def complete(words: str) -> list[str]:
        asked = {"_DSPREVIEW_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        return online(**asked).out.split()

    assert complete("dspreview rows ow") == ["own/er"]
    assert complete("dspreview rows own/er ") == ["default"]
    assert complete("dspreview rows own/er default ") == ["train", "test"]
    assert complete("dspreview rows own/er --columns ") == []
    online("rows", "own/er", "default", "test")
    assert complete("dspreview rows own/er --columns ") == ["age", "name", "n"]
    assert complete("dspreview rows own/er --columns name,n") == ["name,n"]
    assert complete("dspreview filter own/er default test --orderby a") == ["age"]
    assert complete("dspreview stats own/er default train --column a") == []


@pytest.mark.parametrize(("shell", "file"), [("bash", ".bashrc"), ("zsh", ".zshrc"), ("fish", ".config/fish/completions/dspreview.fish")])  # fmt: skip
def test_completion_is_that_of_the_shell_that_was_asked(shell: str, file: str, dspreview: Program) -> None:
    done = dspreview("--install-completion", shell)
    assert (done.code, done.out.startswith(f"{shell} completion installed in ")) == (0, True), done.err
    assert (dspreview.home / file).exists()
    assert {"bash": "complete -o", "zsh": "#compdef", "fish": "complete --command"}[shell] in dspreview("--show-completion", shell).out  # fmt: skip


def test_a_dataset_whose_name_ends_so_is_no_shell(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "code-completion", {"train.csv": "a\n1\n"})
    assert "a" in dspreview(str(data), "default").out


def test_a_shell_without_completion_is_told(dspreview: Program) -> None:
    done = dspreview("--install-completion", "csh")
    assert (done.code, done.out) == (2, "")
    assert "there is completion for bash, zsh, fish" in done.err


def test_help_of_a_command_by_name(dspreview: Program) -> None:
    assert dspreview("help", "rows").out == dspreview("rows", "--help").out


def test_rows_of_the_stored_page_need_no_work(tmp_path: Path, dspreview: Program) -> None:
    data = write(
        tmp_path / "d",
        {"a.jsonl": "".join(json.dumps({"n": n, "t": "x" * (200_000 if n == 7 else 1)}) + "\n" for n in range(300))},
    )
    dspreview("rows", data, ROWS_MAX_BYTES="100_000")
    limits = {"ROWS_MAX_BYTES": "100_000"}
    assert dspreview("rows", data, "--cached", "--row", "5", **limits).code == 0
    assert dspreview("rows", data, "--cached", "--row", "7", **limits).code == 3
    few = write(tmp_path / "few", {"a.csv": "a\n" + "1\n" * 300})
    dspreview("rows", few)
    table = dspreview("rows", few, "--cached", "--offset", "60")
    assert (table.code, "rows 60-79 of 300" in table.out) == (0, True)
    limited = dspreview("rows", few, "--json", "--offset", "5", "--length", "50", ROWS_MAX_NUMBER="7").json
    assert [row["row_idx"] for row in limited["rows"]] == list(range(5, 12))
