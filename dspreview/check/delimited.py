"""CSV files before their rows are read: names, delimiters, and rows that have more or fewer fields than the header."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc

from dspreview.check.findings import Finding, found
from dspreview.check.names import look_at_names
from dspreview.check.reading import Reading
from dspreview.local import open_regular

MOST_PLACES = 100
"""Places that are named one by one."""


def look_at_delimited(reading: Reading, path: str, place: dict[str, Any]) -> Iterator[Finding]:
    """What is not in order in a CSV file."""
    name = reading.shorten(path)
    if (header := reading.header(path)) is not None:
        yield from look_at_names(header, place | {"file": name})
    known = reading.unusual
    shifted = None if known else reading.shifted(path)
    if shifted is not None:
        yield found("library-differs", shifted, file=name, line=2, **place)
    if "sep" in known:
        told = f"its delimiter is {known['sep']!r}, and `datasets` reads one column of whole lines; declare `sep` in the README, or use commas"
        yield found("library-differs", told, file=name, line=1, **place)
    if "encoding" in known:
        told = "it is UTF-16, and `datasets` does not load it; declare `encoding` in the README, or write UTF-8"
        yield found("library-differs", told, file=name, line=1, **place)
    if (
        path.endswith((".csv", ".tsv", ".psv"))
        and "://" not in path
        and header is not None
        and shifted is None
        and "encoding" not in known
    ):
        yield from look_at_widths(path, name, reading.delimiter, place)


def without_rows(reading: Reading, files: list[tuple[int, str, int]], place: dict[str, Any]) -> Iterator[Finding]:
    """Whether the first of several files has no row: `datasets` then takes its columns for ones without values.

    Args:
        reading: what is read.
        files: where each file begins: the row of the split, its name, the row in it.
        place: where findings are.

    """
    if not reading.format.is_delimited or reading.declares or not files:
        return
    name = reading.shorten(reading.files[0])
    if [file for start, file, _ in files if start == 0][-1] != name:
        told = "it has no rows, so `datasets` takes its columns for ones without values, and does not load the rows of other files"
        yield found("library-refuses", told, file=name, **place)


def look_at_widths(path: str, name: str, sep: str, place: dict[str, Any]) -> Iterator[Finding]:
    """The rows of a file on this machine whose fields are too many or too few.

    Rows that are too long are refused by `datasets`, and it fills up those that are too short.
    """
    if not has_odd_rows(path, sep):
        return
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.reader(file, delimiter=sep)
        width, seen, start = len(next(rows, [])), 0, rows.line_num + 1
        try:
            for row in rows:
                if row and len(row) != width:
                    seen += 1
                    if seen <= MOST_PLACES:
                        severity = "error" if len(row) > width else "warning"
                        told = f"{len(row)} fields, and the header has {width}"
                        yield found("ragged-row", told, severity=severity, file=name, line=start, **place)
                start = rows.line_num + 1
        except csv.Error:  # told by who reads it
            pass
    if seen > MOST_PLACES:
        yield found(
            "ragged-row", f"{seen - MOST_PLACES:,} more rows have other fields than the header", file=name, **place
        )


def has_odd_rows(path: str, sep: str) -> bool:
    """Whether a row may have other fields than the first: at the speed of pyarrow, which stops at the first such row.

    It also stops at lines longer than its block, which Python's reader then counts.
    """
    columns = pc.ConvertOptions(include_columns=[], include_missing_columns=True)
    parsing = pc.ParseOptions(delimiter=sep, newlines_in_values=True)
    try:
        with open_regular(path) as stream:
            for _ in pc.open_csv(stream, parse_options=parsing, convert_options=columns):
                pass
    except OSError:  # told by who reads it
        return False
    except pa.ArrowException:
        return True
    return False
