"""The bytes of a file that a cell names: from inside its dataset, or from the web, and nowhere else."""

from __future__ import annotations

import io
import os
from typing import Any, Protocol
from urllib.parse import urlsplit

from dspreview.errors import HubError, UnsafePathError
from dspreview.extract.files.door import Door
from dspreview.extract.hub.failures import first_line, translate
from dspreview.local import WEB
from dspreview.models import Resolved
from dspreview.page.cells import too_large
from dspreview.page.media_file import OutsideFileError, UndecodableError
from dspreview.settings import Settings


class Origin(Protocol):
    """A dataset at one revision whose files can be opened."""

    @property
    def dataset(self) -> Resolved:
        """Which one."""

    @property
    def asked(self) -> str:
        """The user's word for it, for messages."""

    @property
    def root(self) -> str:
        """Its folder, or `hf://datasets/ID@SHA`: no file outside it is read."""


class Fetcher:
    """Opens the files that cells name."""

    def __init__(self, source: Origin, settings: Settings, unpacked: str) -> None:
        """`unpacked` is the folder of what the normal mode downloaded and unpacked: the dataset's own, too."""
        self.source, self.settings = source, settings
        self.door = Door.of(source.dataset, source.root, source.asked, settings, unpacked)
        self.silent: set[str] = set()
        """Hosts that did not answer; they are asked once a page."""

    def fetch(self, path: str, max_bytes: int) -> bytes:
        """At most `max_bytes` of a file.

        Raises UndecodableError where it is larger or outside, OSError, HubError where the dataset's own Hub fails: that
        says nothing of the file.
        """
        if path.startswith(WEB):
            return self.fetch_url(path, max_bytes)
        try:
            return self.read(self.door.locate(path), max_bytes)
        except UnsafePathError:
            raise OutsideFileError(f"{path} lies outside the dataset, and is not read") from None
        except Exception as error:  # raised again, as what it is
            if self.source.dataset.is_remote and isinstance(error, ConnectionError):
                raise HubError(
                    f"{self.source.asked}: the network failed: {first_line(error)}; try again later"
                ) from error
            told = translate(error, self.source.asked, self.settings)
            raise told from (None if told is error else error)

    def read(self, address: str, max_bytes: int) -> bytes:
        """At most `max_bytes` of a file of the dataset's own."""
        with self.door.open(address) as stream:
            known = size_of(stream)
            if known is not None and known > max_bytes:
                raise too_large(known, max_bytes)
            return bytes(stream.read(max_bytes + 1))

    def fetch_url(self, url: str, max_bytes: int) -> bytes:
        """At most `max_bytes` from the web, by the one client whose time-outs and addresses are bounded."""
        import httpx2
        from huggingface_hub.utils._http import get_session

        host = urlsplit(url).netloc
        if host in self.silent:
            raise UndecodableError(f"{url}: {host} did not answer before, and is not asked again for this page")
        kept = bytearray()
        try:
            with get_session().stream("GET", url) as response:
                if response.status_code >= 400:
                    raise UndecodableError(f"{url}: the server answered {response.status_code}")
                known = response.headers.get("Content-Length", "")
                if known.isascii() and known.isdecimal() and int(known) > max_bytes:
                    raise too_large(int(known), max_bytes)
                for part in response.iter_bytes():
                    kept += part
                    if len(kept) > max_bytes:
                        raise too_large(len(kept), max_bytes)
        except httpx2.TransportError as error:
            self.silent.add(host)
            raise UndecodableError(f"{url}: {first_line(error)}") from error
        return bytes(kept)


def size_of(stream: Any) -> int | None:
    """The bytes of an open file, where they are known before it is read."""
    if isinstance(getattr(stream, "raw", None), io.FileIO):
        return os.fstat(stream.fileno()).st_size
    known = getattr(stream, "size", None)
    return known if isinstance(known, int) else None
