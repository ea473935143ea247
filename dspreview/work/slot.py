"""A running job: its process, and what became of that."""

from __future__ import annotations

import signal
from typing import Any

from dspreview.store.job import Job
from dspreview.work.child import UNSTORED


class Slot:
    """A running job."""

    def __init__(self, job: Job, process: Any, pipe: Any, now: float) -> None:
        self.job = job
        self.process = process
        self.pipe = pipe
        """Its other end tells the child that this process lives."""
        self.started = now
        self.beat = now
        self.over_limit: str | None = None
        """Which limit it was killed for: such a job ends as an error, and is not tried again."""

    @property
    def ended(self) -> bool:
        """Whether its process is gone."""
        return self.process.exitcode is not None

    def kill(self) -> None:
        """Stop it at once."""
        self.process.kill()
        self.process.join()

    def close(self) -> None:
        """Let go of what is left of it."""
        self.process.join()
        self.pipe.close()


def death(code: int) -> str:
    """Why a process ended, in words."""
    if code == UNSTORED:
        return (
            "what it computed could not be stored: the disk is full or read-only, or another program holds the database"
        )
    if code >= 0:
        return f"its worker ended with {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
    more = ", perhaps because the machine ran out of memory" if -code == signal.SIGKILL else ""
    return f"its worker was killed by {name}{more}"
