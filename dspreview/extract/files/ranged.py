"""Remote files as streams: a range at a time, and a block ahead."""

from __future__ import annotations

import io
from typing import Any

from dspreview.extract.hub.ranges import RemoteFile

BLOCK = 5 << 20
"""Bytes that are read at a time, where nobody says otherwise."""


class RangedFile(io.BufferedReader):
    """One file, read a block at a time."""

    def __init__(self, file: RemoteFile, block: int) -> None:
        super().__init__(Ranges(file, block), 1 << 16)
        self.size = file.size
        """Bytes of the file."""


class Ranges(io.RawIOBase):
    """A remote file as a raw stream: a range at a time, and a block ahead."""

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
