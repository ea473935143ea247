"""`dspreview serve-assets` as its clients meet it: another process, real sockets."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.support.program import Program


@dataclass(frozen=True)
class Answer:
    """What the server sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        data = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return data.decode()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


class Server:
    """A server of a program's cache."""

    def __init__(self, program: Program, *words: str, **env: str) -> None:
        self.process = program.start(
            "serve-assets", "--port", "0", *words,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"WEB_CONCURRENCY": "1"} | env,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().decode().strip()
        self.port = urlsplit(self.url).port or 0

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request on a connection of its own; the path goes out as it is."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            line.sendall(self.request(method, path, body, **headers))
            return read_answer(line, head=method == "HEAD")

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
        """The bytes of a request; an underscore in a header's name stands for a dash."""
        named = {"Host": f"localhost:{self.port}", "Connection": "close"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            named["Content-Length"] = str(len(body))
        lines = [f"{method} {path} HTTP/1.1", *[f"{name}: {value}" for name, value in named.items()], "", ""]
        return "\r\n".join(lines).encode("latin-1") + (body or b"")

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.ask("GET", path, None, **headers)

    def query(self, path: str, **parameters: str | int | Path) -> Answer:
        """GET with parameters."""
        text = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters.items())
        return self.get(f"{path}?{text}")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End it; its exit code, and what it said on stderr."""
        os.kill(self.process.pid, number)
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err.decode()


def read_answer(line: socket.socket, *, head: bool = False) -> Answer:
    """Everything up to the end of the connection, as an answer."""
    data = b""
    while chunk := line.recv(1 << 16):
        data += chunk
    top, _, body = data.partition(b"\r\n\r\n")
    first, *rest = top.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for name, _, value in (one.partition(":") for one in rest):
        key, known = name.strip().lower(), headers.get(name.strip().lower())
        headers[key] = f"{known}, {value.strip()}" if known else value.strip()
    if headers.get("transfer-encoding") == "chunked":
        body = unchunked(body)
    assert head or first.split()[1] in {"304", "204"} or len(body) == int(headers.get("content-length", len(body)))
    return Answer(int(first.split()[1]), headers, body)


def unchunked(data: bytes) -> bytes:
    """The body of a chunked answer."""
    out = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        out, data = out + data[:length], data[length + 2 :]
    return out
