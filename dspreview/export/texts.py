"""Exports as text: JSON Lines and comma-separated values, packed or not."""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from dspreview.arrow.arrays import cells_of
from dspreview.documents.plain import csv_cell
from dspreview.export.options import Options
from dspreview.export.plain_texts import csv_blocks, json_blocks
from dspreview.export.rows import Columns, Exported
from dspreview.feature import FLOATS, INTEGERS, LABEL, TEXTS, Feature, value_tree
from dspreview.models import Json, dump
from dspreview.page.pages import PageMaker
from dspreview.settings import Settings


def records(found: Exported, settings: Settings, raw: Sequence[str] = ()) -> Iterator[dict[str, Json]]:
    """The rows as JSON values, files by their names; the bytes of the columns `raw` as they are."""
    maker = PageMaker(found.dataset, found.asked, *found.split, settings, Path(), nothing)
    for table in found.tables:
        for start in range(0, table.num_rows, 1_000):
            part = table.slice(start, 1_000)
            cells = [without_bytes(one) for one in cells_of(part, found.columns, declared=True)]
            _, rows = maker.rows(cells, range(part.num_rows), None)
            for column in raw:
                for row, value in zip(rows, part.column(column).to_pylist(), strict=True):
                    row.cells[column] = value
            yield from (row.cells for row in rows)


def without_bytes(cells: Any) -> Any:
    """A column of files as their names."""
    if not Feature(cells.feature).holds_assets():
        return cells
    names = [one.get("path") if isinstance(one, dict) else None for one in cells.values]
    return cells._replace(feature=value_tree("string"), values=names, plain=True)


def nothing(path: str, max_bytes: int) -> bytes:
    """No file is fetched. Raises FileNotFoundError."""
    del max_bytes
    raise FileNotFoundError(path)


@contextmanager
def opened(path: Path) -> Iterator[io.TextIOWrapper]:
    """A file of text to be written, packed where its name ends so."""
    with ExitStack() as stack:
        raw: Any = stack.enter_context(open(path, "wb"))
        if path.suffix == ".gz":
            raw = stack.enter_context(gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0))
        elif path.suffix == ".zst":
            raw = stack.enter_context(zstd_writer(raw))
        yield stack.enter_context(io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline=""))


def zstd_writer(raw: IO[bytes]) -> Any:
    """A stream that packs what is written to it."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.open(raw, "wb")


def write_lines(found: Exported, path: Path, settings: Settings, options: Options) -> int:
    """JSON Lines."""
    del options
    number = 0
    with opened(path) as out:
        if is_simple(found):
            return write_blocks(found, out, json_blocks)
        rows = records(found, settings)
        while batch := list(islice(rows, 1_000)):
            number += len(batch)
            out.write("".join(dump(row) + "\n" for row in batch))
    return number


def write_blocks(found: Exported, out: io.TextIOWrapper, blocks: Callable[[pa.Table, Columns], Iterator[bytes]]) -> int:
    """Write rows of single values as the bytes of their text; how many there are."""
    number = 0
    out.flush()
    for table in found.tables:
        number += table.num_rows
        for block in blocks(table, found.columns):
            out.buffer.write(block)
    return number


def is_simple(found: Exported) -> bool:
    """Whether all columns hold single values that are JSON and CSV as they are: no files, dates, bytes or nested ones."""
    return all(is_simple_feature(Feature(tree)) for _, tree in found.columns)


def is_simple_feature(feature: Feature) -> bool:
    """Whether the values of a column are whole numbers, floats, texts, or true and false."""
    return (
        feature.kind == LABEL or feature.value in FLOATS | TEXTS | {"bool"} or bool(INTEGERS.fullmatch(feature.value))
    )


class UnixLines:
    """A file of rows that end with a line feed alone; `csv` quotes a carriage return in a cell only where its own rows end with one."""

    def __init__(self, out: IO[str]) -> None:
        self.out = out

    def write(self, row: str) -> int:
        """Write a row, which ends with both."""
        return self.out.write(row[:-2] + "\n")


def write_csv(found: Exported, path: Path, settings: Settings, options: Options) -> int:
    """Comma-separated values; nested cells as their JSON."""
    del options
    names = [name for name, _ in found.columns]
    number = 0
    with opened(path) as out:
        writer = csv.writer(UnixLines(out))
        writer.writerow(names)
        if is_simple(found):
            return write_blocks(found, out, csv_blocks)
        rows = records(found, settings)
        for row in rows:
            number += 1
            writer.writerow([csv_cell(row.get(name)) for name in names])
    return number
