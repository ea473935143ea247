"""The words of a predicate, each with its place."""

from __future__ import annotations

import re
from typing import NamedTuple

from dspreview.errors import UsageError

MAX_LENGTH = 1_000_000
"""Characters of a predicate; whoever needs more wants a join."""
SHOWN = 60
"""Characters of the text on either side of a mistake that an error shows."""
KEYWORDS = frozenset(
    "AND OR NOT IS NULL NAN IN BETWEEN LIKE ILIKE TRUE FALSE ASC DESC NULLS FIRST LAST".split()  # noqa: SIM905
)
TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")+")
    | (?P<word>[^\W\d]\w*)
    | (?P<mark><=|>=|<>|!=|==|[=<>(),.\[\]])""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A word: its kind (number, text, quoted, word, keyword, mark, end), its value, and where it stands."""

    kind: str
    value: str
    start: int
    end: int


EMPTY = re.compile(r'(?P<quoted>"")')


def tokenize(text: str, what: str, *, empty: bool = False) -> list[Token]:
    """The tokens of a text, `end` last. Raises UsageError with the position; time is linear in the length."""
    if len(text) > MAX_LENGTH:
        raise UsageError(f"{what}: {len(text):,} characters, and {MAX_LENGTH:,} are the most")
    tokens: list[Token] = []
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place) or (EMPTY.match(text, place) if empty else None)
        if found is None:
            raise mistake(what, text, place, unexpected(text[place]))
        kind = str(found.lastgroup)
        if kind != "space":
            tokens.append(token(kind, found[0], place))
        place = found.end()
    tokens.append(Token("end", "", len(text), len(text)))
    return tokens


def token(kind: str, raw: str, start: int) -> Token:
    """A token with its quotes taken off."""
    value = raw
    if kind == "text":
        value = raw[1:-1].replace("''", "'")
    elif kind == "quoted":
        value = raw[1:-1].replace('""', '"')
    elif kind == "word" and raw.upper() in KEYWORDS:
        kind, value = "keyword", raw.upper()
    return Token(kind, value, start, start + len(raw))


def unexpected(character: str) -> str:
    """Why no word begins with a character."""
    if character in "'\"":
        return f"a {character} is opened and never closed"
    if character == ";":
        return "one predicate, no statements: leave the ; out, or put it in single quotes"
    if character in "+-":
        return f"no number; the name of a column with a {character} in it goes in double quotes"
    if character.isdigit():
        return "no number"
    return f"{character!r} has no meaning here"


def mistake(what: str, text: str, place: int, why: str) -> UsageError:
    """A mistake at a place of a text, shown with a caret below it."""
    first = max(0, place - SHOWN)
    head = "…" if first else ""
    shown = "".join(c if c.isprintable() else " " for c in text[first : place + SHOWN])
    tail = "…" if place + SHOWN < len(text) else ""
    caret = " " * (len(head) + place - first) + "^"
    return UsageError(f"{what}: at character {place + 1}: {why}\n  {head}{shown}{tail}\n  {caret}")
