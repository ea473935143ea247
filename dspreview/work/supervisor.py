"""N jobs at a time, each in a process of its own that can be killed alone."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

from dspreview.errors import StoreLockedError
from dspreview.extract.hub import QUIET
from dspreview.extract.hub_failures import first_line
from dspreview.settings import TABLE, Settings
from dspreview.store import Store, report
from dspreview.store.database import transaction, translated
from dspreview.store.job import KINDS, Job
from dspreview.work.resources import is_paused, shortage, tree_memory
from dspreview.work.slot import Slot, death

TICK = 0.05
HEARTBEAT = 1.0
TAKE_BACK = 1.0
CLEAN = 3600.0
PATIENCE = 1.0
"""Seconds that one look at a locked store may take: running jobs are watched meanwhile."""
T = TypeVar("T")
ENDED = frozenset({"SUCCESS", "ERROR"})


class Limits(NamedTuple):
    """When to stop."""

    workers: int = 1
    until_empty: bool = False
    max_jobs: int | None = None
    max_wait: float = 600.0
    """Seconds without load or memory to spare after which it ends."""


class Done(NamedTuple):
    """A job that ended."""

    job: Job
    status: str
    error: str | None


class Supervisor:
    """Claims jobs, runs each in a child, and watches time, memory and death."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        limits: Limits,
        *,
        report: Callable[[Done], None],
        warn: Callable[[str], None],
    ) -> None:
        self.store = store
        self.settings = settings
        self.limits = limits
        self.report = report
        self.warn = warn
        self.kinds = KINDS if settings.worker_queue == "both" else (settings.worker_queue,)
        self.slots: list[Slot] = []
        self.claimed = 0
        self.stopping = False
        self.short_since: float | None = None
        self.locked_since: float | None = None
        self.told_locked = False
        self.crashed = False
        """Whether a process died that may have left files behind."""
        self.tick: Callable[[], None] = lambda: None
        """Called at each turn, for whoever shows progress."""
        self.context = self._forkserver()

    def _forkserver(self) -> Any:
        import multiprocessing

        # tqdm leaves a lock in the forkserver, and Python's tracker of such things would warn about it at the end
        sys.warnoptions.append("ignore")
        os.environ.update(QUIET)  # the libraries read it once, at import, in the forkserver
        os.environ["HF_ENDPOINT"] = self.settings.hf_endpoint
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["dspreview.work.preload"])
        return context

    def run(self) -> bool:
        """Work until there is nothing more to do; False where load or memory never allowed it.

        Raises StoreError: locked for longer than `max_wait`, full.
        """
        from multiprocessing.connection import wait

        signal.signal(signal.SIGTERM, self._stop_softly)
        self.store.connection.patience = min(self.store.connection.patience, PATIENCE)
        took_back = cleaned = float("-inf")
        try:
            while True:
                now = time.monotonic()
                for slot in list(self.slots):
                    self._watch(slot, now)
                if now - took_back >= TAKE_BACK:
                    took_back = now
                    self.crashed |= bool(self._stored(self._take_back, now))
                if now - cleaned >= CLEAN:
                    cleaned = now
                    self._stored(self._clean, now)
                if not self._fill(now):
                    return False
                self.tick()
                if self._is_over():
                    return True
                if self.slots:
                    wait([slot.process.sentinel for slot in self.slots], TICK)
                else:
                    time.sleep(self._pause())
        finally:
            for slot in self.slots:
                slot.kill()
                self._stored(partial(self.store.queue.postpone, slot.job.id), time.monotonic())
                slot.close()
            if self.crashed:
                self._stored(partial(report.sweep, self.store), time.monotonic())

    def _stored(self, act: Callable[[], T], now: float) -> T | None:
        """Do something with the store; None where another program holds it, for as long as we would wait for resources."""
        try:
            with translated(self.settings.dspreview_database):
                done = act()
        except StoreLockedError as error:
            if self.locked_since is None:
                self.locked_since = now
            held = now - self.locked_since
            if held >= self.settings.store_timeout_seconds and not self.told_locked:
                self.told_locked = True
                self.warn(f"{error}; the work goes on when it is free")
            if held >= max(self.limits.max_wait, self.settings.store_timeout_seconds):
                raise
            return None
        self.locked_since, self.told_locked = None, False
        return done

    def _take_back(self) -> int:
        """Give back the jobs of workers that are gone; how many. What becomes of our own is settled with their process."""
        return len(self.store.queue.take_back(but=frozenset(slot.job.id for slot in self.slots)))

    def _clean(self) -> None:
        """Forget old jobs, and what crashes left."""
        self.store.queue.clean(finished=True, older_than=self.settings.jobs_keep_days * 86_400.0)
        if self.crashed:
            report.sweep(self.store)
            self.crashed = False

    def _stop_softly(self, _number: int, _frame: Any) -> None:
        """Claim no more; what runs may finish."""
        self.stopping = True

    def _is_over(self) -> bool:
        if self.slots:
            return False
        if self.stopping or (self.limits.max_jobs is not None and self.claimed >= self.limits.max_jobs):
            return True
        return self.limits.until_empty and not self.store.queue.has_waiting(self.kinds)

    def _pause(self) -> float:
        """How long to sleep with nothing to run; short where somebody waits for the end."""
        if self.limits.until_empty:
            return TICK
        return self.settings.worker_sleep_seconds * random.uniform(0.75, 1.25) or TICK

    def _fill(self, now: float) -> bool:
        """Start jobs in free slots; False where resources were short for too long."""
        while len(self.slots) < self.limits.workers and not self.stopping:
            if self.limits.max_jobs is not None and self.claimed >= self.limits.max_jobs:
                break
            if is_paused(self.store) or not self.store.queue.has_waiting(self.kinds):
                break
            short = shortage(self.settings)
            if short is not None:
                if self.short_since is None:
                    self.short_since = now
                    self.warn(f"waiting: {short}")
                if now - self.short_since >= self.limits.max_wait and not self.slots:
                    self.warn(f"gave up after {now - self.short_since:.0f} s: {short}")
                    return False
                break
            self.short_since = None
            job = self._stored(partial(self.store.queue.claim, self.kinds, self.settings.max_jobs_per_dataset), now)
            if job is None:
                break
            try:
                self.slots.append(self._start(job, now))
            except (EOFError, OSError) as error:  # the forkserver was killed; the next start makes a new one
                reason = f"no process could be started for it ({first_line(error)})"
                self._stored(partial(self.store.queue.give_back, job.id, reason), now)
                break
            self.claimed += 1
        return True

    def _start(self, job: Job, now: float) -> Slot:
        from dspreview.work.child import run

        theirs, ours = self.context.Pipe(duplex=False)
        values = {setting.name: getattr(self.settings, setting.name.lower()) for setting in TABLE}
        process = self.context.Process(target=run, args=(job.id, values, self.settings.sources, theirs), daemon=True)
        process.start()
        theirs.close()
        return Slot(job, process, ours, now)

    def _watch(self, slot: Slot, now: float) -> None:
        """Look after a running job: its end, its time, its memory, its cancellation."""
        if slot.ended:
            self._settle(slot, now)
        elif now - slot.started > self.settings.job_max_seconds:
            self._stop(slot, f"it took longer than JOB_MAX_SECONDS ({self.settings.job_max_seconds} s)", now)
        elif tree_memory(slot.process.pid) > self.settings.job_max_memory:
            self._stop(slot, f"it needed more than JOB_MAX_MEMORY ({self.settings.job_max_memory:,} bytes)", now)
        elif now - slot.beat >= HEARTBEAT:
            slot.beat = now
            if self._stored(partial(self.store.queue.heartbeat, slot.job.id), now) is False and not self._has_ended(
                slot
            ):
                slot.kill()  # cancelled, or taken away

    def _stop(self, slot: Slot, why: str, now: float) -> None:
        """Kill a job over its limit; it is ours first, so that no other worker takes it for lost."""
        if self._stored(partial(self.store.queue.adopt, slot.job.id), now) is not None:
            slot.over_limit = why
            slot.kill()

    def _has_ended(self, slot: Slot) -> bool:
        """Whether a job ended by itself, though its process is not gone yet."""
        found = self.store.queue.find(slot.job.id)
        return found is not None and found.status in ENDED

    def _settle(self, slot: Slot, now: float) -> None:
        """What becomes of a job whose process is gone; tried again at the next turn where the store is locked."""
        slot.close()  # where the forkserver died its child may live on; this ends it
        found = self._stored(partial(self._outcome, slot), now)
        if found is None:
            return
        self.slots.remove(slot)
        if found.status in ENDED:
            self.report(Done(found, found.status, self.store.queue.error_of(found.id)))

    def _outcome(self, slot: Slot) -> Job:
        """The job as it is now: ended by its process, over its limit, or given back after a death."""
        queue = self.store.queue
        found = queue.find(slot.job.id)
        if found is not None and found.status == "STARTED":
            self.crashed = True
            if slot.over_limit is not None:
                with transaction(self.store.connection):
                    queue.finish(slot.job.id, success=False, error=slot.over_limit)
            else:
                queue.give_back(slot.job.id, death(slot.process.exitcode))
            found = queue.find(slot.job.id)
        return found or slot.job
