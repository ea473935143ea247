"""Parts of a file on the Hub, by byte ranges: what a footer says is worth reading, and nothing else."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from dspreview.errors import HubError, PreviewError
from dspreview.extract.hub.description import pause_before_retry
from dspreview.extract.hub.failures import translate
from dspreview.settings import Settings

EXPIRED = frozenset({401, 403, 404, 410})
"""What the place that the Hub redirects to answers once its address is too old."""


def hub_url(address: str, endpoint: str) -> str:
    """The URL of a file from its `hf://datasets/ID@REVISION/PATH`."""
    owner, _, rest = address.removeprefix("hf://datasets/").partition("@")
    revision, _, path = rest.partition("/")
    return f"{endpoint}/datasets/{owner}/resolve/{quote(revision, safe='')}/{quote(path)}"


@dataclass(slots=True)
class RemoteFile:
    """One file of a repository at one commit."""

    address: str
    """`hf://datasets/ID@REVISION/PATH`"""
    asked: str
    """The user's word for the dataset, for messages."""
    settings: Settings
    size: int = -1
    """Bytes, once an answer told it."""
    place: str | None = None
    """Where the Hub redirected to; asked directly from then on."""
    is_ranged: bool = False
    """Whether the last answer was a part of the file, which tells its whole size; a whole file may be cut off unseen."""
    lock: Any = field(default_factory=threading.Lock)

    def read_range(self, start: int, length: int) -> bytes:
        """`length` bytes from `start` on, or as many as there are. Raises HubError, AccessError, NotFoundError."""
        return self.request(f"bytes={start}-{start + length - 1}", start, length)

    def read_tail(self, length: int) -> bytes:
        """The last bytes of the file, at most so many; `size` is known afterwards."""
        return self.request(f"bytes=-{length}", None, length)

    def request(self, wanted: str, start: int | None, length: int) -> bytes:
        """The bytes of one range."""
        try:
            with self.lock:
                place = self.place
            if place is not None:
                data = self.insist(place, wanted, start, length)
                if data is not None:
                    return data
            data = self.insist(hub_url(self.address, self.settings.hf_endpoint), wanted, start, length)
        except Exception as error:  # raised again, as what it is
            raise self.failure(error) from error
        if data is None:
            raise HubError(f"{self.asked}: {self.settings.hf_endpoint} did not give the bytes that it promised")
        return data

    def insist(self, url: str, wanted: str, start: int | None, length: int) -> bytes | None:
        """The same as `ask`, once more where the Hub was briefly away; silence is not waited for twice."""
        try:
            return self.ask(url, wanted, start, length)
        except Exception as error:  # raised again unless a retry may help
            import httpx2

            pause = None if isinstance(error, httpx2.TimeoutException) else pause_before_retry(error)
            if pause is None:
                raise
        time.sleep(pause)
        return self.ask(url, wanted, start, length)

    def ask(self, url: str, wanted: str, start: int | None, length: int) -> bytes | None:
        """One request; None where an old place does not know the file any more."""
        from huggingface_hub.utils._headers import build_hf_headers
        from huggingface_hub.utils._http import get_session, hf_raise_for_status

        first = url.startswith(self.settings.hf_endpoint)
        headers = build_hf_headers(token=self.settings.hf_token or False) if first else {}
        headers |= {"Range": wanted, "Accept-Encoding": "identity"}
        with get_session().stream("GET", url, headers=headers) as response:
            if not first and response.status_code in EXPIRED:
                return None
            if response.status_code >= 400:
                response.read()
            hf_raise_for_status(response)
            self.learn(response, start)
            # a server that knows no ranges sends the file from its beginning
            skipped = 0
            if response.status_code == 200:
                skipped = max(self.size - length, 0) if start is None else start
            data = bytearray()
            for part in response.iter_bytes():
                kept = part[skipped:] if skipped else part
                skipped = max(0, skipped - len(part))
                data += kept
                if len(data) >= length:
                    break
        found = bytes(data[:length])
        if start is not None and len(found) < min(length, self.size - start):
            raise HubError(
                f"{self.asked}: {self.address} ended after {start + len(found):,} bytes; it changed, or was cut off"
            )
        return found

    def learn(self, response: Any, start: int | None) -> None:
        """The size of the file, and where it really lies. Raises HubError where that is not what was asked for."""
        span, _, told = response.headers.get("Content-Range", "").partition("/")
        told = told or response.headers.get("Content-Length", "")
        size = int(told) if told.isascii() and told.isdecimal() and len(told) < 20 else -1
        expected = span.endswith(f"-{size - 1}") if start is None else span.startswith(f"bytes {start}-")
        right = response.status_code != 206 or expected
        linked = next((one.headers["X-Linked-Size"] for one in response.history if "X-Linked-Size" in one.headers), "")
        right = right and linked in {"", str(size)}  # what the Hub said of the file before it sent us elsewhere
        with self.lock:
            if not right or size < 0 or (self.size >= 0 and size != self.size):
                raise HubError(
                    f"{self.asked}: {self.settings.hf_endpoint} sent other bytes of {self.address} than it was asked for"
                )
            self.size, self.is_ranged = size, response.status_code == 206
            if response.history:
                self.place = str(response.url)

    def failure(self, error: Exception) -> Exception:
        """A failure of the client as one of ours."""
        import httpx2

        told = translate(error, self.asked, self.settings)
        if isinstance(told, PreviewError):
            return told
        if isinstance(error, (httpx2.HTTPError, httpx2.InvalidURL)):
            return HubError(f"{self.asked}: {self.settings.hf_endpoint} did not answer like a Hub: {error}")
        return error
