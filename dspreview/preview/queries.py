"""Any rows of a split: matching rows in an order, by position, by words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from dspreview import errors
from dspreview.choice import choose
from dspreview.extract.pages import Cells, PageMaker
from dspreview.models import DatasetRef, Kind, Page, dump
from dspreview.preview.reading import PageAnswer, Preview, as_stored
from dspreview.preview.tables import SplitTable, Tables, Telling
from dspreview.query.table import Request, Table
from dspreview.store.assets import Staging
from dspreview.store.derived import About
from dspreview.store.entries import DatasetEntry, SplitEntry

if TYPE_CHECKING:
    from dspreview.query.engine import Engine

DATA = "facts.parquet"
STREAMED_ROWS = 100_000
"""Rows up to which a split that is not Parquet is read from its beginning; for later ones it is converted, once."""


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
    def engine(self, target: Target, found: SplitTable, media: frozenset[int] = frozenset()) -> Iterator[Engine]:
        """DuckDB on a table, with what only the files of the `media` columns tell."""
        from dspreview.query.engine import Engine, Facts, Files  # duckdb, 0.15 s

        made = [(place, self.media(target, found, place)) for place in sorted(media)]
        facts = tuple(
            Facts(folder / DATA, tuple(f"m{place}_{what}" for what in names)) for place, (folder, names) in made
        )
        files = Files(found.opened, facts, lambda: found.traffic.failure)
        with (
            self.store.assets.staging(elsewhere=not self.store.writable) as staging,
            Engine(found.table, self.settings, target.where, files, staging.work) as engine,
        ):
            yield engine

    def media(self, target: Target, found: SplitTable, place: int) -> tuple[Path, tuple[str, ...]]:
        """The folder with what the files of a column tell, made where it is not there; and the names of what they tell."""
        from dspreview.query.media import FACTS, write_facts

        column = found.table.columns[place]
        kind = str(column.feature["_type"])
        dataset, split = target.entry.dataset, target.split
        about = About(
            "media", dataset.name, dataset.revision, split.config, split.split, f"{place} {found.table.origin}"
        )
        derived = self.store.derived
        waiting = f"{target.where}: another dspreview looks at its files; waiting"
        with derived.lock(about, lambda: self.telling.warn(waiting)):
            folder = derived.find(about)
            if folder is not None:
                return folder, FACTS[kind]
            with (
                derived.making(about) as made,
                self.engine(target, found) as engine,
                self.store.assets.staging() as staging,
            ):
                fetcher = self.fetcher(target, staging)

                def fetch(path: str) -> bytes:
                    data = fetcher(path, self.settings.asset_max_bytes)
                    if dataset.kind is Kind.HUB:
                        found.traffic.add(len(data))
                    return data

                what = f"looking at the files in {column.name!r}"
                write_facts(engine, place, kind, fetch, made, lambda done: self.telling.progress(what, done, None))
        derived.keep_to_limit(self.settings.derived_max_bytes, {derived.path(about)})
        return derived.path(about), FACTS[kind]

    def filter(self, ref: DatasetRef, config: str | None, split: str | None, request: Request) -> PageAnswer:
        """The rows that match. Raises PreviewError."""
        from dspreview.query.filter import find, resolve

        target = self.target(ref, config, split)
        with self.tables.open(target.ref, target.entry, target.split) as found:
            question = resolve(found.table, request.where, request.orderby)
            with self.engine(target, found, question.media) as engine:
                matches = find(engine, question, request.offset, request.length)
        return self.answer(target, found.table, matches.cells, matches.places, matches.total, dump(list(request)))

    def window(
        self, ref: DatasetRef, config: str | None, split: str | None, offset: int, length: int, *, whole: bool
    ) -> PageAnswer:
        """Rows by their position, `whole` cells or cut ones. Raises PreviewError."""
        target = self.target(ref, config, split)
        if offset + length > STREAMED_ROWS or self.tables.is_parquet(ref, target.entry, target.split):
            with self.tables.open(ref, target.entry, target.split) as found:
                total = found.table.num_rows
                if not found.table.partial or offset + length <= total:
                    places = list(range(min(offset, total), min(offset + length, total)))
                    cells = self.cells(target, found, places)
                    known = None if found.table.partial else total
                    question = dump(["window", offset, length, whole])
                    return self.answer(target, found.table, cells, places, known, question, whole=whole)
        return self.streamed(target, offset, length, whole=whole)

    def streamed(self, target: Target, offset: int, length: int, *, whole: bool) -> PageAnswer:
        """Rows by their position, read from the beginning of the split."""
        names = (target.split.config, target.split.split)

        def make(staging: Staging) -> Page:
            return self.preview.extractor.page(
                target.ref, target.entry.dataset, *names, staging, offset=offset, length=length, whole=whole
            )

        return self.page_answer(target, self.kept(target, make, dump(["window", offset, length, whole])))

    def sample(
        self, ref: DatasetRef, config: str | None, split: str | None, number: int, seed: int, *, whole: bool
    ) -> PageAnswer:
        """Rows chosen by lot, in the order of the split; the same ones for the same seed. Raises PreviewError."""
        target = self.target(ref, config, split)
        with self.tables.open(ref, target.entry, target.split) as found:
            total = found.table.num_rows
            places = sorted(Random(seed).sample(range(total), min(number, total)))
            cells = self.cells(target, found, places)
        answer = self.answer(
            target, found.table, cells, places, total, dump(["sample", number, seed, whole]), whole=whole
        )
        extra = json.loads(answer.page.extra) | {"seed": seed}
        return answer._replace(page=answer.page._replace(extra=dump(extra), partial=found.table.partial))

    def cells(self, target: Target, found: SplitTable, places: list[int]) -> list[Cells]:
        """The cells of some rows."""
        from dspreview.query.rows import rows_at

        with self.engine(target, found) as engine:
            return rows_at(engine, places)

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
            return page._replace(num_rows_total=total, partial=table.partial and not places_only)

        places_only = total is None
        return self.page_answer(target, self.kept(target, make, question))

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
