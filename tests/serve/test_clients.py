"""Clients of all sorts: other hosts, slow ones, scripts of other sites, those that hang up."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from tests.serve.conftest import Site
from tests.serve.test_endpoints import SECRET
from tests.support.data import parquet
from tests.support.hub import Hub
from tests.support.program import Program
from tests.support.server import Server


def cached(program: Program, path: Path, table: dict[str, object] | pa.Table) -> str:
    """A Parquet file in the cache."""
    path.write_bytes(parquet(table))
    assert program("rows", path, "--json").code == 0
    return str(path)


@pytest.mark.parametrize("host", ["127.evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1x"])
def test_a_name_that_looks_like_this_machine_is_not_it(site: Site, host: str) -> None:
    assert site.server.get("/cache", Host=host).status == 400
    assert "access-control-allow-origin" not in site.server.get("/cache", Origin=f"http://{host}").headers
    assert site.server.get("/cache", Host="127.9.9.9").status == 200


def test_a_long_list_is_whole_for_everybody_who_asks_at_once(
    online: Program, hub: Hub, serve: Callable[..., Server]
) -> None:
    for number in range(30):
        hub.add(f"me/d{number}", {"a.csv": "a\n1\n"})
    assert online("hub", "list").code == 0
    server = serve()
    found: list[int] = []

    def ask() -> None:
        found.extend(len(server.get("/hf_datasets").json["datasets"]) for _ in range(3))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [30] * 24


def test_a_filter_does_not_wait_for_a_locked_database(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    path = cached(dspreview, tmp_path / "n.parquet", {"n": list(range(10))})
    server = serve()
    holder = sqlite3.connect(dspreview.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    answer = server.query("/filter", dataset=path, config="default", split="train", where="n = 3")
    holder.execute("ROLLBACK")
    holder.close()
    assert [row["row"]["n"] for row in answer.json["rows"]] == [3]


def test_a_client_that_takes_nothing_or_says_nothing_is_let_go(dspreview: Program, tmp_path: Path) -> None:
    script = (
        "import dspreview.serve.protocol as p; p.REQUEST_SECONDS = 0.5; p.TAKING_SECONDS = 0.5\n"
        "import asyncio, socket, threading, uvicorn\n"
        "async def app(scope, receive, send):\n"
        "    if scope['type'] != 'http': return\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "    for _ in range(1000): await send({'type': 'http.response.body', 'body': bytes(100_000), 'more_body': True})\n"
        "    await send({'type': 'http.response.body', 'body': b''})\n"
        "line = socket.socket(); line.bind(('127.0.0.1', 0)); line.listen()\n"
        "print(line.getsockname()[1], flush=True)\n"
        "config = uvicorn.Config(app, http=p.PatientProtocol, lifespan='off', log_level='critical')\n"
        "uvicorn.Server(config).run([line])\n"
    )
    import sys

    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=tmp_path, env=dict(os.environ) | {
        "PYTHONPATH": str(Path(__file__).parent.parent.parent)})  # fmt: skip
    assert process.stdout is not None
    port = int(process.stdout.readline())
    try:
        for data in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
                line.sendall(data)
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                deadline = time.monotonic() + 30
                while psutil.Process(process.pid).net_connections() and time.monotonic() < deadline:
                    if not [
                        one for one in psutil.Process(process.pid).net_connections() if one.status == "ESTABLISHED"
                    ]:
                        break
                assert time.monotonic() < deadline, data
    finally:
        process.kill()
        process.wait()


def test_a_script_may_ask_before_it_asks(site: Site, serve: Callable[..., Server]) -> None:
    asked = {
        "Origin": "https://x.example",
        "Access_Control_Request_Method": "GET",
        "Access_Control_Request_Headers": "if-none-match",
    }
    answer = site.server.ask("OPTIONS", site.assets(site.media)[0], None, **asked)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    assert "POST" not in answer.headers["access-control-allow-methods"]
    writing = serve("--writable", "--allow-origin", "https://x.example", WEBHOOK_SECRET=SECRET)
    answer = writing.ask("OPTIONS", "/webhook", None, Origin="https://x.example")
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "X-Webhook-Secret" in answer.headers["access-control-allow-headers"]
    assert (
        "POST"
        not in writing.ask("OPTIONS", "/webhook", None, Origin="https://y.example").headers[
            "access-control-allow-methods"
        ]
    )


def test_names_that_are_no_text_and_clients_that_hang_up_are_no_bugs(
    dspreview: Program, serve: Callable[..., Server]
) -> None:
    server = serve("--writable", WEBHOOK_SECRET=SECRET)
    for names in (
        ["o/pub", "\ud800", "b"],
        ["./\ud800", "a", "b"],
        ["o/pub@\ud800", "a", "b"],
        ["o/pub", "x" * 5_000, "b"],
        ["o/pub", "a\0", "b"],
    ):
        body = json.dumps(dict(zip(("dataset", "config", "split"), names, strict=True))).encode()
        answer = server.ask("POST", "/refresh-split", body, X_Webhook_Secret=SECRET)
        assert answer.status in {400, 404}, names
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        head = (
            f"POST /webhook HTTP/1.1\r\nHost: localhost\r\nX-Webhook-Secret: {SECRET}\r\nContent-Length: 100\r\n\r\nabc"
        )
        line.sendall(head.encode())
    assert server.get("/queue").json["splits"]["waiting"] == 0
    assert server.stop() == (0, "dspreview: Ctrl-C stops it\n")


def test_a_secret_in_any_script(serve: Callable[..., Server]) -> None:
    server = serve("--writable", WEBHOOK_SECRET="geheimß")
    sent = "geheimß".encode().decode("latin-1")  # the bytes that a shell sends
    assert server.ask("POST", "/webhook", b'{"add": "datasets/glue"}', X_Webhook_Secret=sent).status == 200


def test_compression_that_is_refused_is_not_used(site: Site) -> None:
    path = f"/rows?dataset={site.numbers}&config=default&split=train"
    for refusal in ("gzip;q=0", "br, gzip; q=0.0", "identity"):
        assert "content-encoding" not in site.server.get(path, Accept_Encoding=refusal).headers
    assert site.server.get(path, Accept_Encoding="gzip;q=0.5").headers["content-encoding"] == "gzip"
