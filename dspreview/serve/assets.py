"""The bytes of an asset: only files that the cache knows, in whole or in part, or word that nothing changed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from typing import Any

from dspreview.errors import StoreError
from dspreview.page.media import VIDEO_TYPES
from dspreview.page.sounds import AUDIO_TYPES
from dspreview.serve.conditions import Asked, ByteRange, is_unchanged, wanted_part
from dspreview.serve.files import File, OpenFiles
from dspreview.serve.headers import ASSET_POLICY, COMMON, Headers, cache_control, cross_origin
from dspreview.serve.options import ServeOptions
from dspreview.settings import Settings

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SHOWN_TYPES = {
    ".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", **AUDIO_TYPES, **VIDEO_TYPES,
}  # fmt: skip
"""What a browser shows. Anything else is a file to keep: nothing of a dataset ever runs."""
CHUNK = 64 * 1024
"""Bytes of a large file that are read at a time."""


class AssetFiles:
    """Serves the asset folder."""

    def __init__(self, settings: Settings, options: ServeOptions) -> None:
        self.files, self.options, self.max_age = OpenFiles(settings), options, settings.max_age_long_seconds
        self.known: dict[tuple[str, str], Headers] = {}
        """Headers by file and type, of those that were asked for lately."""

    async def __call__(self, scope: Scope, asked: Asked, send: Send) -> None:
        """Answer a GET or HEAD for a path below /assets/."""
        head = scope["method"] == "HEAD"
        try:
            file = self.files.find(scope["raw_path"])
        except StoreError:  # the next request may find it
            await self.refuse(send, asked, 500, b"Internal Server Error", head=head)
            return
        if file is None or (file.found.restricted and not self.options.restricted):
            await self.refuse(send, asked, 404, b"Not Found", head=head)
            return
        headers = [*self.headers(file, scope["raw_path"]), *self.sharing(file, asked)]
        if len(asked) > 1 and is_unchanged(asked, file.tag, file.modified):
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        part = (
            wanted_part(asked, file.tag, written(file), file.size)
            if b"range" in asked
            else ByteRange(200, 0, file.size)
        )
        headers.append((b"content-length", b"%d" % part.length))
        if part.status == 416:
            headers.append((b"content-range", b"bytes */%d" % file.size))
        elif part.status == 206:
            last = part.start + part.length - 1
            headers.append((b"content-range", b"bytes %d-%d/%d" % (part.start, last, file.size)))
        await send({"type": "http.response.start", "status": part.status, "headers": headers})
        if head or not part.length:
            await send({"type": "http.response.body", "body": b""})
        elif file.data is not None:
            body = file.data if part.length == file.size else file.data[part.start : part.start + part.length]
            await send({"type": "http.response.body", "body": body})
        else:
            await self.stream(file, part, send)

    async def refuse(self, send: Send, asked: Asked, status: int, body: bytes, *, head: bool) -> None:
        """There is no such asset here, or nobody can tell."""
        sharing = cross_origin(self.options, asked.get(b"origin"), public=False)
        headers = [*COMMON, *sharing, (b"cache-control", b"no-store"),
                   (b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body)),
                   (b"content-security-policy", ASSET_POLICY.encode())]  # fmt: skip
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head else body})

    def headers(self, file: File, raw: bytes) -> Headers:
        """What is told of a file, whoever asks."""
        suffix = os.path.splitext(raw[-16:].decode("latin-1"))[1].lower()
        if (known := self.known.get((file.tag, suffix))) is not None:
            return known
        made: Headers = [
            *COMMON, (b"cache-control", cache_control(self.max_age, public=is_public(file))),
            (b"etag", file.tag.encode()), (b"last-modified", written(file).encode()), (b"accept-ranges", b"bytes"),
            (b"content-security-policy", ASSET_POLICY.encode()), *content_type(suffix),
        ]  # fmt: skip
        if len(self.known) >= 10_000:
            self.known.clear()
        self.known[file.tag, suffix] = made
        return made

    def sharing(self, file: File, asked: Asked) -> Headers:
        """Whose scripts may read it."""
        return cross_origin(self.options, asked.get(b"origin"), public=is_public(file))

    async def stream(self, file: File, part: ByteRange, send: Send) -> None:
        """Send a large file, as fast as the client takes it."""
        loop = asyncio.get_running_loop()
        try:
            handle = self.files.open(file.path)
        except OSError:
            return  # removed this moment: the connection ends without the bytes that it promised
        try:
            place, end = part.start, part.start + part.length
            while place < end:
                data = await loop.run_in_executor(None, os.pread, handle, min(CHUNK, end - place), place)
                if not data:
                    return  # cut under way: likewise
                place += len(data)
                await send({"type": "http.response.body", "body": data, "more_body": place < end})
        finally:
            os.close(handle)


def is_public(file: File) -> bool:
    """Whether everybody can see it on the Hub."""
    return file.found.on_hub and not file.found.restricted


def written(file: File) -> str:
    """When a file was written, as HTTP says it."""
    return formatdate(file.modified, usegmt=True)


def content_type(suffix: str) -> Headers:
    """What a browser may take a file for; what it would run, or does not know, is handed over to be saved."""
    kind = SHOWN_TYPES.get(suffix)
    if kind is not None:
        return [(b"content-type", kind.encode())]
    return [(b"content-type", b"application/octet-stream"), (b"content-disposition", b"attachment")]
