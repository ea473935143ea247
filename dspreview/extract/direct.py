"""The direct path for what most datasets are: files of one kind on the Hub or in a folder here, and a plain README. It lists any, and
reads Parquet (the data's own, or the Hub's export of the same revision) and images in a folder.

No `datasets`, whose import takes 0.7 to 2 s, and no request but the description of a repository and the list of its files.
Whatever is not understood completely is declined, and takes the way through `datasets`; the answers are the same to the byte
(`tests/hub/test_direct.py`, `tests/support/extraction.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from dspreview import local
from dspreview.errors import PreviewError, UnsafePathError
from dspreview.extract.direct_pages import exported_page, first_file_page, parquet_page
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
    from dspreview.extract.text.typed_tables import TypedTables

T = TypeVar("T")


def open_direct(opening: Opening) -> Direct | NotMine:
    """A dataset whose configs are all plain. Raises PreviewError."""
    source = find_source(opening.ref.asked, opening.describe(), opening.names())
    return NOT_MINE if source is None else Direct(source, opening.settings)


class Direct(Reader):
    """Reads plain files."""

    def __init__(self, source: DirectSource, settings: Settings) -> None:
        self.source, self.settings = source, settings

    def listing(self) -> Listing | NotMine:
        """The configs and splits."""
        source, dataset = self.source, self.source.dataset
        blobs = local_blobs(source) if dataset.kind is Kind.LOCAL else list_blobs(dataset, source.asked, self.settings)
        if blobs is None or (dataset.is_remote and source.names != frozenset(blobs)):
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
        elif config.format.head and config.features is None:
            page = first_file_page(source, config, split, staging.assets, self.settings)
        elif config.features is not None:  # else its types would be those that the export guessed
            page = exported_page(source, config, split, staging.assets, self.settings, sizes[1])
        return NOT_MINE if page is None else page._replace(num_bytes=sizes[0])

    def weight(self, split: SplitId) -> tuple[int, int | None] | NotMine:
        """The files of a folder here."""
        paths = self.text_files(split)
        return (
            NOT_MINE
            if paths is None
            else (len(paths), sum(os.path.getsize(path) for path in paths if os.path.exists(path)))
        )

    def whole(self, split: SplitId, folder: str, use: Callable[[WholeTables], T]) -> T | NotMine:
        """What `use` makes of all rows of a folder here, where the first ones tell their types."""
        del folder
        return self.typed(split, use, widen=True)

    def typed(self, split: SplitId, use: Callable[[TypedTables], T], *, widen: bool) -> T | NotMine:
        """The same; unless it may `widen` columns, only where all rows are of the types of the first ones."""
        paths = self.text_files(split)
        if paths is None:
            return NOT_MINE
        from dspreview.extract.text.typed_tables import typed_whole

        return typed_whole(self.source.configs[split.config].format, paths, use, widen=widen)

    def parquet(self, split: SplitId, remote: RemoteFiles) -> ParquetSplit | NotMine | None:
        """Parquet as it lies, where its types are plain and its files agree; None for text: it must be converted."""
        config = self.chosen(split)
        if config is None or not config.format.is_parquet:
            return NOT_MINE if self.text_files(split) is None else None
        import pyarrow as pa

        from dspreview.extract.parquet.footers import ParquetSplit, footers_of
        from dspreview.extract.plain import features_of, holds

        paths = [f"{self.source.root}/{name}" for name in config.files[split.split]]
        try:
            if not self.source.dataset.is_remote:
                local.guard_all(paths, self.source.root, self.source.asked)
            footers = footers_of(paths, remote.handle)
        except (OSError, ValueError, PreviewError, pa.ArrowException):  # `datasets` tells what is wrong
            return NOT_MINE
        columns = config.features if config.features is not None else features_of(footers[0].schema)
        if not columns or not all(is_bare(footer) and holds(footer.schema, columns) for footer in footers):
            return NOT_MINE
        return ParquetSplit(tuple(footers), columns)

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
        ahead = self.source.dataset.is_remote and not wanted.whole
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

        if self.source.dataset.is_remote:
            return footer_there(path, self.source.asked, self.settings)
        local.guard(path, self.source.root, self.source.asked)
        return local_footer(path)

    def open(self, path: str) -> Any:
        """A Parquet file. Raises PreviewError, OSError."""
        import pyarrow as pa

        from dspreview.extract.parquet.schemafiles import open_remote

        if self.source.dataset.is_remote:
            return open_remote(path, self.source.asked, self.settings)
        local.guard(path, self.source.root, self.source.asked)
        return pa.OSFile(path)


def is_bare(footer: Footer) -> bool:
    """Whether the values of a file are just what its types say."""
    return not footer.foreign and not footer.ancient


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
