"""The line in which a row stands, in files on this machine whose rows are text."""

from __future__ import annotations

import csv
import json
from itertools import islice

MOST = 1_000_000
"""Rows behind which nobody is told the line: it takes a second to count them."""


def json_line(path: str, row: int) -> int | None:
    """The line, from 1, of a row of JSON Lines; None where rows are no lines."""
    seen = 0
    try:
        with open(path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                seen += bool(line.strip())
                if seen > row:
                    return number if isinstance(json.loads(line), dict) else None
    except (OSError, ValueError, RecursionError):
        return None
    return None


def json_rows(path: str) -> int | None:
    """How many rows a file of JSON Lines has; None of more than are counted."""
    try:
        with open(path, "rb") as lines:
            return few(sum(1 for line in islice(lines, MOST + 1) if line.strip()))
    except OSError:
        return None


def csv_rows(path: str, delimiter: str) -> int | None:
    """How many rows there are below the header of a CSV; None of more than are counted."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.reader(file, delimiter=delimiter)
            next(rows, None)
            return few(sum(1 for cells in islice(rows, MOST + 1) if cells))
    except (OSError, csv.Error):
        return None


def few(count: int) -> int | None:
    """A count, unless it is one of too many."""
    return count if count <= MOST else None


def csv_line(path: str, row: int, delimiter: str) -> int | None:
    """The line, from 1, in which a row below the header of a CSV begins."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.reader(file, delimiter=delimiter)
            next(rows, None)
            seen, start = 0, rows.line_num + 1
            for cells in rows:
                seen += bool(cells)
                if seen > row:
                    return start
                start = rows.line_num + 1
    except (OSError, csv.Error):
        return None
    return None


def plain_line(path: str, record: int) -> int | None:
    """The line of a record of a CSV, where none before it goes over several."""
    try:
        with open(path, "rb") as lines:
            return None if any(line.count(b'"') % 2 for _, line in zip(range(record), lines, strict=False)) else record
    except OSError:
        return None
