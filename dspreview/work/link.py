"""The connection to a Dask scheduler, in a thread with an event loop of its own; it is made again whenever it breaks."""

from __future__ import annotations

import asyncio
import logging
import threading
import uuid
import warnings
from concurrent.futures import CancelledError
from importlib.metadata import version
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from dspreview import errors
from dspreview.extract.hub_failures import first_line
from dspreview.jobs.outcome import Task
from dspreview.work.remote import Ended, run

CONNECT_SECONDS = 5.0
LOOK_SECONDS = 0.5
"""How often the cluster is asked for its threads."""
AGAIN_SECONDS = 0.5
GATHERED = 4
"""Outcomes that are here and not stored yet: one may have 200 MB of assets."""


class Arrival(NamedTuple):
    """What came back of a job."""

    job: int
    ended: Ended | None = None
    """None where the cluster lost it: it was not tried."""
    problem: str | None = None
    """Why the cluster could not do it."""
    is_held: bool = False
    """Whether it takes one of the few places for outcomes that are here and not stored yet."""


class Link:
    """Sends tasks and receives what became of them. Its methods are for one other thread."""

    def __init__(self, address: str) -> None:
        """`address` is that of the scheduler, `tcp://HOST:PORT`."""
        self.address = address
        self.arrivals: SimpleQueue[Arrival] = SimpleQueue()
        self.threads = 0
        """How many tasks the cluster can do at once, now."""
        self.problem: str | None = "the scheduler has not answered yet"
        """Why the cluster does nothing now."""
        self.versions: dict[str, Any] = {}
        """Of dspreview, by worker, or the exception that asking gave."""
        self.fit: frozenset[str] = frozenset()
        self.misfits: dict[str, str] = {}
        """The workers that cannot do our tasks, and what they said."""
        self.client: Any = None
        self.futures: dict[int, Any] = {}
        self.bound: dict[int, frozenset[str]] = {}
        """The workers that a task was sent to, where not all will do."""
        self.ready = threading.Event()
        self.ending = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="dask", daemon=True)

    def open(self) -> None:
        """Connect. Raises UsageError without Dask, ClusterError where no scheduler answers."""
        try:
            import distributed  # 0.3 s, and here, since nothing is imported in threads
        except ModuleNotFoundError as error:
            raise errors.UsageError("--engine needs Dask: pip install 'dspreview[dask]'") from error

        logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)  # we tell ourselves what matters
        warnings.filterwarnings("ignore", module="distributed")
        self.dask: Any = distributed
        self.thread.start()
        self.ready.wait()
        if self.client is None:
            self.ending.set()
            raise errors.ClusterError(f"--engine: {self.problem}; start one with `dask scheduler`")

    def send(self, job: int, task: Task) -> None:
        """Let the cluster do a task."""
        asyncio.run_coroutine_threadsafe(self._launch(job, task), self.loop)

    def cancel(self, job: int) -> None:
        """Stop a task."""
        asyncio.run_coroutine_threadsafe(self._cancel(job), self.loop)

    def release(self) -> None:
        """Say that an outcome which arrived is stored: there is room for another."""
        self.loop.call_soon_threadsafe(self.room.release)

    def receive(self, seconds: float) -> Arrival | None:
        """The next that arrived, waited for at most so long."""
        try:
            return self.arrivals.get(timeout=seconds) if seconds else self.arrivals.get_nowait()
        except Empty:
            return None

    def close(self) -> None:
        """Cancel what runs, and part with the scheduler."""
        self.ending.set()
        self.thread.join(CONNECT_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.room = asyncio.Semaphore(GATHERED)
        self.loop.run_until_complete(self._stay())

    async def _stay(self) -> None:
        """Be connected until the end."""
        while not self.ending.is_set():
            try:
                async with self.dask.Client(
                    self.address, asynchronous=True, timeout=CONNECT_SECONDS, name="dspreview"
                ) as client:
                    await self._look(client)
                    self.client = client
                    self.ready.set()
                    while not self.ending.is_set() and client.status == "running":
                        await asyncio.sleep(LOOK_SECONDS)
                        await self._look(client)
                    await client.cancel(list(self.futures.values()), reason="no longer wanted")
            except OSError as error:  # time-outs too
                self.problem = f"the scheduler at {self.address} does not answer ({first_line(error)})"
            finally:
                self.client, self.threads, self.fit = None, 0, frozenset()
                self.ready.set()
            await asyncio.sleep(0 if self.ending.is_set() else AGAIN_SECONDS)

    async def _look(self, client: Any) -> None:
        """Count the threads of the workers that can do our tasks."""
        threads: dict[str, int] = await client.nthreads()
        if fresh := [address for address in threads if address not in self.versions]:
            self.versions |= await client.run(version, "dspreview", workers=fresh, on_error="return")
        own = version("dspreview")
        self.misfits = {one: str(found) for one in threads if (found := self.versions.get(one)) != own}
        self.fit = frozenset(threads) - frozenset(self.misfits)
        self.threads = sum(threads[address] for address in self.fit)
        self.problem = None if self.fit else f"the cluster at {self.address} has no workers"
        if self.misfits and not self.fit:
            address, found = next(iter(self.misfits.items()))
            self.problem = f"worker {address} cannot do this work: it needs dspreview {own} and says: {found}"
        for job, future in self.futures.items():
            if job in self.bound and not self.bound[job] & self.fit:
                await future.cancel()  # it would wait for a worker that is gone

    async def _launch(self, job: int, task: Task) -> None:
        """Follow a task to its end."""
        client, arrived = self.client, Arrival(job)
        try:
            if client is not None and client.status == "running":
                arrived = await self._fly(client, job, task)
        except (asyncio.CancelledError, CancelledError):
            pass  # by us, or with the connection
        except Exception as error:  # whatever a machine of the cluster raised: the job is given back with it
            if client.status == "running":
                told = f"{type(error).__name__}: {first_line(error)}"
                arrived = Arrival(job, problem=f"the cluster could not do it ({told})")
        finally:
            self.futures.pop(job, None)
            self.bound.pop(job, None)
            if client is None or client.status != "running":
                await asyncio.sleep(AGAIN_SECONDS)  # it would come again at once
            self.arrivals.put(arrived)

    async def _fly(self, client: Any, job: int, task: Task) -> Arrival:
        """Send a task, and fetch its outcome when there is room for it."""
        options: dict[str, Any] = {"key": f"dspreview-{task.key.kind}-{uuid.uuid4().hex}", "pure": False}
        if self.misfits:
            self.bound[job] = self.fit
            options["workers"] = list(self.fit)
        future = self.futures[job] = client.submit(run, task, **options)
        await self.dask.wait(future)
        await self.room.acquire()
        arrived = Arrival(job)
        try:
            arrived = Arrival(job, await future, is_held=True)
        finally:
            if not arrived.is_held:
                self.room.release()
        return arrived

    async def _cancel(self, job: int) -> None:
        if (future := self.futures.get(job)) is not None:
            await future.cancel()
