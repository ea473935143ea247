"""N jobs at a time, each in a process of its own that can be killed alone."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from dspreview.extract.hub import QUIET
from dspreview.settings import TABLE, Settings
from dspreview.store import Store
from dspreview.store.database import transaction, translated
from dspreview.store.job import KINDS, Job
from dspreview.work.resources import PAUSED, shortage, tree_memory

TICK = 0.05
HEARTBEAT = 1.0
TAKE_BACK = 1.0
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


class Slot:
    """A running job."""

    def __init__(self, job: Job, process: Any, pipe: Any, now: float) -> None:
        self.job = job
        self.process = process
        self.pipe = pipe
        """Its other end tells the child that this process lives."""
        self.started = now
        self.beat = now


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
        """Work until there is nothing more to do; False where load or memory never allowed it."""
        signal.signal(signal.SIGTERM, self._stop_softly)
        took_back = 0.0
        try:
            while True:
                now = time.monotonic()
                for slot in list(self.slots):
                    self._watch(slot, now)
                if now - took_back >= TAKE_BACK:
                    took_back = now
                    with translated(self.settings.dspreview_database):
                        self.store.queue.take_back()
                if not self._fill(now):
                    return False
                self.tick()
                if self._is_over():
                    return True
                time.sleep(TICK if self.slots else self._pause())
        finally:
            for slot in self.slots:
                self._end(slot)

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
            if float(self.store.cache.read_fact(PAUSED) or 0) > self.store.clock() or not self.store.queue.has_waiting(
                self.kinds
            ):
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
            with translated(self.settings.dspreview_database):
                job = self.store.queue.claim(self.kinds, self.settings.max_jobs_per_dataset)
            if job is None:
                break
            self.slots.append(self._start(job, now))
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
        code = slot.process.exitcode
        if code is not None:
            self._finished(slot, code)
            return
        if now - slot.started > self.settings.job_max_seconds:
            self._kill(slot, f"it took longer than JOB_MAX_SECONDS ({self.settings.job_max_seconds} s)")
        elif tree_memory(slot.process.pid) > self.settings.job_max_memory:
            self._kill(slot, f"it needed more than JOB_MAX_MEMORY ({self.settings.job_max_memory:,} bytes)")
        elif now - slot.beat >= HEARTBEAT:
            slot.beat = now
            with translated(self.settings.dspreview_database):
                alive = self.store.queue.heartbeat(slot.job.id)
                found = None if alive else self.store.queue.find(slot.job.id)
            if not alive and (found is None or found.status not in ENDED):  # else it has just ended by itself
                self._end(slot)

    def _finished(self, slot: Slot, code: int) -> None:
        self._drop(slot)
        with translated(self.settings.dspreview_database):
            found = self.store.queue.find(slot.job.id)
            if found is not None and found.status == "STARTED":
                self.store.queue.give_back(slot.job.id, death(code))
                found = self.store.queue.find(slot.job.id)
        if found is not None and found.status in ENDED:
            self.report(Done(found, found.status, self.store.queue.error_of(found.id)))

    def _kill(self, slot: Slot, reason: str) -> None:
        """Kill a job over its limit: it ends as an error, and is not tried again."""
        slot.process.kill()
        slot.process.join()
        self._drop(slot)
        with translated(self.settings.dspreview_database), transaction(self.store.connection):
            self.store.queue.finish(slot.job.id, success=False, error=reason)
        self.report(Done(slot.job, "ERROR", reason))

    def _end(self, slot: Slot) -> None:
        """Stop a job that was cancelled, or whose parent is interrupted: it waits for the next worker."""
        slot.process.kill()
        slot.process.join()
        self._drop(slot)
        with translated(self.settings.dspreview_database):
            self.store.queue.postpone(slot.job.id)

    def _drop(self, slot: Slot) -> None:
        slot.process.join()
        slot.pipe.close()
        self.slots = [one for one in self.slots if one is not slot]


def death(code: int) -> str:
    """Why a process ended, in words."""
    if code >= 0:
        return f"its worker ended with {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
    more = ", perhaps because the machine ran out of memory" if -code == signal.SIGKILL else ""
    return f"its worker was killed by {name}{more}"
