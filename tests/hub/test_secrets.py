"""The token is used, and is nowhere else: whatever the commands print, keep, log, hand on or leave behind."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import parquet, picture
from tests.support.hub import TOKEN, Hub, refuse_with
from tests.support.program import Program
from tests.support.server import Server

COMMANDS = (
    "splits {}", "rows {} --json", "rows {} --offset 1 --json", "rows {} --full --json", "filter {} --where 'x > 1'",
    "search {} two", "stats {}", "is-valid {}", "check {} --all-rows", "lock {}", "diff {} {}", "refresh {}", "rows {} --cached",
)  # fmt: skip
BROKEN = {"splits": 0, "is-valid": 1, "refresh": 1, "check": 1}
"""Exit codes for a dataset that does not load; the others are 6."""
ALONE = ("hub list --limit 5", "doctor", "settings", "cache report", "cache stats", "queue list", "hub status")


@pytest.fixture
def private(hub: Hub, online: Program) -> Program:
    """Repositories that only the token opens: in order, with pictures, broken, of another format."""
    table = {"x": [1, 2, 3], "t": ["one", "two", "three"]}
    only = {"private": True, "gated": True, "readers": {TOKEN}}
    hub.add("a/parquet", {"data.parquet": parquet(table)}, **only)
    hub.add("a/csv", {"data.csv": "x,t\n1,one\n2,two\n"}, **only)
    hub.add("a/pictures", {"train/a.png": picture(), "train/metadata.csv": "file_name,x,t\na.png,2,two\n"}, **only)
    hub.add("a/broken", {"data.parquet": parquet(table)[:-20]}, **only)
    online.env |= {"DATASETS_ENABLE_PRIVATE": "true", "LOG_LEVEL": "DEBUG", "HF_DEBUG": "1", "MAX_LOAD_PCT": "0"}
    return online


@pytest.fixture(params=["environment", "login"])
def source(request: pytest.FixtureRequest, private: Program, tmp_path: Path) -> Iterator[Program]:
    """The token, from the environment or from the file that `hf auth login` writes."""
    if request.param == "environment":
        private.env["HF_TOKEN"] = TOKEN
    else:
        (tmp_path / "token").write_text(TOKEN)
        private.env["HF_TOKEN_PATH"] = str(tmp_path / "token")
    yield private
    (tmp_path / "token").unlink(missing_ok=True)


def kept_by(program: Program) -> bytes:
    """All bytes of all files that the program wrote: database, its log, assets, what the libraries keep."""
    return b"".join(path.read_bytes() for path in program.home.rglob("*") if path.is_file())


def words_of(command: str, dataset: str) -> list[str]:
    """A command as a shell would split it."""
    import shlex

    return shlex.split(command.replace("{}", dataset))


def test_the_token_is_used_and_is_nowhere_else(source: Program, hub: Hub) -> None:
    reader: sqlite3.Connection | None = None
    told = ""
    for dataset in ("a/parquet", "a/csv", "a/pictures", "a/broken"):
        for command in COMMANDS:
            result = source(*words_of(command, dataset), "--verbose")
            expected = BROKEN.get(command.split()[0], 6) if dataset == "a/broken" else 0
            assert result.code == expected, (dataset, command, result.err)
            told += result.out + result.err
            if reader is None:  # whoever reads keeps the log from being folded into the file
                reader = sqlite3.connect(source.database)
                reader.execute("BEGIN")
                reader.execute("SELECT * FROM datasets").fetchall()
    for command in ALONE:
        told += source(*command.split(), "--verbose").out
    assert source.database.with_name("dspreview.sqlite-wal").stat().st_size > 0
    assert reader is not None
    assert TOKEN not in told
    assert TOKEN.encode() not in kept_by(source)
    reader.close()
    asked = [seen for seen in hub.seen if seen.origin == "hub" and "/a/" in seen.path]  # a ping needs none
    assert {seen.token for seen in asked} == {TOKEN}
    assert {seen.token for seen in hub.seen if seen.origin == "cdn"} == {None}
    assert any(seen.origin == "cdn" for seen in hub.seen)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 302])
def test_no_failure_of_the_hub_tells_the_token(status: int, private: Program, hub: Hub) -> None:
    private.env["HF_TOKEN"] = TOKEN
    assert private("rows", "a/pictures", "--json").code == 0
    hub.fault = refuse_with(
        status, {"Location": f"http://127.0.0.1:9/{TOKEN[:3]}", "Retry-After": "0"}, part="/resolve/"
    )
    told = ""
    (private.home / "names").write_text("a/csv\n")
    work = "settings" if status == 429 else "warm --from names --json"  # a Hub that limits the rate is waited for
    for command in ("rows a/parquet --json", "check a/csv", "rows a/pictures --full --json", work):
        result = private(*command.split(), "--verbose")
        refused = 4 if status in {401, 403} else 5
        assert result.code == {"settings": 0, "warm": 1}.get(
            command.split()[0], 0 if "pictures" in command else refused
        )
        told += result.out + result.err
    assert TOKEN not in told
    assert TOKEN.encode() not in kept_by(private)


def test_a_worker_that_is_killed_leaves_no_token(private: Program, hub: Hub) -> None:
    private.env["HF_TOKEN"] = TOKEN
    asked = threading.Event()
    goes_on = threading.Event()

    def hold(handler: Any, path: str) -> bool:
        del handler
        if "/resolve/" in path:
            asked.set()
            goes_on.wait(60)
        return False

    hub.fault = hold
    private("queue", "add", "a/pictures")
    running = private.start(
        "queue",
        "work",
        "--until-empty",
        "--verbose",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert asked.wait(60)
    words = Path(f"/proc/{running.pid}/cmdline")
    if words.exists():
        assert TOKEN.encode() not in words.read_bytes()
    os.killpg(running.pid, signal.SIGKILL)
    out, _ = running.communicate()
    goes_on.set()
    assert TOKEN.encode() not in out + kept_by(private)


def test_the_server_answers_without_the_token(private: Program, hub: Hub) -> None:
    private.env["HF_TOKEN"] = TOKEN
    assert private("rows", "a/pictures", "--json").code == 0
    server = Server(private)
    told = b""
    for path in (
        "/",
        "/rows?dataset=a/pictures&config=default&split=train",
        "/splits?dataset=a/pictures",
        "/cache-reports",
        "/nothing",
    ):
        answer = server.ask("GET", path)
        told += answer.body + str(answer.headers).encode()
    told += server.ask("GET", "/splits?dataset=a/pictures").text.encode()
    server.stop()
    assert b"a/pictures" in told
    assert TOKEN.encode() not in told + kept_by(private)


def test_a_token_that_no_header_can_hold_is_told_without_it(private: Program) -> None:
    result = private("rows", "a/parquet", "--json", "--verbose", HF_TOKEN="hf_bad\ntoken\x7f")
    assert result.code == 2
    assert "hf_bad" not in result.out + result.err
    assert result.out == "" or json.loads(result.out)["status_code"] in {401, 403, 404, 422}
