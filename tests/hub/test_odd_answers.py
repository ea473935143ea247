"""Answers of a Hub that are too long, too short, or not what was asked for: one line, exit 5, in bounded time and memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from dspreview.extract.hub import client as clients
from dspreview.extract.hub.client import Client
from dspreview.extract.hub.fence import Fence
from tests.support.data import parquet, picture
from tests.support.hub import Hub
from tests.support.program import Program

LINES = "".join(json.dumps({"id": n, "t": f"text {n}"}) + "\n" for n in range(30_000))
FILES: dict[str, Any] = {
    "a.parquet": parquet({"a": list(range(200_000))}),
    "a.jsonl": LINES,
    "a.csv": "id,t\n" + "".join(f"{n},text {n}\n" for n in range(60_000)),
    "a.txt": "".join(f"line {n}\n" for n in range(60_000)),
}


def is_file(name: str, path: str) -> bool:
    """Whether a path is where the Hub redirects to for a file."""
    return name in path and "/api/datasets/" not in path and "/resolve/" not in path


def without_ranges(part: str, keep: Callable[[bytes], bytes]) -> Callable[[Any, str], bool]:
    """A place that sends, whatever part of a file is asked for, a file from its beginning, as far as `keep` leaves it."""

    def fault(handler: Any, path: str) -> bool:
        if not is_file(part, path) or not handler.headers.get("Range"):
            return False
        found = keep(FILES[part].encode() if isinstance(FILES[part], str) else FILES[part])
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(found)))
        handler.end_headers()
        handler.wfile.write(found)
        return True

    return fault


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("words", [("rows",), ("filter", "--length", "5")])
def test_a_short_answer_to_a_range_is_no_loop(name: str, words: tuple[str, ...], hub: Hub, online: Program) -> None:
    hub.add("me/data", {name: FILES[name]})
    online("splits", "me/data")
    hub.fault = without_ranges(name, lambda data: data[:1_000])
    before, since = len(hub.seen), time.monotonic()
    command, *rest = words
    result = online(command, "me/data", *rest, "--json", HUB_TIMEOUT_SECONDS="5")
    assert (result.code, result.json["status_code"], len(result.err.splitlines())) == (5, 503, 1), result.err
    assert time.monotonic() - since < 100  # it used to be without end
    assert len(hub.seen) - before < 30


@pytest.mark.parametrize("name", FILES)
def test_a_server_without_ranges_gives_the_right_rows(name: str, hub: Hub, online: Program) -> None:
    hub.add("me/data", {name: FILES[name]})
    right = online("rows", "me/data", "--json").row_values
    hub.fault = without_ranges(name, lambda data: data)
    online("cache", "clean", "--yes")
    assert online("rows", "me/data", "--json").row_values == right


@pytest.mark.parametrize("command", ["rows", "filter", "splits", "stats"])
@pytest.mark.parametrize("part", ["/api/datasets/", "/tree/"])
def test_the_same_wrong_answer_is_the_same_exit(command: str, part: str, hub: Hub, online: Program) -> None:
    hub.add("me/data", {"a.parquet": FILES["a.parquet"], "b.txt": "x"})

    def fault(handler: Any, path: str) -> bool:
        if part not in path:
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", "4")
        handler.end_headers()
        handler.wfile.write(b"true")
        return True

    hub.fault = fault
    result = online(command, "me/data", "--json")
    assert (result.code, result.json["status_code"], len(result.err.splitlines())) == (5, 503, 1), result.err


@pytest.mark.parametrize("command", ["rows", "filter", "stats"])
def test_a_wrong_answer_about_a_file_is_exit_5_in_all_commands(command: str, hub: Hub, online: Program) -> None:
    hub.add("me/data", {"a.parquet": FILES["a.parquet"]})
    online("splits", "me/data")

    def fault(handler: Any, path: str) -> bool:
        if not is_file("a.parquet", path):
            return False
        handler.send_response(206)
        handler.send_header("Content-Range", "bytes 7-13/14")
        handler.send_header("Content-Length", "7")
        handler.end_headers()
        handler.wfile.write(b"another")
        return True

    hub.fault = fault
    assert online(command, "me/data", "--json").code == 5


@pytest.fixture
def client(hub: Hub) -> Client:
    """One for the loopback Hub."""
    return Client(Fence(hub.url), 10.0, lambda _: None)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_an_answer_is_read_up_to_a_limit(
    encoding: str, client: Client, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    monkeypatch.setattr(clients, "ANSWER_MAX_BYTES", 1_000)

    def answer(size: int) -> Callable[[Any, str], bool]:
        def fault(handler: Any, path: str) -> bool:
            del path
            body = b"x" * size
            sent = gzip.compress(body) if encoding == "gzip" else body
            handler.send_response(200)
            handler.send_header("Content-Encoding", encoding)
            handler.send_header("Content-Length", str(len(sent)))
            handler.end_headers()
            handler.wfile.write(sent)
            return True

        return fault

    hub.fault = answer(1_000)
    assert client.get(f"{hub.url}/x").content == b"x" * 1_000
    hub.fault = answer(1_001)
    with pytest.raises(httpx2.DecodingError, match="more than 1,000 bytes"):
        client.get(f"{hub.url}/x")
    with client.stream("GET", f"{hub.url}/x") as response:  # files are read in pieces
        assert sum(map(len, response.iter_bytes())) == 1_001


def test_a_picture_on_a_server_without_ranges(hub: Hub, online: Program) -> None:
    hub.add("me/data", {"a.png": picture(), "b.png": picture(size=(9, 5))})
    rows = online("rows", "me/data", "--json").row_values
    assert [row["image"]["width"] for row in rows] == [8, 9]


@pytest.mark.parametrize(("status", "kept"), [(429, True), (500, False), (503, False)])
def test_a_pause_after_a_failure_is_ours_to_choose(status: int, *, kept: bool) -> None:
    response = httpx2.Response(status, headers={"Retry-After": "30", "RateLimit": '"api";r=0;t=30'})
    clients.forget_pause(response)
    assert ("Retry-After" in response.headers, "RateLimit" in response.headers) == (kept, kept)
