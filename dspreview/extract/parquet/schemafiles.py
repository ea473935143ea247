"""The files of a split that carry their own schema, one after the other, as Arrow tables."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pyarrow as pa

from dspreview.extract.hub.remote import remote_file
from dspreview.extract.parquet.footers import Footer, remote_footer
from dspreview.extract.parquet.remotestream import RemoteStream
from dspreview.extract.parquet.rowgroups import COUNT_KEY
from dspreview.local import STORES, WEB
from dspreview.settings import Settings

FILES_AT_ONCE = 8
"""Files of the Hub that are opened at the same time."""


class SchemaFiles:
    """Reads files in their order; the first table of each is empty, and tells its schema."""

    def __init__(
        self, names: list[str], open_file: Callable[[str], Any], tables: Callable[[Any, int], Iterator[pa.Table]],
        *, ahead: bool = False,
    ) -> None:  # fmt: skip
        """`ahead` opens several at the same time, where the first ones do not hold enough."""
        self.names, self.open_file, self.read, self.ahead = names, open_file, tables, ahead
        self.counts: dict[str, int] = {}
        """The rows of each file that told them."""

    def tables(self, batch_size: int) -> Iterator[tuple[str, pa.Table]]:
        """Each file's tables with its name. Raises what opening and reading raise, with the file as a note."""
        for name, opened in self.opened():
            try:
                with opened() as stream:
                    for table in self.read(stream, batch_size):
                        if name not in self.counts and COUNT_KEY in (table.schema.metadata or {}):
                            self.counts[name] = int(table.schema.metadata[COUNT_KEY])
                        yield name, table
            except Exception as error:  # raised again, with its file
                error.add_note(name)
                raise

    def opened(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Each file and what opens it."""
        pool = ThreadPoolExecutor(FILES_AT_ONCE)
        coming: deque[Future[Any]] = deque()
        try:
            for place, name in enumerate(self.names):
                yield name, coming.popleft().result if coming else partial(self.open_file, name)
                wanted = min(2 * place + 1, FILES_AT_ONCE) if self.ahead else 0
                following = self.names[place + 1 + len(coming) : place + 1 + wanted]
                coming.extend(pool.submit(self.open_file, one) for one in following)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def is_remote(name: str) -> bool:
    """Whether a file is one of a dataset of the Hub or on the web, and not inside another."""
    return (name.startswith("hf://") or (name.startswith((*WEB, *STORES)) and "#/" in name)) and "::" not in name


def footer_there(name: str, asked: str, settings: Settings) -> Footer:
    """The footer of a Parquet file on the Hub. Raises PreviewError, and what pyarrow raises."""
    stream = open_remote(name, asked, settings)
    return remote_footer(name, lambda _: (stream, lambda: stream.file.size))


def open_remote(name: str, asked: str, settings: Settings) -> RemoteStream:
    """A Parquet file on the Hub, by the ranges that its footer names. Raises PreviewError."""
    return RemoteStream(remote_file(name, asked, settings))
