"""Search without an index: the rows are gone through once, and ranked as an index would rank them (the BM25 of SQLite's FTS5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import log
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from dspreview.arrow.settled import settled_table, texts_at_hand
from dspreview.arrow.values import is_list
from dspreview.query.engine.arrow import gathered_batches
from dspreview.query.engine.engine import Engine
from dspreview.query.search.plaintext import Alphabet, Numbers, Texts
from dspreview.query.search.tokens import Tokenizer
from dspreview.query.search.words import Sought, distinct, spaced, texts_in

AT_ONCE = 2 << 20
"""Bytes that are looked at together, about."""
KEPT = 16 << 20
"""Bytes of rows that match, of which the words are counted later; of more, all rows are read again."""
K1, B = 1.2, 0.75
LEAST = 1e-6
"""The weight of a word that half of the rows have, or more."""
DIGITS = 9
"""Of a rank: rows whose ranks differ less fit alike."""


class Read:
    """What some texts hold."""

    def __init__(self, texts: Texts, hits: Numbers, told: dict[int, int]) -> None:
        """Where FTS5 was asked, its number of words is `told`."""
        self.texts, self.hits, self.told = texts, hits, told
        asked = np.array(sorted(told), np.int64)
        self.num_words = texts.num_words() - int(texts.words(asked).sum()) + sum(told.values())

    def words_of(self, wanted: Numbers, rows: Numbers | None) -> Numbers:
        """How many words each of the wanted rows has here; `rows` has the row of each text, None where each is one."""
        places = wanted if rows is None else np.flatnonzero(np.isin(rows, wanted))
        counts = self.texts.words(places)
        for number, place in enumerate(places if self.told else ()):
            counts[number] = self.told.get(int(place), counts[number])
        return counts if rows is None else added(np.searchsorted(wanted, rows[places]), counts, len(wanted))


class TextScan:
    """The rows that hold the words of a question, and how often."""

    def __init__(self, engine: Engine, columns: list[int], sought: Sought, progress: Callable[[int], None]) -> None:
        """Go through all rows; `progress` is told how many were. Raises PreviewError."""
        self.engine, self.columns, self.sought = engine, columns, sought
        self.tokenizer = Tokenizer()
        self.phrases = self.tokenizer.tokens(list(sought.phrases))
        self.alphabet = Alphabet(self.tokenizer, {word for phrase in self.phrases for word in phrase})
        self.num_rows = self.num_words = self.num_bytes = 0
        self.kept: list[tuple[Numbers, pa.Table]] | None = []
        """The texts of rows that match, with their positions; None where these are too large."""
        self.rows_with = np.zeros(len(self.phrases), np.int64)
        """In how many rows each phrase stands."""
        found = [self.look(table, progress) for table in gathered_batches(engine, columns, AT_ONCE)]
        self.tokenizer.close()
        pa.default_memory_pool().release_unused()
        self.rows: Numbers = np.concatenate([one[0] for one in found] or [np.zeros(0, np.int64)])
        """The rows that match, in order."""
        self.lengths: Numbers = np.concatenate([one[1] for one in found] or [np.zeros(0, np.int64)])
        """How many words each has."""
        self.hits: Numbers = np.concatenate([one[2] for one in found] or [self.none(0)], axis=1)
        """How often each phrase stands in each."""

    def none(self, count: int) -> Numbers:
        """No hit of any phrase in so many texts."""
        return np.zeros((len(self.phrases), count), np.int64)

    def look(self, table: pa.Table, progress: Callable[[int], None]) -> tuple[Numbers, Numbers, Numbers]:
        """Those of some rows that match: their positions, how many words they have, and hits of each phrase."""
        count = table.num_rows
        hits, marks = self.none(count), np.zeros(count, np.int64)
        found = list[tuple[Read, Numbers | None]]()
        for column in settled_table(table, texts_at_hand).columns:
            texts = np.zeros(count, np.int64)
            for array, rows in leaves(column):
                read = self.engine.read(partial(self.read, array))
                found.append((read, rows))
                for number, one in enumerate(read.hits):
                    hits[number] += one if rows is None else added(rows, one, count)
                if rows is not None:
                    texts += np.bincount(rows[taken(array.is_valid().cast(pa.uint8()), np.uint8) > 0], minlength=count)
            marks += np.maximum(texts - 1, 0)  # one stands between the texts of a cell, for the index a word
        self.rows_with += (hits > 0).sum(axis=1)
        wanted = np.flatnonzero((hits > 0).all(axis=0) if self.sought.every else (hits > 0).any(axis=0))
        first, self.num_rows = self.num_rows, self.num_rows + count
        self.num_words += sum(read.num_words for read, _ in found) + int(marks.sum())
        progress(self.num_rows)
        if len(wanted) and self.kept is not None:
            self.keep(wanted + first, table.take(given(wanted)))
        lengths = marks[wanted] + sum(
            (read.words_of(wanted, rows) for read, rows in found), np.zeros(len(wanted), np.int64)
        )
        return wanted + first, lengths, hits[:, wanted]

    def read(self, array: pa.Array | pa.ChunkedArray) -> Read:
        """What some texts hold. Raises UnicodeDecodeError."""
        texts, hits, others = self.alphabet.texts(array), self.none(len(array)), []
        for number, phrase in enumerate(self.phrases):
            if all(word.isascii() for word in phrase):
                hits[number] = np.bincount(texts.places(phrase), minlength=len(array)) if phrase else 0
            else:
                others.append(phrase)
        places = np.flatnonzero(texts.unsure | texts.foreign() if others else texts.unsure)
        read = [
            (place, spaced(text)) for place, text in zip(places, array.take(given(places)).to_pylist(), strict=True)
        ]
        kept = [
            one
            for one in read
            if texts.unsure[one[0]] or any(all(word in one[1] for word in phrase) for phrase in others)
        ]
        told = self.tokenizer.counted([text for _, text in kept], self.phrases)
        for (place, _), one in zip(kept, told, strict=True):
            hits[:, place] = one.hits
        return Read(texts, hits, {int(place): one.words for (place, _), one in zip(kept, told, strict=True)})

    def count(self) -> int:
        """How many rows match."""
        return len(self.rows)

    def ranked(self, offset: int = 0, length: int = -1) -> list[int]:
        """The positions of rows that match, best first; those that fit alike by their number of words, then in order."""
        ranks = np.round(self.ranks(), DIGITS)
        order = np.lexsort((self.rows, ranks))
        end = len(order) if length < 0 else min(offset + length, len(order))
        if offset >= end:
            return []
        sorted_ranks = ranks[order]
        begin = int(np.searchsorted(sorted_ranks, sorted_ranks[offset]))
        near = order[begin : np.searchsorted(sorted_ranks, sorted_ranks[end - 1], "right")]
        rows, ranks = self.rows[near], ranks[near]
        _, group, sizes = np.unique(ranks, return_inverse=True, return_counts=True)
        numbers = self.different_words(rows, rows[sizes[group] > 1])
        return [int(row) for row in rows[np.lexsort((rows, numbers, ranks))][offset - begin : end - begin]]

    def ranks(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """BM25 of each row that matches, the best the least. Source: fts5Bm25Function in SQLite's ext/fts5/fts5_aux.c."""
        found = np.zeros(len(self.rows))
        lengths = K1 * (1 - B + B * self.lengths / (self.num_words / self.num_rows)) if len(found) else found
        for hits, with_it in zip(self.hits, self.rows_with, strict=True):
            weight = log((self.num_rows - int(with_it) + 0.5) / (int(with_it) + 0.5))
            found += (weight if weight > 0 else LEAST) * (hits * (K1 + 1)) / (hits + lengths)
        return -found

    def different_words(self, rows: Numbers, asked: Numbers) -> Numbers:
        """How many different words there are in those of some rows that are asked for; 0 of the others."""
        numbers = dict[int, int]()
        wanted = np.sort(asked)
        for places, table in self.kept if self.kept is not None else self.again(wanted):
            here = np.flatnonzero(np.isin(places, wanted))
            cells = settled_table(table.take(given(here)), texts_at_hand).columns if len(here) else []
            values = zip(*(column.to_pylist() for column in cells), strict=True)
            for place, row in zip(places[here], values, strict=True):
                numbers[int(place)] = distinct(text for value in row for text in texts_in(value))
        return np.array([numbers.get(int(row), 0) for row in rows], np.int64)

    def again(self, wanted: Numbers) -> Iterator[tuple[Numbers, pa.Table]]:
        """All rows once more, where some are wanted, with their positions."""
        first = 0
        for table in gathered_batches(self.engine, self.columns, AT_ONCE) if len(wanted) else ():
            yield np.arange(first, first + table.num_rows), table
            first += table.num_rows

    def keep(self, places: Numbers, table: pa.Table) -> None:
        """Keep rows that match, as long as they are not too large."""
        self.num_bytes += table.nbytes
        if self.kept is not None:
            self.kept.append((places, table))
        if self.num_bytes > KEPT:
            self.kept = None


