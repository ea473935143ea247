"""Processes of the server: a store that breaks or is replaced, a terminal that closes, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.support.data import parquet, picture, write
from tests.support.program import Program
from tests.support.server import Server


def test_a_store_that_breaks_under_way_is_told_and_its_processes_live(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    write(tmp_path / "d", {"a.png": picture()})
    url = "/" + dspreview("rows", tmp_path / "d", "--json").json["rows"][0]["row"]["image"]["src"]
    server = serve()
    assert server.get(url).status == 200
    for path in dspreview.database.parent.glob("dspreview.sqlite*"):
        path.unlink()
    dspreview.database.write_bytes(b"garbage" * 1_000)
    (child,) = [
        one
        for one in psutil.Process(server.process.pid).children()
        if "resource_tracker" not in " ".join(one.cmdline())
    ]
    child.kill()
    assert server.get("/healthcheck").text == "ok"
    assert server.get("/valid").status == 500
    assert server.get(url).status == 500
    code, err = server.stop()
    assert (code, err) == (0, "dspreview: Ctrl-C stops it\n")


def test_a_database_that_is_replaced_is_the_one_that_is_served(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    def asset(name: str) -> str:
        write(tmp_path / name, {"a.png": picture()})
        return "/" + str(dspreview("rows", tmp_path / name, "--json").json["rows"][0]["row"]["image"]["src"])

    old = asset("old")
    server = serve()
    assert server.get(old).status == 200
    for path in dspreview.database.parent.glob("dspreview.sqlite*"):
        path.unlink()
    new = asset("new")
    deadline = time.monotonic() + 20
    while server.get(old).status != 404 and time.monotonic() < deadline:
        pass
    assert [server.get(old).status, server.get(new).status] == [404, 200]


def test_a_closed_terminal_ends_it(serve: Callable[..., Server]) -> None:
    server = serve()
    assert server.get("/healthcheck").text == "ok"
    code, err = server.stop(signal.SIGHUP)
    assert code == 0, err


def test_ctrl_c_while_its_processes_start_is_one_line(dspreview: Program) -> None:
    for _ in range(3):
        process = dspreview.start(
            "serve-assets", "--port", "0", stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert err.removeprefix(b"dspreview: Ctrl-C stops it\n") == b"dspreview: interrupted\n"


def test_it_leaves_nothing_behind_and_says_nothing_after_it_has_read_a_folder(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"n": [1, 2, 3]})})
    assert dspreview("rows", folder).code == 0
    for number in (signal.SIGINT, signal.SIGTERM):
        server = serve()
        answer = server.query("/filter", dataset=folder, config="default", split="train", where="n > 1")
        assert len(answer.json["rows"]) == 2
        _, err = server.stop(number)
        assert err.removesuffix("dspreview: interrupted\n") == "dspreview: Ctrl-C stops it\n"
