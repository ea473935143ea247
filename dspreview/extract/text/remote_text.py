"""The first rows of text on the Hub, by as few bytes as tell their types: without `datasets`, whose import takes 0.6 s."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from dspreview.errors import HubSilentError, PreviewError
from dspreview.extract.format import SMALL_BLOCK, Format
from dspreview.extract.hub.ranges import RemoteFile
from dspreview.extract.hub.remote import remote_file
from dspreview.extract.text.heads import TextSource, page_of
from dspreview.models import Page, Resolved, SplitId
from dspreview.settings import Settings

AHEAD = SMALL_BLOCK + (1 << 15)
"""Bytes of a request: what tells the types, and mostly the end of its last line."""
ROWS = 1_000
"""Of CSV, whose types are those of the page."""


class RemoteText(io.RawIOBase):
    """A file on the Hub, read from its beginning, a range at a time."""

    def __init__(self, file: RemoteFile) -> None:
        self.remote, self.place = file, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """The next bytes. Raises PreviewError, OSError."""
        view = memoryview(buffer).cast("B")
        if 0 <= self.remote.size <= self.place:
            return 0
        data = self.remote.read_range(self.place, len(view))
        if not self.remote.is_ranged:
            raise OSError("the server gives no parts of files")
        view[: len(data)] = data
        self.place += len(data)
        return len(data)


def remote_text_page(
    kind: Format, path: str, dataset: Resolved, asked: str, split: SplitId, staging: Path, settings: Settings
) -> Page | None:
    """The page of a split that begins with a file on the Hub; None for the long way, which also tells what went wrong.

    Raises HubSilentError.
    """
    read, file = kind.read_head(), remote_file(path, asked, settings)
    if read is None:
        return None
    try:
        stream = io.BufferedReader(RemoteText(file), AHEAD)
        stream.peek(1)
        head = read(TextSource(stream, file.size, ROWS, SMALL_BLOCK, counted=False), settings.rows_max_number)
    except HubSilentError:
        raise  # nobody waits twice
    except (OSError, MemoryError, PreviewError):
        return None
    return None if head is None else page_of(head, dataset, asked, split, staging, settings)
