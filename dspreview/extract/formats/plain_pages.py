"""The first rows of plain Parquet files as a page, without `datasets`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from dspreview.arrow.arrays import cells_of
from dspreview.extract.parquet.rowgroups import BATCH
from dspreview.extract.parquet.schemafiles import SchemaFiles
from dspreview.extract.plain import Columns, features_of, holds
from dspreview.models import Page, Resolved, SplitId
from dspreview.page.pages import PageMaker
from dspreview.settings import Settings


class Beside:
    """Fetches nothing: files beside the Parquet file are for the long way, which knows where they may lie."""

    def __init__(self) -> None:
        self.asked = False

    def fetch(self, path: str, max_bytes: int) -> bytes:
        """Nothing, and a note that there was something."""
        del path, max_bytes
        self.asked = True
        return b""


def uncounted() -> int | None:
    """Nobody counts."""
    return None


def plain_page(
    files: SchemaFiles, declared: Columns | None, asked: str, dataset: Resolved, split: SplitId, staging: Path,
    settings: Settings, count: Callable[[], int | None] = uncounted,
) -> Page | None:  # fmt: skip
    """The page of a split; None where a file is not plain, or it takes `datasets` to tell what is wrong with it.

    Raises PreviewError of the network.

    Args:
        declared: the features that a README declares.
        staging: takes the assets.
        count: the rows of the split, where not all files were opened.

    """
    beside = Beside()
    try:
        found = first_rows(files, declared, settings.rows_max_number)
        if found is None:
            return None
        rows, features, total = found
        maker = PageMaker(dataset, asked, *split, settings, staging, beside.fetch)
        page = maker.make(cells_of(rows, features, declared=True), range(rows.num_rows), whole=False)
        if not beside.asked:
            return page._replace(num_rows_total=count() if total is None else total)
    except (
        OSError,
        UnicodeDecodeError,
        MemoryError,
        pa.ArrowException,
        RecursionError,
    ):  # read again the long way, which tells it
        pass
    shutil.rmtree(staging)
    staging.mkdir()
    return None


def first_rows(
    files: SchemaFiles, declared: Columns | None, wanted: int
) -> tuple[pa.Table, Columns, int | None] | None:
    """The first rows, their features, and how many there are if that is known by now; None where a file is not plain."""
    features, schema, tables, found = declared, None, [], 0
    for _, table in files.tables(min(wanted + 1, BATCH)):
        if schema is None:
            schema = table.schema
            if features is None:
                features = features_of(schema)
            if not features or not holds(schema, features):
                return None  # Arrow forgets the rows of a table without columns
        elif table.schema.names != schema.names or table.schema.types != schema.types:
            return None
        tables.append(table.replace_schema_metadata(None))
        found += table.num_rows
        if found > wanted:
            break
    if schema is None or features is None:
        return None
    known = sum(files.counts.values()) if found > wanted else found
    total = known if found <= wanted or len(files.counts) == len(files.names) else None
    return pa.concat_tables(tables).slice(0, wanted), features, total
