"""Looks for keys and personal data in texts: those that hold none are passed over at the speed of RE2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dspreview.check.findings import Finding, found
from dspreview.check.secrets import keys, personal
from dspreview.check.secrets.proofs import bits, is_placeholder

SECRET, PII = "secret", "pii"
SUSPECT = f"{keys.HINTS}|{personal.SHAPES}"
VERSION = re.compile(r"(?i)\bversions?\b")
DIGITS = "[0-9]{6}|[0-9]{2} [0-9]{2} [0-9]{2}|[0-9]{3}[ .-][0-9]{2,4}[ .-][0-9]{3}"
LONGEST = 1 << 22
"""Characters of a text that are looked at."""
ANY_HINT = re.compile("|".join(f"(?:{one.hint})" for one in keys.KEYS))
ANY_CONTEXT = re.compile(
    "|".join(f"(?i:{one.context.removeprefix('(?i)')})" for one in personal.PERSONAL if one.context)
)
UNTOLD = frozenset({"password", "url-with-password"})
"""Kinds of which no character is shown: their first ones are no mark of an issuer."""
SHOWN = 4
"""Characters of a key that are shown."""


class Hit(NamedTuple):
    """Something that was found in a text."""

    code: str
    kind: str
    start: int
    end: int

    def masked(self, text: str) -> str:
        """It, without being told."""
        value = text[self.start : self.end]
        if "@" in value and self.code == PII:
            return f"{value[0]}…@….{value.rpartition('.')[2]}"
        if self.code == PII:
            return f"…{value[-2:]} ({len(value)} characters)"
        shown = "" if self.kind in UNTOLD else value[:SHOWN].strip()
        return f"{shown}… ({len(value)} characters)"


def hits_in(text: str, column: str = "") -> list[Hit]:
    """What a text holds, in its order; of what overlaps, the more certain kind.

    Args:
        column: the name of its column, which may say what its numbers are.

    """
    text = text[:LONGEST]
    hits: list[Hit] = []
    for kind, hint, form in keys.patterns() if ANY_HINT.search(text) else ():
        if hint.search(text) is None:
            continue
        for match in form.finditer(text):
            start, end = match.span(match.lastindex or 0)
            value = text[start:end]
            if not is_placeholder(value) and bits(value) >= kind.bits and (kind.proof is None or kind.proof(value)):
                add(hits, Hit(SECRET, kind.name, start, end))
    named = column.replace("_", " ")
    has_context = any(ANY_CONTEXT.search(words) for words in (text, named))
    for one, shape, context in personal.patterns():
        if context is not None and not has_context:
            continue
        if context is None or context.search(text) is not None or context.search(named) is not None:
            for match in shape.finditer(text):
                if one.holds(match[0]) and not (one.name == "ip-address" and VERSION.search(named)):
                    add(hits, Hit(PII, one.name, *match.span()))
    return sorted(hits, key=lambda hit: hit.start)


def add(hits: list[Hit], hit: Hit) -> None:
    """Keep a hit that overlaps none before it."""
    if not any(hit.start < other.end and other.start < hit.end for other in hits):
        hits.append(hit)


@cache
def named_by(column: str) -> bool:
    """Whether the name of a column says that its numbers are personal."""
    words = column.replace("_", " ")
    return any(context is not None and context.search(words) is not None for _, _, context in personal.patterns())


def suspects(texts: pa.Array, column: str) -> list[int]:
    """The places of the texts that must be looked at."""
    mask = pc.match_substring_regex(texts, SUSPECT)
    numbers = pc.match_substring_regex(texts, DIGITS)
    if pc.any(numbers).as_py():
        near = numbers if named_by(column) else pc.and_(numbers, pc.match_substring_regex(texts, personal.CONTEXT))
        mask = pc.or_(mask, near)
    places: list[int] = pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()
    return places


class Sight(NamedTuple):
    """The first of a kind in a column."""

    row: int
    masked: str
    rows: int


Spares = Callable[[str, str, str], object]
"""Says of a code, a column and a value whether it is allowed."""


def spares_none(code: str, column: str, value: str) -> bool:
    """Nothing is allowed."""
    del code, column, value
    return False


class Scan:
    """Looks at the texts of one column."""

    def __init__(self, name: str, spares: Spares = spares_none) -> None:
        self.name, self.spares = name, spares
        self.seen: dict[tuple[str, str, str], Sight] = {}
        """By code, kind and path."""

    def look(self, path: str, texts: pa.Array, row_of: Callable[[int], int]) -> None:
        """Look at some texts; `row_of` gives the row of each."""
        for place in suspects(texts, path):
            text = texts[place].as_py()
            for code, kind, masked in dict.fromkeys(
                (hit.code, hit.kind, hit.masked(text))
                for hit in hits_in(text, path)
                if not self.spares(hit.code, path, text[hit.start : hit.end])
            ):
                key = (code, kind, path)
                old = self.seen.get(key)
                self.seen[key] = Sight(row_of(place), masked, 1) if old is None else old._replace(rows=old.rows + 1)

    def findings(self, place: dict[str, Any]) -> Iterator[Finding]:
        """What was found."""
        for (code, kind, path), sight in self.seen.items():
            more = f" ({sight.rows:,} such)" if sight.rows > 1 else ""
            yield found(code, f"{path}: {kind} {sight.masked}{more}", row=sight.row, column=path, **place)


def sql_suspect(column: str) -> str:
    """The same for DuckDB, of a column of that name, for which `{}` stands; a few more are suspected."""
    pattern, context = (words.replace("'", "''") for words in (SUSPECT, personal.CONTEXT))
    numbers = f"regexp_matches({{}}, '{DIGITS}')"
    if not named_by(column):
        numbers += f" AND regexp_matches({{}}, '{context}')"
    return f"regexp_matches({{}}, '{pattern}') OR ({numbers})"
