"""Text as words that an index finds: any script, numbers too, and texts without spaces character by character."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from dspreview.models import FeatureTree

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
GREEK_ACCENTS = re.compile("([\u0370-\u03ff\u1f00-\u1fff])[\u0300-\u036f]+")
"""Accents that FTS5 does not fold by itself."""
WORD = re.compile(r"[^\W_]+")


def spaced(text: str) -> str:
    """A text as the index reads it."""
    if text.isascii():
        return text
    if GREEK_ACCENTS.search(apart := unicodedata.normalize("NFD", text)):
        text = GREEK_ACCENTS.sub(r"\1", apart)
    return UNSPACED.sub(lambda found: f" {found[0]} ", unicodedata.normalize("NFC", text).replace("ς", "σ"))


def match_text(text: str, match: str) -> str | None:
    """The words somebody searches for as an FTS5 query; None where there are none.

    Args:
        match: `any` of the words, `all` of them, or the `phrase` as it stands.

    """
    words = [text] if match == "phrase" else text.split()
    quoted = ['"' + spaced(word).replace('"', " ").replace("\0", " ") + '"' for word in words if WORD.search(word)]
    return (" AND " if match == "all" else " OR ").join(dict.fromkeys(quoted)) or None


def distinct(texts: list[str | None]) -> int:
    """How many different words there are: of two rows that fit alike, the shorter list says more about the question."""
    return len({word for text in texts if text for word in WORD.findall(text.lower())})


def holds_text(feature: FeatureTree) -> bool:
    """Whether there is text anywhere inside a feature."""
    if isinstance(feature, list):
        return any(holds_text(item) for item in feature)
    if not isinstance(feature, dict):
        return False
    tag = feature.get("_type")
    if isinstance(tag, str):
        if tag == "Value":
            return feature.get("dtype") in {"string", "large_string", "string_view"}
        if tag in {"Translation", "TranslationVariableLanguages", "Json"}:
            return True
        return tag in {"List", "LargeList", "Sequence"} and holds_text(feature.get("feature"))
    return any(holds_text(item) for item in feature.values())


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
