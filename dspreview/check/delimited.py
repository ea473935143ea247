"""CSV files before their rows are read: names, delimiters, and rows that have more or fewer fields than the header."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc

from dspreview.check.findings import Finding, found
from dspreview.check.names import look_at_names
from dspreview.check.reading import DELIMITED, Reading
from dspreview.extract.library.csvheader import HEAD, TOLD, short_header
from dspreview.local import open_regular

MOST_PLACES = 100
"""Places that are named one by one."""


def look_at_delimited(reading: Reading, path: str, place: dict[str, Any]) -> Iterator[Finding]:
    """What is not in order in a CSV file."""
    name = reading.shorten(path)
    if (header := header_of(reading, path)) is not None:
        yield from look_at_names(header, place | {"file": name})
    known = reading.unusual
    shifted = None if known else shift_of(reading, path)
    if shifted is not None:
        yield found("library-differs", shifted, file=name, line=2, **place)
    if "sep" in known:
        told = f"its delimiter is {known['sep']!r}, and `datasets` reads one column of whole lines; declare `sep` in the README, or use commas"
        yield found("library-differs", told, file=name, line=1, **place)
    if "encoding" in known:
        told = "it is UTF-16, and `datasets` does not load it; declare `encoding` in the README, or write UTF-8"
        yield found("library-differs", told, file=name, line=1, **place)
    if (
        header is not None
        and shifted is None
        and "encoding" not in known
        and not any(reading.params.get(key) is not None for key in TOLD)
    ):
        signs = {key: str(reading.params[key]) for key in ("quotechar", "escapechar") if reading.params.get(key)}
        yield from look_at_widths(path, name, {"delimiter": reading.delimiter, **signs}, place)


def header_of(reading: Reading, path: str) -> list[str] | None:
    """The names in the first line of a CSV on this machine, as they are there; None where it has none, or is packed."""
    params = reading.params
    if (
        not reading.format.is_delimited
        or not path.endswith(DELIMITED)
        or "://" in path
        or params.get("header", "infer") not in {"infer", 0}
        or len(reading.delimiter) != 1
        or {"skiprows", "comment"} & set(params)
    ):
        return None
    try:
        file = open(path, encoding=str(params.get("encoding") or "utf-8-sig"), errors="replace", newline="")  # noqa: SIM115 - closed below
    except LookupError:  # whoever reads the rows tells that there is no such encoding
        return None
    with file:
        return next(csv.reader(file, delimiter=reading.delimiter), None)


def shift_of(reading: Reading, path: str) -> str | None:
    """What is wrong where the rows of a CSV have one field more than its header."""
    if reading.direct is not None:
        with open_regular(path) as file:
            short = short_header(file.read(HEAD), reading.params)
    else:
        from dspreview.extract.library.readers import SplitReader

        short = SplitReader(
            reading.library.source, reading.plan, reading.names.split, reading.folder, reading.settings, streaming=True
        ).short_header(path)
    if short is None:
        return None
    ends = "a delimiter at the end of each row: `datasets` shifts all columns by one, and loses the first"
    unnamed = "a first column without a name: `datasets` takes it for an index, and may lose it"
    told = ends if short.trailing else unnamed
    return f"{len(short.names) + 1} fields in a row, {len(short.names)} names in the header: {told}"


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


def look_at_widths(path: str, name: str, signs: dict[str, Any], place: dict[str, Any]) -> Iterator[Finding]:
    """The rows of a file on this machine whose fields are too many or too few.

    Rows that are too long are refused by `datasets`, and it fills up those that are too short.

    Args:
        path: the file.
        name: its name in the dataset.
        signs: its delimiter, and its quotes and escapes where a README declares them, as `csv.reader` has them.
        place: where findings are.

    """
    if not has_odd_rows(path, signs):
        return
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.reader(file, **signs)
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


def has_odd_rows(path: str, signs: dict[str, Any]) -> bool:
    """Whether a row may have other fields than the first: at the speed of pyarrow, which stops at the first such row.

    It also stops at lines longer than its block, which Python's reader then counts.
    """
    columns = pc.ConvertOptions(include_columns=[], include_missing_columns=True)
    parsing = pc.ParseOptions(
        delimiter=signs["delimiter"], newlines_in_values=True, quote_char=signs.get("quotechar", '"'),
        escape_char=signs.get("escapechar", False),
    )  # fmt: skip
    try:
        with open_regular(path) as stream:
            for _ in pc.open_csv(stream, parse_options=parsing, convert_options=columns):
                pass
    except OSError:  # told by who reads it
        return False
    except pa.ArrowException:
        return True
    return False
