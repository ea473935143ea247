"""Texts that are something else: missing values, and letters decoded with the wrong encoding."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dspreview.check.conversations import NOT_IN_LOGS
from dspreview.extract.format import Format

NULL_WORDS = ("null", "NULL", "Null", "nan", "NaN", "NAN", "None", "N/A", "n/a", "#N/A", "<NA>", "undefined")
First = tuple[int, int, str]
"""The place of the first text of a kind, how many there are, and the text."""
REPLACED = "\ufffd"
"""What decoders write for bytes that they cannot read."""
HIGH = "\u0080-\u00ff\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178"
"""The letters that Windows-1252 and Latin-1 have for bytes of 128 and more."""
SUSPECT = f"[\u00c2-\u00f4][{HIGH}]"
RUN = re.compile(f"[{HIGH}]+")
BYTES = {bytes([byte]).decode("cp1252"): byte for byte in range(256) if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}}
SEVERAL = 3
LOOKED_AT = 1_000
"""Suspicious texts of a block that are looked at one by one."""


class TextFinding(NamedTuple):
    """What may be wrong with texts."""

    code: str
    """Its kind, as in `findings.KINDS`."""
    words: str
    """What is said of it; `{}` stands for the text."""
    first: Callable[[pa.Array], First | None]
    """Finds it among some texts."""
    suspects: str = "true"
    """What DuckDB says of each text that it may be about, `{}` stands for the column: others are not looked at when all rows are."""
    within_lists: bool = True
    """Whether it is looked for among the items of lists, too."""
    in_plain_text: bool = True
    """Whether it is told of files of plain text, whose rows are lines."""


def first_null_word(texts: pa.Array) -> First | None:
    """The place of the first word for a missing value, how many there are, and the word."""
    return first_of(texts, pc.is_in(texts, value_set=pa.array(NULL_WORDS)))


def first_mojibake(texts: pa.Array) -> First | None:
    """The place of the first text that was decoded wrongly, how many are known, and the text."""
    plain = pc.string_is_ascii(texts)
    if pc.all(plain).as_py() in {True, None}:
        return None
    odd = pc.and_(pc.invert(plain), pc.match_substring_regex(texts, f"{SUSPECT}|{REPLACED}"))
    places = pc.indices_nonzero(pc.fill_null(odd, False))[:LOOKED_AT].to_pylist()
    bad = [place for place in places if is_mojibake(texts[place].as_py())]
    return (bad[0], len(bad), texts[bad[0]].as_py()) if bad else None


def is_mojibake(text: str) -> bool:
    """Whether a part of a text is UTF-8 that was read as Windows-1252 or Latin-1, or was lost while it was read."""
    return REPLACED in text or any(reads_again(run) for run in RUN.findall(text))


def reads_again(run: str) -> bool:
    """Whether letters, taken for the bytes that they stand for, are UTF-8 for fewer of them: Latin letters and marks of
    punctuation, or several of any script (one rare sign may be an accident: `é…”` is one).
    """
    data = bytes(BYTES.get(letter, ord(letter) & 0xFF) for letter in run)
    try:
        found = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    odd = [letter for letter in found if letter > "\x7f"]
    common = sum("\u00a0" <= letter <= "\u00ff" or "\u2010" <= letter <= "\u2044" or letter in "€™" for letter in odd)
    return len(found) < len(run) and (common > 0 or len(odd) >= SEVERAL)


def first_of(values: pa.Array, mask: pa.Array) -> First | None:
    """The first value that a mask marks, how many it marks, and the value."""
    count = pc.sum(mask).as_py() or 0
    if not count:
        return None
    place = pc.index(mask, True).as_py()
    return place, count, str(values[place].as_py())


def first_invalid(texts: pa.Array) -> int | None:
    """The place of the first text that is not UTF-8."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        binary = pa.large_binary() if pa.types.is_large_string(texts.type) else pa.binary()
        for place, data in enumerate(texts.view(binary).to_pylist()):
            try:
                (data or b"").decode()
            except UnicodeDecodeError:
                return place
    return None


TEXT_FINDINGS = [
    TextFinding(
        "null-as-text", "the text {!r} stands for a missing value", first_null_word,
        " OR ".join(f"{{}} = '{word}'" for word in NULL_WORDS),  # IN takes three times as long
        within_lists=False, in_plain_text=False,  # there it is a word among others
    ),
    TextFinding("mojibake", "{!r} was decoded with the wrong encoding", first_mojibake, "strlen({}) <> length({})"),
]  # fmt: skip
"""What is looked for in every text, in this order."""
NOT_IN_TEXT = frozenset(kind.code for kind in TEXT_FINDINGS if not kind.in_plain_text)
"""Findings that are told of no file of plain text."""


def spared(kind: Format) -> frozenset[str]:
    """The findings about values that say nothing of files of a format."""
    if kind.has_labels:
        return frozenset({"mixed-types"})  # labels stand beside numbers that have none
    return NOT_IN_TEXT if kind.is_text else NOT_IN_LOGS if kind.is_log else frozenset()
