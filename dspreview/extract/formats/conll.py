"""CoNLL: a sentence is a row, each field of its lines a list. CoNLL-U has ten named fields; its comments become columns.

Sources: https://universaldependencies.org/format.html, https://universaldependencies.org/ext-format.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

from dspreview.errors import UnreadableDataError

UNIVERSAL = ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"]
BY_WIDTH = {
    1: ["tokens"],
    2: ["tokens", "ner_tags"],
    3: ["tokens", "pos_tags", "ner_tags"],
    4: ["tokens", "pos_tags", "chunk_tags", "ner_tags"],
}
"""The fields of the shared tasks of 2000 to 2003, which no file names."""
GLOBAL = re.compile(r"# *global\.columns *= *(.+)")
COMMENT = re.compile(r"# *(sent_id|text) *= *(.*)")
DOCUMENT = "-DOCSTART-"
Sentence = tuple[list[list[str]], dict[str, str], int]
"""The fields of each line, what its comments say, and its first line."""


def conll_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """The sentences of a file. Raises UnreadableDataError where a line has other fields than those before it."""
    lines = (line.decode("utf-8-sig" if not number else "utf-8").rstrip("\r\n") for number, line in enumerate(stream))
    names: list[str] = []
    found = sentences(lines, names)
    is_universal = False
    while part := list(islice(found, batch_size)):
        if not names:
            width = len(part[0][0][0])
            is_universal = width == len(UNIVERSAL)
            names += (
                UNIVERSAL
                if is_universal
                else BY_WIDTH.get(width) or ["tokens", *(f"column_{n}" for n in range(2, width + 1))]
            )
        yield table_of(part, names, comments=is_universal or any(told for _, told, _ in part))


def sentences(lines: Iterator[str], names: list[str]) -> Iterator[Sentence]:
    """The sentences: runs of lines that are not empty. A line that names the columns is put into `names`."""
    fields: list[list[str]] = []
    told: dict[str, str] = {}
    tabs: bool | None = None
    width = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            if fields:
                yield fields, told, number - len(fields)
            fields, told = [], {}
        elif line.startswith("#") and not fields and (not width or "=" in line or len(fields_of(line, tabs)) != width):
            if (columns := GLOBAL.match(line)) is not None:
                names[:] = [name.lower() for name in columns[1].split()]
            elif (comment := COMMENT.match(line)) is not None:
                told[comment[1]] = comment[2]
        elif not line.startswith(DOCUMENT):
            tabs = "\t" in line if tabs is None else tabs
            words = fields_of(line, tabs)
            width = len(names) or width or len(words)
            if width != len(words):
                raise UnreadableDataError(f"line {number} has {len(words)} fields, and {width} are expected")
            fields.append(words)
    if fields:
        yield fields, told, 0


def fields_of(line: str, tabs: bool | None) -> list[str]:  # noqa: FBT001 - what is known of the file
    """The fields of a line, between tabs or blanks."""
    return line.split("\t") if tabs else line.split()


def table_of(part: list[Sentence], names: list[str], *, comments: bool) -> pa.Table:
    """Sentences as a table."""
    columns: dict[str, pa.Array] = {}
    for key in ("sent_id", "text") if comments else ():
        columns[key] = pa.array([told.get(key) for _, told, _ in part], pa.string())
    for place, name in enumerate(names):
        kind = pa.list_(pa.int64() if name == "head" else pa.string())
        columns[name] = pa.array([[value_of(line[place], name) for line in fields] for fields, _, _ in part], kind)
    return pa.table(columns)


def value_of(word: str, name: str) -> str | int | None:
    """A field: the number of a head; `_` stands for nothing in all fields but the form and the lemma."""
    if name not in UNIVERSAL:
        return word
    if word == "_" and name not in {"form", "lemma"}:
        return None
    if name == "head":
        return int(word) if word.isascii() and word.isdigit() else None
    return word
