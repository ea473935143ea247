"""Rows that were found as the answer of a question: cells, assets that are kept with it, and whose they are."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

from dspreview import errors
from dspreview.models import DatasetRef, Page
from dspreview.page.pages import Cells, PageMaker
from dspreview.page.staging import Staging
from dspreview.preview.reading import PageAnswer, Preview, as_stored
from dspreview.query.table import Table
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


class Answers:
    """Makes the answers of one call."""

    def __init__(self, preview: Preview) -> None:
        self.preview, self.store, self.settings = preview, preview.store, preview.settings

    def answer(
        self, target: Target, table: Table, cells: list[Cells], places: list[int], total: int | None, question: str,
        *, whole: bool = False,
    ) -> PageAnswer:  # fmt: skip
        """Rows as a page, its assets kept as those of the question."""
        split = target.split
        homes = table.homes(places) if table.pieces else []
        own = [place for _, place in homes] if homes else places

        def make(staging: Staging) -> Page:
            maker = PageMaker(
                target.entry.dataset, target.ref.asked, split.config, split.split, self.settings, staging.assets,
                self.fetcher(target, staging),
            )  # fmt: skip
            page = maker.make(cells, own, whole=whole)
            return page._replace(num_rows_total=total, partial=table.partial and not places_only)

        places_only = total is None
        answer = self.page_answer(target, self.kept(target, make, question))
        return answer._replace(splits=tuple(name for name, _ in homes))

    def page_answer(self, target: Target, page: Page) -> PageAnswer:
        """A page, and whose it is."""
        stored = as_stored(page, target.entry.dataset.revision, self.store)
        return PageAnswer(target.ref.asked, target.split.config, target.split.split, stored, from_cache=False)

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
                revision = target.entry.dataset.revision
                folders.append(self.store.whole.put_query(target.split, revision, digest, folder, page.assets))

        stored = self.preview.keeper.write(put)
        self.store.assets.remove(*(folders[1:] if stored else folders[:1]))
        self.preview.keep_to_limit()

    def fetcher(self, target: Target, staging: Staging) -> Callable[[str, int], bytes]:
        """The bytes of files that cells name; the dataset is opened when the first one is asked for."""
        made: list[Any] = []

        def fetch(path: str, max_bytes: int) -> bytes:
            if not made:
                source = self.preview.extractor.origin(target.ref, target.entry.dataset)
                from dspreview.extract.files.fetch import Fetcher

                made.append(Fetcher(source, self.settings, str(staging.work)))
            return bytes(made[0].fetch(path, max_bytes))

        return fetch
