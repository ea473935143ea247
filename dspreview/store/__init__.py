"""Everything on disk: one SQLite file and one asset folder."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from dspreview.errors import StoreCorruptError, StoreError, StoreFullError
from dspreview.models import DatasetRef
from dspreview.settings import Settings
from dspreview.store.assets import AssetFolder
from dspreview.store.cache import Cache
from dspreview.store.database import check_identity, connect, identity, transaction, translated
from dspreview.store.derived import DerivedFolder
from dspreview.store.job import JobKey
from dspreview.store.private import flush, temporary_folder
from dspreview.store.queue import Queue
from dspreview.store.whole import WholeSplits

OWNER = re.compile(r"(?:[0-9a-f]{8})?")


class Store:
    """The open store: cache, queue and assets on one connection.

    Where the disk is full or read-only it is opened in memory instead, and `lost` says why: answers are still
    given, and forgotten. Commands that are about the file itself ask for `must_open` or `must_write`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        must_open: bool = False,
        must_write: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.lost: StoreError | None = None
        """Why nothing can be stored any more."""
        self.temporary: Path | None = None
        """Where derived files of this call are, if not beside the assets."""
        path = Path(settings.dspreview_database)
        try:
            self.connection, writable = connect(path, settings.store_timeout_seconds, trust=settings.trust_database)
        except StoreFullError as error:
            if must_open or must_write:
                raise
            self.use_memory(error)
            return
        self.identity = identity(path)
        if not writable:
            self.lost = StoreFullError(f"{path} is read-only")
            if must_write:
                raise StoreFullError(f"{path} is read-only; nothing was changed. Name another file with --database")

        with translated(path):
            self._open_rooms()

    def _open_rooms(self) -> None:
        self.cache = Cache(self.connection, self.clock)
        self.whole = WholeSplits(self.connection, self.clock)
        self.queue = Queue(self.connection, self.clock)
        owner = self.cache.read_fact("owner") or ""
        if not OWNER.fullmatch(owner):
            raise StoreCorruptError(
                f"{self.settings.dspreview_database}: its owner is {owner!a}, which is not a name that dspreview gives"
            )
        self.assets = AssetFolder(Path(self.settings.assets_directory), owner, self.settle)
        self.derived = DerivedFolder(Path(self.settings.assets_directory), owner)

    @property
    def writable(self) -> bool:
        """Whether what is computed can be stored."""
        return self.lost is None

    def use_memory(self, why: StoreError) -> None:
        """Go on without the file."""
        self.lost = why
        self.connection, _ = connect(None, 0)
        self._open_rooms()

    def check(self) -> None:
        """Raise StoreGoneError where the file is not the one that was opened any more."""
        check_identity(self.settings.dspreview_database, self.identity)

    def probe(self) -> None:
        """Raise StoreError where the database or the asset folder cannot be used as unattended work needs them."""
        self.check()
        with Store(self.settings, must_write=True):
            pass
        self.assets.probe()

    def settle(self) -> None:
        """Have the disk hold what was committed so far."""
        log = Path(f"{self.settings.dspreview_database}-wal")
        if self.writable and log.exists():
            with suppress(OSError):  # somebody has just copied it back, which does the same
                flush([log, log.parent])

    def enqueue(self, ref: DatasetRef, config: str | None = None, split: str | None = None) -> int:
        """Add the job of a dataset, or of one split of it; 0 where it waits already."""
        entry = self.cache.find_dataset(ref)
        key = JobKey(entry.dataset.name if entry else ref.name, ref.revision or "", config or "", split or "")
        with transaction(self.connection):
            return self.queue.enqueue([key])

    def derive_elsewhere(self) -> None:
        """Keep derived files in the system's folder for temporary files, for this call alone."""
        self.temporary = temporary_folder()
        self.derived = DerivedFolder(self.temporary, "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
        self.derived.close()
        if self.temporary is not None:
            import shutil

            shutil.rmtree(self.temporary, ignore_errors=True)
