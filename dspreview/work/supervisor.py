"""N jobs at a time, each in a process of its own that can be killed alone."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

from dspreview.errors import StoreLockedError
from dspreview.extract.hub_failures import first_line
from dspreview.settings import Settings
from dspreview.store import Store, report
from dspreview.store.database import transaction, translated
from dspreview.store.job import KINDS, Job
from dspreview.work.pool import Pool
from dspreview.work.resources import is_paused, shortage
from dspreview.work.slot import MOST_JOBS, Slot, death

TICK = 0.05
HEARTBEAT = 1.0
TAKE_BACK = 1.0
CLEAN = 3600.0
SWEEP = 60.0
WAKE = 0.2
"""Seconds after which an idle worker sees that it should stop."""
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
        self.pool = Pool(settings)
        self.claimed = 0
        self.stopping = False
        self.short_since: float | None = None
        self.locked_since: float | None = None
        self.told_locked = False
        self.crashed = False
        """Whether a process died that may have left files behind."""
        self.tick: Callable[[], None] = lambda: None
        """Called at each turn, for whoever shows progress."""

    def run(self) -> bool:
        """Work until there is nothing more to do; False where load or memory never allowed it.

        Raises StoreError: locked for longer than `max_wait`, full.
        """
        signal.signal(signal.SIGTERM, self._stop_softly)
        self.store.connection.patience = min(self.store.connection.patience, PATIENCE)
        took_back = cleaned = float("-inf")
        try:
            while True:
                now = time.monotonic()
                for slot in list(self.pool.slots):
                    self._watch(slot, now)
                if now - took_back >= TAKE_BACK:
                    took_back = now
                    self.crashed |= self._stored(self._take_back, now) or False
                if now - cleaned >= CLEAN or (self.crashed and now - cleaned >= SWEEP):
                    cleaned = now
                    self._stored(self._clean, now)
                if not self._fill(now):
                    return False
                self.tick()
                if self._is_over():
                    return True
                self._sleep()
        finally:
            for slot in self.pool.slots:
                slot.kill()
                slot.close()
                if slot.job is not None:
                    self.crashed = True
                    self._stored(partial(self.store.queue.postpone, slot.job.id), time.monotonic())
            if self.crashed:
                self._stored(partial(report.sweep, self.store), time.monotonic())

    def _sleep(self) -> None:
        """Until a job ends, or it is time to look again."""
        from multiprocessing.connection import wait

        if busy := self.pool.busy:
            ends = [end for slot in busy for end in (slot.process.sentinel, slot.pipe) if not slot.pipe.closed]
            wait(ends, TICK)
            return
        until = time.monotonic() + self._pause()
        while not self.stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, WAKE))

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

    def _take_back(self) -> bool:
        """Give back the jobs of workers that are gone; whether there were any. Our own are settled with their process."""
        mine = frozenset(slot.job.id for slot in self.pool.busy if slot.job is not None)
        gone = self.store.queue.take_back(but=mine)
        for number, status in gone:
            job = self.store.queue.find(number)
            if job is not None and status == "ERROR":
                self.report(Done(job, status, self.store.queue.error_of(number)))
        return bool(gone)

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
        if self.pool.busy:
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
        while len(self.pool.busy) < self.limits.workers and not self.stopping:
            if self.limits.max_jobs is not None and self.claimed >= self.limits.max_jobs:
                break
            if is_paused(self.store) or not self.store.queue.has_waiting(self.kinds):
                self.short_since = None
                break
            short = shortage(self.settings)
            if short is not None:
                if self.short_since is None:
                    self.short_since = now
                    self.warn(f"waiting: {short}")
                if now - self.short_since >= self.limits.max_wait and not self.pool.busy:
                    self.warn(f"gave up after {now - self.short_since:.0f} s: {short}")
                    return False
                break
            self.short_since = None
            job = self._stored(partial(self.store.queue.claim, self.kinds, self.settings.max_jobs_per_dataset), now)
            if job is None:
                break
            try:
                self.pool.idle().give(job, now)
            except (EOFError, OSError) as error:  # the forkserver was killed; the next start makes a new one
                reason = f"no process could be started for it ({first_line(error)})"
                self._stored(partial(self.store.queue.give_back, job.id, reason), now)
                break
            self.claimed += 1
        return True

    def _watch(self, slot: Slot, now: float) -> None:
        """Look after a process: its end, and its job's end, time, memory and cancellation."""
        if slot.job is None:
            if slot.is_gone:
                self.pool.dismiss(slot)
        elif slot.look():
            self._settle(slot, now)
        elif now - slot.started > self.settings.job_max_seconds:
            self._stop(slot, f"it took longer than JOB_MAX_SECONDS ({self.settings.job_max_seconds} s)", now)
        elif slot.memory(now) > self.settings.job_max_memory:
            self._stop(slot, f"it needed more than JOB_MAX_MEMORY ({self.settings.job_max_memory:,} bytes)", now)
        elif now - slot.beat >= HEARTBEAT:
            slot.beat = now
            alive = self._stored(partial(self.store.queue.heartbeat, slot.job.id), now)
            if alive is False and not self._has_ended(slot.job):
                slot.kill()  # cancelled, or taken away
                self.crashed = True

    def _stop(self, slot: Slot, why: str, now: float) -> None:
        """Kill a job over its limit; it is ours first, so that no other worker takes it for lost."""
        assert slot.job is not None
        if self._stored(partial(self.store.queue.adopt, slot.job.id), now) is not None:
            slot.over_limit = why
            slot.kill()

    def _has_ended(self, job: Job) -> bool:
        """Whether a job ended by itself, though its process has not said so yet."""
        found = self.store.queue.find(job.id)
        return found is not None and found.status in ENDED

    def _settle(self, slot: Slot, now: float) -> None:
        """What becomes of a job that ended; tried again at the next turn where the store is locked."""
        if slot.is_gone:
            slot.close()  # where the forkserver died, the process lives on until it hears of its parent's end
        found = self._stored(partial(self._outcome, slot), now)
        if found is None:
            return
        slot.job = None
        if slot.is_gone or slot.jobs >= MOST_JOBS or slot.memory(now) > self.settings.job_max_memory // 4:
            self.pool.dismiss(slot)
        if found.status in ENDED:
            self.report(Done(found, found.status, self.store.queue.error_of(found.id)))
        elif found.status == "WAITING":  # it will be claimed again
            self.claimed -= 1

    def _outcome(self, slot: Slot) -> Job:
        """The job as it is now: ended by its process, over its limit, or given back after a death."""
        queue, job = self.store.queue, slot.job
        assert job is not None
        found = queue.find(job.id)
        if found is not None and found.status == "STARTED":
            self.crashed = True
            if slot.over_limit is not None:
                with transaction(self.store.connection):
                    queue.finish(job.id, success=False, error=slot.over_limit)
            else:
                queue.give_back(job.id, death(slot.process.exitcode if slot.code is None else slot.code))
            found = queue.find(job.id)
        return found or job
