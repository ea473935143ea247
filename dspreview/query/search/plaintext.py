"""Texts as bytes in which a word is a run of plain letters: how many words there are, and where a phrase stands, at the speed of C."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dspreview.query.search.tokens import Tokenizer
from dspreview.query.search.words import spaced

Flags = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
UNKNOWN, BETWEEN, LETTER, ALONE, SILENT, WRITTEN, UNSURE = range(7)
"""What a character is: not asked for yet; between words; of a word; a word by itself; nothing; plain letters; told by its text alone."""
COMPOSED = re.compile("[\u1100-\u11ff\u3099\u309a\ua960-\ua97f\ud7b0-\ud7ff]")
"""Characters that may become others beside their neighbours."""
CODES = 0x110000
FEW = 50
"""Of so many texts one: to count the words of each by itself is quicker than to find all."""
FIRST_OF = {2: 0xC0, 3: 0xE0, 4: 0xF0}
"""The least byte that begins a character of so many."""
BLANK, END, FOREIGN = 0x20, 0x0A, 0x80
"""Bytes: between words, after a text, and of a word that has other letters than plain ones."""
PLAIN = bytes(
    ord(chr(byte).lower()) if byte < FOREIGN and chr(byte).isalnum() else byte if byte >= FOREIGN else BLANK
    for byte in range(256)
)
"""Letters small, digits as they are, a blank for the rest of ASCII."""


class Texts:
    """Some texts, one after the other."""

    def __init__(self, data: bytearray, ends: Numbers, unsure: Flags) -> None:
        """Texts that are prepared.

        Args:
            data: END; small plain letters, digits, BLANK, FOREIGN; and END after each text.
            ends: where the END of each text is.
            unsure: texts that say otherwise than these bytes do: FTS5 reads them.

        """
        self.data, self.ends, self.unsure = data, ends, unsure

    @cached_property
    def starts(self) -> Flags:
        """Whether a word starts after each byte: none starts with the first of all, which is the END of nothing."""
        inside = np.frombuffer(self.data, np.uint8) > BLANK
        return inside[1:] > inside[:-1]

    def num_words(self) -> int:
        """How many words there are in all."""
        return int(np.count_nonzero(self.starts))

    def words(self, places: Numbers) -> Numbers:
        """How many words there are in some of the texts."""
        ends, begins = self.ends[places], np.where(places > 0, self.ends[places - 1], 0)
        if len(places) * FEW < len(self.ends):
            counts = [np.count_nonzero(self.starts[begin:end]) for begin, end in zip(begins, ends, strict=True)]
            return np.array(counts, np.int64)
        starts = np.flatnonzero(self.starts)
        return np.searchsorted(starts, ends) - np.searchsorted(starts, begins)

    def places(self, phrase: list[str]) -> Numbers:
        """The text of each place where a phrase of plain letters stands."""
        first, *others = (re.escape(word.encode()) for word in phrase)
        follow = b"".join(b" +" + word for word in others)
        pattern = re.compile(first + b"(?<=[ \n]" + first + b")(?=" + follow + b"[ \n])")
        found = np.fromiter((match.start() for match in pattern.finditer(self.data)), np.int64)
        return np.searchsorted(self.ends, found)

    def foreign(self) -> Flags:
        """Whether each text has letters that are not plain."""
        places = np.flatnonzero(np.frombuffer(self.data, np.uint8) == FOREIGN)
        found = np.zeros(len(self.ends), np.bool_)
        found[np.searchsorted(self.ends, places)] = True
        return found


class Alphabet:
    """What each character is to FTS5, asked once."""

    def __init__(self, tokenizer: Tokenizer, sought: set[str]) -> None:
        """`sought` are the words of the question."""
        self.tokenizer, self.sought = tokenizer, sought
        self.kinds = np.zeros(CODES, np.uint8)
        self.written = np.zeros((CODES, 4), np.uint8)
        """The plain letters that stand for a character."""

    def learn(self, codes: Numbers) -> None:
        """Ask for characters that were not asked for yet."""
        new = [int(code) for code in np.unique(codes) if not self.kinds[code]]
        if not new:
            return
        texts = [text for code in new for text in (spaced(chr(code)), spaced(f"a{chr(code)}b"))]
        told = self.tokenizer.tokens(texts)
        for number, code in enumerate(new):
            self.kinds[code] = self.kind(code, told[2 * number], told[2 * number + 1])

    def kind(self, code: int, alone: list[str], inside: list[str]) -> int:
        """What a character is, by its words when alone, and between an a and a b."""
        size = len(chr(code).encode())
        if COMPOSED.match(chr(code)) or len(alone) > 1:
            return UNSURE
        word = alone[0] if alone else ""
        if inside == ["a" + word + "b"]:
            if not word.isascii():
                return LETTER
            if len(word) > size:
                return UNSURE
            self.written[code, : len(word)] = list(word.encode())
            return WRITTEN if word else SILENT
        if not word:
            return BETWEEN if inside == ["a", "b"] else UNSURE
        apart = inside == ["a", word, "b"] and size > 2 and not (word.isascii() and word in self.sought)
        return ALONE if apart else UNSURE

    def texts(self, array: pa.Array | pa.ChunkedArray) -> Texts:
        """An array of text as plain bytes; null is no text. Raises UnicodeDecodeError."""
        none, end = (pa.scalar(text, pa.large_string()) for text in ("", "\n"))
        ended = pc.binary_join_element_wise(array.cast(pa.large_string()), none, end, null_handling="replace")
        pieces, lengths = [memoryview(b"\n")], [np.zeros(0, np.int64)]
        for chunk in ended.chunks if isinstance(ended, pa.ChunkedArray) else [ended]:
            _, starts, stored = chunk.buffers()
            offsets = np.frombuffer(starts, np.int64, len(chunk) + 1, 8 * chunk.offset)
            pieces += [memoryview(stored)[offsets[0] : offsets[-1]]] if stored is not None else []
            lengths.append(np.diff(offsets))
        raw = bytearray().join(pieces)
        ends = np.cumsum(np.concatenate(lengths))
        data = raw.translate(PLAIN)
        plain = np.frombuffer(data, np.uint8)
        plain[0] = plain[ends] = END
        unsure = np.zeros(len(ends), np.bool_)
        if raw.isascii():
            return Texts(data, ends, unsure)
        raw.decode()
        kept = self.rewrite(np.frombuffer(raw, np.uint8), plain, ends, unsure)
        if kept.all():
            return Texts(data, ends, unsure)
        return Texts(bytearray(plain[kept]), np.cumsum(kept)[ends] - 1, unsure)

    def rewrite(self, raw: Bytes, plain: Bytes, ends: Numbers, unsure: Flags) -> Flags:
        """Write what each character beyond ASCII is to FTS5 into `plain` and `unsure`; which bytes of `plain` stay."""
        leads = np.flatnonzero(raw >= FIRST_OF[2])
        first = raw[leads]
        sizes = 2 + (first >= FIRST_OF[3]) + (first >= FIRST_OF[4])
        codes = first.astype(np.int64) & np.where(sizes == 2, 0x1F, np.where(sizes == 3, 0x0F, 0x07))
        for place in range(1, 4):
            inside = sizes > place
            codes[inside] = codes[inside] << 6 | (raw[leads[inside] + place] & 0x3F)
        self.learn(codes)
        kinds = self.kinds[codes]
        unsure[np.searchsorted(ends, leads[kinds == UNSURE])] = True
        kept = np.ones(len(plain), np.bool_)
        for place in range(4):
            inside = sizes > place
            at, kind = leads[inside] + place, kinds[inside]
            rim = (place == 0) | (sizes[inside] == place + 1)
            blank = (kind == BETWEEN) | ((kind == ALONE) & rim)
            letter = np.where(kind == WRITTEN, self.written[codes[inside], place], np.where(blank, BLANK, FOREIGN))
            plain[at] = letter
            kept[at] = (letter > 0) & (kind != SILENT)
        return kept
