"""A dataset that is one Parquet, CSV or JSON Lines file on this machine, without `datasets`, whose import takes 0.7 to 2 s.

What is not understood completely here is declined, and read the long way; the answers are the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from dspreview import local
from dspreview.extract.format import BY_EXTENSION
from dspreview.extract.layout.keys import key_of, local_key
from dspreview.extract.reader import NOT_MINE, NotMine, Opening, Reader, RemoteFiles, WholeTables, Window
from dspreview.extract.text.text_page import text_page
from dspreview.models import ConfigListing, Listing, Page, SplitId, SplitListing
from dspreview.page.staging import Staging

if TYPE_CHECKING:
    from dspreview.extract.parquet.footers import ParquetSplit

T = TypeVar("T")
ONLY = SplitId("default", "train")
"""The one split of such a dataset."""


class SingleFile(Reader):
    """Reads one file."""

    def __init__(self, opening: Opening) -> None:
        self.opening, self.dataset = opening, opening.dataset
        self.name = opening.ref.name
        self.format = BY_EXTENSION[self.name.rpartition(".")[2]]

    @property
    def is_mine(self) -> bool:
        """Whether the file is there, and is a table: a session of an agent is read as one."""
        if not os.path.isfile(self.name):
            return False
        if not self.format.row_is_line:
            return True
        from dspreview.extract.layout.harness import harness_in

        with open(self.name, "rb") as stream:
            return harness_in(stream) is None

    def listing(self) -> Listing | NotMine:
        """One config with one split. Raises DatasetNotFoundError."""
        if not self.is_mine:
            return NOT_MINE
        dataset = self.dataset = local.resolve(self.opening.ref)
        files = [(self.name.removeprefix(local.folder_of(self.name)), local_key(self.name))]
        split = SplitListing(ONLY.split, data_key=key_of(self.format.name, {}, None, ONLY.split, (None, None), files))
        return Listing(dataset, (ConfigListing(ONLY.config, (split,)),), ONLY.config)

    def page(self, split: SplitId, staging: Staging, window: Window) -> Page | NotMine:
        """The first rows."""
        dataset, settings = self.dataset, self.opening.settings
        if not window.is_page or split != ONLY or dataset is None or not self.is_mine:
            return NOT_MINE
        if self.format.is_parquet:
            from dspreview.extract.formats.plain_pages import plain_page
            from dspreview.extract.parquet.rowgroups import parquet_tables
            from dspreview.extract.parquet.schemafiles import SchemaFiles

            files = SchemaFiles([self.name], partial(open, mode="rb"), parquet_tables)
            found = plain_page(files, None, self.opening.ref.asked, dataset, split, staging.assets, settings)
        else:
            found = text_page(self.format, self.name, dataset, self.opening.ref.asked, split, staging.assets, settings)
        return NOT_MINE if found is None else found

    def weight(self, split: SplitId) -> tuple[int, int | None] | NotMine:
        """One file. Raises OSError."""
        return (1, os.path.getsize(self.name)) if split == ONLY and self.is_mine else NOT_MINE

    def whole(self, split: SplitId, folder: str, use: Callable[[WholeTables], T]) -> T | NotMine:
        """What `use` makes of all rows, where the first ones tell their types."""
        del folder
        if split != ONLY or self.format.is_parquet or not self.is_mine:
            return NOT_MINE
        from dspreview.extract.text.typed_tables import typed_whole

        return typed_whole(self.format, [self.name], use)

    def parquet(self, split: SplitId, remote: RemoteFiles) -> ParquetSplit | NotMine | None:
        """The file itself, where its types are plain."""
        del remote
        if split != ONLY or not self.is_mine:
            return NOT_MINE
        if self.format.whole:
            return None
        import pyarrow as pa

        from dspreview.extract.parquet.footers import ParquetSplit, local_footer
        from dspreview.extract.plain import features_of

        try:
            footer = local_footer(self.name)
        except (OSError, pa.ArrowException):  # read again the long way, which tells what is wrong
            return NOT_MINE
        features = features_of(footer.schema)
        return NOT_MINE if features is None or footer.foreign else ParquetSplit((footer,), features)
