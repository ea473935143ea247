"""Files on the web that a dataset points to: read from their beginning or from any place, by the one client that is fenced."""

from __future__ import annotations

import io
from typing import IO, Any
from urllib.parse import quote

from fsspec.spec import AbstractFileSystem

from dspreview.extract.files.ranged import BLOCK, RangedFile
from dspreview.extract.hub.failures import first_line
from dspreview.extract.hub.ranges import RemoteFile
from dspreview.extract.hub.remote import remote_file
from dspreview.settings import Settings

BUFFER = 1 << 18
MOST_SKIPPED = 100_000_000
"""Bytes that are read and thrown away for a place further on, where a server knows no ranges."""


class WebFiles(AbstractFileSystem):  # type: ignore[misc]
    """Each address is a file; there are no folders, no patterns, and no token goes along."""

    protocol = "https"
    cachable = False

    def __init__(self, asked: str, settings: Settings, own: str = "") -> None:
        """`asked` is the user's word for the dataset, for messages; `own` what the address of its file begins with, where it is one."""
        super().__init__()
        self.asked, self.settings, self.own = asked, settings, own

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path

    def url(self, address: str) -> str:
        """Where a file lies; that of a repository as anybody would get it."""
        if not address.startswith("hf://"):
            return address
        owner, _, rest = address.removeprefix("hf://").partition("@")
        revision, _, path = rest.partition("/")
        return f"{self.settings.hf_endpoint}/{owner}/resolve/{quote(revision, safe='')}/{quote(path)}"

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, size (None where the server does not tell) and kind. Raises FileNotFoundError, and what the client raises."""
        if self.is_own(path):
            return {"name": path, "size": self.own_file(path).size, "type": "file"}
        with WebFile(self.url(path)) as file:
            file.start(0)
            return {"name": path, "size": file.size, "type": "file", "ETag": file.etag}

    def glob(self, path: str, detail: bool = False, **_: Any) -> Any:  # noqa: FBT001, FBT002 - as fsspec calls it
        """An address stands for itself."""
        try:
            found = {path: self.info(path)}
        except FileNotFoundError:
            found = {}
        return found if detail else list(found)

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:  # noqa: FBT001, FBT002 - as fsspec calls it
        """The file itself."""
        return [self.info(path) if detail else path]

    def own_file(self, path: str) -> RemoteFile:
        """The file that is the dataset, its size known. Raises PreviewError."""
        file = remote_file(path, self.asked, self.settings)
        file.read_range(0, 1)
        return file

    def is_own(self, path: str) -> bool:
        """Whether it is the file that is the dataset: its parts belong to one state of it."""
        return self.own != "" and path.startswith(f"{self.own}/")

    def _open(self, path: str, mode: str = "rb", block_size: int | None = None, **_: Any) -> IO[bytes]:
        if mode != "rb":
            raise PermissionError(path)
        if self.is_own(path):
            return RangedFile(self.own_file(path), block_size or BLOCK)
        file = WebFile(self.url(path))
        file.start(0)
        return io.BufferedReader(file, BUFFER)


class WebFile(io.RawIOBase):
    """One file, read as it comes; another place in it is another request."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        """`headers` go along, a token to the Hub say."""
        super().__init__()
        self.url, self.headers = url, headers or {}
        self.size: int | None = None
        self.etag = ""
        self.place = 0
        self.response: Any = None
        self.coming: Any = iter(())
        self.left = b""

    def start(self, place: int) -> None:
        """Ask for the file from a place on. Raises FileNotFoundError, OSError, and what the client raises."""
        import httpx2
        from huggingface_hub.utils._http import get_session

        self.stop()
        session = get_session()
        headers = self.headers | {"Accept-Encoding": "identity"} | ({"Range": f"bytes={place}-"} if place else {})
        try:
            self.response = session.send(session.build_request("GET", self.url, headers=headers), stream=True)
        except httpx2.InvalidURL as error:
            raise OSError(f"{self.url} is no address: {first_line(error)}") from None
        except httpx2.TransportError as error:
            raise ConnectionError(f"{self.url}: {first_line(error)}") from None
        status = self.response.status_code
        if status in {404, 410}:
            self.stop()
            raise FileNotFoundError(f"{self.url}: the server answered {status}")
        if status >= 400 and status != 416:
            self.stop()
            raise OSError(f"{self.url}: the server answered {status}")
        self.coming, self.left, self.place = self.response.iter_raw(), b"", place
        if status == 416:
            self.coming = iter(())
        elif status == 206:
            span, _, told = self.response.headers.get("Content-Range", "").partition("/")
            if span != "" and not span.startswith(f"bytes {place}-"):
                self.stop()
                raise OSError(f"{self.url}: the server sent other bytes than it was asked for")
            self.size = int(told) if told.isdecimal() and told.isascii() and len(told) < 20 else self.size
        else:
            self.learn(place)

    def learn(self, place: int) -> None:
        """The size from a whole answer; what lies before the place is thrown away. Raises OSError."""
        told = self.response.headers.get("Content-Length", "")
        self.size = int(told) if told.isdecimal() and told.isascii() and len(told) < 20 else None
        self.etag = str(self.response.headers.get("ETag") or self.response.headers.get("Last-Modified") or "")
        if place:
            if place > MOST_SKIPPED:
                raise OSError(f"{self.url}: its server does not support range requests; download the file")
            self.place = 0
            while self.place < place and (part := self.some(place - self.place)):
                self.place += len(part)

    def some(self, most: int) -> bytes:
        """The next bytes, at most so many; none at the end."""
        import httpx2

        while not self.left:
            try:
                part = next(self.coming, None)
            except httpx2.TransportError as error:
                raise ConnectionError(f"{self.url}: {first_line(error)}") from None
            if part is None:
                return b""
            self.left = part
        found, self.left = self.left[:most], self.left[most:]
        return found

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, as far as there are bytes. Raises OSError where the file ends before its announced end."""
        found = self.some(len(buffer))
        if not found and self.size is not None and self.place < self.size:
            raise OSError(f"{self.url} ended after {self.place:,} of {self.size:,} bytes")
        buffer[: len(found)] = found
        self.place += len(found)
        return len(found)

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place; asked for when it is not where one is. Raises OSError where the size is not known."""
        if whence == 2 and self.size is None:
            raise io.UnsupportedOperation(f"{self.url}: its server does not report the size of the file")
        wanted = place + {0: 0, 1: self.place, 2: self.size or 0}[whence]
        if wanted != self.place:
            if self.size is not None and wanted >= self.size:
                self.stop()
                self.place = wanted
            else:
                self.start(wanted)
        return self.place

    def tell(self) -> int:
        """The place."""
        return self.place

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def stop(self) -> None:
        """End the request that is under way."""
        if self.response is not None:
            self.response.close()
        self.response, self.coming, self.left = None, iter(()), b""

    def close(self) -> None:
        """The same, for good."""
        self.stop()
        super().close()
