"""The words of texts as SQLite's FTS5 tells them apart: it is asked itself, in memory, so that a scan agrees with an index."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from dspreview.errors import StoreError
from dspreview.query.search.writer import TOKENIZER


class Counted(NamedTuple):
    """What a text holds."""

    words: int
    hits: list[int]
    """How often each phrase stands there."""


class Tokenizer:
    """FTS5 over a few texts at a time, each as `spaced` gives it."""

    def __init__(self) -> None:
        """Begin without texts. Raises StoreError where this SQLite has no FTS5."""
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        try:
            self.connection.execute(
                f"CREATE VIRTUAL TABLE texts USING fts5(text, content='', tokenize=\"{TOKENIZER}\")"
            )
            self.connection.execute("CREATE VIRTUAL TABLE tokens USING fts5vocab(texts, 'instance')")
        except sqlite3.OperationalError as error:
            raise StoreError(without_fts5(str(error))) from error

    def close(self) -> None:
        """Forget all texts."""
        self.connection.close()

    def tokens(self, texts: list[str]) -> list[list[str]]:
        """The words of each text, in order, folded as an index folds them."""
        self.connection.execute("BEGIN")
        self.connection.execute("INSERT INTO texts (texts) VALUES ('delete-all')")
        self.connection.executemany("INSERT INTO texts (rowid, text) VALUES (?, ?)", enumerate(texts))
        self.connection.execute("COMMIT")
        found: list[list[str]] = [[] for _ in texts]
        for place, term in self.connection.execute("SELECT doc, term FROM tokens ORDER BY doc, offset"):
            found[place].append(term)
        return found

    def counted(self, texts: list[str], phrases: list[list[str]]) -> list[Counted]:
        """How many words each text has, and how often each phrase."""
        return [Counted(len(words), [hits(words, phrase) for phrase in phrases]) for words in self.tokens(texts)]


def without_fts5(told: str) -> str:
    """What is said where SQLite has no full-text search."""
    return f"this Python's SQLite cannot search texts ({told}); install one with FTS5"


def hits(words: list[str], phrase: list[str]) -> int:
    """How often the words of a phrase stand beside each other; places may overlap."""
    length = len(phrase)
    places = range(len(words) - length + 1)
    return sum(words[place] == phrase[0] and words[place : place + length] == phrase for place in places)
