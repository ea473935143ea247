"""The bytes of a file that a cell names: from inside its dataset, or from the web, and nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dspreview.errors import HubError, UnsafePathError
from dspreview.extract import local
from dspreview.extract.cells import too_large
from dspreview.extract.hub_failures import first_line, translate
from dspreview.extract.media import UndecodableError
from dspreview.models import Kind
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.extract.direct import DirectSource
    from dspreview.extract.source import Source


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Opens the files that cells name."""

    source: Source | DirectSource
    settings: Settings
    unpacked: str
    """The folder of what the normal mode downloaded and unpacked: the dataset's own, too."""

    silent: set[str] = field(default_factory=set)
    """Hosts that did not answer; they are asked once a page."""

    def fetch(self, path: str, max_bytes: int) -> bytes:
        """At most `max_bytes` of a file.

        Raises UndecodableError where it is larger or outside, OSError, HubError where the dataset's own Hub fails: that
        says nothing of the file.
        """
        place = self.locate(path)
        if place.startswith(("http://", "https://")):
            return self.fetch_url(place, max_bytes)
        try:
            return self.read(place, max_bytes)
        except Exception as error:  # raised again, as what it is
            if self.source.dataset.kind is Kind.HUB and isinstance(error, ConnectionError):
                raise HubError(
                    f"{self.source.asked}: the network failed: {first_line(error)}; try again later"
                ) from error
            told = translate(error, self.source.asked, self.settings)
            raise told from (None if told is error else error)

    def read(self, place: str, max_bytes: int) -> bytes:
        """At most `max_bytes` of a file of the dataset's own."""
        if "://" not in place:
            found = os.path.getsize(place)
            if found > max_bytes:
                raise too_large(found, max_bytes)
        with self.open(place) as stream:
            known = getattr(stream, "size", None)
            if isinstance(known, int) and known > max_bytes:
                raise too_large(known, max_bytes)
            return bytes(stream.read(max_bytes + 1))

    def open(self, place: str) -> Any:
        """A file where it lies."""
        if "::" not in place and "://" not in place:
            return open(place, "rb")
        from datasets.utils.file_utils import xopen

        return xopen(place, "rb", download_config=self.source.download)

    def locate(self, path: str) -> str:
        """The place of a path as a cell has it. Raises UndecodableError outside the dataset."""
        inner = path.rsplit("::", maxsplit=1)[-1]
        if inner.startswith(("http://", "https://")):
            return path
        hub = self.source.dataset.kind is Kind.HUB
        if inner.startswith("hf://"):
            if hub and inner.startswith(self.source.root + "/") and ".." not in inner.split("/"):
                return path
        elif "://" in inner:
            pass
        elif inner.startswith(self.unpacked + "/") and ".." not in inner.split("/"):
            return path
        elif hub:
            if not os.path.isabs(inner) and ".." not in inner.split("/"):
                return f"{path.removesuffix(inner)}{self.source.root}/{inner}"
        else:
            place = os.path.join(self.source.root, inner)
            if self.is_inside(place):
                return path.removesuffix(inner) + place
        raise UndecodableError(f"{path} lies outside the dataset, and is not read")

    def is_inside(self, place: str) -> bool:
        """Whether a local path belongs to the dataset."""
        try:
            local.guard(place, self.source.root, self.source.asked)
        except UnsafePathError:
            return False
        return True

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
                if known.isdigit() and int(known) > max_bytes:
                    raise too_large(int(known), max_bytes)
                for part in response.iter_bytes():
                    kept += part
                    if len(kept) > max_bytes:
                        raise too_large(len(kept), max_bytes)
        except httpx2.TransportError as error:
            self.silent.add(host)
            raise UndecodableError(f"{url}: {first_line(error)}") from error
        return bytes(kept)
