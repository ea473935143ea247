"""The first rows of plain files as a page: Parquet, the Hub's export of the same revision, and text whose types are guessed."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import BinaryIO

from dspreview import local
from dspreview.errors import PreviewError, UnsafePathError
from dspreview.extract.counting import COUNTED_BYTES, COUNTED_FILES
from dspreview.extract.layout.direct import DirectConfig, DirectSource
from dspreview.models import Page, SplitId
from dspreview.settings import Settings

EXPORT_FILES = 10
"""Files of an export whose rows are counted; a larger one is not worth it for a page."""


def exported_page(
    source: DirectSource, chosen: DirectConfig, split: SplitId, staging: Path, settings: Settings,
    told: int | None,
) -> Page | None:  # fmt: skip
    """The first rows as the Hub's export has them; None where there is none, it fails, or has not as many as the README tells."""
    import pyarrow as pa

    from dspreview.extract.hub.export import exported
    from dspreview.extract.parquet.schemafiles import footer_there

    try:
        paths = exported(source.dataset, *split, settings)
        if not paths or len(paths) > EXPORT_FILES:
            return None
        page = parquet_page(source, chosen, split, paths, staging, settings, None)
        if page is not None and page.num_rows_total is None:
            page = page._replace(
                num_rows_total=sum(footer_there(path, source.asked, settings).num_rows for path in paths)
            )
    except (PreviewError, OSError, pa.ArrowException):  # the data itself is read
        return None
    return page if page is not None and told in {None, page.num_rows_total} else None


def parquet_page(
    source: DirectSource, chosen: DirectConfig, split: SplitId, files: list[str], staging: Path,
    settings: Settings, told: int | None,
) -> Page | None:  # fmt: skip
    """The first rows of Parquet files, the data's own or its export, of which the README tells that there are so many."""
    from dspreview.extract.formats.plain_pages import plain_page
    from dspreview.extract.parquet.rowgroups import parquet_tables
    from dspreview.extract.parquet.schemafiles import SchemaFiles, open_remote

    remote = source.dataset.is_remote
    opened = partial(open_remote, asked=source.asked, settings=settings) if remote else partial(open_here, source)
    tables = SchemaFiles(files, opened, parquet_tables, ahead=remote)
    count = (lambda: told) if remote else partial(count_rows, source, files, told)
    return plain_page(tables, chosen.features, source.asked, source.dataset, split, staging, settings, count)


def open_here(source: DirectSource, path: str) -> BinaryIO:
    """A file of a folder. Raises UnsafePathError, OSError."""
    local.guard(path, source.root, source.asked)
    return local.open_regular(path)


def first_file_page(
    source: DirectSource, chosen: DirectConfig, split: SplitId, staging: Path, settings: Settings
) -> Page | None:
    """The first rows of files of guessed types, where the first file has them all; None for the long way."""
    paths = [f"{source.root}/{name}" for name in chosen.files[split.split]]
    if source.dataset.is_remote:
        from dspreview.extract.text.remote_text import remote_text_page as text_page

        counted = False
    else:
        from dspreview.extract.text.text_page import text_page

        try:
            local.guard_all(paths, source.root, source.asked)
            counted = len(paths) <= COUNTED_FILES and sum(map(os.path.getsize, paths)) <= COUNTED_BYTES
        except (OSError, UnsafePathError):  # told by the long way
            return None
    page = text_page(chosen.format, paths[0], source.dataset, source.asked, split, staging, settings)
    if page is None or (len(paths) > 1 and (counted or page.num_rows_total is not None)):
        return None  # the rows of the other files are counted, or shown
    return page if page.num_rows_total is not None else page._replace(num_rows_total=told_rows(chosen, split))


def told_rows(chosen: DirectConfig, split: SplitId) -> int | None:
    """The rows of a split as the README has them."""
    return chosen.told.sizes.get(split.split, (None, None))[1]


def count_rows(source: DirectSource, paths: list[str], told: int | None) -> int | None:
    """The rows of files on this machine, by their footers; where these are many, as the README tells."""
    import pyarrow.parquet as pq

    from dspreview.extract.counting import FOOTERS_READ
    from dspreview.extract.parquet.rowgroups import row_count

    if len(paths) > FOOTERS_READ:
        return told
    total = 0
    for path in paths:
        with open_here(source, path) as file:
            total += row_count(pq.read_metadata(file))
    return total
