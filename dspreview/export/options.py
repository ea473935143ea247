"""How an export is written, and what writes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from dspreview.export.rows import Exported
from dspreview.settings import Settings


class Options(NamedTuple):
    """How it is written."""

    compression: str | None = None
    indexes: tuple[str, ...] = ()
    """Columns of SQLite that get an index."""
    name: str = ""
    """What its table is called there."""


Write = Callable[[Exported, Path, Settings, Options], int]
"""Writes all rows to a path; returns how many there were."""
