"""Answers on stdout: one writer per format. Nothing else ever writes there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from dspreview.cli.options import Call
from dspreview.documents.stdout import write_text
from dspreview.models import Json, dump


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
    return dump(value) if isinstance(value, (dict, list)) else value


def write_table(call: Call, header: list[str], rows: Callable[[], Iterator[list[Json]]]) -> None:
    """A table, jsonl or csv of any number of rows, which are made anew for each pass."""
    if call.format == "table":
        from dspreview.cli import table  # rich, for a table only

        for text in table.streamed(header, rows, color=table.use_color(call.color)):
            write_text(text)
    elif call.format == "jsonl":
        write_lines(dict(zip(header, row, strict=True)) for row in rows())
    else:
        write_csv(header, rows())


def write_records(records: list[dict[str, Json]], how: str, header: list[str] | None = None) -> None:
    """A flat list as jsonl or csv."""
    if how == "jsonl":
        write_lines(records)
        return
    names = header or (list(records[0]) if records else [])
    write_csv(names, ([record.get(name) for name in names] for record in records))


def write_answer(call: Call, document: Json, header: list[str], rows: list[list[Any]]) -> None:
    """A document as JSON, or as one flat table."""
    if call.format == "json":
        write_document(document)
    elif call.format == "table":
        from dspreview.cli import table  # rich, for a table only

        write_text(table.simple(header, rows, color=table.use_color(call.color)) + "\n")
    else:
        write_records([dict(zip(header, row, strict=True)) for row in rows], call.format, header)
