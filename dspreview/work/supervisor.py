"""Claims jobs and hands them to an engine, until there is nothing more to do."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from dspreview.store.job import KINDS, Job
from dspreview.store.verify import litter, sweep
from dspreview.work.engine import WorkEngine
from dspreview.work.patient_store import Ledger
from dspreview.work.pool import signals_held
from dspreview.work.resources import paused_until

TICK = 0.05
HEARTBEAT = 1.0
TAKE_BACK = 1.0
CLEAN = 3600.0
SWEEP = 60.0
LOOK_FOR_LOCAL = 1.0
TOLD_AGAIN = 60.0
WAKE = 0.2
"""Seconds after which an idle worker sees that it should stop."""
ENDED = frozenset({"SUCCESS", "ERROR"})


class Limits(NamedTuple):
    """When to stop."""

    until_empty: bool = False
    max_jobs: int | None = None
    max_wait: float = 600.0
    """Seconds without what jobs need after which it ends."""


class Done(NamedTuple):
    """A job that ended."""

    job: Job
    status: str
    error: str | None


def clock(moment: float) -> str:
    """The time of day of a moment, here."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


class Supervisor:
    """Claims jobs, keeps their leases, and takes back what others left."""

    def __init__(self, ledger: Ledger, engine: WorkEngine, limits: Limits, report: Callable[[Done], None]) -> None:
        self.ledger = ledger
        self.store = ledger.store
        self.settings = ledger.settings
        self.engine = engine
        self.limits = limits
        self.report = report
        self.kinds = KINDS if self.settings.worker_queue == "both" else (self.settings.worker_queue,)
        self.claimed = 0
        self.batch: list[Job] = []
        """Jobs that are claimed and not started yet."""
        self.stopping = False
        self.short_since: float | None = None
        self.paused_since: float | None = None
        """Since when the Hub keeps its jobs waiting, though they were tried again in between."""
        self.told_until = 0.0
        """Pauses that end before then are not told again: a Hub may ask for many short ones."""
        self.looked_for_local = float("-inf")
        self.tick: Callable[[], None] = lambda: None
        """Called at each turn, for whoever shows progress."""

    def run(self) -> bool:
        """Work until there is nothing more to do; False where what jobs need was missing for too long.

        Raises StoreError: locked for longer than `max_wait`, full.
        """
        signal.signal(signal.SIGTERM, self._stop_softly)
        self.store.probe()
        beat = took_back = cleaned = float("-inf")
        try:
            while True:
                now = time.monotonic()
                for job in self.engine.look():
                    self._tell(job)
                if now - beat >= HEARTBEAT:
                    beat = now
                    self._heartbeat()
                if now - took_back >= TAKE_BACK:
                    took_back = now
                    self.ledger.crashed |= self.ledger.stored(self._take_back) or False
                if now - cleaned >= CLEAN or (self.ledger.crashed and now - cleaned >= SWEEP):
                    cleaned = now
                    self.ledger.stored(self._clean)
                if not self._fill(now):
                    return False
                self.tick()
                if self._is_over():
                    return True
                self._sleep()
        finally:
            with signals_held():
                self.engine.close()
                for number in {job.id for job in (*self.engine.running, *self.batch)}:
                    self.ledger.stored(partial(self.store.queue.postpone, number))
                if self.ledger.crashed:
                    self.ledger.stored(partial(sweep, self.store))

    def _sleep(self) -> None:
        """Until a job ends, or it is time to look again."""
        if self.engine.running:
            self.engine.wait(TICK)
            return
        until = time.monotonic() + self._pause()
        while not self.stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, WAKE))

    def _tell(self, job: Job) -> None:
        """Report a job that ended; one that waits again was not the last that may be claimed."""
        if job.status in ENDED:
            self.paused_since = None
            self.report(Done(job, job.status, self.store.queue.error_of(job.id)))
        elif job.status == "WAITING":
            self.claimed -= 1

    def _heartbeat(self) -> None:
        """Renew the leases; a job that is no longer ours is stopped."""
        running = self.engine.running
        alive = self.ledger.stored(partial(self.store.queue.heartbeat, [job.id for job in running]))
        if alive is None:
            return
        for job in running:
            if job.id not in alive and not self._has_ended(job):
                self.engine.stop(job)

    def _has_ended(self, job: Job) -> bool:
        """Whether a job ended by itself, though its engine has not said so yet."""
        found = self.store.queue.find(job.id)
        return found is not None and found.status in ENDED

    def _take_back(self) -> bool:
        """Give back the jobs of workers that are gone; whether there were any. The engine settles our own."""
        gone = self.store.queue.take_back(but=frozenset(job.id for job in self.engine.running))
        for number, status in gone:
            job = self.store.queue.find(number)
            if job is not None and status == "ERROR":
                self._tell(job)
        return bool(gone)

    def _clean(self) -> None:
        """Forget old jobs, and what crashes left."""
        self.store.queue.clean(finished=True, older_than=self.settings.jobs_keep_days * 86_400.0)
        litter(self.store)
        if self.ledger.crashed:
            sweep(self.store)
            self.ledger.crashed = False

    def _stop_softly(self, _number: int, _frame: Any) -> None:
        """Claim no more; what runs may finish."""
        self.stopping = True

    def _is_over(self) -> bool:
        if self.engine.running:
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
        """Start jobs where there is room for them; False where what they need was missing for too long."""
        if self._is_full() or not self.store.queue.has_waiting(self.kinds):
            self.short_since = None
            return True
        until = paused_until(self.store)
        if until is not None:
            self._tell_pause(now, until)
            if not self._may_work_on_local(now):
                self.short_since = None
                return self._is_worth_waiting(now, until)
        short = self.engine.shortage()
        if short is not None:
            if self.short_since is None:
                self.short_since = now
                self.ledger.warn(f"waiting: {short}")
            if now - self.short_since >= self.limits.max_wait and not self.engine.running:
                self.ledger.warn(f"gave up after {now - self.short_since:.0f} s: {short}")
                return False
            return True
        self.short_since = None
        wanted = self.engine.free()
        if self.limits.max_jobs is not None:
            wanted = min(wanted, self.limits.max_jobs - self.claimed)
        claim = partial(
            self.store.queue.claim_many,
            self.kinds,
            self.settings.max_jobs_per_dataset,
            wanted,
            local_only=until is not None,
        )
        self.batch = self.ledger.stored(claim) or []
        while self.batch:
            job = self.batch[0]
            reason = self.engine.start(job)
            if reason is None:
                self.claimed += 1
            else:
                status = self.ledger.stored(partial(self.store.queue.give_back, job.id, reason))
                if status == "ERROR":
                    self._tell(job)
            del self.batch[0]
        return True

    def _may_work_on_local(self, now: float) -> bool:
        """Whether, while the Hub waits, data on this machine does; looked for once a second."""
        if now - self.looked_for_local < LOOK_FOR_LOCAL:
            return False
        found = self.store.queue.has_waiting(self.kinds, local_only=True)
        self.looked_for_local = float("-inf") if found else now
        return found

    def _tell_pause(self, now: float, until: float) -> None:
        """Say, once a pause, that the Hub wants to be left alone."""
        if self.paused_since is None:
            self.paused_since = now
        if until > self.told_until:
            self.told_until = until + TOLD_AGAIN
            self.ledger.warn(
                f"{self.settings.hf_endpoint} limits the rate of requests (429): its jobs wait until {clock(until)},"
                " those of local data go on"
            )

    def _is_worth_waiting(self, now: float, until: float) -> bool:
        """False where the Hub has wanted to be left alone for too long, and nothing else is to do."""
        waited = now - (self.paused_since or now)
        if waited < self.limits.max_wait or self.engine.running:
            return True
        self.ledger.warn(
            f"gave up after {waited:.0f} s (--max-wait): {self.settings.hf_endpoint} limits the rate of requests (429)"
            f" until {clock(until)}; its jobs stay in the queue"
        )
        return False

    def _is_full(self) -> bool:
        """Whether no job may be claimed now, whatever waits."""
        if self.stopping or (self.limits.max_jobs is not None and self.claimed >= self.limits.max_jobs):
            return True
        return bool(self.engine.running) and self.engine.free() <= 0
