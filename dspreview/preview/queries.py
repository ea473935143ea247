"""Any rows of a split: matching rows in an order, by position, by words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dspreview import errors
from dspreview.extract.reader import Window
from dspreview.feature import Feature
from dspreview.models import DatasetRef, Json, Page, SplitId, dump
from dspreview.page.pages import Cells
from dspreview.page.staging import Staging
from dspreview.preview.answers import Answers, Target
from dspreview.preview.derivations import Derivations
from dspreview.preview.opening import SplitTable, again_converted
from dspreview.preview.reading import PageAnswer, Preview
from dspreview.preview.tables import Tables, not_here
from dspreview.preview.telling import Telling
from dspreview.query.engine.rows import rows_at
from dspreview.query.language.paths import chosen_columns
from dspreview.query.table import Lot, Request
from dspreview.slices import is_slice
from dspreview.store.private import read_own

if TYPE_CHECKING:
    from dspreview.query.engine.engine import Engine

STATISTICS = "statistics.json"
STREAMED_ROWS = 100_000
"""Rows up to which a split that is not Parquet is read from its beginning; for later ones it is converted, once."""


class Queries:
    """Answers about whole splits."""

    def __init__(self, preview: Preview, telling: Telling, *, agreed: bool = False, at_hand: bool = False) -> None:
        """Answers through a preview.

        Args:
            agreed: more than a gigabyte may be read over the network.
            at_hand: nothing is converted: only Parquet that is on this machine is looked into, with `--cached` too.

        """
        self.at_hand = at_hand
        self.preview, self.store, self.settings = preview, preview.store, preview.settings
        self.telling = telling
        self.answers = Answers(preview)
        self.tables = Tables(
            self.store, self.settings, preview.extractor, preview.keeper, telling, agreed=agreed, at_hand=at_hand
        )
        self.derivations = Derivations(self.tables)

    def target(self, ref: DatasetRef, config: str | None, split: str | None) -> Target:
        """The split that is meant. Raises PreviewError."""
        if self.preview.cached and not self.at_hand:
            raise errors.NotCachedError(
                f"{ref.asked}: a query is computed, which --cached forbids; leave --cached out, or use --offline"
            )
        entry = self.preview.dataset(ref)
        return Target(ref, entry, self.preview.split(ref, entry, config, split))

    @contextmanager
    def engine(self, target: Target, found: SplitTable, media: frozenset[int] = frozenset()) -> Iterator[Engine]:
        """DuckDB on a table, with what only the files of the `media` columns tell."""
        from dspreview.query.engine.engine import Engine, Facts, TableFiles  # duckdb, 0.15 s

        made = [(place, self.media(target, found, place)) for place in sorted(media)]
        facts = tuple(
            Facts(folder / "facts.parquet", tuple(f"m{place}_{what}" for what in names))
            for place, (folder, names) in made
        )
        files = TableFiles(found.opened, facts, lambda: found.traffic.failure)
        with (
            self.store.assets.staging(elsewhere=not self.store.writable) as staging,
            Engine(found.table, self.settings, target.where, files, staging.work) as engine,
        ):
            yield engine

    def media(self, target: Target, found: SplitTable, place: int) -> tuple[Path, tuple[str, ...]]:
        """The folder with what the files of a column tell, made where it is not there; and the names of what they tell."""
        from dspreview.query.engine.media import FACTS, write_facts

        column = found.table.columns[place]
        kind = Feature(column.feature).kind
        what = f"looking at the files in {column.name!r}"

        def make(folder: Path) -> None:
            with self.engine(target, found) as engine, self.store.assets.staging() as staging:
                fetcher = self.answers.fetcher(target, staging)

                def fetch(path: str) -> bytes:
                    data = fetcher(path, self.settings.asset_max_bytes)
                    if target.entry.dataset.is_remote:
                        found.traffic.add(len(data))
                    return data

                write_facts(
                    engine,
                    place,
                    kind,
                    fetch,
                    folder,
                    lambda done: self.telling.progress(what, done, found.table.num_rows),
                )

        return self.derivations.make(target, found, "media", str(place), make), FACTS[kind]

    @again_converted
    def filter(self, ref: DatasetRef, config: str | None, split: str | None, request: Request) -> PageAnswer:
        """The rows that match. Raises PreviewError."""
        from dspreview.query.engine.filter import find, resolve

        target = self.target(ref, config, split)
        with self.tables.open(target.ref, target.entry, target.split) as found:
            question = resolve(found.table, request.where, request.orderby)
            with self.engine(target, found, question.media) as engine:
                matches = find(engine, question, request.offset, request.length)
        return self.answers.answer(
            target, found.table, matches.cells, matches.places, matches.total, dump(list(request)), whole=request.whole
        )

    @again_converted
    def window(
        self, ref: DatasetRef, config: str | None, split: str | None, offset: int, length: int, *, whole: bool
    ) -> PageAnswer:
        """Rows by their position, `whole` cells or cut ones. Raises PreviewError."""
        target = self.target(ref, config, split)
        late = offset + length > STREAMED_ROWS or is_slice(target.split.split)
        with self.tables.open_known(ref, target.entry, target.split, convert=late) as found:
            if found is not None and not (found.table.partial and offset + length > found.table.num_rows):
                total = found.table.num_rows
                places = list(range(min(offset, total), min(offset + length, total)))
                cells = self.cells(target, found, places)
                known = None if found.table.partial else total
                question = dump(["window", offset, length, whole])
                return self.answers.answer(target, found.table, cells, places, known, question, whole=whole)
        if self.at_hand:
            raise not_here(ref.asked, target.split.config, target.split.split)
        return self.streamed(target, offset, length, whole=whole)

    def streamed(self, target: Target, offset: int, length: int, *, whole: bool) -> PageAnswer:
        """Rows by their position, read from the beginning of the split."""
        split = SplitId(target.split.config, target.split.split)

        def make(staging: Staging) -> Page:
            window = Window(offset, length, whole=whole)
            return self.preview.extractor.page(target.ref, target.entry.dataset, split, staging, window)

        return self.answers.page_answer(
            target, self.answers.kept(target, make, dump(["window", offset, length, whole]))
        )

    @again_converted
    def sample(self, ref: DatasetRef, config: str | None, split: str | None, lot: Lot, *, whole: bool) -> PageAnswer:
        """Rows chosen by lot, in the order of the split; the same ones for the same seed. Raises PreviewError."""
        target = self.target(ref, config, split)
        with self.tables.open(ref, target.entry, target.split) as found:
            total = found.table.num_rows
            places = lot.places(total)
            cells = self.cells(target, found, places)
        answer = self.answers.answer(
            target, found.table, cells, places, total, dump(["sample", *lot, whole]), whole=whole
        )
        extra = json.loads(answer.page.extra) | {"seed": lot.seed}
        return answer._replace(page=answer.page._replace(extra=dump(extra), partial=found.table.partial))

    @again_converted
    def search(
        self, ref: DatasetRef, config: str | None, split: str | None, text: str, match: str, request: Request,
        *, index: bool = False,
    ) -> PageAnswer:  # fmt: skip
        """The rows that hold the words of a text, best first; with an index at the first question where `index`. Raises PreviewError."""
        from dspreview.preview.searches import Searches
        from dspreview.query.engine.filter import among, resolve
        from dspreview.query.search.words import sought, text_columns

        target = self.target(ref, config, split)
        with self.tables.open(ref, target.entry, target.split) as found, ExitStack() as stack:
            question = resolve(found.table, request.where, "")
            columns = text_columns(found.table, target.where)
            wanted = sought(text, match)
            engine = stack.enter_context(self.engine(target, found, question.media))
            if wanted is None:
                self.telling.warn(f"{target.where}: {text[:100]!r} holds no word to search for")
                places, total = [], 0
            else:
                searches = Searches(self.derivations, target, found, engine, columns)
                matches = stack.enter_context(searches.matches(wanted, at_once=index))
                if question.where:
                    ranked = among(engine, question, matches.ranked())
                    places, total = ranked[request.offset : request.offset + request.length], len(ranked)
                else:
                    places, total = matches.ranked(request.offset, request.length), matches.count()
            cells = rows_at(engine, places)
        asked = dump([text, match, list(request)])
        return self.answers.answer(target, found.table, cells, places, total, asked, whole=request.whole)

    @again_converted
    def stats(
        self, ref: DatasetRef, config: str | None, split: str | None, columns: tuple[str, ...]
    ) -> tuple[Target, Json]:
        """The statistics of a split, of all columns or of some; kept for the next time. Raises PreviewError."""
        from dspreview.query.statistics.summary import media_columns, statistics_of

        target = self.target(ref, config, split)
        with self.tables.open(ref, target.entry, target.split) as found:
            wanted, parts = chosen_columns(found.table, columns)
            media = media_columns(found.table.columns, wanted)

            def make(folder: Path) -> None:
                with self.engine(target, found, media) as engine:
                    (folder / STATISTICS).write_text(dump(statistics_of(engine, wanted, parts)), encoding="utf-8")

            folder = self.derivations.make(
                target, found, "statistics", dump([sorted(wanted), [one.name for one in parts]]), make
            )
            return target, read_statistics(folder)

    def stored_stats(self, target: Target) -> Json | None:
        """The statistics of all columns, where they were made before."""
        table = self.tables.known(target.entry, target.split)
        if table is None:
            return None
        wanted = dump([sorted(chosen_columns(table, ())[0]), []])
        folder = self.derivations.find(target, table, "statistics", wanted)
        return read_statistics(folder) if folder is not None else None

    def cells(self, target: Target, found: SplitTable, places: list[int]) -> list[Cells]:
        """The cells of some rows."""
        with self.engine(target, found) as engine:
            return rows_at(engine, places)


def read_statistics(folder: Path) -> Json:
    """Statistics that were made before. Raises StoreCorruptError."""
    try:
        found = json.loads(read_own(folder / STATISTICS))
        if isinstance(found["statistics"], list):
            return found
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        pass
    raise errors.StoreCorruptError(f"{folder} is damaged; run: dspreview cache clean --derived --yes")
