"""Pairs of rows that are nearly the same, among several splits: what does not fit in memory lies on disk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from dspreview.check.findings import Finding, found
from dspreview.models import SplitId
from dspreview.query.compare.row_hashes import told_apart
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.query.engine.engine import Engine

BATCH = 1 << 14
MEMORY = 300_000_000
PAIRS_MOST = 2_000_000
"""Pairs that are looked at; of what is in every second row there are more, and they say no more."""
NAMED = 100


class ComparedSplit(NamedTuple):
    """What is compared of a split."""

    told: str
    """How it is called in messages."""
    names: SplitId
    own: bool
    """Whether it belongs to the dataset that is checked."""
    columns: tuple[str, ...]
    opened: Callable[[], AbstractContextManager[Engine]]
    fetch: Callable[[str], bytes] | None = None
    """The bytes of a file that a cell names, where media are compared; raises OSError and others."""
    root: str = ""
    """The folder of a dataset on this machine."""


class Pair(NamedTuple):
    """Two rows that are nearly the same."""

    split: int
    row: int
    other_split: int
    other_row: int
    similarity: float


class NearPairs(ABC):
    """Finds pairs: rows that a band of their signatures has in common are looked at."""

    def __init__(self, folder: Path, settings: Settings, progress: Callable[[str, int, int | None], None]) -> None:
        """`folder` is an empty one."""
        self.progress = progress
        self.sources: list[ComparedSplit] = []
        memory = min(MEMORY, settings.query_max_memory)
        self.connection = duckdb.connect(
            str(folder / "near.duckdb"),
            config={"memory_limit": f"{memory}B", "temp_directory": str(folder), "preserve_insertion_order": "false"},
        )
        self.connection.execute("SET enable_progress_bar = false")
        self.connection.execute("CREATE TABLE bands (hash UBIGINT, split USMALLINT, place BIGINT)")

    @abstractmethod
    def add(self, source: ComparedSplit) -> None:
        """Look at the rows of a split."""

    @abstractmethod
    def similarities(self, pairs: list[tuple[int, int, int, int]]) -> Iterator[float]:
        """How much each of some pairs has in common, from 0 to 1; less than nothing where that is too little."""

    def told(self, pair: Pair, source: ComparedSplit) -> str:
        """How much a pair has in common, in words."""
        return f"{100 * pair.similarity:.0f} % of {', '.join(source.columns)} in common"

    def file_of(self, split: int, row: int) -> str | None:
        """The file that a row is about, in its dataset, where it is about one."""
        del split, row
        return None

    def insert(self, number: int, hashed: np.ndarray[Any, np.dtype[np.uint64]], places: np.ndarray[Any, Any]) -> None:
        """Note the bands of some rows of a split, a line each."""
        coded = hashed ^ (
            np.arange(hashed.shape[1], dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        )  # a band agrees with its own
        block = pa.table({"hash": coded.ravel(), "place": np.repeat(places, hashed.shape[1])})
        self.connection.register("block", block)
        with told_apart():
            self.connection.execute(f"INSERT INTO bands SELECT hash, {number}, place FROM block")
        self.connection.unregister("block")

    def candidates(self) -> list[tuple[int, int, int, int]]:
        """Pairs that a band of their signatures has in common: each row with the first of its group, in each split.

        Two splits of other datasets are not compared with each other.
        """
        owned = ", ".join(str(number) for number, source in enumerate(self.sources) if source.own)
        with told_apart():
            return self.connection.execute(
                "WITH firsts AS (SELECT hash, split, min(place) AS place FROM bands GROUP BY hash, split),"
                " pairs AS ("
                f"SELECT f.split AS s, f.place AS p, b.split AS t, b.place AS q FROM firsts f JOIN bands b USING (hash, split) WHERE f.place < b.place AND f.split IN ({owned})"
                f" UNION SELECT f.split, f.place, b.split, b.place FROM firsts f JOIN bands b USING (hash) WHERE f.split < b.split AND (f.split IN ({owned}) OR b.split IN ({owned})))"
                f" SELECT DISTINCT s, p, t, q FROM pairs ORDER BY 1, 3, 4, 2 LIMIT {PAIRS_MOST}"
            ).fetchall()

    def pairs(self) -> Iterator[Pair]:
        """The pairs that have as much in common as was asked."""
        waiting = self.candidates()
        for start in range(0, len(waiting), BATCH):
            part = waiting[start : start + BATCH]
            for one, share in zip(part, self.similarities(part), strict=True):
                if share >= 0:
                    yield Pair(*one, share)

    def findings(self) -> Iterator[Finding]:
        """What was found, for each two splits: the first pair, how many rows have a like, and the first of them."""
        groups: dict[tuple[int, int, bool], list[Pair]] = {}
        for pair in self.pairs():
            foreign = not (self.sources[pair.split].own and self.sources[pair.other_split].own)
            same = foreign and pair.similarity == 1  # a row of a benchmark, say: no word for it is "nearly"
            groups.setdefault((pair.split, pair.other_split, same), []).append(pair)
        for (one, two, same), pairs in groups.items():
            left, right = self.sources[one], self.sources[two]
            first = min(pairs, key=lambda pair: (pair.other_row, pair.row))
            rows = list(
                dict.fromkeys(
                    pair.other_row if right.own else pair.row for pair in sorted(pairs, key=lambda pair: pair.other_row)
                )
            )
            place = right.names if right.own else left.names
            told = (
                f"row {first.other_row} of {right.told} is {'nearly ' * (not same)}row {first.row} of {left.told} ({self.told(first, right)})"
            )  # fmt: skip
            more = f"; {len(rows):,} such rows" if len(rows) > 1 else ""
            code = "leakage-input" if same else "near-duplicate"
            made = found(code, told + more, config=place.config, split=place.split, row=rows[0])
            yield made._replace(rows=tuple(rows[:NAMED]), file=self.file_of(two if right.own else one, rows[0]))
        self.connection.close()
