"""Everything on disk: one SQLite file and one asset folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from dspreview.errors import StoreFullError
from dspreview.settings import Settings
from dspreview.store.assets import AssetFolder
from dspreview.store.cache import Cache
from dspreview.store.database import connect
from dspreview.store.queue import Queue


class Store:
    """The open store: cache, queue and assets on one connection.

    Where the disk is full or read-only it is opened in memory instead, and `warning` says so: answers are
    still given, and forgotten. Commands that must write ask for `must_write`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        must_write: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.warning: str | None = None
        path = Path(settings.dspreview_database)
        try:
            self.connection, self.writable = connect(path, settings.store_timeout_seconds)
            reason = "" if self.writable else f"{path} is read-only"
        except StoreFullError as error:
            reason = str(error)
            self.connection, self.writable = connect(None, settings.store_timeout_seconds)
        if reason:
            if must_write:
                raise StoreFullError(
                    f"{reason}; nothing was changed. Free or unlock the place, or name another with --database"
                )
            self.warning = f"{reason}; the answer is given, but not stored"
        self.assets = AssetFolder(Path(settings.assets_directory))
        self.clock = clock
        self.cache = Cache(self.connection, self.assets, clock)
        self.queue = Queue(self.connection, clock)

    def use_memory(self) -> None:
        """Go on without the file, which has just refused to be written."""
        self.connection.close()
        self.connection, self.writable = connect(None, 0)
        self.cache = Cache(self.connection, self.assets, self.clock)
        self.queue = Queue(self.connection, self.clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
