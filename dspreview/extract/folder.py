"""What the readers of a kind of dataset are handed, and what they give: files by their names, and rows as Arrow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import IO, TYPE_CHECKING, NamedTuple, TypeAlias

from dspreview import local
from dspreview.errors import UnreadableDataError
from dspreview.extract.files.door import Door
from dspreview.models import Kind, Resolved
from dspreview.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

    from dspreview.extract.plain import Columns

NamedTable: TypeAlias = "tuple[str, pa.Table]"
"""A file and some of its rows."""
BATCH = 1 << 14
"""Rows that are read at a time where all of them are wanted."""


class SplitRows(NamedTuple):
    """The rows of a split."""

    files: tuple[str, ...]
    """Those that hold them, by their names in the dataset."""
    read: Callable[[int], Iterator[NamedTable]]
    """Reads them in order, about so many at a time; the first table, which may be empty, has the columns."""
    num_rows: int | None = None
    """How many there are, where that is known before they are read."""
    columns: Columns | None = None
    """Their features, where Arrow's types do not tell them."""
    guessed: bool = False
    """Whether the types are a guess from values: another row may need wider ones."""
    origin: str = ""
    """What of a file it is where that is not all of it: a sheet, a table."""
    glance: Callable[[int], Callable[[int], Iterator[NamedTable]]] | None = None
    """What reads them for a page, where that is less work: values of more than so many bytes may end behind them."""


class Flaw(NamedTuple):
    """Something in the files of a dataset that its rows do not show."""

    code: str
    """Of the finding that `check` makes of it."""
    file: str
    message: str
    line: int | None = None


Configs = Mapping[str, Mapping[str, SplitRows]]
"""The splits of each config."""


class Folder:
    """The files of one dataset at one revision."""

    download = None
    """Nothing is downloaded through `datasets`."""

    def __init__(
        self, dataset: Resolved, asked: str, settings: Settings, known: frozenset[str], inside: str = ""
    ) -> None:
        """`known` are the names of its files; `inside` is the folder of the dataset that these names begin at."""
        self.dataset, self.asked, self.settings, self.known, self.inside = dataset, asked, settings, known, inside

    def within(self, inside: str) -> Folder:
        """A folder in it, as if it were all there is."""
        known = frozenset(name.removeprefix(f"{inside}/") for name in self.below(inside))
        return Folder(self.dataset, f"{self.asked}/{inside}", self.settings, known, inside)

    @property
    def root(self) -> str:
        """Its folder, or `hf://datasets/ID@SHA`: no file outside it is read."""
        root = local.root_of(self.dataset)
        return f"{root}/{self.inside}" if self.inside else root

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of its files, sorted."""
        return tuple(sorted(self.known))

    @cached_property
    def text(self) -> str:
        """All names, each between line breaks: what none of a hundred thousand holds is known at once."""
        return "\n".join(["", *self.known, ""])

    @cached_property
    def endings(self) -> frozenset[str]:
        """What follows the last dot of the names, in lower case."""
        found = {name.rpartition(".")[2] for name in self.known}
        return frozenset(found | {one.lower() for one in found})

    @cached_property
    def door(self) -> Door:
        """Opens its files."""
        return Door.of(self.dataset, local.root_of(self.dataset), self.asked, self.settings)

    def below(self, folder: str) -> list[str]:
        """The files below a folder, by their names in the dataset."""
        return [name for name in self.names if name.startswith(f"{folder}/")]

    def open(self, name: str, block: int | None = None) -> IO[bytes]:
        """A file, from the Hub so many bytes at a time. Raises UnsafePathError, OSError, and what the clients of the network raise."""
        return self.door.open(f"{self.root}/{name}", block)

    def path(self, name: str = "") -> str:
        """A file or a folder on this machine. Raises UnreadableDataError where it lies on the Hub, UnsafePathError."""
        if self.dataset.is_remote:
            if self.dataset.kind is Kind.WEB:
                raise UnreadableDataError(
                    f"{self.asked}: this kind of file is read from this machine only; download it"
                )
            raise UnreadableDataError(
                f"{self.asked}: {name or 'it'} is read from this machine only; run: hf download {self.dataset.name}"
                f" --repo-type dataset --local-dir {self.dataset.name.rpartition('/')[2]}, and preview that folder"
            )
        path = os.path.join(self.root, name) if name else self.root if self.inside else self.dataset.name
        local.guard(path, local.root_of(self.dataset), self.asked)
        return path

    def size(self, name: str) -> int | None:
        """The bytes of a file, where they are known."""
        if self.dataset.is_remote:
            system, path = self.door.file_system(f"{self.root}/{name}")
            found = system.info(path).get("size")
            return int(found) if found is not None else None
        return os.path.getsize(os.path.join(self.root, name))
