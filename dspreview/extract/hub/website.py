"""One file on the web as a dataset: what it is now, and parts of it by byte ranges. No token goes along.

Its files are addressed as `URL#/NAME`: what follows the sign is never sent, and tells the readers what kind of file it is.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from dspreview.errors import (
    AccessError,
    ChangedDataError,
    DatasetNotFoundError,
    HubError,
    HubSilentError,
    OfflineError,
    PreviewError,
    UnreadableDataError,
    UsageError,
)
from dspreview.extract.hub.description import Description
from dspreview.extract.hub.failures import chain, first_line
from dspreview.extract.hub.fence import PrivateAddressError, within
from dspreview.extract.hub.ranges import RemoteFile
from dspreview.local import web_name
from dspreview.models import DatasetRef, Kind, Resolved
from dspreview.settings import Settings

WHOLE = 16 << 20
"""Bytes of a file that is held whole where its server gives no parts."""
MISSING = frozenset({404, 410})
CLOSED = frozenset({401, 403, 407})


def describe_web(ref: DatasetRef, settings: Settings, seconds: float | None = None) -> Description:
    """A file as its server has it now, in `seconds` all in all. Raises NotFoundError, AccessError, HubError."""

    def ask() -> Description:
        with answer(ref.name, "bytes=0-0", ref.asked, settings) as response:
            if response.status_code == 206:  # a byte; the connection serves again
                response.read()
            return described(ref.name, revision_of(response))

    found = ask() if seconds is None else within(seconds, ask)
    if found is None:
        raise HubSilentError(f"{ref.asked}: {host(ref.name)} did not answer in {seconds:g} s")
    return found


def described(url: str, revision: str) -> Description:
    """The dataset that is one file."""
    return Description(Resolved(Kind.WEB, url, revision), {}, frozenset({web_name(url)}))


def revision_of(response: Any) -> str:
    """What changes with the file: its ETag, else its date; where a server tells neither, each look finds a new one."""
    headers = response.headers
    size = headers.get("Content-Range", "").rpartition("/")[2] or headers.get("Content-Length", "")
    stamp = headers.get("ETag") or headers.get("Last-Modified") or str(time.time_ns())
    return hashlib.sha256(f"{stamp}\0{size}".encode()).hexdigest()[:40]


def host(url: str) -> str:
    """The server of a URL, for messages."""
    return urlsplit(url).netloc.rpartition("@")[2]


@contextmanager
def answer(url: str, wanted: str, asked: str, settings: Settings) -> Iterator[Any]:
    """The answer to a request for a range, its body not read yet. Raises PreviewError."""
    from huggingface_hub.utils._http import get_session

    headers = {"Range": wanted, "Accept-Encoding": "identity"}
    try:
        with get_session().stream("GET", url, headers=headers) as response:
            refuse(response.status_code, url, asked)
            yield response
    except PreviewError:
        raise
    except Exception as error:  # raised again, as what it is
        raise failure(error, url, asked, settings) from error


def refuse(status: int, url: str, asked: str) -> None:
    """Raise what a status means that comes with no file."""
    if status in MISSING:
        raise DatasetNotFoundError(f"{asked}: {host(url)} has no such file ({status})")
    if status in CLOSED:
        raise AccessError(f"{asked}: {host(url)} does not give this file to everybody ({status})")
    if status >= 400 and status != 416:
        raise HubError(f"{asked}: {host(url)} answered {status}; try again later")


def failure(error: Exception, url: str, asked: str, settings: Settings) -> Exception:
    """What broke a request, as one of ours; what is none of the network comes back as it is."""
    import httpx2
    from huggingface_hub.errors import OfflineModeIsEnabled

    for link in chain(error):
        match link:
            case OfflineModeIsEnabled():
                return OfflineError(
                    f"{asked} is not in the cache, and the network is off (--offline or HF_HUB_OFFLINE)"
                )
            case PrivateAddressError():
                return UsageError(f"{asked}: {first_line(link)}; download it, or pipe it in: … | dspreview rows -")
            case httpx2.TimeoutException() | TimeoutError():
                return HubSilentError(
                    f"{asked}: {host(url)} was silent for {settings.hub_timeout_seconds} s (HUB_TIMEOUT_SECONDS); try again later"
                )
            case httpx2.HTTPError() | httpx2.InvalidURL():
                return HubError(f"{asked}: {host(url)} cannot be reached: {first_line(link)}; check the address")
            case _:
                continue
    return error


@dataclass(slots=True)
class WebRange(RemoteFile):
    """Parts of one file on the web, all of the same state of it."""

    stamp: str = ""
    """Its ETag or date, once an answer told it."""
    whole: bytes | None = None
    """All of it, where its server gives no parts."""

    @property
    def url(self) -> str:
        """What is asked for."""
        return self.address.partition("#")[0]

    def request(self, wanted: str, start: int | None, length: int) -> bytes:
        """The bytes of one range. Raises PreviewError; ChangedDataError where the file is not what it was."""
        if self.whole is None:
            with answer(self.url, wanted, self.asked, self.settings) as response:
                if response.status_code != 200:
                    return self.part(response, start, length)
                self.know(response, response.headers.get("Content-Length", ""))
                self.whole = self.all_of(response)
                self.is_ranged = True
        begin = max(len(self.whole) - length, 0) if start is None else start
        return self.whole[begin : begin + length]

    def part(self, response: Any, start: int | None, length: int) -> bytes:
        """The bytes of an answer that is a part of the file."""
        span, _, told = response.headers.get("Content-Range", "").partition("/")
        self.know(response, told)
        if response.status_code == 416:
            return b""
        first = max(self.size - length, 0) if start is None else start
        if not span.startswith(f"bytes {first}-"):
            raise HubError(f"{self.asked}: {host(self.url)} sent other bytes than it was asked for")
        found = b"".join(response.iter_raw())[:length]
        if len(found) < min(length, self.size - first):
            raise HubError(f"{self.asked}: {host(self.url)} ended the file after {first + len(found):,} bytes")
        self.is_ranged = True
        return found

    def all_of(self, response: Any) -> bytes:
        """A whole file, as long as it is small. Raises UnreadableDataError."""
        found = bytearray()
        for part in response.iter_raw():
            found += part
            if len(found) > WHOLE:
                raise UnreadableDataError(
                    f"{self.asked}: {host(self.url)} gives no parts of files, and this one is large; download it, and preview the file"
                )
        if self.size >= 0 and len(found) != self.size:
            raise HubError(f"{self.asked}: {host(self.url)} ended the file after {len(found):,} bytes")
        self.size = len(found)
        return bytes(found)

    def know(self, response: Any, told: str) -> None:
        """Its size and state; both stay as they are while it is read."""
        size = int(told) if told.isascii() and told.isdecimal() and len(told) < 20 else -1
        stamp = str(response.headers.get("ETag") or response.headers.get("Last-Modified") or "")
        with self.lock:
            if (self.size >= 0 and size >= 0 and size != self.size) or (self.stamp and stamp != self.stamp):
                raise ChangedDataError(f"{self.asked}: the file changed while it was read; try again")
            self.stamp = stamp
            self.size = size if size >= 0 else self.size
