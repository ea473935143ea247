"""Jobs in processes of this machine, each of which can be killed alone."""

from __future__ import annotations

import time
from functools import partial

from dspreview.extract.hub.failures import first_line
from dspreview.store.database import transaction
from dspreview.store.job import Job
from dspreview.work.exit_reasons import MOST_JOBS, UNSTORED, death, over_memory, over_time
from dspreview.work.patient_store import Ledger
from dspreview.work.pool import Pool
from dspreview.work.resources import shortage
from dspreview.work.slot import Slot


class Processes:
    """An engine of `workers` processes, which store themselves what they compute; their time and memory are watched."""

    def __init__(self, ledger: Ledger, workers: int) -> None:
        self.ledger = ledger
        self.queue = ledger.store.queue
        self.settings = ledger.settings
        self.workers = workers
        self.pool = Pool(ledger.store)

    @property
    def running(self) -> list[Job]:
        """The jobs that processes are at."""
        return [slot.job for slot in self.pool.slots if slot.job is not None]

    def free(self) -> int:
        """How many more jobs may run at once."""
        return self.workers - len(self.pool.busy)

    def shortage(self) -> str | None:
        """What this machine has too little of."""
        return shortage(self.settings)

    def start(self, job: Job) -> str | None:
        """Give a job to a process that waits, or to a new one."""
        try:
            self.pool.idle().give(job, time.monotonic())
        except (EOFError, OSError) as error:  # the forkserver was killed; the next start makes a new one
            return f"no process could be started for it ({first_line(error)})"
        return None

    def look(self) -> list[Job]:
        """Look after each process: its end, and its job's end, time and memory."""
        now = time.monotonic()
        return [job for slot in list(self.pool.slots) if (job := self._watch(slot, now)) is not None]

    def stop(self, job: Job) -> None:
        """Kill the process that is at a job."""
        for slot in self.pool.busy:
            if slot.job == job:
                slot.kill()
                self.ledger.crashed = True

    def wait(self, seconds: float) -> None:
        """Until a job ends."""
        from multiprocessing.connection import wait

        busy = self.pool.busy
        wait([end for slot in busy for end in (slot.process.sentinel, slot.pipe) if not slot.pipe.closed], seconds)

    def close(self) -> None:
        """Kill every process."""
        for slot in self.pool.slots:
            slot.kill()
            slot.close()
            self.ledger.crashed |= slot.job is not None
        self.pool.close()

    def _watch(self, slot: Slot, now: float) -> Job | None:
        """Look after a process; its job, where that has ended."""
        if slot.job is None:
            if slot.is_gone:
                self.pool.dismiss(slot)
        elif slot.look():
            return self._settle(slot, now)
        elif now - slot.started > self.settings.job_max_seconds:
            self._stop(slot, over_time(self.settings.job_max_seconds))
        elif slot.memory(now) > self.settings.job_max_memory:
            self._stop(slot, over_memory(self.settings.job_max_memory))
        return None

    def _stop(self, slot: Slot, why: str) -> None:
        """Kill a job over its limit; it is ours first, so that no other worker takes it for lost."""
        assert slot.job is not None
        if self.ledger.stored(partial(self.queue.adopt, slot.job.id)) is not None:
            slot.over_limit = why
            slot.kill()

    def _settle(self, slot: Slot, now: float) -> Job | None:
        """What becomes of a job that ended; None, and tried again at the next look, where the store is locked."""
        if slot.is_gone:
            slot.close()  # where the forkserver died, the process lives on until it hears of its parent's end
        found = self.ledger.stored(partial(self._outcome, slot))
        if found is None:
            return None
        slot.job = None
        if slot.is_gone or slot.jobs >= MOST_JOBS or slot.memory(now) > self.settings.job_max_memory // 4:
            self.pool.dismiss(slot)
        return found

    def _outcome(self, slot: Slot) -> Job:
        """The job as it is now: ended by its process, over its limit, or given back after a death."""
        job = slot.job
        assert job is not None
        found = self.queue.find(job.id)
        if found is not None and found.status == "STARTED":
            self.ledger.crashed = True
            if slot.code == UNSTORED:
                self.ledger.store.probe()  # where nothing can be stored at all, one line says so, and no job is to blame
            if slot.over_limit is not None:
                with transaction(self.ledger.store.connection):
                    self.queue.finish(job.id, success=False, error=slot.over_limit)
            else:
                self.queue.give_back(job.id, death(slot.process.exitcode if slot.code is None else slot.code))
            found = self.queue.find(job.id)
        return found or job
