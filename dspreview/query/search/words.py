"""Text as words that an index finds: any script, numbers too, and texts without spaces character by character."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from dspreview.errors import UsageError
from dspreview.feature import Feature
from dspreview.query.table import Table

MOST_COLUMNS = 100
"""Columns of an index; the texts of further ones stand together in the last."""
UNSPACED = re.compile(
    "["
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
    "\uac00-\ud7af"  # Hangul
    "]"
)
"""Characters that each count as a word: where they stand, no space tells words apart."""
EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
"""Signs that are words for people; FTS5 has no place for them, so they become words of letters."""
ACCENTS = re.compile(
    "[\u0300-\u0305\u0307-\u036f]|(?<![иу])\u0306"  # of Latin, Greek, Cyrillic; й and ў are letters of their own
    "|[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]"  # Hebrew points
    "|[\u064b-\u065f\u0670\u0640]"  # Arabic vowels, and the stroke that makes words longer
)
LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
"""Letters that are another one with a stroke, or two."""
WORD = re.compile(r"[^\W_]+")
NO_WORDS = str.maketrans({sign: " " for sign in map(chr, range(128)) if not sign.isalnum()})
"""All of ASCII that is in no word."""
APART = "\ue000"
"""A word that nobody writes: between two texts, so that no phrase begins in one and ends in the other."""


def text_columns(table: Table, where: str) -> list[int]:
    """The columns that hold text. Raises UsageError where none does."""
    found = [number for number, column in enumerate(table.columns) if Feature(column.feature).holds_text()]
    if not found:
        raise UsageError(f"{where}: no column holds text; there is nothing to search (filter compares numbers)")
    return found


def folded(text: str) -> str:
    """A text without capitals, accents, and other ways to write the same letter."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", ACCENTS.sub("", apart).translate(LETTERS))


def spaced(text: str) -> str:
    """A text as the index reads it."""
    if text.isascii():
        return text
    named = EMOJI.sub(lambda found: f" emoji{ord(found[0]):x} ", folded(text))
    return UNSPACED.sub(lambda found: f" {found[0]} ", named)


class Sought(NamedTuple):
    """What somebody searches for."""

    phrases: tuple[str, ...]
    """Words, or a phrase, as the index reads them."""
    every: bool
    """All of them, not any."""

    @property
    def query(self) -> str:
        """The same for FTS5."""
        return (" AND " if self.every else " OR ").join(f'"{phrase}"' for phrase in self.phrases)


def sought(text: str, match: str) -> Sought | None:
    """What a text asks for; None where it holds no word.

    Args:
        match: `any` of the words, `all` of them, or the `phrase` as it stands.

    """
    words = [spaced(word) for word in ([text] if match == "phrase" else text.split())]
    phrases = [word.replace('"', " ").replace("\0", " ") for word in words if WORD.search(word)]
    return Sought(tuple(dict.fromkeys(phrases)), match == "all") if phrases else None


def distinct(texts: Iterable[str | None]) -> int:
    """How many different words there are: of two rows that fit alike, the shorter list says more about the question."""
    found: set[str] = set()
    for text in texts:
        if text:
            low = text.lower()
            found.update(low.translate(NO_WORDS).split() if low.isascii() else WORD.findall(low))
    return len(found)


def texts_in(value: Any) -> Iterator[str]:
    """The texts in a value, at any depth; names of fields are none of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts_in(item)
