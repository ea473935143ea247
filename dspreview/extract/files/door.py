"""The one door: every file that data names is opened here, and only if the dataset may name it.

What a cell, a metadata file, a README or an archive writes is never a command to fsspec, whose addresses reach any file of
the machine and any service. It is one of these shapes, looked at hop by hop:

- a file within the dataset's own folder, links followed;
- a file of the dataset's own repository, at this revision;
- `https://` or `http://`, through the fence, without a token;
- a member of an archive (`zip://MEMBER::FILE`) or what a compressed file holds (`gzip://NAME::FILE`), where FILE is itself one of these.

Each is opened by us, or by one file system that is named here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from glob import escape
from typing import IO, TYPE_CHECKING, Any, TypeVar

from dspreview import local
from dspreview.errors import UnsafePathError
from dspreview.local import WEB
from dspreview.models import Kind, Resolved
from dspreview.settings import Settings

if TYPE_CHECKING:
    from fsspec.spec import AbstractFileSystem

    from dspreview.extract.files.archives import Members

T = TypeVar("T")
HOP = re.compile(r"(zip|gzip|bz2|xz|lz4|zstd)://([^\0]*)", re.DOTALL)
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
MOST_HOPS = 8
"""Archives within archives; nobody means more."""
CURRENT: ContextVar[Door | None] = ContextVar("door", default=None)
"""The door of the dataset that `datasets` reads just now."""


class Door:
    """Opens the files of one dataset."""

    def __init__(
        self, kind: Kind, root: str, asked: str, settings: Settings, unpacked: str = "", *, alone: str = ""
    ) -> None:
        """`root` is a folder, `hf://datasets/ID@SHA` or `URL#`; `unpacked` a folder of ours with what was downloaded of the dataset.

        A dataset that is one file, `alone`, has no other: what lies beside it is somebody's folder of downloads.
        """
        self.kind, self.root, self.asked, self.settings = kind, root, asked, settings
        self.alone = alone
        self.unpacked = [unpacked] if unpacked else []
        if unpacked and kind is Kind.HUB:
            self.unpacked.append(download_folder(root))
        self.archives: dict[str, Members] = {}
        self.beyond_library = ""
        """What was read that `datasets` itself does not read."""
        self.dropped = ""
        """What `datasets` itself leaves out of it."""
        self.rounded: Any = None
        """The table that pyarrow makes of JSON whose integers it rounds."""
        self.texts: set[str] = set()
        """Columns that are text in the files that were read by now."""
        self.latest = ""
        """The address that a reader of `datasets` opened last."""

    def open(self, address: str, block: int | None = None) -> IO[bytes]:
        """A file, to be read as bytes, from the Hub so many at a time.

        Raises UnsafePathError, OSError, and what the clients of the network raise.
        """
        if SCHEME.match(address) is None and (self.kind is Kind.LOCAL or self.is_unpacked(address)):
            return local.open_regular(self.here(address))  # without fsspec, whose import takes 30 ms
        system, path = self.file_system(address)
        return system.open(path, "rb", block_size=block)  # type: ignore[no-any-return]

    @classmethod
    def of(cls, dataset: Resolved, root: str, asked: str, settings: Settings, unpacked: str = "") -> Door:
        """That of a dataset."""
        alone = dataset.name if dataset.kind is Kind.LOCAL and os.path.isfile(dataset.name) else ""
        return cls(dataset.kind, root, asked, settings, unpacked, alone=alone)

    def pattern_system(self, pattern: str, **options: Any) -> tuple[AbstractFileSystem, str]:
        """The same for a pattern of files, in which the signs of patterns in the folder's own name are escaped."""
        inside = escape(self.root)
        if self.kind is Kind.LOCAL and inside != self.root and pattern.startswith(inside.rstrip("/") + "/"):
            self.here(self.root + pattern[len(inside) :])
            from fsspec.implementations.local import LocalFileSystem

            return LocalFileSystem(), pattern
        return self.file_system(pattern, **options)

    def file_system(self, address: str, **options: Any) -> tuple[AbstractFileSystem, str]:
        """The file system that an address belongs to, and its path there. Raises UnsafePathError, OSError.

        Args:
            options: those of a file system, under its protocol, as fsspec takes them; all but the Hub's are of no use here.

        """
        first, _, rest = address.partition("::")
        hop = HOP.fullmatch(first)
        if hop is None:
            return self.base(address, options)
        if address.count("::") > MOST_HOPS:
            raise self.outside(address)
        return self.archive(hop[1], rest, options), hop[2]

    def archive(self, protocol: str, rest: str, options: dict[str, Any]) -> Members:
        """The members of the archive that lies at the `rest` of an address; opened once."""
        from dspreview.extract.files.archives import archive_members, unpacked_member

        if rest not in self.archives:
            if not rest:
                raise self.outside(f"{protocol}://")
            system, path = self.file_system(rest, **options)
            if protocol == "zip":
                self.archives[rest] = archive_members(system.open(path, "rb"))
            else:
                self.archives[rest] = unpacked_member(protocol, rest, system, path)
        return self.archives[rest]

    def base(self, address: str, options: dict[str, Any]) -> tuple[AbstractFileSystem, str]:
        """The same for a file that lies in no other."""
        if address.startswith("hf://") and self.kind is Kind.HUB:
            if not address.startswith(self.root + "/") or ".." in address.split("/"):
                raise self.outside(address)
            return self.hub_files(**options.get("hf", {})), address
        own = self.root if self.kind is Kind.WEB and address.startswith(f"{self.root}/") else ""
        if own or address.startswith((*WEB, "hf://")):
            from dspreview.extract.files.web import WebFiles

            return WebFiles(self.asked, self.settings, own), address
        if SCHEME.match(address) or (self.kind is not Kind.LOCAL and not self.is_unpacked(address)):
            raise self.outside(address)
        from fsspec.implementations.local import LocalFileSystem

        return LocalFileSystem(), self.here(address)

    def here(self, path: str) -> str:
        """A path on this machine that belongs to the dataset. Raises UnsafePathError."""
        if path == self.root or path.startswith(self.root.rstrip("/") + "/"):
            local.guard(path, self.alone or self.root, self.asked)
            return path
        for folder in self.unpacked:
            if path == folder or path.startswith(folder + "/"):
                local.guard(path, folder, self.asked)
                return path
        raise self.outside(path)

    def is_unpacked(self, path: str) -> bool:
        """Whether a path lies in a folder of what was downloaded."""
        return any(path == folder or path.startswith(folder + "/") for folder in self.unpacked)

    def locate(self, word: str) -> str:
        """The address of a file as a cell has it, relative to the dataset or whole. Raises UnsafePathError."""
        hops, base = [], word
        while (hop := HOP.fullmatch(base.partition("::")[0])) is not None and "::" in base:
            hops.append(hop[0])
            base = base.partition("::")[2]
        if base.startswith("hf://") and self.kind is not Kind.HUB:
            raise self.outside(word)
        if SCHEME.match(base) is None and not os.path.isabs(base):
            if self.kind is Kind.WEB or (".." in base.split("/") and self.kind is Kind.HUB):
                raise self.outside(word)
            base = f"{self.root}/{base}"
        return "::".join([*hops, base])

    def hub_files(self, **options: Any) -> Any:
        """The Hub's files, with the listings that were made before: one object for the same token and options."""
        from dspreview.extract.files.hubfiles import HubFiles

        asked = {"endpoint": os.environ["HF_ENDPOINT"], "token": self.settings.hf_token or False}
        files = HubFiles(**{**options, **asked})
        files.settings = self.settings
        return files

    def outside(self, address: str) -> UnsafePathError:
        """The failure of an address that the dataset may not name."""
        return UnsafePathError(f"{self.asked}: {address} lies outside the dataset; only its own files are read")

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Let the readers of `datasets` open the files of this dataset, and no others, meanwhile."""
        before = CURRENT.set(self)
        try:
            yield
        finally:
            CURRENT.reset(before)

    def through(self, items: Iterator[T]) -> Iterator[T]:
        """The same for each step of an iterator: between two steps somebody else may read another dataset."""
        while True:
            with self.entered():
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item


def download_folder(root: str) -> str:
    """The folder of the Hub's own cache that takes the files of a repository at its revision."""
    from huggingface_hub import constants

    name, _, revision = root.removeprefix("hf://datasets/").partition("@")
    return os.path.join(constants.HF_HUB_CACHE, f"datasets--{name.replace('/', '--')}", "snapshots", revision)
