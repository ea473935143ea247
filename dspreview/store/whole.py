"""What is remembered of whole splits: where their Parquet lies, and the assets of answers about them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from dspreview.models import EXTRACTOR_VERSION, Asset, Resolved
from dspreview.store.entries import EntryGoneError, SplitEntry


class WholeSplits:
    """Written inside the transaction of `preview.keeping`, as the cache is."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self.connection = connection
        self.clock = clock

    def put_query(
        self, split: SplitEntry, revision: str, question: str, folder: str, assets: tuple[Asset, ...]
    ) -> str | None:
        """Remember the assets of a query's answer; the folder of those of the same question before.

        Raises EntryGoneError where the split was removed meanwhile.
        """
        old = self.connection.execute(
            "DELETE FROM queries WHERE split_id = ? AND question = ? RETURNING asset_folder", (split.id, question)
        ).fetchone()
        row = self.connection.execute(
            "INSERT INTO queries (split_id, revision, question, asset_folder, used_at) SELECT id, ?, ?, ?, ? FROM splits"
            " WHERE id = ? RETURNING id",
            (revision, question, folder, self.clock(), split.id),
        ).fetchone()
        if row is None:
            raise EntryGoneError
        self.connection.executemany(
            "INSERT INTO query_assets VALUES (?, ?, ?, ?)",
            [(asset.url, row[0], asset.file, asset.size) for asset in assets],
        )
        return old[0] if old else None

    def read_parquet(self, split: SplitEntry, revision: str) -> str | None:
        """Where the Parquet of a split lies, at a revision, as `query.table` wrote it."""
        row = self.connection.execute(
            "SELECT files FROM parquet WHERE split_id = ? AND revision = ? AND extractor = ?",
            (split.id, revision, EXTRACTOR_VERSION),
        ).fetchone()
        return row[0] if row else None

    def put_parquet(self, split: SplitEntry, revision: str, files: str) -> None:
        """Remember where the Parquet of a split lies; nothing where the split was removed meanwhile."""
        self.connection.execute(
            "INSERT OR REPLACE INTO parquet SELECT id, ?, ?, ? FROM splits WHERE id = ?",
            (revision, EXTRACTOR_VERSION, files, split.id),
        )

    def drop_queries(self, dataset: Resolved) -> list[str]:
        """Forget the answers about other revisions of a dataset than its present one; the folders of their assets."""
        found = self.connection.execute(
            "DELETE FROM queries WHERE revision <> ? AND split_id IN (SELECT s.id FROM splits s JOIN configs c ON c.id = s.config_id"
            " JOIN datasets d ON d.id = c.dataset_id WHERE d.name = ? AND d.asked_revision = ?) RETURNING asset_folder",
            (dataset.revision, dataset.name, dataset.asked_revision),
        ).fetchall()
        return [folder for (folder,) in found]
