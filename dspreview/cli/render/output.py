"""Answers on stdout: a table of formats, a writer each. Nothing else ever writes there."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain, islice
from typing import Any, NamedTuple, Self

from dspreview.cli import agents
from dspreview.cli.call import Call
from dspreview.documents.plain import csv_cell
from dspreview.documents.stdout import visible, write_bytes, write_text
from dspreview.documents.words import place_text, without_left
from dspreview.errors import UsageError
from dspreview.models import Json, dump

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet computes."""
Record = dict[str, Json]


class Answer(NamedTuple):
    """What a command found out, for each way to write it; only one of them is asked for."""

    document: Callable[[], Iterable[str]]
    """The JSON document, in pieces."""
    header: list[str]
    records: Callable[[], Iterable[Record]]
    """The same as flat records with the names of the header; made anew for each pass."""
    text: Callable[[], str] | None = None
    """The same for people; a table of the records where there is nothing better."""

    @classmethod
    def of(
        cls, document: Json, header: list[str], records: list[Record], text: Callable[[], str] | None = None
    ) -> Self:
        """An answer that is at hand."""
        return cls(lambda: [dump(document)], header, lambda: records, text)

    @classmethod
    def of_rows(cls, document: Json, header: list[str], rows: list[list[Json]]) -> Self:
        """An answer whose records are rows of a table."""
        return cls.of(document, header, [dict(zip(header, row, strict=True)) for row in rows])


def write(call: Call, answer: Answer) -> None:
    """Write an answer in the format of the call. Raises UsageError for a format that nobody writes."""
    if call.format not in FORMATS:
        raise UsageError(f"--format {call.format}: this answer can be {', '.join(FORMATS)}")
    FORMATS[call.format].write(call, answer)


def write_rows(call: Call, header: list[str], rows: Iterable[Record]) -> None:
    """Write any number of records, read once, in a format that needs no more. Raises UsageError for any other."""
    found = FORMATS.get(call.format)
    if found is None or not found.any_number:
        raise UsageError(f"--format {call.format}: any number of rows can be {ROW_FORMATS}")
    found.write(call, Answer(list, header, lambda: rows))


def table_of(call: Call, header: list[str], records: list[Record], null: str = "", whole: Collection[str] = ()) -> str:
    """Some fields of records as a table for people; `null` is what stands where nothing is, `whole` what is never cut."""
    if call.agent:
        return agents.lines_of(header, ([record.get(name) for name in header] for record in records))
    from dspreview.cli.render import table  # rich, for a table only

    rows = [[record.get(name) for name in header] for record in records]
    return table.simple(header, rows, color=table.use_color(call.color), null=null, whole=whole) + "\n"


def people_table(call: Call, header: list[str], rows: Iterable[list[Json]]) -> str:
    """A table of ours for people, without the columns in which nothing stands; datasets, its first column, as one would type them.

    On a terminal they lose their left where they are long.
    """
    most = max(24, drawing_width() * 3 // 10) if sys.stdout.isatty() else 1 << 30
    here, home = os.getcwd(), os.path.expanduser("~")
    shown = [[without_left(place_text(str(row[0]), here, home), most), *row[1:]] for row in rows]
    kept = [place for place in range(len(header)) if not shown or any(row[place] not in {None, ""} for row in shown)]
    records = [{header[place]: row[place] for place in kept} for row in shown]
    return table_of(call, [header[place] for place in kept], records)


def drawing_width() -> int:
    """The columns of the terminal."""
    from dspreview.cli.render.table import table_width

    return table_width()


def as_json(_: Call, answer: Answer) -> None:
    """The document on one line."""
    waiting = ""
    for piece in answer.document():
        if waiting:
            write_text(waiting)
        waiting = piece
    write_text(f"{waiting}\n")  # at once: an interrupt leaves a whole answer, or a part of it that is no JSON


def as_text(call: Call, answer: Answer) -> None:
    """The answer for people."""
    if answer.text is not None:
        from dspreview.cli.render.pager import paged

        text = answer.text()
        if not paged(call, visible(text)):
            write_text(text)
        return
    if call.agent:
        write_text(
            agents.lines_of(answer.header, ([one.get(name) for name in answer.header] for one in answer.records()))
        )
        return
    from dspreview.cli.render import table  # rich, for a table only

    def rows() -> Iterator[list[Json]]:
        return ([record.get(name) for name in answer.header] for record in answer.records())

    for piece in table.streamed(answer.header, rows, color=table.use_color(call.color)):
        write_text(piece)


def as_lines(_: Call, answer: Answer) -> None:
    """A JSON document a line."""
    rest = iter(answer.records())
    while batch := list(islice(rest, 100)):  # one write each
        write_text("".join(dump(record) + "\n" for record in batch))


def as_csv(call: Call, answer: Answer) -> None:
    """Comma-separated values as they are; nested cells as their JSON, null as nothing."""
    import csv

    buffer = Lines()
    writer = csv.writer(buffer)
    rows = ([record.get(name) for name in answer.header] for record in answer.records())
    header: list[Any] = answer.header
    for row in chain([header], rows):
        cells = [csv_cell(value) for value in row]
        writer.writerow([for_spreadsheet(cell) for cell in cells] if call.safe_csv else cells)
        if buffer.tell() > 1 << 16:
            write_bytes(buffer.getvalue().encode("utf-8", "backslashreplace"))
            buffer.seek(0)
            buffer.truncate()
    write_bytes(buffer.getvalue().encode("utf-8", "backslashreplace"))


class OutputFormat(NamedTuple):
    """A format of `--format`."""

    write: Callable[[Call, Answer], None]
    any_number: bool = False
    """Whether it writes the bare records as they come, any number of them; else one document."""
    is_tabular: bool = False
    """Whether it names all columns before the first row, and spreadsheets open it."""


FORMATS = {
    "table": OutputFormat(as_text),
    "json": OutputFormat(as_json),
    "jsonl": OutputFormat(as_lines, any_number=True),
    "csv": OutputFormat(as_csv, any_number=True, is_tabular=True),
}
"""In the order of the help."""
DOCUMENT_FORMATS = tuple(name for name, one in FORMATS.items() if not one.any_number)
"""Those of an answer that is no list of records."""
ROW_FORMATS = " or ".join(name for name, one in FORMATS.items() if one.any_number)
"""The others, in words."""
TABULAR_FORMATS = " or ".join(name for name, one in FORMATS.items() if one.is_tabular)


def writes_any_number(call: Call) -> bool:
    """Whether the format of a call has no document around its records."""
    return call.format in FORMATS and FORMATS[call.format].any_number


class Lines(io.StringIO):
    """Takes records that end with a carriage return and a line feed, and keeps the line feed.

    Python before 3.13 quotes only those line breaks in a cell that also end its records.
    """

    def write(self, record: str) -> int:
        """One record."""
        return super().write(record.removesuffix("\r\n") + "\n")


def for_spreadsheet(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: a text that begins like one gets an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
