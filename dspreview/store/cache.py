"""Datasets, configs, splits and pages: what was extracted, and when.

Reads take one indexed look; writes are called inside the transaction of `preview.keeping`, which also ends the job.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection
from typing import Any

from dspreview.models import (
    EXTRACTOR_VERSION,
    Asset,
    ConfigListing,
    DatasetRef,
    Json,
    Kind,
    Listing,
    Page,
    Resolved,
    SplitListing,
    Status,
    dump,
)
from dspreview.store.entries import (
    DatasetEntry,
    EntryGoneError,
    SplitEntry,
    StoredPage,
    check_page,
    iso,
    read_error,
    understood,
)

OF_TODAY = "? = (SELECT d.revision FROM datasets d JOIN configs c ON c.dataset_id = d.id WHERE c.id = splits.config_id)"
"""Whether a revision is the one that a split's dataset was last listed at."""


class Cache:
    """The entries."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self.connection = connection
        self.clock = clock

    def find_dataset(self, ref: DatasetRef) -> DatasetEntry | None:
        """The entry of a dataset under any name it was asked by."""
        row = self.connection.execute(
            "SELECT d.id, d.kind, d.name, d.revision, d.asked_revision, d.private, d.gated, d.status, d.extractor,"
            " d.default_config, d.error, d.checked_at, d.used_at"
            " FROM aliases a JOIN datasets d ON d.id = a.dataset_id WHERE a.alias = ? AND a.asked_revision = ?",
            (ref.name, ref.revision or ""),
        ).fetchone()
        if row is None:
            return None
        identity, kind, name, revision, asked, private, gated, status, extractor, default, error, checked, used = row
        with understood(name):
            resolved = Resolved(Kind(kind), name, revision, asked, bool(private), bool(gated))
            return DatasetEntry(
                identity, resolved, Status(status), extractor, default, read_error(error), float(checked), float(used)
            )

    def read_listing(self, entry: DatasetEntry) -> Listing:
        """The configs and splits of an entry, in the dataset's own order."""
        configs = self.connection.execute(
            "SELECT id, config, error FROM configs WHERE dataset_id = ? ORDER BY position", (entry.id,)
        ).fetchall()
        splits: dict[int, list[SplitListing]] = {}
        for config_id, split, num_bytes, num_examples in self.connection.execute(
            "SELECT s.config_id, s.split, s.num_bytes, s.num_examples FROM splits s JOIN configs c ON c.id = s.config_id"
            " WHERE c.dataset_id = ? ORDER BY s.position",
            (entry.id,),
        ):
            splits.setdefault(config_id, []).append(SplitListing(split, num_bytes, num_examples))
        with understood(entry.dataset.name):
            listed = tuple(
                ConfigListing(config, tuple(splits.get(config_id, ())), read_error(error))
                for config_id, config, error in configs
            )
        return Listing(entry.dataset, listed, entry.default_config)

    def find_split(self, entry: DatasetEntry, config: str, split: str) -> SplitEntry | None:
        """What is stored of one split."""
        row = self.connection.execute(
            "SELECT s.id, c.config, s.split, s.status, s.revision, s.extractor, s.limits, s.error, s.created_at"
            " FROM configs c JOIN splits s ON s.config_id = c.id WHERE c.dataset_id = ? AND c.config = ? AND s.split = ?",
            (entry.id, config, split),
        ).fetchone()
        if row is None:
            return None
        identity, config, split, status, revision, extractor, limits, error, created = row
        with understood(entry.dataset.name):
            return SplitEntry(
                identity, config, split, Status(status), revision, extractor, limits, read_error(error), created
            )

    def read_page(self, split: SplitEntry) -> StoredPage | None:
        """The stored rows of a split."""
        row = self.connection.execute(
            "SELECT features, columns, rows, num_rows, num_rows_total, partial, extra FROM rows WHERE split_id = ?",
            (split.id,),
        ).fetchone()
        if row is None:
            return None
        features, columns, rows, num_rows, total, partial, extra = row
        with understood(f"{split.config}/{split.split}"):
            check_page(features, columns, rows, extra)
        return StoredPage(
            features, columns, rows, num_rows, total, bool(partial), extra,
            split.created_at or "", split.revision, split.status is Status.STALLED,
        )  # fmt: skip

    def put_listing(self, ref: DatasetRef, listing: Listing) -> None:
        """Store the configs and splits of a dataset; splits of an older revision become STALLED, never ERROR or EMPTY."""
        dataset = listing.dataset
        dataset_id = self._upsert_dataset(ref, dataset, Status.VALID, listing.default_config, None)
        kept: set[int] = set()
        for position, config in enumerate(listing.configs):
            (config_id,) = self.connection.execute(
                "INSERT INTO configs (dataset_id, config, position, error) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (dataset_id, config) DO UPDATE SET position = excluded.position, error = excluded.error"
                " RETURNING id",
                (dataset_id, config.config, position, dump(config.error) if config.error else None),
            ).fetchone()
            for place, split in enumerate(config.splits):
                (split_id,) = self.connection.execute(
                    "INSERT INTO splits (config_id, split, position, status, num_bytes, num_examples, data_key)"
                    " VALUES (?, ?, ?, 'EMPTY', ?, ?, ?) ON CONFLICT (config_id, split) DO UPDATE SET"
                    " position = excluded.position, num_bytes = coalesce(excluded.num_bytes, num_bytes),"
                    " num_examples = coalesce(excluded.num_examples, num_examples), data_key = excluded.data_key RETURNING id",
                    (config_id, split.split, place, split.num_bytes, split.num_examples, split.data_key),
                ).fetchone()
                self._relabel(split_id, dataset)
                kept.add(split_id)
        self._drop_splits(dataset_id, kept)
        names = json.dumps([config.config for config in listing.configs])
        self.connection.execute(
            "DELETE FROM configs WHERE dataset_id = ? AND config NOT IN (SELECT value FROM json_each(?))",
            (dataset_id, names),
        )

    def _relabel(self, split_id: int, dataset: Resolved) -> None:
        """Bring a split's revision up to date: where only other files changed its page is still that of its data.

        A page whose URLs name the commit is not relabelled.
        """
        if not dataset.asked_revision:
            self.connection.execute(
                "UPDATE splits SET revision = ?, status = iif(status = 'STALLED', 'VALID', status)"
                " WHERE id = ? AND page_key <> '' AND page_key = data_key",
                (dataset.revision, split_id),
            )
        self.connection.execute(
            "UPDATE splits SET status = 'STALLED' WHERE id = ? AND status = 'VALID' AND revision <> ?",
            (split_id, dataset.revision),
        )

    def put_dataset_error(self, ref: DatasetRef, dataset: Resolved, error: Json) -> None:
        """Store that a dataset cannot be listed."""
        dataset_id = self._upsert_dataset(ref, dataset, Status.ERROR, None, error)
        self._drop_splits(dataset_id, set())
        self.connection.execute("DELETE FROM configs WHERE dataset_id = ?", (dataset_id,))

    def put_page(self, split: SplitEntry, page: Page, *, revision: str, limits: str, folder: str | None) -> None:
        """Replace the page of a split and its assets. Raises EntryGoneError where the split was removed meanwhile."""
        self._replace(split.id)
        self._update_split(
            f"UPDATE splits SET status = iif({OF_TODAY}, 'VALID', 'STALLED'), page_key = iif({OF_TODAY}, data_key, ''),"
            " revision = ?, extractor = ?, limits = ?, error = NULL, created_at = ?, num_examples = coalesce(?, num_examples), num_bytes = coalesce(?, num_bytes) WHERE id = ?",
            (
                revision,
                revision,
                revision,
                EXTRACTOR_VERSION,
                limits,
                iso(self.clock()),
                page.num_rows_total,
                page.num_bytes,
                split.id,
            ),
        )
        features, columns = dump(page.features), dump([column.as_json() for column in page.columns])
        size = sum(len(text.encode()) for text in (features, columns, page.rows)) + sum(one.size for one in page.assets)
        self.connection.execute(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                split.id,
                features,
                columns,
                page.rows,
                page.num_rows,
                page.num_rows_total,
                page.partial,
                dump(page.extra),
                folder,
            ),
        )
        self.connection.execute("INSERT INTO page_sizes VALUES (?, ?, ?)", (split.id, size, page.num_rows))
        self.connection.executemany(
            "INSERT OR REPLACE INTO assets VALUES (?, ?, ?, ?, ?, ?)",
            [asset_row(split.id, asset) for asset in page.assets],
        )

    def put_split_error(self, split: SplitEntry, error: Json, *, revision: str, limits: str) -> None:
        """Store that the rows of a split cannot be read. Raises EntryGoneError where it was removed meanwhile."""
        self._replace(split.id)
        self._update_split(
            f"UPDATE splits SET status = 'ERROR', page_key = iif({OF_TODAY}, data_key, ''), revision = ?, extractor = ?,"
            " limits = ?, error = ?, created_at = ? WHERE id = ?",
            (revision, revision, EXTRACTOR_VERSION, limits, dump(error), iso(self.clock()), split.id),
        )

    def touch(self, entry: DatasetEntry, *, private: bool, gated: bool) -> None:
        """Remember that the revision was asked now and is the same, and who may read the dataset now."""
        self.connection.execute(
            "UPDATE datasets SET checked_at = ?, private = ?, gated = ? WHERE id = ?",
            (self.clock(), private, gated, entry.id),
        )

    def mark_used(self, entry: DatasetEntry) -> None:
        """Remember that an entry was answered from now: the least recently used ones go first."""
        self.connection.execute("UPDATE datasets SET used_at = ? WHERE id = ?", (self.clock(), entry.id))

    def read_fact(self, name: str) -> str | None:
        """A small thing that all processes remember together."""
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def write_fact(self, name: str, value: str) -> None:
        """Remember a small thing for all processes."""
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def revisions(self, name: str) -> set[str]:
        """The revisions of a dataset that there are entries of."""
        return {row[0] for row in self.connection.execute("SELECT revision FROM datasets WHERE name = ?", (name,))}

    def asset_folder(self, split: SplitEntry) -> str | None:
        """The folder of a split's assets."""
        row = self.connection.execute("SELECT asset_folder FROM rows WHERE split_id = ?", (split.id,)).fetchone()
        return row[0] if row else None

    def asset_folders(self, datasets: Collection[int] | None = None) -> list[str]:
        """The asset folders that pages and queries of some datasets (of all datasets) refer to."""
        these = (
            " AND split_id IN (SELECT s.id FROM configs c JOIN splits s ON s.config_id = c.id"
            " WHERE c.dataset_id IN (SELECT value FROM json_each(?)))"
        )
        values = () if datasets is None else (json.dumps(list(datasets)),)
        found: list[tuple[str]] = []
        for table in ("rows", "queries"):
            query = f"SELECT asset_folder FROM {table} WHERE asset_folder IS NOT NULL{these if values else ''}"
            found += self.connection.execute(query, values).fetchall()
        return [name for (name,) in found]

    def _upsert_dataset(
        self, ref: DatasetRef, dataset: Resolved, status: Status, default_config: str | None, error: Json
    ) -> int:
        now = self.clock()
        (dataset_id,) = self.connection.execute(
            "INSERT INTO datasets (name, kind, asked_revision, status, revision, extractor, private, gated,"
            " default_config, error, created_at, checked_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (name, asked_revision) DO UPDATE SET kind = excluded.kind, status = excluded.status,"
            " revision = excluded.revision, extractor = excluded.extractor, private = excluded.private,"
            " gated = excluded.gated, default_config = excluded.default_config, error = excluded.error,"
            " created_at = excluded.created_at, checked_at = excluded.checked_at, used_at = excluded.used_at RETURNING id",
            (
                dataset.name, dataset.kind, dataset.asked_revision, status, dataset.revision, EXTRACTOR_VERSION,
                dataset.private, dataset.gated, default_config, dump(error) if error else None, iso(now), now, now,
            ),
        ).fetchone()  # fmt: skip
        self.connection.executemany(
            "INSERT OR REPLACE INTO aliases VALUES (?, ?, ?)",
            [(name, dataset.asked_revision, dataset_id) for name in {ref.name, dataset.name}],
        )
        return int(dataset_id)

    def _drop_splits(self, dataset_id: int, kept: set[int]) -> None:
        """Forget the splits that are gone."""
        gone = self.connection.execute(
            "SELECT s.id FROM splits s JOIN configs c ON c.id = s.config_id WHERE c.dataset_id = ?", (dataset_id,)
        ).fetchall()
        for (split_id,) in gone:
            if split_id not in kept:
                self.connection.execute("DELETE FROM splits WHERE id = ?", (split_id,))

    def _update_split(self, statement: str, values: tuple[Any, ...]) -> None:
        if self.connection.execute(statement, values).rowcount != 1:
            raise EntryGoneError

    def _replace(self, split_id: int) -> None:
        self.connection.execute("DELETE FROM rows WHERE split_id = ?", (split_id,))
        self.connection.execute("DELETE FROM assets WHERE split_id = ?", (split_id,))


def asset_row(split_id: int, asset: Asset) -> tuple[Any, ...]:
    """An asset as a row of its table."""
    return (asset.url, split_id, asset.row_idx, asset.column, asset.file, asset.size)
