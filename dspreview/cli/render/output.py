"""Answers on stdout: one writer per format. Nothing else ever writes there."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any

from dspreview.cli.call import Call
from dspreview.documents.stdout import write_bytes, write_text
from dspreview.models import Json, dump

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet computes."""


def write_document(value: Json) -> None:
    """One JSON document, on one line."""
    write_text(dump(value) + "\n")


def write_lines(rows: Iterable[Json]) -> None:
    """A JSON document a line."""
    for lines in batched(rows):
        write_text("".join(dump(row) + "\n" for row in lines))


def batched(rows: Iterable[Json], size: int = 100) -> Iterator[list[Json]]:
    """The rows, some at a time: one write each."""
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


class Lines(io.StringIO):
    """Takes records that end with a carriage return and a line feed, and keeps the line feed.

    Python before 3.13 quotes only those line breaks in a cell that also end its records.
    """

    def write(self, record: str) -> int:
        """One record."""
        return super().write(record.removesuffix("\r\n") + "\n")


def write_csv(call: Call, header: list[str], rows: Iterable[list[Any]]) -> None:
    """Comma-separated values as they are; nested cells as their JSON, null as nothing."""
    import csv

    buffer = Lines()
    writer = csv.writer(buffer)
    for row in chain([header], rows):
        cells = [csv_cell(value) for value in row]
        writer.writerow([for_spreadsheet(cell) for cell in cells] if call.safe_csv else cells)
        if buffer.tell() > 1 << 16:
            write_bytes(buffer.getvalue().encode("utf-8", "backslashreplace"))
            buffer.seek(0)
            buffer.truncate()
    write_bytes(buffer.getvalue().encode("utf-8", "backslashreplace"))


def csv_cell(value: Json) -> Any:
    """A cell as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return dump(value) if isinstance(value, (dict, list)) else value


def write_table(call: Call, header: list[str], rows: Callable[[], Iterator[list[Json]]]) -> None:
    """A table, jsonl or csv of any number of rows, which are made anew for each pass."""
    if call.format == "table":
        from dspreview.cli.render import table  # rich, for a table only

        for text in table.streamed(header, rows, color=table.use_color(call.color)):
            write_text(text)
    elif call.format == "jsonl":
        write_lines(dict(zip(header, row, strict=True)) for row in rows())
    else:
        write_csv(call, header, rows())


def for_spreadsheet(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: a text that begins like one gets an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def write_records(call: Call, records: list[dict[str, Json]], header: list[str] | None = None) -> None:
    """A flat list as jsonl or csv."""
    if call.format == "jsonl":
        write_lines(records)
        return
    names = header or (list(records[0]) if records else [])
    write_csv(call, names, ([record.get(name) for name in names] for record in records))


def write_answer(call: Call, document: Json, header: list[str], rows: list[list[Any]]) -> None:
    """A document as JSON, or as one flat table."""
    if call.format == "json":
        write_document(document)
    elif call.format == "table":
        from dspreview.cli.render import table  # rich, for a table only

        write_text(table.simple(header, rows, color=table.use_color(call.color)) + "\n")
    else:
        write_records(call, [dict(zip(header, row, strict=True)) for row in rows], header)
