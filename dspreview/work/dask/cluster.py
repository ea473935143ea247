"""Jobs on a Dask cluster. This machine claims them and stores what comes back; nobody else touches its files."""

from __future__ import annotations

import itertools
import pickle
from functools import partial

from dspreview import errors
from dspreview.store import Store
from dspreview.store.database import transaction
from dspreview.store.job import Job
from dspreview.work.dask.landing import land, make_task
from dspreview.work.dask.link import Arrival, Link
from dspreview.work.dask.outcome import Failure, Outcome
from dspreview.work.dask.remote import Ended
from dspreview.work.exit_reasons import UNSTORED, death
from dspreview.work.patient_store import PATIENCE, Ledger


class Cluster:
    """An engine of as many jobs at a time as a Dask cluster has threads, and never more than `most`."""

    def __init__(self, ledger: Ledger, address: str, most: int | None) -> None:
        """Connects. Raises ClusterError."""
        self.ledger = ledger
        self.queue = ledger.store.queue
        self.settings = ledger.settings
        self.most = most
        self.sent: dict[int, Job] = {}
        """By the number of each sending: a job that is claimed again is sent anew."""
        self.numbers = itertools.count()
        self.ended: list[Arrival] = []
        """What arrived and could not be stored yet."""
        self.store: Store | None = None
        """For what lands: a store that fails is opened anew, and the ledger's goes on."""
        self.link = Link(address)
        self.link.open()

    @property
    def running(self) -> list[Job]:
        """The jobs whose outcome is not stored yet."""
        return list(self.sent.values())

    def free(self) -> int:
        """How many more jobs may run at once."""
        threads = self.link.threads if self.most is None else min(self.link.threads, self.most)
        return threads - len(self.sent)

    def shortage(self) -> str | None:
        """Why the cluster can do nothing; the load of this machine is none of its reasons."""
        return self.link.problem

    def start(self, job: Job) -> str | None:
        """Send a job out; one that cannot be computed anywhere ends here."""
        number = next(self.numbers)
        try:
            task = make_task(self.ledger.store, self.settings, job)
        except errors.StoreError as error:
            return str(error)
        except errors.PreviewError as error:
            self.ended.append(Arrival(number, Ended(pickle.dumps(Outcome(failure=Failure.of(error))))))
        else:
            self.link.send(number, task)
        self.sent[number] = job
        return None

    def look(self) -> list[Job]:
        """Store what arrived; what a locked store does not take now is tried again at the next look."""
        while (arrived := self.link.receive(0)) is not None:
            self.ended.append(arrived)
        waiting, self.ended = self.ended, []
        return [job for arrived in waiting if (job := self._settle(arrived)) is not None]

    def stop(self, job: Job) -> None:
        """Cancel a task; its process on the other machine is killed."""
        for number in [number for number, one in self.sent.items() if one.id == job.id]:
            self.link.cancel(number)

    def wait(self, seconds: float) -> None:
        """Until something lands."""
        if not self.ended and (arrived := self.link.receive(seconds)) is not None:
            self.ended.append(arrived)

    def close(self) -> None:
        """Part with the cluster, which stops our tasks; it writes nothing here."""
        self.link.close()
        if self.store is not None:
            self.store.close()

    def _settle(self, arrived: Arrival) -> Job | None:
        """Write down what became of a job; None, and tried again, where the store is locked."""
        job = self.sent[arrived.number]
        found = self.ledger.stored(partial(self._put, job, arrived))
        if found is None:
            self.ended.append(arrived)
            return None
        del self.sent[arrived.number]
        if arrived.is_held:
            self.link.release()
        return found

    def _put(self, job: Job, arrived: Arrival) -> Job:
        """The job after what became of it: its outcome stored, over its limit, given back, or not tried at all."""
        ended = arrived.ended
        if ended is not None and ended.outcome is not None:
            self._land(job, pickle.loads(ended.outcome))  # noqa: S301 - from a cluster that runs our code anyway
        elif ended is not None and ended.over_limit is not None:
            with transaction(self.ledger.store.connection):
                self.queue.finish(job.id, success=False, error=ended.over_limit)
        elif (reason := ended.died if ended is not None else arrived.problem) is not None:
            self.queue.give_back(job.id, reason)
        else:
            self.queue.postpone(job.id)
        return self.queue.find(job.id) or job

    def _land(self, job: Job, outcome: Outcome) -> None:
        """Store an outcome. Raises StoreLockedError; a job that cannot be stored otherwise is given back."""
        if self.store is None:
            patient = min(self.settings.store_timeout_seconds, PATIENCE)
            self.store = Store(self.settings.replace(store_timeout_seconds=patient), must_write=True)
        try:
            land(self.store, self.settings, job, outcome)
        except errors.StoreError as error:
            self.store.close()
            self.store = None
            if isinstance(error, errors.StoreLockedError):
                raise
            self.queue.give_back(job.id, death(UNSTORED))
