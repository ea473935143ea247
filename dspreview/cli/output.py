"""Answers on stdout: one writer per format. Nothing else ever writes there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from dspreview.models import Json

FORMATS = ("table", "json", "jsonl", "csv")


def write_text(text: str) -> None:
    """Text as UTF-8 whatever the locale says; a lone surrogate becomes the escape that JSON has for it."""
    try:
        buffer = sys.stdout.buffer
    except AttributeError:  # a test's StringIO
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    buffer.write(text.encode("utf-8", "backslashreplace"))


def compact(value: Json) -> str:
    """Compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write_document(value: Json) -> None:
    """One JSON document, on one line."""
    write_text(compact(value) + "\n")
    sys.stdout.flush()


def write_lines(rows: Iterable[Json]) -> None:
    """A JSON document a line."""
    for row in rows:
        write_text(compact(row) + "\n")


def write_csv(header: list[str], rows: Iterable[list[Any]]) -> None:
    """Comma-separated values; nested cells as their JSON, null as nothing."""
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([csv_cell(value) for value in row])
        if buffer.tell() > 1 << 16:
            write_text(buffer.getvalue())
            buffer.seek(0)
            buffer.truncate()
    write_text(buffer.getvalue())


def csv_cell(value: Json) -> Any:
    """A cell as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return compact(value) if isinstance(value, (dict, list)) else value


def write_records(records: list[dict[str, Json]], how: str, header: list[str] | None = None) -> None:
    """A flat list as jsonl or csv."""
    if how == "jsonl":
        write_lines(records)
        return
    names = header or (list(records[0]) if records else [])
    write_csv(names, ([record.get(name) for name in names] for record in records))
