"""The connection to a Dask scheduler, in a thread with an event loop of its own; it is made again whenever it breaks."""

from __future__ import annotations

import asyncio
import logging
import threading
import uuid
import warnings
from concurrent.futures import CancelledError
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from dspreview import errors
from dspreview.extract.hub.failures import first_line
from dspreview.extract.hub.fence import Fence
from dspreview.work.dask.outcome import Task
from dspreview.work.dask.remote import Ended, own_version, run

CONNECT_SECONDS = 5.0
"""How long the scheduler, or a worker, may say nothing."""
LOOK_SECONDS = 0.5
"""How often the cluster is asked for its threads."""
AGAIN_SECONDS = 0.5
ASK_AGAIN_SECONDS = 5.0
"""How often what does not fit is asked for its version again: it may have been started anew at its address."""
GATHERED = 4
"""Outcomes that are here and not stored yet: one may have 200 MB of assets."""
SCHEDULER = "the scheduler"


class Arrival(NamedTuple):
    """What came back of a task."""

    number: int
    """The number that it was sent with."""
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
        self.own = own_version()
        self.versions: dict[str, tuple[str, float]] = {}
        """What the scheduler and each worker said of its dspreview, and when."""
        self.asking: dict[str, asyncio.Task[None]] = {}
        """Those that are being asked."""
        self.fit: frozenset[str] = frozenset()
        """The workers that can do our tasks."""
        self.client: Any = None
        self.futures: dict[int, Any] = {}
        self.bound: dict[int, frozenset[str]] = {}
        """The workers that a task was sent to: whoever joins later may not fit."""
        self.ready = threading.Event()
        self.ending = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="dask", daemon=True)

    def open(self) -> None:
        """Connect. Raises UsageError without Dask, ClusterError where no scheduler answers."""
        try:
            import distributed  # 0.3 s, and here, since nothing is imported in threads
        except ModuleNotFoundError as error:
            raise errors.UsageError("--engine needs the package distributed; run: pip install distributed") from error
        for name in [*logging.root.manager.loggerDict, "distributed"]:
            if name.partition(".")[0] == "distributed":
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # we tell ourselves what matters
        warnings.filterwarnings("ignore", module="distributed")
        self.dask: Any = distributed
        self.thread.start()
        self.ready.wait()
        if self.client is None:
            self.ending.set()
            raise errors.ClusterError(f"--engine: {self.problem}; start one with `dask scheduler`")

    def send(self, number: int, task: Task) -> None:
        """Let the cluster do a task."""
        asyncio.run_coroutine_threadsafe(self._launch(number, task), self.loop)

    def cancel(self, number: int) -> None:
        """Stop a task."""
        asyncio.run_coroutine_threadsafe(self._cancel(number), self.loop)

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
        """Part with the scheduler, which cancels what runs; it is not waited for."""
        self.ending.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.room = asyncio.Semaphore(GATHERED)
        self.loop.run_until_complete(self._stay())

    async def _stay(self) -> None:
        """Be connected until the end."""
        while not self.ending.is_set():
            Fence.let(self.address)
            client: Any = None
            try:
                client = self.dask.Client(self.address, asynchronous=True, timeout=CONNECT_SECONDS, name="dspreview")
                await asyncio.wait_for(
                    client, CONNECT_SECONDS + 1
                )  # what accepts and says nothing is not timed by Dask
                await self._work(client)
            except Exception as error:  # noqa: BLE001 - Dask raises what its connections do; it is told, and tried again
                self.problem = f"no scheduler answers at {self.address}{cause(error)}"
            self.client, self.threads, self.fit = None, 0, frozenset()
            self.ready.set()
            with suppress(Exception):  # a connection that is broken anyway
                await asyncio.wait_for(client.close(), CONNECT_SECONDS)  # None too, which has nothing to close
            await asyncio.sleep(0 if self.ending.is_set() else AGAIN_SECONDS)

    async def _work(self, client: Any) -> None:
        """Look at the cluster for as long as it answers."""
        while not self.ending.is_set() and client.status == "running":
            try:
                await asyncio.wait_for(self._look(client), CONNECT_SECONDS)
            except (OSError, TimeoutError):  # what runs there may come back yet
                self.problem, self.threads = f"the scheduler at {self.address} does not answer", 0
            else:
                self.client = client
                self.ready.set()
            await asyncio.sleep(LOOK_SECONDS)
        self.problem = f"the scheduler at {self.address} does not answer"

    async def _look(self, client: Any) -> None:
        """Count the threads of the workers that can do our tasks."""
        threads: dict[str, int] = await client.nthreads()
        present = {SCHEDULER, *threads}
        self.versions = {one: told for one, told in self.versions.items() if one in present}
        for one in present:
            said, when = self.versions.get(one, ("", float("-inf")))
            if said != self.own and one not in self.asking and self.loop.time() - when >= ASK_AGAIN_SECONDS:
                self.asking[one] = asyncio.create_task(self._ask(client, one))
        if not self.versions:
            await asyncio.wait(self.asking.values(), timeout=1)  # all is well, most of the time
        self.fit = frozenset(one for one in threads if self.versions.get(one, ("", 0))[0] == self.own)
        misfits = {one: said for one, (said, _) in self.versions.items() if said != self.own}
        self.threads = 0 if SCHEDULER in misfits else sum(threads[one] for one in self.fit)
        if not threads:
            self.problem = f"the cluster at {self.address} has no workers"
        elif misfits and not self.threads:
            one = SCHEDULER if SCHEDULER in misfits else min(misfits)
            self.problem = (
                f"{one} of {self.address} cannot do this work: it needs dspreview {self.own} and says: {misfits[one]}"
            )
        else:
            self.problem = None if self.threads else f"no worker of {self.address} answers"
        for number, future in list(self.futures.items()):
            if not self.bound[number] & self.fit:
                await future.cancel()  # it would wait for workers that are gone

    async def _ask(self, client: Any, one: str) -> None:
        """Ask the scheduler or a worker for its dspreview; who says nothing is asked again."""
        try:
            asked = client.run_on_scheduler(own_version) if one == SCHEDULER else client.run(own_version, workers=[one])
            found = await asyncio.wait_for(asked, CONNECT_SECONDS)
            self.versions[one] = (str(found if one == SCHEDULER else found[one]), self.loop.time())
        except (OSError, TimeoutError, KeyError):
            pass
        except Exception as error:  # noqa: BLE001 - whatever its Python raises, where there is no dspreview
            self.versions[one] = (first_line(error), self.loop.time())
        finally:
            self.asking.pop(one, None)

    async def _launch(self, number: int, task: Task) -> None:
        """Follow a task to its end."""
        client, arrived = self.client, Arrival(number)
        try:
            if client is not None and client.status == "running" and self.fit:
                arrived = await self._fly(client, number, task)
        except (asyncio.CancelledError, CancelledError):
            pass  # by us, or with the connection
        except Exception as error:  # noqa: BLE001 - whatever a machine of the cluster raised: the job is given back with it
            if client.status == "running":
                told = f"{type(error).__name__}: {first_line(error)}"
                arrived = Arrival(number, problem=f"the cluster could not do it ({told})")
        finally:
            self.futures.pop(number, None)
            self.bound.pop(number, None)
            if arrived == Arrival(number):
                await asyncio.sleep(AGAIN_SECONDS)  # it would come again at once
            self.arrivals.put(arrived)

    async def _fly(self, client: Any, number: int, task: Task) -> Arrival:
        """Send a task, and fetch its outcome when there is room for it."""
        self.bound[number] = self.fit
        key = f"dspreview-{task.key.kind}-{uuid.uuid4().hex}"
        future = self.futures[number] = client.submit(run, task, key=key, pure=False, workers=list(self.fit))
        await self.dask.wait(future)
        await self.room.acquire()
        arrived = Arrival(number)
        try:
            arrived = Arrival(number, await future, is_held=True)
        finally:
            if not arrived.is_held:
                self.room.release()
        return arrived

    async def _cancel(self, number: int) -> None:
        if (future := self.futures.get(number)) is not None:
            await future.cancel()


def cause(error: Exception) -> str:
    """What an exception adds; that of a connection says no more than that there is none."""
    told = "" if isinstance(error, OSError) else f" ({first_line(error)})"
    return told + ("; TLS is set up in Dask's configuration, distributed.comm.tls" if "ssl_context" in told else "")
