"""Parts of a file on the Hub, by byte ranges: what a footer says is worth reading, and nothing else."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from dspreview.errors import HubError
from dspreview.extract.hub_failures import translate
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
    lock: Any = field(default_factory=threading.Lock)

    def read_range(self, start: int, length: int) -> bytes:
        """`length` bytes from `start` on. Raises HubError, AccessError, NotFoundError."""
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
                data = self.ask(place, wanted, start, length)
                if data is not None:
                    return data
            data = self.ask(hub_url(self.address, self.settings.hf_endpoint), wanted, start, length)
        except Exception as error:  # raised again, as what it is
            told = translate(error, self.asked, self.settings)
            raise told from (None if told is error else error)
        if data is None:
            raise HubError(f"{self.asked}: {self.settings.hf_endpoint} did not give the bytes that it promised")
        return data

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
            whole = response.status_code == 200
            self.learn(response)
            data = bytearray()
            # a server that knows no ranges sends the file from its beginning
            skipped = 0 if not whole else (max(self.size - length, 0) if start is None else start)
            for part in response.iter_bytes():
                data += part
                if len(data) >= skipped + length:
                    break
        found = bytes(data[skipped : skipped + length])
        if start is not None and len(found) < length:
            raise HubError(
                f"{self.asked}: {self.address} ended after {start + len(found):,} bytes; it changed, or was cut off"
            )
        return found

    def learn(self, response: Any) -> None:
        """The size of the file, and where it really lies."""
        with self.lock:
            told = response.headers.get("Content-Range", "").rpartition("/")[2]
            told = told or response.headers.get("Content-Length", "")
            if told.isdigit():
                self.size = int(told)
            if response.history and str(response.url).partition("?")[0] != "":
                self.place = str(response.url)
