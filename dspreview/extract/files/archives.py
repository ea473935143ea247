"""What lies inside an archive or a compressed file, as a small file system of its own."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zipfile
from collections.abc import Callable
from typing import IO, Any, cast

from fsspec.spec import AbstractFileSystem

PACKED = ("gzip", "bz2", "xz", "lz4", "zstd")
"""Compressed single files by the name that their addresses have."""

ENCRYPTED = 0x1
"""The bit in the flags of a zip's member (APPNOTE.TXT, 4.4.4)."""


class Members(AbstractFileSystem):  # type: ignore[misc]
    """Files by their names; folders are what these names say."""

    cachable = False
    root_marker = ""

    def __init__(self, protocol: str, sizes: dict[str, int | None], opened: Callable[[str], IO[bytes]]) -> None:
        """`sizes` are the bytes of each file, as far as they are known."""
        super().__init__()
        self.protocol, self.sizes, self.opened = protocol, sizes, opened
        self.folders: dict[str, dict[str, dict[str, Any]]] = {"": {}}
        """What each folder holds, by name."""
        for name, size in sizes.items():
            self.put({"name": name, "size": size, "type": "file"})

    def put(self, info: dict[str, Any]) -> None:
        """Add a file, and the folders that it lies in."""
        while True:
            folder = info["name"].rpartition("/")[0]
            known = folder in self.folders
            self.folders.setdefault(folder, {})[info["name"]] = info
            if known:
                return
            info = {"name": folder, "size": 0, "type": "directory"}

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        scheme, mark, rest = path.partition("://")
        return (rest if mark and scheme in {"zip", *PACKED} else path).strip("/")

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, size and kind. Raises FileNotFoundError."""
        name = self._strip_protocol(path)
        if name == "":
            return {"name": "", "size": 0, "type": "directory"}
        try:
            return self.folders[name.rpartition("/")[0]][name]
        except KeyError:
            raise FileNotFoundError(path) from None

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:  # noqa: FBT001, FBT002 - as fsspec calls it
        """What a folder holds, sorted; a file stands for itself."""
        name = self._strip_protocol(path)
        found = self.folders.get(name)
        infos = [self.info(name)] if found is None else [found[one] for one in sorted(found)]
        return infos if detail else [info["name"] for info in infos]

    def _open(self, path: str, mode: str = "rb", **_: Any) -> IO[bytes]:
        if mode != "rb":
            raise PermissionError(path)
        if self.info(path)["type"] != "file":
            raise IsADirectoryError(path)
        return self.opened(self._strip_protocol(path))


def archive_members(stream: IO[bytes]) -> Members:
    """The members of a zip, whose list is read once. Raises zipfile.BadZipFile."""
    archive = zipfile.ZipFile(stream)
    files = {info.filename.strip("/"): info for info in archive.infolist() if not info.is_dir()}

    def opened(name: str) -> IO[bytes]:
        if files[name].flag_bits & ENCRYPTED:
            raise ValueError("the archive needs a password; unpack it yourself, and preview the folder")
        return archive.open(files[name])

    return Members("zip", {name: info.file_size for name, info in files.items()}, opened)


def unpacked_member(protocol: str, address: str, system: AbstractFileSystem, path: str) -> Members:
    """The one file that a compressed file holds, under its name without the last ending."""
    name = os.path.basename(address.partition("::")[0])
    name = name.rpartition(".")[0] if "." in name else name

    def opened(_: str) -> IO[bytes]:
        return unpacked(protocol, system.open(path, "rb"))

    return Members(protocol, {name: system.info(path).get("size")}, opened)


def unpacked(protocol: str, stream: IO[bytes]) -> IO[bytes]:
    """What a compressed stream holds."""
    if protocol == "zstd":
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        return cast("IO[bytes]", zstd.open(stream, "rb"))
    if protocol == "lz4":
        import pyarrow as pa  # 50 ms for what is seldom

        return io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "lz4"))
    from fsspec.compression import compr

    return compr[protocol](stream, mode="rb")  # type: ignore[no-any-return]


def is_damage(error: Exception) -> bool:
    """Whether what was read is not packed as it should be; bz2 says so by a bare OSError, which no network and no disk raises."""
    import lzma
    import zlib

    if isinstance(error, (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError)):
        return True
    return type(error) is OSError or type(error).__name__ == "ZstdError"  # of either package
