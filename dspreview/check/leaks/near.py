"""Texts that are nearly the same: within a split, across splits, and against other datasets. What does not fit in memory lies on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dspreview.check.findings import Finding, found
from dspreview.check.leaks import minhash
from dspreview.errors import UsageError
from dspreview.models import SplitId
from dspreview.page.conversations import turns_of
from dspreview.query.compare.row_hashes import told_apart
from dspreview.query.engine.arrow import column_batches, take_table
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.query.engine.engine import Engine

BATCH = 1 << 14
MEMORY = 300_000_000
WORDS_LEAST = 5
"""Texts of fewer words are the same by chance."""
LETTERS_LEAST = 20
"""And those of fewer letters and spaces; where no space tells words apart, each sign is a word, and has one beside it."""
PAIRS_MOST = 2_000_000
"""Pairs that are looked at; of what is in every second text there are more, and they say no more."""
NAMED = 100


class ComparedSplit(NamedTuple):
    """The texts of a split."""

    told: str
    """How it is called in messages."""
    names: SplitId
    own: bool
    """Whether it belongs to the dataset that is checked."""
    columns: tuple[str, ...]
    opened: Callable[[], AbstractContextManager[Engine]]


class Pair(NamedTuple):
    """Two texts that are nearly the same."""

    split: int
    row: int
    other_split: int
    other_row: int
    similarity: float


class NearTexts:
    """Finds pairs of texts among several splits."""

    def __init__(
        self, folder: Path, settings: Settings, threshold: float, progress: Callable[[str, int, int | None], None]
    ) -> None:
        self.threshold, self.progress, self.rows = threshold, progress, minhash.rows_of(threshold)
        self.sources: list[ComparedSplit] = []
        memory = min(MEMORY, settings.query_max_memory)
        self.connection = duckdb.connect(
            str(folder / "near.duckdb"),
            config={"memory_limit": f"{memory}B", "temp_directory": str(folder), "preserve_insertion_order": "false"},
        )
        self.connection.execute("SET enable_progress_bar = false")
        self.connection.execute("CREATE TABLE bands (hash UBIGINT, split USMALLINT, place BIGINT)")

    def add(self, source: ComparedSplit) -> None:
        """Look at the texts of a split."""
        number, start = len(self.sources), 0
        self.sources.append(source)
        with source.opened() as engine:
            for texts in texts_of(engine, source.columns):
                normal = minhash.normalised(texts)
                values, starts = minhash.shingles(normal)
                letters = pc.utf8_length(normal).to_numpy(zero_copy_only=False)
                long = np.flatnonzero(
                    (np.diff(starts) >= WORDS_LEAST - minhash.SHINGLE + 1) & (letters >= LETTERS_LEAST)
                )
                hashed = minhash.band_hashes(minhash.signatures(values, starts), self.rows)[long]
                bands = hashed.shape[1]
                coded = hashed ^ (np.arange(bands, dtype=np.uint64) * minhash.MIX)  # a band agrees with its own
                block = pa.table({"hash": coded.ravel(), "place": np.repeat(long + start, bands)})
                self.connection.register("block", block)
                with told_apart():
                    self.connection.execute(f"INSERT INTO bands SELECT hash, {number}, place FROM block")
                self.connection.unregister("block")
                start += len(texts)
                self.progress(f"comparing texts of {source.told}", start, engine.table.num_rows)

    def candidates(self) -> list[tuple[int, int, int, int]]:
        """Pairs that a band of their signatures has in common: each text with the first of its group, in each split.

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
        """The pairs whose texts are as similar as was asked."""
        waiting = self.candidates()
        for start in range(0, len(waiting), BATCH):
            part = waiting[start : start + BATCH]
            texts = self.read({(split, row) for one in part for split, row in (one[:2], one[2:])})
            for split, row, other_split, other_row in part:
                found_share = minhash.similarity(texts[split, row], texts[other_split, other_row])
                if found_share >= self.threshold:
                    yield Pair(split, row, other_split, other_row, found_share)

    def read(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], str]:
        """Some texts, normalised."""
        texts: dict[tuple[int, int], str] = {}
        for number, source in enumerate(self.sources):
            places = sorted(row for split, row in wanted if split == number)
            if not places:
                continue
            with source.opened() as engine:
                numbers = [engine.table.names.index(name) for name in source.columns]
                ascending = sorted(numbers)
                table = take_table(engine, places, ascending)
                assert table is not None
                chosen = table.select([ascending.index(at) for at in numbers])
                normal = minhash.normalised(joined(chosen)).to_pylist()
                texts |= {(number, place): text for place, text in zip(places, normal, strict=True)}
        return texts

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
                f"row {first.other_row} of {right.told} is {'nearly ' * (not same)}row {first.row} of {left.told} ({100 * first.similarity:.0f} % of {', '.join(right.columns)} in common)"
            )  # fmt: skip
            more = f"; {len(rows):,} such rows" if len(rows) > 1 else ""
            code = "leakage-input" if same else "near-duplicate"
            made = found(code, told + more, config=place.config, split=place.split, row=rows[0])
            yield made._replace(rows=tuple(rows[:NAMED]))
        self.connection.close()


def texts_of(engine: Engine, columns: Sequence[str]) -> Iterator[pa.Array]:
    """The texts of a split, some at a time; those of several columns as one."""
    numbers = [engine.table.names.index(name) for name in columns]
    ascending = sorted(numbers)
    for table in column_batches(engine, ascending, BATCH):
        yield joined(table.select([ascending.index(at) for at in numbers]))


def joined(table: pa.Table) -> pa.Array:
    """The texts of each row as one; conversations as what is said in them."""
    parts = [as_text(column.combine_chunks()) for column in table.columns]
    return (
        parts[0]
        if len(parts) == 1
        else pc.binary_join_element_wise(
            *parts, pa.scalar(" ", pa.large_string()), null_handling="replace", null_replacement=""
        )
    )


def as_text(values: pa.Array) -> pa.Array:
    """A column as texts."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return values.cast(pa.large_string())
    if pa.types.is_nested(values.type):
        told = (turns_of(one) for one in values.to_pylist())
        return pa.array(
            [None if turns is None else " ".join(turn.text for turn in turns) for turns in told], pa.large_string()
        )
    return values.cast(pa.large_string())


def same_columns(own: Sequence[str], others: Sequence[str], known: list[str], told: str) -> tuple[str, ...]:
    """The columns of another dataset that are compared: of the same names, or the one text that each has. Raises UsageError."""
    if all(name in known for name in own):
        return tuple(own)
    if len(own) == len(others) == 1:
        return tuple(others)
    raise UsageError(
        f"--against-data {told}: it has no columns {', '.join(own)}; say which to compare with [input] in dspreview.toml"
    )
