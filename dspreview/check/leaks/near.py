"""Texts that are nearly the same: within a split, across splits, and against other datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dspreview.check.leaks import minhash
from dspreview.check.leaks.pairs import BATCH, ComparedSplit, NearPairs
from dspreview.errors import UsageError
from dspreview.page.conversations import turns_of
from dspreview.query.engine.arrow import column_batches, take_table
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.query.engine.engine import Engine

WORDS_LEAST = 5
"""Texts of fewer words are the same by chance."""
LETTERS_LEAST = 20
"""And those of fewer letters and spaces; where no space tells words apart, each sign is a word, and has one beside it."""


class NearTexts(NearPairs):
    """Finds pairs of texts among several splits."""

    def __init__(
        self, folder: Path, settings: Settings, threshold: float, progress: Callable[[str, int, int | None], None]
    ) -> None:
        """`threshold` is the share of words in a row that a pair has in common."""
        super().__init__(folder, settings, progress)
        self.threshold, self.rows = threshold, minhash.rows_of(threshold)

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
                self.insert(number, hashed, long + start)
                start += len(texts)
                self.progress(f"comparing texts of {source.told}", start, engine.table.num_rows)

    def similarities(self, pairs: list[tuple[int, int, int, int]]) -> Iterator[float]:
        """The share of three words in a row that both texts have, of all that either has."""
        texts = self.read({(split, row) for one in pairs for split, row in (one[:2], one[2:])})
        for split, row, other_split, other_row in pairs:
            share = minhash.similarity(texts[split, row], texts[other_split, other_row])
            yield share if share >= self.threshold else -1

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
