"""The one loop over the ways of reading. Whoever imports this pays for `datasets` when a dataset takes it, and not before."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from dspreview.errors import DatasetError
from dspreview.extract.layout.globs import names_of
from dspreview.extract.memory import bound
from dspreview.extract.reader import (
    NOT_MINE,
    Block,
    NotMine,
    Open,
    Opening,
    Reader,
    RemoteFiles,
    WantedBlocks,
    WholeTables,
    Window,
)
from dspreview.local import is_one_file
from dspreview.models import DatasetRef, Json, Kind, Listing, Page, Resolved, SplitId
from dspreview.page.staging import Staging
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.extract.direct import Direct
    from dspreview.extract.files.fetch import Origin
    from dspreview.extract.hub.description import Description
    from dspreview.extract.library.reader import Library
    from dspreview.extract.parquet.footers import ParquetSplit
    from dspreview.extract.recognised.reader import Recognised

T = TypeVar("T")


def open_single_file(opening: Opening) -> Reader | NotMine:
    """One Parquet or JSON Lines file on this machine: pyarrow, 0.1 s."""
    if not is_one_file(opening.ref.kind, opening.ref.name):
        return NOT_MINE
    from dspreview.extract.formats.single_file import SingleFile

    return SingleFile(opening)


def open_recognised(opening: Opening) -> Reader | NotMine:
    """Tables and layouts that `datasets` has no reader for: what theirs takes."""
    from dspreview.extract.recognised.opening import open_recognised

    return open_recognised(opening)


def open_direct(opening: Opening) -> Reader | NotMine:
    """Files of one kind and a plain README: for Parquet pyarrow, 0.1 s; for the Hub its client, 0.2 s."""
    from dspreview.extract.direct import open_direct

    return open_direct(opening)


def open_library(opening: Opening) -> Reader | NotMine:
    """Anything else: `datasets`, 0.7 to 2 s."""
    opening.prepare()
    from dspreview.extract.library.reader import Library

    return Library(opening)


Opened = dict[Open, Reader | NotMine]
"""How the ways of reading answered when a dataset was opened."""
READERS: tuple[Open, ...] = (open_single_file, open_recognised, open_direct, open_library)
"""The ways of reading, in the order in which they are asked; the last one declines nothing."""


def opened_by(way: Open, opening: Opening, kept: Opened) -> Reader | NotMine:
    """A way of reading a dataset, opened once. Raises PreviewError."""
    if way not in kept:
        kept[way] = way(opening)
    return kept[way]


class Extractor:
    """Asks the ways of reading; a dataset that was opened once stays open."""

    ways = READERS

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.bound(settings.job_max_memory)
        self.described: dict[tuple[str, str], Description] = {}
        self.opened: dict[tuple[str, str], Opened] = {}
        """The readers of each dataset at a revision."""
        self.ready = False

    def bound(self, limit: int) -> None:
        """Let this process have no more than so many bytes from now on."""
        bound(limit)

    def prepare(self) -> None:
        """Set up the libraries before their first import."""
        if not self.ready:
            warnings.simplefilter("ignore")  # of libraries about data; what matters is told as a failure or a note
            from dspreview.extract.hub.description import prepare  # huggingface_hub, 0.2 s

            prepare(self.settings)
            self.ready = True

    def prepare_reading(self) -> None:
        """Import what reads data: 0.7 to 2 s, a sixth less while no garbage is looked for."""
        self.prepare()
        import datasets  # noqa: F401

        if not gc.isenabled():
            gc.freeze()
            gc.enable()

    def describe(self, ref: DatasetRef, at: Resolved | None = None) -> Description:
        """A dataset as it is now, or `at` a revision, asked for once. Raises PreviewError."""
        if at is not None and (known := self.described.get((at.name, at.revision))) is not None:
            return known
        if ref.is_remote:
            self.prepare()
        found = self.asked_now(ref, at)
        self.described[found.dataset.name, found.dataset.revision] = found
        return found

    def asked_now(self, ref: DatasetRef, at: Resolved | None) -> Description:
        """A dataset as whoever has it tells. Raises PreviewError."""
        if ref.kind is Kind.WEB:
            from dspreview.extract.hub.remote import describe_file
            from dspreview.extract.hub.website import described

            return describe_file(ref, self.settings) if at is None else described(at.name, at.revision)
        from dspreview.extract.hub.description import describe

        return describe(ref, self.settings, at)

    def opening(self, ref: DatasetRef, dataset: Resolved | None) -> Opening:
        """What the readers of a dataset are opened with."""
        describe = cache(lambda: self.describe(ref, dataset))
        return Opening(ref, dataset, self.settings, describe, cache(lambda: names_of(describe())), self.prepare_reading)

    def kept(self, dataset: Resolved) -> Opened:
        """The readers of a dataset that were opened before."""
        return self.opened.setdefault((dataset.name, dataset.revision), {})

    def readers(self, opening: Opening, kept: Opened) -> Iterator[tuple[Open, Reader]]:
        """The ways of reading a dataset, each opened when its turn comes, and `kept`. Raises PreviewError."""
        for way in self.ways:
            if (reader := opened_by(way, opening, kept)) is not NOT_MINE:
                yield way, reader

    def ask(self, ref: DatasetRef, dataset: Resolved, question: Callable[[Reader], T | NotMine]) -> T:
        """The answer of the first reader that gives one. Raises PreviewError."""
        for _, reader in self.readers(self.opening(ref, dataset), self.kept(dataset)):
            answer = question(reader)
            if answer is not NOT_MINE:
                return answer
        raise DatasetError(f"{ref.asked}: no reader here reads it")

    def list(self, ref: DatasetRef) -> Listing:
        """The configs and splits of a dataset, as it is now. Raises PreviewError."""
        kept: Opened = {}
        for way, reader in self.readers(self.opening(ref, None), kept):
            listing = reader.listing()
            if listing is not NOT_MINE:
                self.opened[listing.dataset.name, listing.dataset.revision] = kept
                return listing
            kept[way] = NOT_MINE  # who cannot list it reads none of it
        raise DatasetError(f"{ref.asked}: no reader here lists it")

    def page(
        self, ref: DatasetRef, dataset: Resolved, split: SplitId, staging: Staging, window: Window = Window(),  # noqa: B008 - a value
    ) -> Page:  # fmt: skip
        """Some rows of a split as a page; without columns there are none, as for `datasets`. Raises PreviewError."""
        page = self.ask(ref, dataset, lambda reader: reader.page(split, staging, window))
        return page if page.columns else page._replace(num_rows_total=0)

    def blocks(self, ref: DatasetRef, dataset: Resolved, split: SplitId, wanted: WantedBlocks) -> Iterator[Block]:
        """The rows of a split as Arrow, some at a time. Raises PreviewError."""
        return self.ask(ref, dataset, lambda reader: reader.blocks(split, wanted))

    def whole(
        self, ref: DatasetRef, dataset: Resolved, split: SplitId, folder: str, use: Callable[[WholeTables], T]
    ) -> T:
        """What `use` makes of all rows of a split. Raises PreviewError."""
        return self.ask(ref, dataset, lambda reader: reader.whole(split, folder, use))

    def weight(self, ref: DatasetRef, dataset: Resolved, split: SplitId) -> tuple[int, int | None]:
        """How many files a split has, and their bytes as far as these are known. Raises PreviewError."""
        return self.ask(ref, dataset, lambda reader: reader.weight(split))

    def parquet(self, ref: DatasetRef, dataset: Resolved, split: SplitId, remote: RemoteFiles) -> ParquetSplit | None:
        """The Parquet files that hold just the rows of a split; None where it must be converted. Raises PreviewError."""
        return self.ask(ref, dataset, lambda reader: reader.parquet(split, remote))

    def direct(self, ref: DatasetRef, dataset: Resolved) -> Direct | None:
        """The dataset as plain files; None where it is more than that. Raises PreviewError."""
        found = opened_by(open_direct, self.opening(ref, dataset), self.kept(dataset))
        return None if found is NOT_MINE else found  # type: ignore[return-value] # which it opens

    def recognised(self, ref: DatasetRef, dataset: Resolved) -> Recognised | None:
        """The dataset as what it was recognised for; None where `datasets` has a reader for it. Raises PreviewError."""
        found = opened_by(open_recognised, self.opening(ref, dataset), self.kept(dataset))
        return None if found is NOT_MINE else found  # type: ignore[return-value] # which it opens

    def may_widen(self, ref: DatasetRef, dataset: Resolved, split: SplitId) -> bool:
        """Whether a late row of a split may bring a column that the first ones do not have. Raises PreviewError."""
        return self.ask(ref, dataset, lambda reader: reader.may_widen(split))

    def origin(self, ref: DatasetRef, dataset: Resolved) -> Origin:
        """Whose files cells may name. Raises PreviewError."""
        found = self.recognised(ref, dataset)
        return found.source if found is not None else self.library(ref, dataset).source

    def library(self, ref: DatasetRef, dataset: Resolved) -> Library:
        """The dataset for `datasets`: for what only that can be asked. Raises PreviewError."""
        return opened_by(open_library, self.opening(ref, dataset), self.kept(dataset))  # type: ignore[return-value] # it declines none

    def current_revision(self, ref: DatasetRef, seconds: float) -> Resolved:
        """Ask the Hub or the web, in `seconds` all in all, which revision a dataset has now. Raises PreviewError."""
        self.prepare()
        if ref.kind is Kind.WEB:
            from dspreview.extract.hub.remote import describe_file

            return describe_file(ref, self.settings, seconds).dataset
        from dspreview.extract.hub.description import describe_within

        return describe_within(ref, self.settings, seconds)

    def ping(self) -> None:
        """Ask the Hub for nothing in particular. Raises HubError."""
        self.prepare()
        from dspreview.extract.hub.description import ping

        ping(self.settings)

    def list_hub(
        self, *, author: str | None = None, search: str | None = None, tags: Sequence[str] = (),
        sort: str | None = None, limit: int | None = None, details: bool = False,
    ) -> Iterator[dict[str, Json]]:  # fmt: skip
        """The public datasets of the Hub that fit: id and commit, or more `details`. Raises HubError."""
        self.prepare()
        from dspreview.extract.hub.listing import list_hub

        return list_hub(self.settings, author=author, search=search, tags=tags, sort=sort, limit=limit, details=details)
