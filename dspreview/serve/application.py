"""The ASGI application: assets by the shortest way, everything else through Starlette, the same headers on all."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import re
import signal
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from multiprocessing import util
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from dspreview.serve.assets import AssetFiles, Scope, Send
from dspreview.serve.changes import Changes
from dspreview.serve.conditions import ASKED, Asked
from dspreview.serve.conversion import Conversions
from dspreview.serve.downloads import Downloads
from dspreview.serve.endpoints import Endpoints
from dspreview.serve.headers import COMMON, PAGE_POLICY, Headers, cross_origin
from dspreview.serve.options import ServeOptions, host_of, is_loopback
from dspreview.serve.pages import Pages
from dspreview.serve.shown import Shown
from dspreview.serve.static import Static
from dspreview.serve.viewer import Viewer

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
PARENT_SECONDS = 1.0
"""How often a process of the server looks whether its parent still lives."""


class Application:
    """One process's part of the server."""

    def __init__(self, options: ServeOptions) -> None:
        self.options = options
        shown = Shown(options)
        self.assets = AssetFiles(shown.settings, options)
        static = Static()
        pages = Pages(shown, static)
        self.site = Starlette(
            routes=[
                *pages.routes(),
                *Conversions(pages).routes(),
                *Downloads(shown).routes(),
                *Endpoints(shown).routes(),
                *Viewer(shown).routes(),
                *Changes(shown).routes(),
                *static.routes(),
            ],
            middleware=[Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)],
        )
        self.site.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await live(receive, send, self.options.parent)
            return
        if scope["type"] != "http":
            return
        asked = {name: value.decode("latin-1") for name, value in scope["headers"] if name in ASKED}
        if not self.is_known_host(asked.get(b"host", "")):
            await plain(send, 400, b"this server does not accept this host name")
        elif scope["method"] == "OPTIONS":
            await plain(send, 204, b"", self.preflight(asked))
        elif scope["raw_path"].startswith(b"/assets/"):
            await self.asset(scope, asked, send)
        else:
            await self.guarded(scope, receive, self.with_headers(asked, send))

    def is_known_host(self, name: str) -> bool:
        """Whether a request was meant for this server.

        A server for this machine alone answers under its own names only: a foreign site whose name is made to point here
        (DNS rebinding) gets nothing.
        """
        host = host_of(name)
        return not self.options.is_local or is_loopback(host) or host == self.options.host.lower()

    async def asset(self, scope: Scope, asked: Asked, send: Send) -> None:
        """Answer for a path below /assets/."""
        method = scope["method"]
        if method in {"GET", "HEAD"}:
            await self.assets(scope, asked, send)
        else:
            await plain(send, 405, b"Method Not Allowed", [(b"allow", b"GET, HEAD, OPTIONS")])

    async def guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Everything else; a bug of ours is told on stderr and ends as 500."""
        scope["headers"] = [pair for pair in scope["headers"] if not refuses_gzip(pair)]
        started = False

        async def noting(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.site(scope, receive, noting)
        except Exception as error:  # noqa: BLE001 - the one place where every bug behind an endpoint ends
            traceback.print_exception(error)
            if not started:
                await plain(send, 500, b"Internal Server Error")

    def preflight(self, asked: Asked) -> Headers:
        """What a browser may ask for in the name of another site's script: to read, which the answer itself permits or not.

        Only sites that were named may write, and they need the secret.
        """
        named = self.options.writable and asked.get(b"origin") in self.options.origins
        methods, names = ("GET, HEAD, POST", f"{READING}, {WRITING}") if named else ("GET, HEAD", READING)
        return [
            (b"access-control-allow-origin", b"*"),
            (b"access-control-allow-methods", methods.encode()),
            (b"access-control-allow-headers", names.encode()),
            (b"access-control-max-age", b"600"),
            (b"allow", f"{methods}, OPTIONS".encode()),
        ]

    def with_headers(self, asked: Asked, send: Send) -> Send:
        """A `send` that adds what every answer carries."""
        origin = asked.get(b"origin")

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                names = {name for name, _ in headers}
                public = b"access-control-allow-origin" in names
                headers = [pair for pair in headers if pair[0] != b"access-control-allow-origin"]
                headers += [pair for pair in COMMON if pair[0] not in names]
                headers += cross_origin(self.options, origin, public=public)
                if b"content-security-policy" not in names:
                    headers.append((b"content-security-policy", PAGE_POLICY.encode()))
                message["headers"] = headers
            await send(message)

        return sending


READING = "Range, If-None-Match, If-Modified-Since, If-Range"
WRITING = "Content-Type, X-Webhook-Secret"
NO_GZIP = re.compile(rb"gzip\s*;\s*q=0(\.0*)?\s*(,|$)")


def refuses_gzip(header: tuple[bytes, bytes]) -> bool:
    """Whether a header says that compressed answers are not wanted, which Starlette does not look at."""
    return header[0] == b"accept-encoding" and NO_GZIP.search(header[1]) is not None


async def plain(send: Send, status: int, body: bytes, headers: Headers | None = None) -> None:
    """A short answer as text."""
    own = (
        [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        if status != 204
        else []
    )
    await send({"type": "http.response.start", "status": status, "headers": [*COMMON, *own, *(headers or [])]})
    await send({"type": "http.response.body", "body": body})


async def live(receive: Receive, send: Send, parent: int) -> None:
    """From the start of the process to its end, which comes too when its parent is gone."""
    watcher: asyncio.Task[None] | None = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            gc.freeze()  # what was imported is there to stay: no request waits until it was looked through
            watcher = asyncio.create_task(watch_parent(parent))
            await send({"type": "lifespan.startup.complete"})
        else:
            if watcher is not None:
                watcher.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watcher
            # uvicorn ends this process by the signal it got, past everything that cleans up
            util._run_finalizers()  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
            await send({"type": "lifespan.shutdown.complete"})
            return


async def watch_parent(parent: int) -> None:
    """End this process when the one that started it is gone: nobody else would."""
    while os.getppid() == parent:  # noqa: ASYNC110 - no event tells it
        await asyncio.sleep(PARENT_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
