"""The files of one split, open for one call: local ones by their path, those of the Hub by ranges."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

from dspreview import errors
from dspreview.extract.extractor import Extractor
from dspreview.models import DatasetRef
from dspreview.preview.blocks import Blocks, Traffic
from dspreview.query.table import Table
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.about import About
from dspreview.store.entries import DatasetEntry, SplitEntry

Args = ParamSpec("Args")
T = TypeVar("T")


def again_converted(ask: Callable[Args, T]) -> Callable[Args, T]:
    """A question that is asked once more where DuckDB refuses the split's own Parquet: by then it is to be converted."""

    @wraps(ask)
    def asked(*args: Args.args, **named: Args.kwargs) -> T:
        try:
            return ask(*args, **named)
        except errors.RefusedTextError:
            return ask(*args, **named)

    return asked


class SplitTable:
    """The Parquet of one split, and the way to its bytes, for one call."""

    def __init__(self, table: Table, opened: Callable[[int], Any], traffic: Traffic) -> None:
        self.table, self.opened, self.traffic = table, opened, traffic
        self.stamps = stamps(table)

    def check(self, where: str) -> None:
        """Raise ChangedDataError where a file is not what it was when it was opened."""
        if stamps(self.table) != self.stamps:
            raise errors.ChangedDataError(f"{where}: a file changed while it was read; try again")


class Means(NamedTuple):
    """What opens files and keeps what was read of them."""

    store: Store
    settings: Settings
    extractor: Extractor


class Opener:
    """Opens the files of one split."""

    def __init__(
        self, means: Means, ref: DatasetRef, entry: DatasetEntry, split: SplitEntry, *, agreed: bool,
    ) -> None:  # fmt: skip
        """`agreed`: more than a gigabyte may be read over the network."""
        self.means, self.ref, self.entry, self.split = means, ref, entry, split
        self.where = f"{ref.asked} {split.config}/{split.split}"
        self.traffic = Traffic(self.where, agreed=agreed)
        self.table = Table((), (), "own")
        self.blocks: dict[str, Blocks] = {}

    def open(self, number: int) -> Any:
        """The file of that number: something with `read_at`."""
        part = self.table.parts[number]
        if "://" not in part.path:
            from dspreview.query.engine.files import LocalFile

            return LocalFile(part.path)
        return self.remote(part.path, part.size)

    def remote(self, address: str, size: int = -1) -> Blocks:
        """A file on the Hub."""
        if address not in self.blocks:
            self.means.extractor.prepare()
            from dspreview.extract.hub.remote import remote_file

            dataset = self.entry.dataset
            about = About("ranges", dataset.name, dataset.revision, self.split.config, self.split.split, address)
            file = remote_file(address, self.ref.asked, self.means.settings, size)
            self.blocks[address] = Blocks(file, self.means.store.derived.shared(about), self.traffic)
        return self.blocks[address]

    def handle(self, address: str) -> tuple[Any, Callable[[], int]]:
        """A file on the Hub as pyarrow reads it, and its size."""
        from dspreview.query.engine.files import Handle

        blocks = self.remote(address)
        blocks.footer()
        return Handle(blocks, blocks.size), lambda: blocks.size

    def forget(self) -> None:
        """Keep nothing of remote files that cannot be read: what came may not have been theirs."""
        self.traffic.failure = None
        for blocks in self.blocks.values():
            blocks.forget()

    def close(self) -> None:
        """Keep what was read, within the limit."""
        for blocks in self.blocks.values():
            blocks.close()
        if self.blocks:
            derived = self.means.store.derived
            derived.keep_to_limit(self.means.settings.derived_max_bytes)


def stamps(table: Table) -> list[tuple[int, int] | None]:
    """Size and time of each local file: whether it changed is seen from them."""
    found: list[tuple[int, int] | None] = []
    for part in table.parts:
        try:
            status = None if "://" in part.path else os.stat(part.path)
        except OSError:
            status = None
        found.append((status.st_size, status.st_mtime_ns) if status else None)
    return found
