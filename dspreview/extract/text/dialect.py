"""What a CSV file is where nobody declared it and it is not the usual: another delimiter than the comma, or UTF-16 by its mark."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

csv.field_size_limit(1 << 30)  # for all that read CSV here: 131,072 by default, and no reader of data has one so small
HEAD = 1 << 14
"""Bytes that tell."""
LINE_BREAK = re.compile(r"\r\n|\r|\n")
"""What ends a row; to `splitlines` other signs do, too, which are text here."""
DELIMITERS = ";\t|"
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
DECLARED = frozenset(
    {
        "sep",
        "delimiter",
        "encoding",
        "names",
        "header",
        "column_names",
        "quotechar",
        "lineterminator",
        "comment",
        "skiprows",
    }
)
"""Options by which a README says itself how a file is read."""


def dialect(head: bytes) -> dict[str, Any]:
    """The options that read a file that begins so; none for an ordinary one, or where there is any doubt."""
    encoding = MARKS.get(head[:2])
    found: dict[str, Any] = {"encoding": encoding} if encoding else {}
    text = head[: len(head) // 2 * 2].decode(encoding or "utf-8-sig", "replace")
    lines = LINE_BREAK.split(text)
    if len(head) >= HEAD:
        lines = lines[:-1]
    if len(lines) > 1 and "," not in lines[0] and any(one in lines[0] for one in DELIMITERS):
        found |= next(({"sep": one} for one in DELIMITERS if is_table(lines, one)), {})
    return found


def undeclared(head: bytes, params: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a file of which a README, or its name, tells some options: those hold, and a mark is no matter of opinion."""
    declared = DECLARED & set(params)
    if not declared:
        return dialect(head)
    if declared <= {"sep", "delimiter"} and (encoding := MARKS.get(head[:2])):
        return {"encoding": encoding}
    return {}


def is_table(lines: list[str], sep: str) -> bool:
    """Whether all lines have as many fields as the first, more than one."""
    try:
        rows = [row for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=sep, strict=True) if row]
    except csv.Error:
        return False
    return len(rows) > 1 and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows)
