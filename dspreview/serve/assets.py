"""The bytes of an asset: only files that the cache knows, in whole or in part, or word that nothing changed."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import stat
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from dspreview.extract.media import AUDIO_TYPES, VIDEO_TYPES
from dspreview.extract.urls import encoded
from dspreview.serve.headers import ASSET_POLICY, COMMON, Headers, cache_control, cross_origin
from dspreview.serve.options import ServeOptions
from dspreview.store import Store
from dspreview.store.found import FoundAsset, find_asset

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SHOWN_TYPES = {
    ".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", **AUDIO_TYPES, **VIDEO_TYPES,
}  # fmt: skip
"""What a browser shows. Anything else is a file to keep: nothing of a dataset ever runs."""
CHUNK = 256 * 1024
"""Bytes read at a time; smaller files are read at once."""
PATIENCE_SECONDS = 60.0
"""How long a client may take no byte of a large file."""
MAX_URL = 8_192
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class OpenFile(NamedTuple):
    """An asset, open."""

    handle: int
    size: int
    modified: float


class Part(NamedTuple):
    """What of a file is sent."""

    status: int
    start: int
    length: int


class AssetFiles:
    """Serves the asset folder from one connection, which only reads."""

    def __init__(self, store: Store, options: ServeOptions, max_age: int) -> None:
        self.store, self.options, self.max_age = store, options, max_age
        self.root = store.assets.root

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Answer one request for a path below /assets/."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"] if name in ASKED}
        origin = headers.get(b"origin")
        found = self.find(scope["raw_path"])
        opened = self.open(found) if found is not None else None
        if found is None or opened is None:
            await self.refuse(send, origin, head=scope["method"] == "HEAD")
            return
        try:
            await self.serve(found, opened, scope, headers, send)
        finally:
            os.close(opened.handle)

    def find(self, raw: bytes) -> FoundAsset | None:
        """The asset behind a path that is shown to everybody who may ask this server."""
        if len(raw) > MAX_URL or not raw.isascii():
            return None
        url = raw[1:].decode("ascii")
        found = self.lookup(url) or self.lookup(normal(url))
        return None if found is not None and found.restricted and not self.options.restricted else found

    def lookup(self, url: str) -> FoundAsset | None:
        """The asset of a URL as it is stored."""
        try:
            return find_asset(self.store.connection, url)
        except sqlite3.DatabaseError:  # locked, or replaced: the next request may find it
            return None

    def open(self, found: FoundAsset) -> OpenFile | None:
        """The file, through no link: None where it is gone, or is not what was stored."""
        path = self.store.assets.path(found.folder, found.file).relative_to(self.root)
        handle = -1
        try:
            handle = walk(self.root, path)
            status = os.fstat(handle)
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode) or status.st_size != found.size:
            os.close(handle)
            return None
        return OpenFile(handle, status.st_size, status.st_mtime)

    async def refuse(self, send: Send, origin: str | None, *, head: bool) -> None:
        """There is no such asset here."""
        body = b"Not Found"
        headers = [*COMMON, *cross_origin(self.options, origin, public=False), (b"cache-control", b"no-store"),
                   (b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]  # fmt: skip
        await send({"type": "http.response.start", "status": 404, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head else body})

    async def serve(
        self, found: FoundAsset, opened: OpenFile, scope: Scope, asked: dict[bytes, str], send: Send
    ) -> None:
        """Send a file, a part of it, or that it is what the client has."""
        public = found.on_hub and not found.restricted
        # a folder is never written again, so its name and the file's tell the content
        tag = f'"{found.folder[-16:]}-{found.file.partition(".")[0]}-{opened.size:x}"'
        modified = formatdate(opened.modified, usegmt=True)
        headers: Headers = [
            *COMMON, *cross_origin(self.options, asked.get(b"origin"), public=public),
            (b"cache-control", cache_control(self.max_age, public=public)), (b"etag", tag.encode()),
            (b"last-modified", modified.encode()), (b"accept-ranges", b"bytes"),
            (b"content-security-policy", ASSET_POLICY.encode()),
        ]  # fmt: skip
        if is_unchanged(asked, tag, opened.modified):
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        part = wanted_part(asked, tag, modified, opened.size)
        headers += [*content_type(scope["raw_path"]), (b"content-length", b"%d" % part.length)]
        if part.status == 416:
            headers.append((b"content-range", b"bytes */%d" % opened.size))
        elif part.status == 206:
            last = part.start + part.length - 1
            headers.append((b"content-range", b"bytes %d-%d/%d" % (part.start, last, opened.size)))
        await send({"type": "http.response.start", "status": part.status, "headers": headers})
        if scope["method"] == "HEAD" or not part.length:
            await send({"type": "http.response.body", "body": b""})
        elif part.length <= CHUNK:
            await send({"type": "http.response.body", "body": os.pread(opened.handle, part.length, part.start)})
        else:
            await stream(opened.handle, part, send)


ASKED = frozenset({b"origin", b"range", b"if-range", b"if-none-match", b"if-modified-since"})


def normal(url: str) -> str:
    """A URL that somebody wrote in another way, as the extraction writes it."""
    parts = url.split("/")
    try:
        owner = parts.index("--", 2)
    except ValueError:
        return url
    names = [quote(unquote(part), safe="@") for part in parts[1:owner]]
    rest = [encoded(unquote(part, errors="surrogatepass")) for part in parts[owner + 1 :]]
    return "/".join([parts[0], *names, "--", *rest])


def walk(root: Path, path: PurePath) -> int:
    """Open a file below a folder, following no link on the way. Raises OSError."""
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in path.parts[:-1]:
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        return os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
    finally:
        os.close(here)


def content_type(raw: bytes) -> Headers:
    """What a browser may take a file for; what it would run, or does not know, is handed over to be saved."""
    kind = SHOWN_TYPES.get(PurePosixPath(raw.decode("latin-1")).suffix.lower())
    if kind is not None:
        return [(b"content-type", kind.encode())]
    return [(b"content-type", b"application/octet-stream"), (b"content-disposition", b"attachment")]


def is_unchanged(asked: dict[bytes, str], tag: str, modified: float) -> bool:
    """Whether the client has the file already."""
    if (known := asked.get(b"if-none-match")) is not None:
        return known.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in known.split(",")]
    if (since := asked.get(b"if-modified-since")) is not None:
        try:
            return int(modified) <= parsedate_to_datetime(since).timestamp()
        except (ValueError, TypeError, OverflowError):
            return False
    return False


def wanted_part(asked: dict[bytes, str], tag: str, modified: str, size: int) -> Part:
    """The part that is asked for; all of it where the question makes no sense, names several, or is about another version."""
    whole = Part(200, 0, size)
    match = RANGE.fullmatch(asked.get(b"range", "").strip())
    if match is None or asked.get(b"if-range", tag).strip() not in {tag, modified}:
        return whole
    first, last = match.groups()
    if not first and not last:
        return whole
    if not first:
        start, end = max(0, size - int(last)), size - 1
        if not int(last):
            return Part(416, 0, 0)
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < int(first):
            return whole
    return Part(206, start, end - start + 1) if start < size else Part(416, 0, 0)


async def stream(handle: int, part: Part, send: Send) -> None:
    """Send a large file, as fast as the client takes it; one that takes nothing for long is left."""
    loop = asyncio.get_running_loop()
    place, end = part.start, part.start + part.length
    while place < end:
        data = await loop.run_in_executor(None, os.pread, handle, min(CHUNK, end - place), place)
        if not data:
            return  # the file was cut under way: the connection ends too, so that the client sees it
        place += len(data)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await send({"type": "http.response.body", "body": data, "more_body": place < end})
        except TimeoutError:
            return
