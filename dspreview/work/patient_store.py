"""The store as unattended work uses it: patient with whoever holds it, while running jobs are watched."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from dspreview.errors import StoreLockedError
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.database import translated

T = TypeVar("T")
PATIENCE = 1.0
"""Seconds that one look at a locked store may take."""


class Ledger:
    """A store that may be locked for a while."""

    def __init__(self, store: Store, settings: Settings, max_wait: float, warn: Callable[[str], None]) -> None:
        """`max_wait` is how many seconds a store may be locked before the work ends."""
        self.store = store
        self.settings = settings
        self.max_wait = max_wait
        self.warn = warn
        self.locked_since: float | None = None
        self.told_locked = False
        self.crashed = False
        """Whether a process died that may have left files behind."""
        store.connection.patience = min(store.connection.patience, PATIENCE)

    def stored(self, act: Callable[[], T]) -> T | None:
        """Do something with the store; None where another program holds it. Raises StoreError: locked for too long, full, gone."""
        now = time.monotonic()
        try:
            self.store.check()
            with translated(self.settings.dspreview_database):
                done = act()
        except StoreLockedError as error:
            if self.locked_since is None:
                self.locked_since = now
            held = now - self.locked_since
            if held >= self.settings.store_timeout_seconds and not self.told_locked:
                self.told_locked = True
                self.warn(f"{error}; the work goes on when it is free")
            if held >= max(self.max_wait, self.settings.store_timeout_seconds):
                raise
            return None
        self.locked_since, self.told_locked = None, False
        return done
