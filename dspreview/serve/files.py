"""The files of the asset folder, opened through no link; small ones are kept in memory while nothing changes."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path, PurePath
from typing import NamedTuple
from urllib.parse import quote, unquote

from dspreview.errors import StoreCorruptError
from dspreview.page.urls import encoded
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.asset_lookup import FoundAsset, find_asset, find_name
from dspreview.store.database import translated

KEPT_MAX_BYTES = 64_000_000
"""Of small files, in each process."""
SMALL = 256 * 1024
CHECK_SECONDS = 0.05
"""For how long nothing changes in the cache; whether a file lies there is asked each time."""
MAX_URL = 8_192


class File(NamedTuple):
    """An asset."""

    found: FoundAsset
    path: str
    stamp: tuple[int, int, int]
    """Inode, time and size: another file of the same name has another one."""
    data: bytes | None
    """All of it, where it is small."""

    @property
    def size(self) -> int:
        """Bytes of it."""
        return self.stamp[2]

    @property
    def modified(self) -> float:
        """When it was written, in seconds."""
        return self.stamp[1] / 1e9

    @property
    def tag(self) -> str:
        """Its ETag: a folder is never written again, so its name and the file's tell the content."""
        return f'"{self.found.folder[-16:]}-{self.found.file.partition(".")[0]}-{self.size:x}"'


class OpenFiles:
    """Finds the file behind a path of a request. Reads from one connection, which never writes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.opened: Store | None = None
        self.inode = 0
        self.root = Path(settings.assets_directory)
        self.kept: dict[bytes, File] = {}
        self.bytes = 0
        self.version = -1
        self.checked = -CHECK_SECONDS

    def find(self, raw: bytes) -> File | None:
        """The asset of a path as it was sent; None where the cache knows none, or its file is not what was stored.

        Raises StoreError where the cache cannot be read.
        """
        if len(raw) > MAX_URL or not raw.isascii():
            return None
        self.check_version()
        if (kept := self.kept.get(raw)) is not None and stamp_of(kept.path) == kept.stamp:
            return kept
        with translated(self.settings.dspreview_database):
            url = raw[1:].decode("ascii")
            found = find_asset(self.store.connection, url) or self.find_spelled(url)
        file = self.read(found) if found is not None else None
        if file is not None and file.data is not None:
            self.keep(raw, file)
        return file

    def find_spelled(self, url: str) -> FoundAsset | None:
        """The asset of a URL in another spelling, or under a name that its dataset was asked by (`glue`)."""
        own = normal(url)
        found = find_asset(self.store.connection, own)
        name, separator, rest = own.removeprefix("assets/").partition("/--/")
        if found is not None or not separator:
            return found
        known = find_name(self.store.connection, name)
        return find_asset(self.store.connection, f"assets/{known}/--/{rest}") if known else None

    def check_version(self) -> None:
        """Forget everything when the cache has changed; the question costs as much as a small file."""
        now = time.monotonic()
        if now < self.checked + CHECK_SECONDS:
            return
        self.checked = now
        self.reopen()
        with translated(self.settings.dspreview_database):
            (version,) = self.store.connection.execute("PRAGMA data_version").fetchone()
        if version != self.version:
            self.kept.clear()
            self.version, self.bytes = version, 0

    @property
    def store(self) -> Store:
        """The store, open."""
        if self.opened is None:
            self.opened = Store(self.settings, must_open=True)
        return self.opened

    def reopen(self) -> None:
        """Let go of a database that was replaced by another file."""
        try:
            inode = os.stat(self.settings.dspreview_database).st_ino
        except OSError:
            inode = 0
        if inode != self.inode:
            if self.opened is not None:
                self.opened.close()
            self.opened, self.inode, self.version = None, inode, -1

    def keep(self, raw: bytes, file: File) -> None:
        """Keep a small file; the oldest go."""
        while self.kept and self.bytes + file.size > KEPT_MAX_BYTES:
            self.bytes -= self.kept.pop(next(iter(self.kept))).size
        self.kept[raw] = file
        self.bytes += file.size

    def read(self, found: FoundAsset) -> File | None:
        """An asset as it lies in its folder."""
        try:
            path = self.store.assets.path(found.folder, found.file)
            handle = self.open(str(path))
        except (OSError, StoreCorruptError):
            return None
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or status.st_size != found.size:
                return None
            data = os.pread(handle, SMALL, 0) if status.st_size <= SMALL else None
            return File(found, str(path), (status.st_ino, status.st_mtime_ns, status.st_size), data)
        finally:
            os.close(handle)

    def open(self, path: str) -> int:
        """Open a file of the folder. Raises OSError."""
        return walk(self.root, PurePath(path).relative_to(self.root))


def stamp_of(path: str) -> tuple[int, int, int] | None:
    """Inode, time and size of what lies there now."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def walk(root: Path, path: PurePath) -> int:
    """Open a file below a folder, following no link on the way. Raises OSError."""
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in path.parts[:-1]:
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        return os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
    finally:
        os.close(here)


def normal(url: str) -> str:
    """A URL that somebody wrote in another way, as the extraction writes it."""
    parts = url.split("/")
    try:
        owner = parts.index("--", 2)
    except ValueError:
        return url
    names = [quote(unquote(part), safe="@") for part in parts[1:owner]]
    rest = [encoded(unquote(part, errors="surrogatepass")) for part in parts[owner + 1 :]]
    return "/".join([parts[0], *names, "--", *rest])