def added(rows: Numbers, values: Numbers, count: int) -> Numbers:
    """The sum of the values of each row."""
    return np.bincount(rows, values, count).astype(np.int64)


def taken(array: pa.Array, kind: Any) -> np.ndarray[Any, Any]:
    """The numbers of an array without nulls. NumPy's own way, and pyarrow's, import pandas."""
    return (
        np.frombuffer(array.buffers()[1], kind, len(array), array.offset * np.dtype(kind).itemsize)
        if len(array)
        else np.zeros(0, kind)
    )


def given(numbers: Numbers) -> pa.Array:
    """Numbers as an array."""
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers))])


def leaves(column: pa.ChunkedArray) -> Iterator[tuple[pa.Array | pa.ChunkedArray, Numbers | None]]:
    """The texts in a column at any depth, those at each place of its type together; and the row of each, None where each is one."""
    if pt.is_string(column.type) or pt.is_large_string(column.type):
        yield column, None
    elif pt.is_nested(column.type):
        yield from inner_leaves(column.combine_chunks(), np.arange(len(column)))


def inner_leaves(array: pa.Array, rows: Numbers) -> Iterator[tuple[pa.Array, Numbers]]:
    """The same of an array whose values are of some rows."""
    kind = array.type
    if pt.is_string(kind) or pt.is_large_string(kind):
        yield array, rows
    elif pt.is_struct(kind):
        for part in array.flatten():
            yield from inner_leaves(part, rows)
    elif pt.is_map(kind):
        pairs = pa.StructArray.from_arrays([array.keys, array.items], ["key", "value"])
        yield from inner_leaves(pa.ListArray.from_arrays(array.offsets, pairs), rows)
    elif is_list(kind) or pt.is_fixed_size_list(kind):
        yield from inner_leaves(
            pc.list_flatten(array), rows[taken(pc.list_parent_indices(array).cast(pa.int64()), np.int64)]
        )
