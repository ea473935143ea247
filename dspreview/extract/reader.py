"""Ways of reading a dataset: what each of them can be asked. `dspreview.extract.extractor` asks them in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

from dspreview.models import DatasetRef, Listing, Page, Resolved, SplitId
from dspreview.page.staging import Staging
from dspreview.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

    from dspreview.extract.hub.description import Description
    from dspreview.extract.parquet.footers import ParquetSplit
    from dspreview.extract.plain import Columns


T = TypeVar("T")
WHOLE_BATCH = 1 << 16
"""Rows that are handed out at a time where all of them are wanted."""


class Declined(Enum):
    """What a reader says of what another one must read."""

    NOT_MINE = "not mine"


NOT_MINE = Declined.NOT_MINE
NotMine = Literal[Declined.NOT_MINE]


class Window(NamedTuple):
    """Which rows of a split are wanted: the page of the settings, or any rows of it."""

    offset: int = 0
    length: int | None = None
    whole: bool = False
    """Cells in full, whatever the limits say."""

    @property
    def is_page(self) -> bool:
        """Whether it is the page of the settings."""
        return not self.offset and self.length is None and not self.whole


class Opening(NamedTuple):
    """What a reader is opened with."""

    ref: DatasetRef
    dataset: Resolved | None
    """The dataset at the revision that is read; None for the one of now."""
    settings: Settings
    describe: Callable[[], Description]
    """The description of the dataset, asked for once."""
    names: Callable[[], frozenset[str] | None]
    """The names of its files, found once; None where a local folder has too many, or links to others."""
    prepare: Callable[[], None]
    """Sets up the libraries about data; before their first import."""


class Block(NamedTuple):
    """Some rows of a split as Arrow."""

    file: str
    """The file they came from, as it is opened; empty where a reader mixes files."""
    table: pa.Table
    columns: Columns
    """Its columns with their features, as far as they are known by now."""
    is_declared: bool
    """Whether these are the data's own, and no guess from the values."""
    raw: pa.Table | None = None
    """The same rows as `datasets` itself makes them; None where that is known from the file's end."""
    unread: str = ""
    """What `datasets` itself would not read of them."""
    dropped: str = ""
    """What it leaves out of them."""


class WantedBlocks(NamedTuple):
    """Which rows are wanted as Arrow, and where to work."""

    folder: str
    """Takes what has to be downloaded or unpacked, and belongs to the caller."""
    skip: int = 0
    whole: bool = True
    """All rows in large blocks; else as few at first as make a page."""
    examined: bool = False
    """Whether it is told how `datasets` makes these rows; plain files are read as they lie then, whether or not they agree."""
    leave_out: frozenset[str] = frozenset()
    """Files that are known to be broken."""


class WholeTables(Protocol):
    """All rows of a split as Arrow tables, read once; types may widen on the way."""

    @property
    def features(self) -> Any:
        """The `datasets.Features` that are declared; None where only the values tell."""

    def tables(self, skip: int = 0) -> Iterator[tuple[str, pa.Table]]:
        """The tables in order, each with the file it came from. Raises PreviewError."""

    def unified(self, schema: pa.Schema, name: str, table: pa.Table) -> pa.Schema:
        """The schema that earlier rows and these of a file have together. Raises DisagreeingFilesError."""

    def opening(self, schema: pa.Schema) -> pa.Schema:
        """The schema to begin with: the declared one, or that of the first table."""

    def fitted(self, table: pa.Table, schema: pa.Schema) -> pa.Table:
        """A table in a schema that `unified` gave. Raises ArrowInvalid."""

    def columns(self, schema: pa.Schema) -> Columns:
        """The columns with their features: those that are declared, else those of the last schema."""


class RemoteFiles(Protocol):
    """Opens files on the Hub by ranges."""

    def handle(self, address: str) -> tuple[Any, Callable[[], int]]:
        """Something that pyarrow reads, and its size once it was read."""

    def forget(self) -> None:
        """Keep nothing of what was read: it may not be what it seemed."""


class Reader(Protocol):
    """A way of reading one dataset at one revision; what it is not asked for by its kind of data, it declines.

    Each method raises PreviewError for what is wrong with the data, the access or the network.
    """

    def listing(self) -> Listing | NotMine:
        """The configs and splits."""
        return NOT_MINE

    def page(self, split: SplitId, staging: Staging, window: Window) -> Page | NotMine:
        """Some rows as a page, its assets in the staging folder."""
        del split, staging, window
        return NOT_MINE

    def blocks(self, split: SplitId, wanted: WantedBlocks) -> Iterator[Block] | NotMine:
        """The rows from one on, some at a time, in order."""
        del split, wanted
        return NOT_MINE

    def whole(self, split: SplitId, folder: str, use: Callable[[WholeTables], T]) -> T | NotMine:
        """What `use` makes of all rows of a split that must be converted; `folder` takes what is downloaded."""
        del split, folder, use
        return NOT_MINE

    def may_widen(self, split: SplitId) -> bool | NotMine:
        """Whether a late row may bring a column that the first ones do not have."""
        del split
        return NOT_MINE

    def weight(self, split: SplitId) -> tuple[int, int | None] | NotMine:
        """How many files a split has, and their bytes as far as these are known."""
        del split
        return NOT_MINE

    def parquet(self, split: SplitId, remote: RemoteFiles) -> ParquetSplit | NotMine | None:
        """The Parquet files that hold just these rows; None where there are none, and the split must be converted."""
        del split, remote
        return NOT_MINE


Open = Callable[[Opening], Reader | NotMine]
"""Opens a dataset for a way of reading; imports what that takes."""
