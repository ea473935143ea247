"""The one client that every library uses: fenced, and bounded in time.

Its time-outs bound each silent step. What only trickles is bounded here too: the head of an answer by the time that a
step may take, its body by a lowest speed, a listing by the number of its pages.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2

from dspreview.extract.hub.fence import Fence, within

GRACE = 1.0
"""Seconds that the head of an answer may take beyond one step's time-out, so that silence is told as silence."""
LOWEST_SPEED = 1_000
"""Bytes a second; what stays below it for as long as a step may be silent is stuck."""
LISTING_PAGES = 100_000
"""Pages of one listing, of 100 to 1,000 entries each; a Hub that goes on has lost its way."""
ANSWER_MAX_BYTES = 100_000_000
"""Bytes of an answer that is read as a whole: a description, a listing, a README. Files are read in pieces."""
RETRIED = (httpx2.ConnectError, httpx2.RemoteProtocolError)


class Client(httpx2.Client):
    """A client for one Hub."""

    def __init__(self, fence: Fence, seconds: float, before_request: Callable[[httpx2.Request], Any]) -> None:
        """Bounds every step by `seconds`."""
        self.seconds = seconds
        self.seen: set[str] = set()
        """The pages of the listing that is being read; a first page begins it anew."""
        self.named: set[str] = set()
        """The pages that others named as their next."""
        super().__init__(
            event_hooks={
                "request": [before_request, self.clamp, fence.before_request, stay_here],
                "response": [fence.after_response, self.count_pages, forget_pause],
            },
            follow_redirects=True,
        )

    def send(
        self, request: httpx2.Request, *, stream: bool = False, follow_redirects: Any = True, **options: Any
    ) -> httpx2.Response:
        """The answer; its body too, unless it is streamed. Raises httpx2.HTTPError."""
        history: list[httpx2.Response] = []
        while True:
            response = self._send_one(request, **options)
            response.history = list(history)
            following = response.next_request if follow_redirects else None
            if following is None:
                break
            response.close()
            history.append(response)
            if len(history) > self.max_redirects:
                raise httpx2.TooManyRedirects("Exceeded maximum allowed redirects.", request=request)
            request = following
        if not stream:
            try:
                read_whole(response)
            finally:
                response.close()
        return response

    def _send_one(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """The answer to one request, its body not read yet."""
        send = super().send
        response = within(self.seconds + GRACE, lambda: send(request, stream=True, follow_redirects=False, **options))
        if response is None:
            raise StuckError("the head of its answer did not come to an end", request=request)
        response.stream = Paced(response.stream, request, self.seconds)
        return response

    def clamp(self, request: httpx2.Request) -> None:
        """No step longer than ours, whatever a library asks for; and no download counters."""
        asked = request.extensions.get("timeout") or {}
        steps = ("connect", "read", "write", "pool")
        request.extensions["timeout"] = {step: min(asked.get(step) or self.seconds, self.seconds) for step in steps}
        request.headers.pop("X-HF-Download-Counter", None)

    def count_pages(self, response: httpx2.Response) -> None:
        """Refuse a listing whose next page never ends."""
        following = response.links.get("next", {}).get("url")
        if following is None:
            return
        page, after = str(response.url), str(response.url.join(following))
        if page not in self.named:
            self.seen.clear()
        self.seen.add(page)
        self.named.add(after)
        if after in self.seen or len(self.seen) > LISTING_PAGES:
            raise httpx2.RemoteProtocolError(f"the listing at {response.url.path} has no end", request=response.request)


def forget_pause(response: httpx2.Response) -> None:
    """Take the wish to be left alone from an answer that the client of the Hub tries again: it would sleep for as long, a day say."""
    if response.status_code >= 500:
        for name in ("Retry-After", "RateLimit"):
            response.headers.pop(name, None)


def read_whole(response: httpx2.Response) -> None:
    """Read the body of an answer that is no file, up to a limit. Raises httpx2.HTTPError."""
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > ANSWER_MAX_BYTES:
            raise httpx2.DecodingError(f"an answer of more than {ANSWER_MAX_BYTES:,} bytes", request=response.request)
    response._content = b"".join(parts)  # noqa: SLF001 - httpx2 has no other place for it


def stay_here(request: httpx2.Request) -> None:
    """Names below `localhost` are this machine (RFC 6761), also where the resolver does not know them."""
    if request.url.host.endswith(".localhost"):
        request.url = request.url.copy_with(host="127.0.0.1")


class StuckError(httpx2.ReadTimeout):
    """An answer that came too slowly to ever end."""


class Paced(httpx2.SyncByteStream):
    """The body of an answer, as long as it comes faster than the lowest speed."""

    def __init__(self, stream: Any, request: httpx2.Request, seconds: float) -> None:
        self.stream = stream
        self.request = request
        self.seconds = seconds

    def __iter__(self) -> Iterator[bytes]:
        """The parts, as they come; only the time spent waiting for them counts."""
        waited, got = 0.0, 0
        parts = iter(self.stream)
        while True:
            since = time.monotonic()
            part = next(parts, None)
            if part is None:
                return
            waited += time.monotonic() - since
            got += len(part)
            if waited > self.seconds:
                if got < LOWEST_SPEED * waited:
                    raise StuckError(f"{got} bytes in {waited:.0f} s", request=self.request)
                waited, got = 0.0, 0
            yield part

    def close(self) -> None:
        """Give the connection back."""
        self.stream.close()
