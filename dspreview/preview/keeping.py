"""Keeping what was computed: claim its job, put it in, end the job; and go on where the store cannot be written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType

from dspreview import errors
from dspreview.store import Store
from dspreview.store.database import transaction, translated
from dspreview.store.entries import EntryGoneError
from dspreview.store.job import JobKey

POLL_SECONDS = 0.05


class Keeper:
    """Writes to the store for one call. An answer matters more than its entry: what cannot be stored is told once."""

    def __init__(
        self, store: Store, warn: Callable[[str], None], adopted: Mapping[JobKey, int | None] = MappingProxyType({})
    ) -> None:
        """`adopted` are jobs that somebody else claimed for this call, and ends where no entry does; None is written without one."""
        self.store = store
        self.warn = warn
        self.path = store.settings.dspreview_database
        self.adopted = adopted
        self.told = False
        """Whether it was said that nothing can be stored."""

    @contextmanager
    def claimed(self, key: JobKey) -> Iterator[int | None]:
        """Hold the job of `key`, after whoever holds it now; None where nothing can be written."""
        if key in self.adopted:
            yield self.adopted[key]
            return
        job: int | None = None
        while job is None and self.store.writable:
            try:
                with translated(self.path):
                    job = self.store.queue.claim_key(key)
            except errors.StoreError as error:
                self.give_up(error)
            else:
                if job is None:
                    time.sleep(POLL_SECONDS)
        try:
            yield job
        finally:
            if job is not None:
                self.write(partial(self.store.queue.release, job))

    def finish(self, job: int | None, put: Callable[[], None], *, success: bool, error: str | None = None) -> bool:
        """Entry in and job out in one transaction; whether that could be written."""

        def both() -> None:
            put()
            if job is not None:
                self.store.queue.finish(job, success=success, error=error)

        return self.write(both)

    def write(self, change: Callable[[], None]) -> bool:
        """Change the store; where that cannot be, say so and go on: the answer matters more."""
        if self.store.lost is not None:
            self.give_up(self.store.lost)
            return False
        try:
            self.store.check()
            with translated(self.path), transaction(self.store.connection):
                change()
        except EntryGoneError:
            self.warn("the entry was removed while it was computed; the answer is given, but not stored")
            return False
        except errors.StoreError as error:
            self.give_up(error)
            return False
        return True

    def give_up(self, error: errors.StoreError) -> None:
        """Say once that nothing is stored any more."""
        self.store.lost = error
        if not self.told:
            self.warn(f"{error}; the answer is given, but not stored")
        self.told = True

    def must_store(self) -> None:
        """Raise the StoreError that keeps answers from being stored."""
        if self.store.lost is not None:
            raise self.store.lost
