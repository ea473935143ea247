"""The web, as a proxy on loopback shows it: files at any host, with or without ranges, ETags and dates."""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

HOST = "http://data.example"
"""A host that no resolver knows: only the proxy does."""


@dataclass
class Web:
    """What the web holds, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    """By their paths, `/tips.csv`."""
    ranges: bool = True
    stamp: str = "ETag"
    """The header that tells of changes; empty for none."""
    status: int = 0
    """Answered to everything, where it is not 0."""
    redirects: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Paths and headers of the requests."""
    sent: int = 0
    """Bytes of bodies."""

    @property
    def proxy(self) -> dict[str, str]:
        """The environment in which programs see it."""
        return {"HTTP_PROXY": f"http://127.0.0.1:{self.server.server_port}"}

    def __enter__(self) -> Self:
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                web.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        path = re.sub(r"^http://[^/]+", "", request.path)
        self.asked.append((path, dict(request.headers)))
        data = self.files.get(path.partition("?")[0])
        if path in self.redirects:
            reply(request, 302, b"", {"Location": self.redirects[path]})
        elif self.status or data is None:
            reply(request, self.status or 404, b"", {})
        else:
            self.give(request, data)

    def give(self, request: BaseHTTPRequestHandler, data: bytes) -> None:
        """Answer with a file, or a part of it."""
        told = {"ETag": f'"{hashlib.md5(data).hexdigest()}"', "Last-Modified": "Mon, 30 Nov 2026 10:00:00 GMT"}
        headers = {self.stamp: told[self.stamp]} if self.stamp else {}
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("Range", ""))
        if not self.ranges or wanted is None:
            self.sent += len(data)
            reply(request, 200, data, headers)
            return
        first, last = wanted.groups()
        start = int(first) if first else max(0, len(data) - int(last))
        end = min(int(last), len(data) - 1) if first and last else len(data) - 1
        if start >= len(data):
            reply(request, 416, b"", headers | {"Content-Range": f"bytes */{len(data)}"})
            return
        self.sent += end + 1 - start
        reply(request, 206, data[start : end + 1], headers | {"Content-Range": f"bytes {start}-{end}/{len(data)}"})


def reply(request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    """Send an answer."""
    request.send_response(status)
    for name, value in (headers | {"Content-Length": str(len(body))}).items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)
