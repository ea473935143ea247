"""Digests of what a page depends on."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from dspreview.models import Json


def key_of(
    module: str, params: dict[str, Any], features: Json, split: str, sizes: tuple[int | None, int | None],
    files: list[tuple[str, str]],
) -> str:  # fmt: skip
    """A digest of the reader of a split, its options, what is declared of it, and each file with what changes with it."""
    known = json.dumps([module, sorted(params.items()), features, split, sizes, files], default=str)
    return hashlib.sha256(known.encode(errors="surrogatepass")).hexdigest()


def local_key(name: str) -> str:
    """What changes with the content of a file on this machine: its size and time. Raises OSError."""
    return key_of_status(os.stat(name))


def key_of_status(status: os.stat_result) -> str:
    """The same, by what the file system says of it."""
    return f"{status.st_size}/{status.st_mtime_ns}"
