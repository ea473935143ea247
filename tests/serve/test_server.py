"""The processes of the server: addresses, signals, faults."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support.program import Program
from tests.support.server import Server


def test_it_prints_where_it_listens(serve: Callable[..., Server]) -> None:
    server = serve()
    assert server.url == f"http://localhost:{server.port}/"
    assert server.port
    assert server.get("/healthcheck").text == "ok"


def test_the_settings_say_where(dspreview: Program) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = dspreview.start(
        "serve-assets",
        "--json",
        stdout=subprocess.PIPE,
        env={"APP_PORT": str(port), "APP_HOSTNAME": "127.0.0.1", "WEB_CONCURRENCY": "1"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b'{"url":"http://127.0.0.1:%d/"}\n' % port


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
@pytest.mark.parametrize("processes", ["1", "3"])
def test_a_signal_stops_it_cleanly(serve: Callable[..., Server], number: int, code: int, processes: str) -> None:
    server = serve(WEB_CONCURRENCY=processes)
    assert server.get("/healthcheck").text == "ok"
    children = psutil.Process(server.process.pid).children(recursive=True)
    assert len([child for child in children if "resource_tracker" not in " ".join(child.cmdline())]) == int(processes)
    found, err = server.stop(number)
    assert found == code, err
    assert "Traceback" not in err
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


def test_ctrl_c_at_a_terminal_reaches_all_processes_and_stops_them(dspreview: Program) -> None:
    process = dspreview.start(
        "serve-assets", "--port", "0", stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"http://")
    deadline = time.monotonic() + 60
    while len(psutil.Process(process.pid).children()) < 2 and time.monotonic() < deadline:
        pass
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert err.decode().splitlines()[-1] == "dspreview: interrupted"


def test_its_processes_end_with_it(serve: Callable[..., Server]) -> None:
    server = serve(WEB_CONCURRENCY="2")
    assert server.get("/healthcheck").text == "ok"
    children = psutil.Process(server.process.pid).children(recursive=True)
    server.process.kill()
    server.process.wait()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []


def test_a_process_that_dies_is_replaced(serve: Callable[..., Server]) -> None:
    server = serve()
    assert server.get("/healthcheck").text == "ok"
    (child,) = [
        one
        for one in psutil.Process(server.process.pid).children()
        if "resource_tracker" not in " ".join(one.cmdline())
    ]
    child.kill()
    assert server.get("/healthcheck").text == "ok"  # waits in the line of the socket until the next one takes it


def test_a_port_that_is_taken(dspreview: Program) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = dspreview("serve-assets", "--port", str(port))
    assert result.code == 2
    assert result.out == ""
    assert (
        result.err
        == f"dspreview: APP_PORT: port {port} of localhost is taken; name another with --port, or 0 for any\n"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--host", "no.such.host.invalid"),
            "APP_HOSTNAME: 'no.such.host.invalid' is no name or address of this machine",
        ),
        (("--host", "192.0.2.1"), "name another with --host"),
        (("--port", "70000"), "70000"),
        (("--format", "csv"), "--format csv is not for serve-assets"),
    ],
)
def test_wrong_use(dspreview: Program, words: tuple[str, ...], told: str) -> None:
    result = dspreview("serve-assets", *words)
    assert result.code == 2
    assert told in result.err
    assert result.err.count("\n") == 1


def test_a_broken_store_is_told_before_anything_listens(dspreview: Program) -> None:
    dspreview.database.parent.mkdir(parents=True)
    dspreview.database.write_bytes(b"no database at all" * 100)
    result = dspreview("serve-assets", "--port", "0")
    assert result.code == 7
    assert result.out == ""


def test_an_empty_cache_has_a_page(serve: Callable[..., Server]) -> None:
    answer = serve().get("/")
    assert answer.status == 200
    assert "The cache is empty" in answer.text


def test_garbage_is_refused_and_costs_nothing(serve: Callable[..., Server]) -> None:
    server = serve()
    for data in (
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0" * 10_000,
        b"GET / HTTP/1.1\r\nHost" + b"x" * 200_000,
    ):
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            try:
                assert not line.recv(1_000).startswith(b"HTTP/1.1 200")
            except ConnectionResetError:
                continue
    assert server.get("/healthcheck").text == "ok"
    code, err = server.stop()
    assert code == 0
    assert err == "dspreview: Ctrl-C stops it\n"


def test_open_calls_the_browser(dspreview: Program, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("xdg-open", "open"):
        (tools / name).write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/opened\n')
        (tools / name).chmod(0o755)
    server = Server(dspreview, "--open", PATH=f"{tools}:{os.environ['PATH']}", WEB_CONCURRENCY="1")
    assert server.get("/healthcheck").text == "ok"
    deadline = time.monotonic() + 30
    opened = tmp_path / "opened"
    while not (opened.exists() and opened.read_text().strip()) and time.monotonic() < deadline:
        pass
    assert opened.read_text().strip() == server.url
