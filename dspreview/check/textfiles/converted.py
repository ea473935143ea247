"""Text files converted for a check: one Parquet file with the rows of all of them, where each row is of the types of the first ones."""

from __future__ import annotations

import os
import shutil
import sys
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from dspreview.arrow.openparquet import OpenParquet
from dspreview.arrow.stored import unsettled_table
from dspreview.extract.conversion import Converted, convert
from dspreview.extract.direct import Direct
from dspreview.extract.plain import Columns
from dspreview.extract.reader import NOT_MINE, WHOLE_BATCH
from dspreview.models import SplitId
from dspreview.query.engine.arrow import leaf_columns

if TYPE_CHECKING:
    from dspreview.extract.text.typed_tables import TypedTables


class ConvertedText(NamedTuple):
    """The rows of text files."""

    files: list[str]
    found: Converted
    schema: pa.Schema
    """As `datasets` has it, too."""
    counts: dict[str, int]
    """The rows of each file."""

    def tables(self, columns: Columns) -> Iterator[tuple[str, int, pa.Table]]:
        """Some columns of all rows in order: a file, the number of a row in it, and the rows from there on.

        Raises OSError, and what pyarrow raises.
        """
        schema = pa.schema([self.schema.field(name) for name, _ in columns])
        ends, row = list(accumulate(self.counts[path] for path in self.files)), 0
        with open(self.found.path, "rb") as stream:
            file = OpenParquet(stream)
            leaves = leaf_columns(file.stored, [file.schema_arrow.names.index(name) for name in schema.names])
            for group in range(file.num_row_groups):
                for stored in file.tables(WHOLE_BATCH, group, leaves):
                    table = unsettled_table(stored.select(schema.names), schema)
                    while table.num_rows:
                        number = bisect_right(ends, row)
                        part = table.slice(0, ends[number] - row)
                        path = self.files[number]
                        yield path, row - ends[number] + self.counts[path], part
                        row, table = row + part.num_rows, table.slice(part.num_rows)


def converted_text(direct: Direct, split: SplitId, files: list[str], folder: Path) -> ConvertedText | None:
    """The text files of a split in a folder of the caller's; None where a row has not the types of the first ones, or there is no room.

    Raises PreviewError.
    """
    if not has_room(files, folder):
        return None
    place = folder / "converted"
    place.mkdir()

    def use(whole: TypedTables) -> ConvertedText:
        found = convert(whole, place, sys.maxsize, lambda _: None)
        return ConvertedText(files, found, whole.schema, whole.counts)

    text = direct.typed(split, use, widen=False)
    return None if text is NOT_MINE else text


def has_room(files: list[str], folder: Path) -> bool:
    """Whether a folder takes the bytes of files once more, and leaves as much again."""
    try:
        return 2 * sum(map(os.path.getsize, files)) < shutil.disk_usage(folder).free
    except OSError:
        return False
