"""The direct path for what most datasets are: files of one kind on the Hub or in a folder here, and a plain README. It lists any, and
reads Parquet (the data's own, or the Hub's export of the same revision) and images in a folder.

No `datasets`, whose import takes 0.7 to 2 s, and no request but the description of a repository and the list of its files.
Whatever is not understood completely is declined, and takes the way through `datasets`; the answers are the same to the byte
(`tests/hub/test_direct.py`, `tests/support/extraction.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from dspreview import local
from dspreview.errors import PreviewError, UnsafePathError
from dspreview.extract.hub.description import list_blobs
from dspreview.extract.layout.direct import DirectConfig, DirectSource, find_source, labelled, local_blobs
from dspreview.extract.layout.keys import key_of
from dspreview.extract.reader import (
    NOT_MINE,
    WHOLE_BATCH,
    Block,
    NotMine,
    Opening,
    Reader,
    RemoteFiles,
    WantedBlocks,
    WholeTables,
    Window,
)
from dspreview.local import is_one_file
from dspreview.models import ConfigListing, Kind, Listing, Page, SplitId, SplitListing
from dspreview.page.staging import Staging
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.extract.parquet.footers import Footer, ParquetSplit

T = TypeVar("T")
EXPORT_FILES = 10
"""Files of an export whose rows are counted; a larger one is not worth it for a page."""


def open_direct(opening: Opening) -> Direct | NotMine:
    """A dataset whose configs are all plain. Raises PreviewError."""
    source = find_source(opening.ref.asked, opening.describe())
    return NOT_MINE if source is None else Direct(source, opening.settings)


class Direct(Reader):
    """Reads plain files."""

    def __init__(self, source: DirectSource, settings: Settings) -> None:
        self.source, self.settings = source, settings

    def listing(self) -> Listing | NotMine:
        """The configs and splits."""
        source, dataset = self.source, self.source.dataset
        blobs = local_blobs(source) if dataset.kind is Kind.LOCAL else list_blobs(dataset, source.asked, self.settings)
        if blobs is None or (dataset.kind is Kind.HUB and source.names != frozenset(blobs)):
            return NOT_MINE  # descriptions of very large repositories name a part of their files
        if any(
            file not in blobs for config in source.configs.values() for files in config.files.values() for file in files
        ):
            return NOT_MINE
        configs = [ConfigListing(name, listed(config, blobs)) for name, config in source.configs.items()]
        return Listing(dataset, tuple(configs), source.default)

    def chosen(self, split: SplitId) -> DirectConfig | None:
        """The config of a split; None where there is no such split."""
        config = self.source.configs.get(split.config)
        return config if config is not None and split.split in config.files else None

    def page(self, split: SplitId, staging: Staging, window: Window) -> Page | NotMine:
        """The first rows. Raises what pyarrow raises, too."""
        source, config = self.source, self.chosen(split)
        if config is None or not window.is_page or is_one_file(source.dataset.kind, source.dataset.name):
            return NOT_MINE
        files, sizes = config.files[split.split], config.told.sizes.get(split.split, (None, None))
        page = None
        if config.format.is_parquet:
            paths = [f"{source.root}/{name}" for name in files]
            page = parquet_page(source, config, split, paths, staging.assets, self.settings, sizes[1])
        elif source.dataset.kind is Kind.LOCAL and config.format.is_media_folder and config.features is None:
            from dspreview.extract.formats.imagefolder import pictures_page

            page = pictures_page(source, config, split, staging.assets, self.settings)
        elif source.dataset.kind is Kind.LOCAL and config.format.head and config.features is None:
            page = first_file_page(source, config, split, staging.assets, self.settings)
        elif config.features is not None:  # else its types would be those that the export guessed
            page = exported_page(source, config, split, staging.assets, self.settings, sizes[1])
        return NOT_MINE if page is None else page._replace(num_bytes=sizes[0])

    def weight(self, split: SplitId) -> tuple[int, int | None] | NotMine:
        """The files of a folder here."""
        paths = self.text_files(split)
        return NOT_MINE if paths is None else (len(paths), sum(map(os.path.getsize, paths)))

    def whole(self, split: SplitId, folder: str, use: Callable[[WholeTables], T]) -> T | NotMine:
        """What `use` makes of all rows of a folder here, where the first ones tell their types."""
        del folder
        paths = self.text_files(split)
        if paths is None:
            return NOT_MINE
        from dspreview.extract.formats.typed_tables import typed_whole

        return typed_whole(self.source.configs[split.config].format, paths, use)

    def parquet(self, split: SplitId, remote: RemoteFiles) -> ParquetSplit | NotMine | None:
        """None for text: it must be converted."""
        del remote
        return NOT_MINE if self.text_files(split) is None else None

    def text_files(self, split: SplitId) -> list[str] | None:
        """The files of a split here whose types the values alone tell; None for any other."""
        config = self.chosen(split)
        if (
            config is None
            or self.source.dataset.kind is not Kind.LOCAL
            or not config.format.whole
            or config.features is not None
        ):
            return None
        paths = [f"{self.source.root}/{name}" for name in config.files[split.split]]
        try:
            local.guard_all(paths, self.source.root, self.source.asked)
        except (OSError, UnsafePathError):  # told by the long way
            return None
        return paths

    def blocks(self, split: SplitId, wanted: WantedBlocks) -> Iterator[Block] | NotMine:
        """Parquet as it lies, where its types are plain and nobody asks whether its files agree."""
        config = self.chosen(split)
        if config is None or not config.format.is_parquet or not wanted.examined or wanted.skip:
            return NOT_MINE
        paths = [f"{self.source.root}/{name}" for name in config.files[split.split]]
        paths = [path for path in paths if path not in wanted.leave_out]
        return self.tables(config, paths, wanted) if self.is_plain(config, paths) else NOT_MINE

    def is_plain(self, config: DirectConfig, paths: list[str]) -> bool:
        """Whether the first file holds the features that are declared, or others that are plain."""
        import pyarrow as pa

        from dspreview.extract.plain import features_of, holds

        try:
            schema = self.footer(paths[0]).schema
        except (OSError, pa.ArrowException, IndexError):
            return False  # `datasets` tells what is wrong
        return holds(schema, config.features) if config.features is not None else bool(features_of(schema))

    def tables(self, config: DirectConfig, paths: list[str], wanted: WantedBlocks) -> Iterator[Block]:
        """The rows of Parquet files."""
        import pyarrow as pa

        from dspreview.arrow.settled import filled
        from dspreview.extract.parquet.rowgroups import parquet_tables
        from dspreview.extract.parquet.schemafiles import SchemaFiles
        from dspreview.extract.plain import features_of

        columns, schema = config.features, None
        ahead = self.source.dataset.kind is Kind.HUB and not wanted.whole
        files = SchemaFiles(paths, self.open, parquet_tables, ahead=ahead)
        for name, table in files.tables(WHOLE_BATCH if wanted.whole else self.settings.rows_max_number):
            columns = features_of(table.schema) or [] if columns is None else columns
            schema = table.schema if schema is None else schema
            known = pa.schema([schema.field(one) for one, _ in columns])
            yield Block(name, filled(table, known), columns, config.features is not None)

    def footer(self, path: str) -> Footer:
        """What the end of a Parquet file tells. Raises PreviewError, and what pyarrow raises."""
        from dspreview.extract.parquet.footers import local_footer
        from dspreview.extract.parquet.schemafiles import footer_there

        if self.source.dataset.kind is Kind.HUB:
            return footer_there(path, self.source.asked, self.settings)
        local.guard(path, self.source.root, self.source.asked)
        return local_footer(path)

    def open(self, path: str) -> Any:
        """A Parquet file. Raises PreviewError, OSError."""
        import pyarrow as pa

        from dspreview.extract.parquet.schemafiles import open_remote

        if self.source.dataset.kind is Kind.HUB:
            return open_remote(path, self.source.asked, self.settings)
        local.guard(path, self.source.root, self.source.asked)
        return pa.OSFile(path)


def listed(config: DirectConfig, blobs: dict[str, str]) -> tuple[SplitListing, ...]:
    """The splits of a config."""
    features = dict(config.features) if config.features is not None else None
    found = []
    for split, files in config.files.items():
        sizes = config.told.sizes.get(split, (None, None))
        looked_at = [name for group in config.files.values() for name in group] if labelled(config) else files
        keyed = [(f"/{file}", blobs[file]) for file in looked_at]
        found.append(
            SplitListing(split, *sizes, data_key=key_of(config.format.name, {}, features, split, sizes, keyed))
        )
    return tuple(found)


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

    remote = source.dataset.kind is Kind.HUB
    opened = partial(open_remote, asked=source.asked, settings=settings) if remote else partial(open_here, source)
    tables = SchemaFiles(files, opened, parquet_tables, ahead=remote)
    count = (lambda: told) if remote else partial(count_rows, source, files, told)
    return plain_page(tables, chosen.features, source.asked, source.dataset, split, staging, settings, count)


def open_here(source: DirectSource, path: str) -> BinaryIO:
    """A file of a folder. Raises UnsafePathError, OSError."""
    local.guard(path, source.root, source.asked)
    return open(path, "rb")


def first_file_page(
    source: DirectSource, chosen: DirectConfig, split: SplitId, staging: Path, settings: Settings
) -> Page | None:
    """The first rows of files of guessed types, where the first file has them all; None for the long way."""
    from dspreview.extract.counting import COUNTED_BYTES, COUNTED_FILES
    from dspreview.extract.formats.text_page import text_page

    paths = [f"{source.root}/{name}" for name in chosen.files[split.split]]
    try:
        local.guard_all(paths, source.root, source.asked)
        counted = len(paths) <= COUNTED_FILES and sum(map(os.path.getsize, paths)) <= COUNTED_BYTES
    except (OSError, UnsafePathError):  # told by the long way
        return None
    page = text_page(chosen.format, paths[0], source.dataset, source.asked, split, staging, settings)
    if page is None or len(paths) == 1:
        return (
            page
            if page is None or page.num_rows_total is not None
            else page._replace(num_rows_total=told_rows(chosen, split))
        )
    if counted or page.num_rows_total is not None:
        return None  # the rows of the other files are counted, or shown
    return page._replace(num_rows_total=told_rows(chosen, split))


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
