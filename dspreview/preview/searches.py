"""How a search is answered: by an index where it is there or pays, else by a look at all rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dspreview.preview.answers import Target
from dspreview.preview.derivations import Derivations
from dspreview.preview.opening import SplitTable
from dspreview.query.engine.engine import Engine
from dspreview.query.search.words import MOST_COLUMNS, Sought

if TYPE_CHECKING:
    from dspreview.query.search.index import Index
    from dspreview.query.search.scan import TextScan


class Searches:
    """Searches in some columns of a split."""

    def __init__(
        self, derivations: Derivations, target: Target, found: SplitTable, engine: Engine, columns: list[int]
    ) -> None:
        self.derivations, self.target, self.found = derivations, target, found
        self.engine, self.columns, self.num_rows = engine, columns, found.table.num_rows

    @contextmanager
    def matches(self, wanted: Sought, *, at_once: bool) -> Iterator[Index | TextScan]:
        """The rows that hold what is wanted: through the index from the second question on, or `at_once`. Raises PreviewError."""
        from dspreview.query.search.index import Index

        folder = self.derivations.find(self.target, self.found.table, "search")
        if folder is None and (at_once or len(self.columns) > MOST_COLUMNS or self.asked_before()):
            folder = self.index()
        if folder is None:
            yield self.scan(wanted)
            return
        with closing(Index(folder, self.derivations.settings, self.target.where, wanted)) as index:
            yield index

    def asked_before(self) -> bool:
        """Whether somebody searched here before."""
        return self.derivations.find(self.target, self.found.table, "searched") is not None

    def scan(self, wanted: Sought) -> TextScan:
        """A look at all rows, which is noted."""
        from dspreview.query.search.scan import TextScan

        what, telling = f"searching {self.target.where}", self.derivations.telling
        scan = TextScan(self.engine, self.columns, wanted, lambda done: telling.progress(what, done, self.num_rows))
        if self.derivations.store.writable:
            self.derivations.make(self.target, self.found, "searched", "", lambda _: None)
        return scan

    def index(self) -> Path:
        """The folder of the index, made where it is not there."""
        from dspreview.query.search.index import build

        what, telling = f"indexing {self.target.where}", self.derivations.telling

        def make(folder: Path) -> None:
            build(self.engine, self.columns, folder, lambda done: telling.progress(what, done, self.num_rows))

        return self.derivations.make(self.target, self.found, "search", "", make)
