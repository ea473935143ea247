"""The Hub's files for the readers of `datasets`: listed as its client lists them, read by ranges that are checked.

The client's own files believe whatever a server answers to a range: one that sends the file from its beginning is taken at its
word, rows are made of the wrong bytes, and one that sends too little is asked without end.
"""

from __future__ import annotations

import io
from typing import IO, Any

from huggingface_hub import HfFileSystem

from dspreview.extract.files.web import WebFile
from dspreview.extract.hub.ranges import RemoteFile, hub_url
from dspreview.settings import Settings

BLOCK = 5 << 20
"""Bytes that are read at a time, where nobody says otherwise."""


class HubFiles(HfFileSystem):
    """The client's file system, with files of ours in the place of its own."""

    settings: Settings
    """Those of the call, set by whoever asks for it."""

    def _open(  # type: ignore[override]
        self, path: str, mode: str = "rb", block_size: int | None = None, **_: Any
    ) -> IO[bytes]:
        if mode != "rb":
            raise PermissionError(path)
        address = f"hf://{path}"
        size = self.info(path)["size"]
        wanted = self.block_size if block_size is None else block_size
        if wanted == 0:
            from huggingface_hub.utils._headers import build_hf_headers

            url = hub_url(address, self.settings.hf_endpoint)
            stream = WebFile(url, build_hf_headers(token=self.settings.hf_token or False))
            stream.start(0)
            return io.BufferedReader(stream, 1 << 18)
        name = address.removeprefix("hf://datasets/").partition("@")[0]
        return HubFile(RemoteFile(address, name, self.settings, size), wanted or BLOCK)


class HubFile(io.BufferedReader):
    """One file, read a block at a time."""

    def __init__(self, file: RemoteFile, block: int) -> None:
        super().__init__(Ranges(file, block), 1 << 16)
        self.size = file.size
        """Bytes of the file."""


class Ranges(io.RawIOBase):
    """A file of the Hub as a raw stream: a range at a time, and a block ahead."""

    def __init__(self, file: RemoteFile, block: int) -> None:
        super().__init__()
        self.file, self.block, self.place = file, block, 0
        self.start, self.data = 0, b""
        """The block that is here."""

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, as far as the block goes. Raises PreviewError."""
        if not self.start <= self.place < self.start + len(self.data):
            length = min(len(buffer) + self.block, self.file.size - self.place)
            if length <= 0:
                return 0
            self.start, self.data = self.place, self.file.read_range(self.place, length)
        found = self.data[self.place - self.start :][: len(buffer)]
        buffer[: len(found)] = found
        self.place += len(found)
        return len(found)

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place."""
        self.place = max(0, place + {0: 0, 1: self.place, 2: self.file.size}[whence])
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
