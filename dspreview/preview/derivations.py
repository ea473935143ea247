"""What is derived from the table of a split: statistics, search indexes, what media files tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dspreview.preview.answers import Target
from dspreview.preview.opening import SplitTable
from dspreview.preview.tables import Tables
from dspreview.query.table import Table
from dspreview.store.about import About

VERSION = 4
"""Raised when the same rows would give other derived files: those of another version are not used."""


class Derivations:
    """Finds derived folders, and makes them."""

    def __init__(self, tables: Tables) -> None:
        self.tables, self.store, self.settings, self.telling = tables, tables.store, tables.settings, tables.telling

    def find(self, target: Target, table: Table, kind: str, what: str = "") -> Path | None:
        """A folder that was made before."""
        return self.store.derived.find(self.about(target, table, kind, what))

    def make(self, target: Target, found: SplitTable, kind: str, what: str, make: Callable[[Path], None]) -> Path:
        """A folder, made where it is not there."""
        about = self.about(target, found.table, kind, what)

        def checked(folder: Path) -> None:
            make(folder)
            found.check(target.where)  # before it gets its name

        return self.tables.derive(about, checked, f"{target.where}: another dspreview is building it; waiting")

    def about(self, target: Target, table: Table, kind: str, what: str) -> About:
        """What a derived folder is made from."""
        dataset, split = target.entry.dataset, target.split
        limit = self.settings.parquet_max_bytes if table.origin == "derived" else 0
        detail = f"{VERSION} {table.origin} {limit} {what}"
        return About(kind, dataset.name, dataset.revision, split.config, split.split, detail)
