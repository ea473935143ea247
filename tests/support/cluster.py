"""A Dask cluster of real processes on this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil


class Cluster:
    """A scheduler and its workers; what they log is in files of `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def engine(self) -> str:
        """What `--engine` takes."""
        return f"dask://127.0.0.1:{self.port}"

    @property
    def logs(self) -> str:
        """All that was logged."""
        return "".join(path.read_text("utf-8", "replace") for path in sorted(self.folder.glob("*.log")))

    def start(self, **env: str) -> None:
        """Start the scheduler, at the same place each time."""
        words = ["scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        self.scheduler = self._call("scheduler", words, **env)
        self._await("scheduler", "Scheduler at:")

    def add_worker(self, threads: int = 1, **env: str) -> subprocess.Popen[bytes]:
        """Start a worker that has the scheduler's attention."""
        name = f"worker-{len(self.workers)}"
        words = ["worker", f"tcp://127.0.0.1:{self.port}", "--no-nanny", "--no-dashboard", "--nthreads", str(threads)]
        words += ["--local-directory", str(self.folder / name), "--memory-limit", "0", "--host", "127.0.0.1"]
        self.workers.append(self._call(name, words, **env))
        self._await(name, "Registered to:")
        return self.workers[-1]

    def kill_scheduler(self) -> None:
        """Let it go without a word."""
        assert self.scheduler is not None
        self.scheduler.kill()
        self.scheduler.wait()
        (self.folder / "scheduler.log").rename(self.folder / f"scheduler-{time.monotonic_ns()}.log")

    def children(self) -> list[psutil.Process]:
        """The processes of ours that workers have started."""
        alive = [worker for worker in self.workers if worker.poll() is None]
        return [child for worker in alive for child in psutil.Process(worker.pid).children()]

    def close(self) -> None:
        """End everything."""
        for process in [*self.workers, self.scheduler]:
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()

    def _call(self, name: str, words: list[str], **env: str) -> subprocess.Popen[bytes]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "PYTHONPATH") if name in os.environ}
        own = {"HOME": str(self.folder), "DASK_LOGGING__DISTRIBUTED": "debug"}
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *words], env=kept | own | env, cwd=self.folder, stdout=log, stderr=log
            )

    def _await(self, name: str, word: str) -> None:
        while word not in (self.folder / f"{name}.log").read_text("utf-8", "replace"):
            process = self.scheduler if name == "scheduler" else self.workers[-1]
            assert process is not None
            assert process.poll() is None, self.logs
            time.sleep(0.05)
