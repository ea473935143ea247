"""Excel workbooks: a sheet is a config, its first row that is not empty the header. openpyxl reads them row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from dspreview.errors import EmptyDatasetError
from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.formats.values import table_of

Row = list[Any]


def excel_configs(folder: Folder, names: Sequence[str]) -> Configs:
    """A config a sheet; of several workbooks, the name of each stands before the sheet's."""
    found = {}
    for name in names:
        for sheet in sheet_names(folder, name):
            config = sheet if len(names) == 1 else f"{name.rpartition('.')[0].replace('/', '.')}.{sheet}"
            found[config] = {
                "train": SplitRows((name,), partial(sheet_rows, folder, name, sheet), guessed=True, origin=sheet)
            }
    return found


def sheet_names(folder: Folder, name: str) -> list[str]:
    """The sheets that have a value, hidden ones too. Raises EmptyDatasetError where none has."""
    from openpyxl import load_workbook  # 0.2 s

    with folder.open(name) as stream, closing(load_workbook(stream, read_only=True, data_only=True)) as book:
        found = [sheet.title for sheet in book.worksheets if any(rows_of(sheet))]
    if not found:
        raise EmptyDatasetError(f"{folder.asked}: no sheet of {name} has a value")
    return found


def sheet_rows(folder: Folder, name: str, sheet: str, batch: int) -> Iterator[NamedTable]:
    """The rows below the header of a sheet, as they were last calculated."""
    from openpyxl import load_workbook

    with folder.open(name) as stream, closing(load_workbook(stream, read_only=True, data_only=True)) as book:
        rows = without_end(rows_of(book[sheet]))
        header = next((row for row in rows if row), [])
        part = list(islice(rows, batch))
        first = min(map(begin, [header, *part]))
        names = header_names(header[first:])
        yield name, table_of(names, [])
        while part:
            width = max(len(names), *(len(row) - first for row in part))
            names += [f"column_{place + 1}" for place in range(len(names), width)]
            yield name, table_of(names, ([*row[first:], *[None] * width][:width] for row in part))
            part = list(islice(rows, batch))


def rows_of(sheet: Any) -> Iterator[Row]:
    """The values of the rows of a sheet, however large it says that it is: some writers say one cell."""
    sheet.reset_dimensions()
    return map(values_of, sheet.iter_rows())


def begin(row: Row) -> int:
    """The place of the first value; far off where there is none."""
    return next((place for place, value in enumerate(row) if value is not None), 1 << 20)


def without_end(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows without the empty ones behind the last that is not."""
    empty: list[Row] = []
    for row in rows:
        if not row:
            empty.append(row)
            continue
        yield from empty
        empty.clear()
        yield row


def header_names(header: Row) -> list[str]:
    """The names of columns: those without one are numbered, repeated ones too."""
    names: list[str] = []
    for place, value in enumerate(header):
        name = told = f"column_{place + 1}" if value is None else str(value)
        number = 1
        while name in names:
            number += 1
            name = f"{told}_{number}"
        names.append(name)
    return names


def values_of(row: Sequence[Any]) -> Row:
    """The values of cells up to the last one that has one; an error in a cell is no value."""
    values = [value_of(cell) for cell in row]
    while values and values[-1] is None:
        values.pop()
    return values


def value_of(cell: Any) -> Any:
    """The value of a cell: a day where its format shows no time."""
    value = cell.value
    if cell.data_type == "e" or value == "":
        return None
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second or value.microsecond):
        from openpyxl.styles.numbers import is_datetime

        return value.date() if is_datetime(cell.number_format) == "date" else value
    return value
