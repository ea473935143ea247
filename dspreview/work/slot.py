"""A process that does jobs, one after the other, and the job that it is at."""

from __future__ import annotations

from typing import Any

from dspreview.store.job import Job
from dspreview.work.exit_reasons import LOOK_SECONDS
from dspreview.work.resources import tree_memory


class Slot:
    """A worker process, with the time limits of its job."""

    def __init__(self, process: Any, pipe: Any) -> None:
        self.process = process
        self.pipe = pipe
        """Job numbers go in, and what became of them comes out; its end tells the process that nobody is there."""
        self.job: Job | None = None
        self.jobs = 0
        self.started = 0.0
        self.measured = float("-inf")
        self.bytes = 0
        self.code: int | None = None
        """How the job ended, as its process says."""
        self.over_limit: str | None = None
        """Which limit it was killed for: such a job ends as an error, and is not tried again."""

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended."""
        return self.process.exitcode is not None

    def give(self, job: Job, now: float) -> None:
        """Let it do a job. Raises OSError where it is gone."""
        self.job, self.started = job, now
        self.code = self.over_limit = None
        self.jobs += 1
        self.pipe.send(job.id)

    def look(self) -> bool:
        """Whether its job has ended, or the process with it."""
        try:
            if self.code is None and not self.pipe.closed and self.pipe.poll():
                self.code = self.pipe.recv()
        except (EOFError, OSError):  # it died; its exit code tells more
            self.process.join(1)
        return self.code is not None or self.is_gone

    def memory(self, now: float) -> int:
        """Bytes of its process tree, looked at four times a second at most: that reads all of /proc."""
        if now - self.measured >= LOOK_SECONDS:
            self.measured, self.bytes = now, tree_memory(self.process.pid)
        return self.bytes

    def kill(self) -> None:
        """Stop it at once."""
        self.process.kill()
        self.process.join()

    def close(self) -> None:
        """Let go of what is left of it; where the forkserver died before, this ends it too."""
        self.pipe.close()
        self.process.join()
