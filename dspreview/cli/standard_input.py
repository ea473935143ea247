"""A dataset that comes through a pipe: `-`. It is one file while the call lasts, with a cache of its own that goes with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dspreview.errors import StoreFullError, UnreadableDataError, UsageError

WORD = "-"
HEAD = 1 << 12
"""Bytes that tell what it is."""
MAGIC = {b"PAR1": "parquet", b"ARROW1": "arrow", b"\xff\xff\xff\xff": "arrow"}
PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip"}
JSON_STARTS = {b"{": "jsonl", b"[": "json"}
MARK = b"\xef\xbb\xbf"


def refuse_twice(values: Mapping[str, Any], *, cached: bool) -> None:
    """Raise UsageError where something else is to be read from stdin, too, or from the cache."""
    others = [f"--{name}" for name in ("where", "orderby") if values.get(name) == WORD]
    others += ["the statement"] if values.get("statement") == WORD else []
    if others:
        raise UsageError(
            f"- is the dataset here, and {others[0]} cannot be read from stdin, too; give it in words, or as @FILE"
        )
    if cached:
        raise UsageError("- is read as it comes, and never cached; leave --cached out")


@contextmanager
def read_where(*, wanted: bool) -> Iterator[str]:
    """The file that holds what stdin gave, as long as it is used; empty where it is not `wanted`.

    Raises UsageError where nothing is piped, UnreadableDataError where it is packed or empty, StoreFullError.
    """
    if not wanted:
        yield ""
        return
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("- is what is piped into this command, and nothing is; try: dspreview rows - < data.csv")
    import shutil
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="dspreview-") as folder:
        source = sys.stdin.buffer
        head = source.read(HEAD)
        path = os.path.join(folder, f"stdin.{kind_of(head)}")
        try:
            with open(path, "wb") as file:
                file.write(head)
                shutil.copyfileobj(source, file, 1 << 20)
        except OSError as error:
            raise StoreFullError(
                f"-: {folder} cannot hold what is piped in ({error.strerror}); name another folder with TMPDIR"
            ) from error
        yield path


def kind_of(head: bytes) -> str:
    """The extension of data that begins so. Raises UnreadableDataError."""
    for magic, name in PACKED.items():
        if head.startswith(magic):
            raise UnreadableDataError(f"-: this is packed ({name}); pipe in what is in it")
    text = head.removeprefix(MARK).lstrip()
    if not text:
        raise UnreadableDataError("-: nothing came through the pipe")
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), "") or JSON_STARTS.get(
        text[:1], "csv"
    )
