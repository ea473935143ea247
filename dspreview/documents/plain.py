"""Text of a dataset as harmless text: nothing in it that a terminal obeys."""

from __future__ import annotations

import unicodedata
from typing import Any

from dspreview.models import Json, dump

PICTURES = {"\n": "↵", "\r": "↵", "\t": "→"}
OBEYED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories of characters that move, hide or reorder: controls, formats, surrogates, private use, separators."""
JOINERS = frozenset({"\u200c", "\u200d"})
"""They hold emoji together, and Persian words apart."""


def harmless(text: str) -> str:
    """The text with escapes, controls and marks that reorder a line made visible."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(PICTURES.get(char) or (escape(char) if is_obeyed(char) else char) for char in text)


def markdown(text: str) -> str:
    """Harmless text whose names cannot become links, images or HTML in Markdown."""
    return harmless(text).replace("<", "&lt;").replace("[", "\\[").replace("`", "\\`")


def is_obeyed(char: str) -> bool:
    """Whether a terminal does something with a character instead of showing it."""
    return char not in JOINERS and unicodedata.category(char) in OBEYED


def escape(char: str) -> str:
    """A character by its number."""
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def csv_cell(value: Json) -> Any:
    """A cell as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return dump(value) if isinstance(value, (dict, list)) else value
