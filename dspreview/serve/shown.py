"""What the server shows: the entries of the cache, read as the commands read them with `--cached`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from dspreview import errors
from dspreview.local import identify
from dspreview.models import DatasetRef, Json, Resolved, SplitId
from dspreview.preview import PageAnswer, Preview
from dspreview.serve.options import ServeOptions
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.database import translated

if TYPE_CHECKING:
    from dspreview.preview.queries import Queries
    from dspreview.query.table import Request, Table

QUERIES_AT_ONCE = 2
"""Queries that one process works on at a time: each may take QUERY_MAX_MEMORY."""
ANSWERS_MAX_BYTES = 1_000_000_000
"""Room for the assets of answers to queries; the least recently used go."""

T = TypeVar("T")


class ShownPreview(Preview):
    """A preview that computes nothing, and does not know what is not to be shown."""

    def __init__(self, store: Store, settings: Settings, options: ServeOptions) -> None:
        super().__init__(store, settings, cached=True, warn=lambda _: None)
        self.options = options

    def refuse_private(self, ref: DatasetRef, dataset: Resolved) -> None:
        """Hide restricted entries from other machines, unless told otherwise."""
        if not self.options.shows(dataset):
            raise unknown(ref.asked)
        super().refuse_private(ref, dataset)


class Shown:
    """One opening of the store per question: SQLite's connections stay in their thread."""

    def __init__(self, options: ServeOptions) -> None:
        self.options = options
        self.settings = options.settings()
        self.turns = threading.BoundedSemaphore(QUERIES_AT_ONCE)

    @contextmanager
    def preview(self) -> Iterator[ShownPreview]:
        """The cache, open. Raises StoreError."""
        with Store(self.settings, must_open=True) as store:
            yield ShownPreview(store, self.settings, self.options)

    @contextmanager
    def changing(self) -> Iterator[Store]:
        """The store, to be written to. Raises StoreError."""
        with Store(self.settings, must_write=True) as store, translated(self.settings.dspreview_database):
            yield store

    def hidden(self, store: Store) -> set[str]:
        """The names of the datasets that are not shown."""
        if self.options.restricted:
            return set()
        return {name for (name,) in store.connection.execute("SELECT name FROM datasets WHERE private OR gated")}

    def filter(self, preview: ShownPreview, ref: DatasetRef, config: str, split: str, request: Request) -> PageAnswer:
        """The rows that match. Raises PreviewError: NotCachedError where that takes bytes that are not on this machine."""
        return self.query(preview, ref, lambda queries: queries.filter(ref, config, split, request), (config, split))

    def asking(
        self, preview: ShownPreview, ref: DatasetRef, config: str, split: str
    ) -> Callable[[Callable[[Queries], PageAnswer]], PageAnswer]:
        """What puts a question about rows of a split. Raises PreviewError."""
        return lambda question: self.query(preview, ref, question, (config, split))

    def query(
        self, preview: ShownPreview, ref: DatasetRef, question: Callable[[Queries], T], names: tuple[str, str]
    ) -> T:
        """Answer a question about a whole split from what is on this machine."""
        from dspreview.preview.queries import Queries  # duckdb and pyarrow, when the first one asks
        from dspreview.preview.telling import Telling

        telling = Telling(lambda *_: None, lambda _: None)
        with self.turns:
            try:
                answer = question(Queries(preview, telling, at_hand=True))
            except errors.HubError as error:
                command = errors.command("filter", ref.word, *names)
                raise errors.NotCachedError(
                    f"{ref.asked}: what this needs is not on this machine; run: {command}"
                ) from error
            self.make_room(preview.store)
        return answer

    def statistics(self, preview: ShownPreview, ref: DatasetRef, names: tuple[str, str]) -> Json | None:
        """The statistics of a split, where somebody asked for them before."""
        from dspreview.preview.queries import Queries
        from dspreview.preview.telling import Telling

        queries = Queries(preview, Telling(lambda *_: None, lambda _: None), at_hand=True)
        return queries.stored_stats(queries.target(ref, *names))

    def table(self, preview: ShownPreview, ref: DatasetRef, names: SplitId) -> Table | None:
        """The Parquet of a split as far as it is on this machine, or was looked into; None where that takes more."""
        from dspreview.preview.queries import Queries
        from dspreview.preview.telling import Telling

        queries = Queries(preview, Telling(lambda *_: None, lambda _: None), at_hand=True)
        try:
            target = queries.target(ref, *names)
            with queries.tables.open_known(ref, target.entry, target.split, convert=False) as found:
                return None if found is None else found.table
        except (errors.HubError, errors.NotCachedError, errors.DatasetError):
            return None

    def make_room(self, store: Store) -> None:
        """Keep the assets of answers within bounds, whoever asks."""
        if store.writable:
            from dspreview.store import report

            report.prune_queries(store, -ANSWERS_MAX_BYTES)


def reference(text: str) -> DatasetRef:
    """The dataset that a word means; whether there is a file of that name is nobody's business. Raises PreviewError."""
    try:
        return identify(text)
    except errors.DatasetNotFoundError:
        raise unknown(text) from None


def unknown(name: str) -> errors.NotCachedError:
    """What is said of a dataset that is not here, or not to be shown."""
    return errors.NotCachedError(f"{name} is not in the cache; run: {errors.command('refresh', name)}")
