"""What runs jobs: processes of this machine, or a cluster."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Protocol

from dspreview import errors
from dspreview.store.job import Job
from dspreview.work.patient_store import Ledger

ADDRESS = re.compile(
    r"dask(?P<tls>\+tls)?://(?P<place>(?:\[[0-9a-fA-F:.]+\]|[\w-]{1,63}(?:\.[\w-]{1,63})*):(?P<port>[0-9]{1,5}))/?"
)


class WorkEngine(Protocol):
    """Where jobs run; the supervisor claims them, and asks several times a second what became of them."""

    @property
    def running(self) -> Collection[Job]:
        """The jobs that run, those included whose outcome is not stored yet."""

    def free(self) -> int:
        """How many more jobs may run at once."""

    def shortage(self) -> str | None:
        """What keeps every job from starting; None where nothing does."""

    def start(self, job: Job) -> str | None:
        """Run a claimed job, or the reason why it cannot start now. Raises StoreError."""

    def look(self) -> list[Job]:
        """The jobs that ended since the last look, as they are stored now. Raises StoreError."""

    def stop(self, job: Job) -> None:
        """Stop the work of a job that was cancelled or taken away."""

    def wait(self, seconds: float) -> None:
        """Sleep until something ends, at most so long."""

    def close(self) -> None:
        """Stop all work, at once; what ran is still among `running`."""


def scheduler_address(engine: str) -> str:
    """The address of the scheduler that `--engine` names, as Dask writes it. Raises UsageError."""
    found = ADDRESS.fullmatch(engine)
    if found is None or not 0 < int(found["port"]) < 65_536:
        raise errors.UsageError(f"--engine {engine!r}: an engine is dask://HOST:PORT or dask+tls://HOST:PORT")
    return f"{'tls' if found['tls'] else 'tcp'}://{found['place']}"


def open_engine(ledger: Ledger, engine: str | None, workers: int | None) -> WorkEngine:
    """The engine that was asked for: a cluster's address, or None for this machine.

    Raises UsageError, ClusterError.

    Args:
        workers: jobs at a time; None is one on this machine, and as many as a cluster has threads.

    """
    if engine is None:
        from dspreview.work.processes import Processes

        return Processes(ledger, workers or 1)
    from dspreview.work.dask.cluster import Cluster

    return Cluster(ledger, scheduler_address(engine), workers)
