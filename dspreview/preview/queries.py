"""Any rows of a split: matching rows in an order, by position, by words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, NamedTuple

from dspreview import errors
from dspreview.choice import choose
from dspreview.extract.pages import Cells, PageMaker
from dspreview.models import DatasetRef, Page, dump
from dspreview.preview.reading import PageAnswer, Preview, as_stored
from dspreview.preview.tables import SplitTable, Tables, Telling
from dspreview.query.engine import Engine, Files
from dspreview.query.table import Request, Table
from dspreview.store.assets import Staging
from dspreview.store.entries import DatasetEntry, SplitEntry


class Target(NamedTuple):
    """A split that is asked about."""

    ref: DatasetRef
    entry: DatasetEntry
    split: SplitEntry

    @property
    def where(self) -> str:
        """Its name, for messages."""
        return f"{self.ref.asked} {self.split.config}/{self.split.split}"


class Queries:
    """Answers about whole splits."""

    def __init__(self, preview: Preview, telling: Telling, *, agreed: bool = False) -> None:
        """`agreed`: more than a gigabyte may be read over the network."""
        self.preview, self.store, self.settings = preview, preview.store, preview.settings
        self.telling = telling
        self.tables = Tables(self.store, self.settings, preview.extractor, preview.keeper, telling, agreed=agreed)

    def target(self, ref: DatasetRef, config: str | None, split: str | None) -> Target:
        """The split that is meant. Raises PreviewError."""
        if self.preview.cached:
            raise errors.NotCachedError(
                f"{ref.asked}: a query is work, which --cached forbids; leave it out, or say --offline"
            )
        entry = self.preview.dataset(ref)
        found = self.store.cache.find_split(entry, config, split) if config and split else None
        if found is None:
            names = choose(self.store.cache.read_listing(entry), config, split, ref.asked)
            found = self.store.cache.find_split(entry, *names)
            if found is None:
                raise errors.SplitNotFoundError(f"{ref.asked}: {names[0]}/{names[1]} is gone; try again")
        return Target(ref, entry, found)

    @contextmanager
    def engine(self, target: Target, found: SplitTable, files: Files | None = None) -> Iterator[Engine]:
        """DuckDB on a table."""
        with self.store.assets.staging(elsewhere=not self.store.writable) as staging:
            files = files or Files(found.opened, failure=lambda: found.traffic.failure)
            with Engine(found.table, self.settings, target.where, files, staging.work) as engine:
                yield engine

    def filter(self, ref: DatasetRef, config: str | None, split: str | None, request: Request) -> PageAnswer:
        """The rows that match. Raises PreviewError."""
        from dspreview.query.filter import find, resolve

        target = self.target(ref, config, split)
        with self.tables.open(target.ref, target.entry, target.split) as found:
            question = resolve(found.table, request.where, request.orderby)
            with self.engine(target, found) as engine:
                matches = find(engine, question, request.offset, request.length)
        return self.answer(target, found.table, matches.cells, matches.places, matches.total, dump(list(request)))

    def answer(
        self, target: Target, table: Table, cells: list[Cells], places: list[int], total: int | None, question: str,
        *, whole: bool = False,
    ) -> PageAnswer:  # fmt: skip
        """Rows as a page, its assets kept as those of the question."""
        split = target.split

        def make(staging: Staging) -> Page:
            maker = PageMaker(
                target.entry.dataset, target.ref.asked, split.config, split.split, self.settings, staging.assets,
                self.fetcher(target, staging),
            )  # fmt: skip
            page = maker.make(cells, places, whole=whole)
            return page._replace(num_rows_total=total, partial=table.partial)

        page = self.kept(target, make, question)
        revision = target.entry.dataset.revision
        return PageAnswer(
            target.ref.asked, split.config, split.split, as_stored(page, revision, self.store), from_cache=False
        )

    def kept(self, target: Target, make: Callable[[Staging], Page], question: str) -> Page:
        """A page whose assets were published, if it has any; where they find no room it is made once more elsewhere."""
        try:
            with self.store.assets.staging(elsewhere=not self.store.writable) as staging:
                page = make(staging)
                if page.assets and self.store.writable:
                    self.publish(target, page, staging, question)
                return page
        except errors.StoreFullError as error:
            self.preview.keeper.give_up(error)
        with self.store.assets.staging(elsewhere=True) as staging:
            return make(staging)

    def publish(self, target: Target, page: Page, staging: Staging, question: str) -> None:
        """Keep the assets of an answer, in place of those of the same question before."""
        folders: list[str | None] = []
        digest = sha256(question.encode(errors="surrogatepass")).hexdigest()

        def put() -> None:
            folder = self.store.assets.publish(staging)
            folders.append(folder)
            if folder is not None:
                folders.append(self.store.cache.put_query(target.split, digest, folder, page.assets))

        stored = self.preview.keeper.write(put)
        for folder in folders[1:] if stored else folders[:1]:
            self.store.assets.remove(folder)
        self.preview.keep_to_limit()

    def fetcher(self, target: Target, staging: Staging) -> Callable[[str, int], bytes]:
        """The bytes of files that cells name; the dataset is opened when the first one is asked for."""
        made: list[Any] = []

        def fetch(path: str, max_bytes: int) -> bytes:
            if not made:
                source, _ = self.preview.extractor.plan(target.ref, target.entry.dataset, target.split.config)
                from dspreview.extract.fetch import Fetcher

                made.append(Fetcher(source, self.settings, str(staging.work)))
            return bytes(made[0].fetch(path, max_bytes))

        return fetch
