"""Whole processes, interleaved: wall-clock seconds and peak memory, as medians and ratios."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PATIENCE = 120.0
PICTURES = HERE.parent.parent / "docs" / "pictures"


@dataclass(frozen=True)
class Line:
    """One promise, and what came out."""

    what: str
    against: str
    ratio: float
    target: float
    detail: str
    unit: str = "x"
    seconds: tuple[float, float] | None = None
    """Ours and theirs, where both are drawn."""

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.ratio <= self.target


@dataclass(frozen=True)
class Run:
    """One process."""

    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Timing:
    """Several runs of one command."""

    runs: tuple[Run, ...]

    @property
    def seconds(self) -> float:
        """The median wall-clock time."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def peak_bytes(self) -> float:
        """The median of the peak resident memory."""
        return statistics.median(run.peak_bytes for run in self.runs)


def run_once(command: Sequence[str], environment: Mapping[str, str], tries: int = 10) -> Run:
    """Run a command to its end; it must succeed. A peer that hangs (`datasets` does, now and then) is tried again."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    guard = threading.Timer(PATIENCE, process.kill)
    guard.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    hung = not guard.is_alive()
    guard.cancel()
    process.returncode = status
    assert process.stderr is not None
    told = process.stderr.read().decode()
    process.stderr.close()
    if hung and tries > 1:
        return run_once(command, environment, tries - 1)
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with {status}: {told}")
    unit = 1 if os.uname().sysname == "Darwin" else 1024
    return Run(seconds, usage.ru_maxrss * unit)


def interleaved(
    commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], rounds: int
) -> dict[str, Timing]:
    """Each command `rounds` times, taking turns, after one round that warms the page cache."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            run = run_once(command, environment)
            if number:
                runs[name].append(run)
    return {name: Timing(tuple(done)) for name, done in runs.items()}


def program(*words: str | Path) -> list[str]:
    """A call of dspreview as its console script makes it."""
    return [sys.executable, "-c", "from dspreview.__main__ import main; main()", *[str(word) for word in words]]


def milliseconds(one: Timing, other: Timing) -> str:
    """Both medians."""
    return f"{one.seconds * 1000:.0f} ms against {other.seconds * 1000:.0f} ms"


def draw(times: Mapping[str, Mapping[str, float]], name: str) -> str:
    """Draw how long each of several took, and how the page shows that."""
    command = [sys.executable, "-m", "tests.benchmarks.plots", str(PICTURES / name)]
    subprocess.run(command, input=json.dumps(times), text=True, check=True)
    return f"![Seconds, as bars](pictures/{name})"
