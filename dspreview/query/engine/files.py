"""A split's files for DuckDB under names of ours: `split://N.parquet`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fsspec.spec import AbstractFileSystem

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SplitFiles(AbstractFileSystem):  # type: ignore[misc]
    """The files of one table; there are no others."""

    protocol = "split"
    cachable = False

    def __init__(self, sizes: list[int], opened: Callable[[int], Any]) -> None:
        """`opened` gives, for the number of a file, something with `read_at(start, length)`; `sizes` are their bytes."""
        super().__init__()
        self.sizes, self.opened = sizes, opened

    def number(self, path: str) -> int:
        """The number in a name."""
        return int(path.rpartition("/")[2].partition(".")[0])

    def open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        """A file, to be read."""
        if "r" not in mode:
            raise PermissionError(path)
        number = self.number(path)
        return Handle(self.opened(number), self.sizes[number])

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, size and kind."""
        return {"name": path, "size": self.sizes[self.number(path)], "type": "file"}

    def exists(self, path: str, **_: Any) -> bool:
        """Whether there is such a file."""
        return 0 <= self.number(path) < len(self.sizes)

    def glob(self, path: str, **_: Any) -> list[str]:
        """A name stands for itself: there are no patterns."""
        return [path]

    def modified(self, path: str) -> datetime:
        """They never change."""
        del path
        return EPOCH


class Handle:
    """An open file. DuckDB's threads share one handle, and each seeks before it reads: so each has its own position."""

    mode = "rb"

    def __init__(self, file: Any, size: int) -> None:
        self.file, self.size = file, size
        self.own = threading.local()

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place."""
        start = {0: 0, 1: self.tell(), 2: self.size}[whence]
        self.own.place = start + place
        return int(self.own.place)

    def tell(self) -> int:
        """The place in this thread."""
        return int(getattr(self.own, "place", 0))

    def read(self, length: int = -1) -> bytes:
        """Bytes from here on."""
        place = self.tell()
        end = self.size if length < 0 else min(self.size, place + length)
        data = self.file.read_at(place, max(0, end - place))
        self.own.place = place + len(data)
        return bytes(data)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    closed = False

    def close(self) -> None:
        """The file stays open for the next handle."""


class LocalFile:
    """A file on this machine whose name DuckDB would take for a pattern."""

    def __init__(self, path: str) -> None:
        self.path = path

    def read_at(self, start: int, length: int) -> bytes:
        """Some bytes."""
        with open(self.path, "rb") as file:
            file.seek(start)
            return file.read(length)
