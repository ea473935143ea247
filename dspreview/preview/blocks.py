"""What was read of a remote file, kept in a file with holes: nothing is read over the network twice."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from dspreview.errors import ConsentError, PreviewError
from dspreview.models import dump
from dspreview.store.private import open_own, read_own, write_own

ASKED_BEYOND = 1_000_000_000
"""Bytes over the network that nobody is asked about."""
FOOTER_BYTES = 65_536
CLOSE_TOGETHER = 65_536
"""Holes up to this many bytes are read along: a request costs more."""

Span = tuple[int, int]


class Remote(Protocol):
    """A file that can be read by ranges."""

    size: int

    def read_range(self, start: int, length: int) -> bytes:
        """Some bytes."""

    def read_tail(self, length: int) -> bytes:
        """The last bytes; `size` is known afterwards."""


class Traffic:
    """Counts what one call reads over the network."""

    def __init__(self, where: str, *, agreed: bool) -> None:
        """`agreed`: somebody said yes to more than a gigabyte."""
        self.where, self.agreed = where, agreed
        self.bytes = 0
        self.failure: PreviewError | None = None
        """What made a read fail: DuckDB tells it in words of its own."""

    def add(self, count: int) -> None:
        """About to read so many bytes. Raises ConsentError."""
        if not self.agreed and self.bytes + count > ASKED_BEYOND:
            raise ConsentError(
                f"{self.where}: this reads more than {ASKED_BEYOND / 1e9:g} GB over the network; use --yes to do it"
            )
        self.bytes += count


class Blocks:
    """One remote file with what is known of it."""

    def __init__(self, remote: Remote, folder: Path | None, traffic: Traffic) -> None:
        """`folder` keeps the bytes from call to call; None keeps them for this one only, in memory."""
        self.remote, self.folder, self.traffic = remote, folder, traffic
        self.lock = threading.Lock()
        self.changed = False
        self.spans: list[Span] = []
        self.memory: dict[int, bytes] = {}
        self.file: int | None = None
        if folder is not None:
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self.file = open_own(folder / "data", os.O_CREAT | os.O_RDWR)
                self.spans = self.stored()

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.remote.size

    def stored(self) -> list[Span]:
        """The spans that earlier calls read."""
        try:
            found = json.loads(read_own(self.folder / "spans.json")) if self.folder else {}
            spans = [(int(start), int(end)) for start, end in found.get("spans", [])]
            self.remote.size = max(self.remote.size, int(found.get("size", -1)))
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return []
        return spans

    def footer(self) -> None:
        """Make the size known, and the last bytes along with it."""
        if self.remote.size < 0:
            with self.lock:
                self.traffic.add(FOOTER_BYTES)
                data = self.remote.read_tail(FOOTER_BYTES)
                self.keep(self.remote.size - len(data), data)

    def read_at(self, start: int, length: int) -> bytes:
        """Some bytes, from here or over the network. Raises PreviewError, after one failure at once."""
        try:
            with self.lock:
                if self.traffic.failure is not None:  # looked at in turn: others may have waited for the same
                    raise self.traffic.failure
                for first, end in self.holes(start, start + length):
                    self.traffic.add(end - first)
                    self.keep(first, self.remote.read_range(first, end - first))
                return self.known(start, length)
        except PreviewError as error:
            self.traffic.failure = error
            raise

    def holes(self, start: int, end: int) -> list[Span]:
        """What is not known between two places, holes that lie close together as one."""
        found: list[Span] = []
        place = start
        for first, last in self.spans:
            if last <= place:
                continue
            if first >= end:
                break
            if first > place:
                found.append((place, first))
            place = max(place, last)
        if place < end:
            found.append((place, end))
        joined: list[Span] = []
        for hole in found:
            if joined and hole[0] - joined[-1][1] <= CLOSE_TOGETHER:
                joined[-1] = (joined[-1][0], hole[1])
            else:
                joined.append(hole)
        return joined

    def keep(self, start: int, data: bytes) -> None:
        """Remember bytes."""
        if self.file is not None:
            os.pwrite(self.file, data, start)
            self.changed = True
        else:
            self.memory[start] = data
        self.spans = merged([*self.spans, (start, start + len(data))])

    def known(self, start: int, length: int) -> bytes:
        """Bytes that are here."""
        if self.file is not None:
            return os.pread(self.file, length, start)
        found = bytearray(length)
        for first, data in self.memory.items():
            low, high = max(first, start), min(first + len(data), start + length)
            if low < high:
                found[low - start : high - start] = data[low - first : high - first]
        return bytes(found)

    def forget(self) -> None:
        """Take nothing of what was read for known: it was not what it should be."""
        self.spans, self.changed = [], False
        if self.folder is not None:
            with suppress(OSError):
                (self.folder / "spans.json").unlink(missing_ok=True)

    def close(self) -> None:
        """Say on disk what is known, once the bytes themselves are there; other processes may have added to it."""
        if self.file is None or self.folder is None:
            return
        with suppress(OSError):
            if self.changed:
                os.fsync(self.file)
                spans = merged([*self.spans, *self.stored()])
                write_own(self.folder / "spans.json", dump({"size": self.remote.size, "spans": spans}))
        os.close(self.file)
        self.file = None


def merged(spans: list[Span]) -> list[Span]:
    """Spans in order, those that touch as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
