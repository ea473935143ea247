"""Texts as sets of three words in a row, and signatures whose agreement is the share that two sets have in common (Broder 1997).

A whole block of texts goes through numpy at a time: no Python per text.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dspreview.query.search.words import UNSPACED

Numbers = npt.NDArray[np.uint64]
SIZE = 60
"""Numbers of a signature, in bands of some rows: texts are compared where a band agrees."""
ROWS_FROM = {0.75: 5, 0.65: 4, 0.0: 3}
"""Rows of a band by the least similarity that is asked for: of pairs as similar as that, at least nine in ten agree in a band;
at 0.8 all but one in a hundred do."""
SHINGLE = 3
MIX = np.uint64(0x9E3779B97F4A7C15)
LOT = np.random.default_rng(20261130)
FACTORS: Numbers = LOT.integers(1, 2**32, SIZE, dtype=np.uint64) | np.uint64(1)
ADDENDS: Numbers = LOT.integers(0, 2**32, SIZE, dtype=np.uint64)
NOT_WORDS = r"[^\p{L}\p{N}\p{M}]+"


def normalised(texts: pa.Array) -> pa.Array:
    """Texts without case, punctuation, and differences of Unicode and white space (NFKC); each sign apart where no space tells words apart."""
    found = pc.utf8_normalize(pc.fill_null(texts.cast(pa.large_string()), ""), form="NFKC")
    found = pc.replace_substring_regex(pc.utf8_lower(found), f"({UNSPACED.pattern})", r" \1 ")
    found = pc.replace_substring_regex(found, NOT_WORDS, " ")
    return pc.utf8_trim_whitespace(found)


def mixed(values: Numbers) -> Numbers:
    """Numbers whose bits all depend on all bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def word_hashes(words: pa.Array) -> Numbers:
    """A number for each word: the same for the same word, in every process."""
    coded = words.dictionary_encode()
    known = coded.dictionary.to_pylist()
    hashes = np.fromiter((stable(word) for word in known), np.uint64, len(known))
    found: Numbers = hashes[coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)]
    return found


def stable(word: str) -> int:
    """A number for a word (BLAKE2b)."""
    from hashlib import blake2b

    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")


def shingles(texts: pa.Array) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """The numbers of the shingles of normalised texts, flat, and where each text's begin; a text of fewer words is one of its own."""
    lists = pc.utf8_split_whitespace(texts)
    offsets = lists.offsets.to_numpy().astype(np.int64) - lists.offsets[0].as_py()
    words = word_hashes(lists.flatten())
    counts = np.diff(offsets)
    padded = np.concatenate([words, np.zeros(SHINGLE, np.uint64)])
    ends = np.repeat(offsets[1:], counts)
    places = np.arange(len(words))
    combined = np.zeros(len(words), np.uint64)
    for step in range(SHINGLE):
        inside = places + step < ends
        combined = mixed((combined + np.where(inside, padded[places + step], np.uint64(0))) * MIX + np.uint64(step + 1))
    kept = np.minimum(np.maximum(counts - SHINGLE + 1, np.minimum(counts, 1)), counts)
    wanted = places < np.repeat(offsets[:-1] + kept, counts)
    starts = np.concatenate([[0], np.cumsum(kept)])
    return combined[wanted], starts


def signatures(values: Numbers, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """The signature of each text: for each of some permutations the least of its shingles; texts without any have the greatest."""
    number = len(starts) - 1
    found = np.full((number, SIZE), np.iinfo(np.uint32).max, np.uint32)
    filled = np.flatnonzero(np.diff(starts))
    if not len(filled):
        return found
    low = values & np.uint64(0xFFFFFFFF)
    for place in range(SIZE):
        permuted = ((low * FACTORS[place] + ADDENDS[place]) >> np.uint64(17)).astype(np.uint32)
        found[filled, place] = np.minimum.reduceat(permuted, starts[:-1][filled])
    return found


def rows_of(threshold: float) -> int:
    """How many rows a band has, so that pairs of some similarity are found."""
    return next(rows for least, rows in ROWS_FROM.items() if threshold >= least)


def band_hashes(found: npt.NDArray[np.uint32], rows: int) -> Numbers:
    """A number for each band of so many rows of each signature."""
    number = SIZE // rows
    bands = found.reshape(len(found), number, rows).astype(np.uint64)
    hashed = np.zeros((len(found), number), np.uint64)
    for row in range(rows):
        hashed = mixed(hashed * MIX + bands[:, :, row] + np.uint64(row + 1))
    return hashed


def similarity(one: str, other: str) -> float:
    """The share of shingles that two normalised texts have in common, of all that either has."""
    left, right = sets_of(one), sets_of(other)
    return len(left & right) / len(left | right) if left or right else 0.0


def sets_of(text: str) -> set[tuple[str, ...]]:
    """The shingles of a normalised text."""
    words = text.split()
    return {tuple(words[place : place + SHINGLE]) for place in range(max(len(words) - SHINGLE + 1, min(len(words), 1)))}
