"""Copies of the working tree in which tests run, and how they ended."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.mutants.mutator import Mutant
from tests.mutants.noted import NOTES
from tests.mutants.rooms import files_of, naming, room_of

ROOT = Path(__file__).parent.parent.parent
FLAGS = ["-q", "-p", "no:cacheprovider", "-p", "tests.mutants.noted", "--no-header", "--tb=no"]
START = 4.0
"""Seconds that pytest and its workers need before the first test."""
PATIENCE = 5
"""How many times as long as without the mutant."""


@dataclass(frozen=True)
class Run:
    """How a call of pytest ended."""

    code: int | None
    """None where the time was over."""
    failed: list[str]
    seconds: dict[str, float]
    broken: list[str]


class Tree:
    """A copy of what git knows and what it would add, with temporary folders and a home of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.root = place / "tree"
        self.stamps = itertools.count(int(time.time()) - 1_000_000)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        ).stdout.decode()  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.root / name)
        self.env = os.environ | {"PYTHONPATH": str(self.root), "TMPDIR": str(place / "t"), "HOME": str(place / "home")}
        self.env[NOTES] = str(place / "notes.json")
        (place / "home").mkdir()
        command = [sys.executable, "-c", "import dspreview; print(dspreview.__file__)"]
        found = subprocess.run(command, cwd=place, env=self.env, capture_output=True, check=True, text=True).stdout
        assert Path(found.strip()).is_relative_to(self.root), f"processes would import {found.strip()}"

    def pytest(self, words: Sequence[str], *flags: str, timeout: float | None = None) -> Run:
        """Run tests; nothing that they started lives longer."""
        notes = Path(self.env[NOTES])
        notes.unlink(missing_ok=True)
        (self.place / "t").mkdir()
        command = [sys.executable, "-m", "pytest", *FLAGS, *flags, *words]
        process = subprocess.Popen(
            command, cwd=self.root, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        code = None
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(timeout)
        finally:
            self.sweep()
            process.wait()
            shutil.rmtree(self.place / "t", ignore_errors=True)
        told = json.loads(notes.read_text()) if notes.exists() else {}
        return Run(code, told.get("failed", []), told.get("seconds", {}), told.get("broken", []))

    def sweep(self) -> None:
        """End what still runs here: all that tests start has its working folder in this one."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if Path(process.cwd()).is_relative_to(self.place) and process.pid != os.getpid():
                    process.kill()

    @contextlib.contextmanager
    def mutated(self, mutant: Mutant) -> Iterator[None]:
        """With one module changed."""
        path = self.root / mutant.path
        data = path.read_bytes()
        try:
            self.write(path, mutant.applied(data))
            yield
        finally:
            self.write(path, data)

    def write(self, path: Path, data: bytes) -> None:
        """Write a module; its time is another each time, for by time and size Python knows whether its bytecode is old."""
        path.write_bytes(data)
        stamp = next(self.stamps)
        os.utime(path, (stamp, stamp))


@dataclass
class Rooms:
    """What the tests do without any mutant, measured where it is asked for."""

    tree: Tree
    seconds: dict[str, Counter[str]] = field(default_factory=dict)
    """Of each test of each file."""
    left_out: list[str] = field(default_factory=list)
    """Files and tests that fail."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def measure(self, files: Sequence[str]) -> None:
        """Run files that have not been run."""
        with self.lock:
            new = [one for one in files if one not in self.seconds]
            if not new:
                return
            run = self.tree.pytest(new, "-n", "2")
            self.seconds |= {one: Counter() for one in new}
            for test, seconds in run.seconds.items():
                self.seconds[test.partition("::")[0]][test] = seconds  # type: ignore[assignment]
            failed = [*run.broken, *run.failed]
            if failed or run.code not in {0, 5}:
                failed = failed or new
                print("fails without a mutant, and is left out:", *failed, sep="\n  ", flush=True)
            # a name of a test that no command line can carry takes its file with it
            self.left_out += [one if one.isprintable() and "::" in one else one.partition("::")[0] for one in failed]

    def expected(self, files: Sequence[str]) -> float:
        """Seconds that files take."""
        each = [seconds for one in files for seconds in self.seconds[one].values()]
        return START + max(sum(each) / 2, max(each, default=0.0))

    def stages(self, mutant: Mutant) -> Iterator[list[str]]:
        """What to run one after the other: files that name what was changed, then room by room what is left."""
        rooms = [files_of(self.tree.root, room) for room in room_of(mutant.path)]
        first = naming(self.tree.root, mutant.path, mutant.within, [one for room in rooms for one in room])
        for files in [first, *([one for one in room if one not in first] for room in rooms)]:
            self.measure(files)
            kept = [one for one in files if one not in self.left_out]
            if kept:
                yield sorted(kept, key=lambda one: self.seconds[one].total())


def outcome(tree: Tree, rooms: Rooms, mutant: Mutant) -> tuple[str, str]:
    """Whether a mutant was noticed, survived or came to no end; and by which test."""
    for files in rooms.stages(mutant):
        shaky: list[str] = []
        timeout = PATIENCE * rooms.expected(files)
        with tree.mutated(mutant):
            while True:
                out = [f"--deselect={one}" for one in [*rooms.left_out, *shaky]]
                run = tree.pytest([*files, *out], "-x", "-n", "2", timeout=timeout)
                if run.code is None:
                    return "timeout", " ".join(files)
                if run.code in {0, 5}:  # passed, or none was left
                    break
                if not run.failed:
                    return "noticed", " ".join(run.broken) or f"pytest ended with {run.code}"
                # a test that fails now and then notices nothing: it must do so twice
                again = tree.pytest(run.failed, "-n", "0", timeout=timeout)
                if again.code not in {0, 5}:
                    return "noticed", run.failed[0]
                shaky += run.failed
    return "survived", ""
