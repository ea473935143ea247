"""Copies of the working tree in which tests run, and how they ended."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import psutil

from tests.mutants.mutator import Mutant
from tests.mutants.noted import NOTES, ONLY
from tests.mutants.reach import Reach, prepare, written
from tests.mutants.rooms import files_of, naming, room_of

ROOT = Path(__file__).parent.parent.parent
FLAGS = ["-q", "-p", "no:cacheprovider", "-p", "tests.mutants.noted", "--no-header", "--tb=no"]
BROWSER = "tests/browser"
"""What needs more than the test group; no room of a module."""
START = 10.0
"""Seconds that pytest and its workers may need before the first test."""
FIRST = 5.0
"""Seconds of tests that are tried first; each later stage takes up to four times as many."""
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

    def pytest(
        self,
        words: Sequence[str],
        *flags: str,
        only: Sequence[str] = (),
        timeout: float | None = None,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> Run:
        """Run the tests of some files, or only those of some names; nothing that they started lives longer."""
        notes = Path(self.env[NOTES])
        notes.unlink(missing_ok=True)
        (self.place / "t").mkdir()
        if only:
            (self.place / "only.json").write_text(json.dumps(list(only)))
            words = list(dict.fromkeys(one.partition("::")[0] for one in only))
            env = {ONLY: str(self.place / "only.json")}
        command = [sys.executable, "-m", "pytest", *FLAGS, *flags, *words]
        process = subprocess.Popen(
            command, cwd=self.root, env={**self.env, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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

    def reach(self, to: Path) -> None:
        """Run all tests and keep which line each reaches; those that fail are not asked later."""
        env = prepare(self.root, self.place / "reach")
        run = self.pytest(["tests"], "-n", "2", f"--ignore={BROWSER}", env=env)
        failed = {*run.failed, *run.broken}
        if failed:
            print("fails without a mutant, and is left out:", *sorted(failed), sep="\n  ", flush=True)
        kept = Counter({name: seconds for name, seconds in run.seconds.items() if name not in failed})
        written(self.root, self.place / "reach", kept, to)

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


def stages(reach: Reach, mutant: Mutant) -> Iterator[dict[str, float]]:
    """The tests of its rooms that reach a line, a few at first, then ever more: those that name its module come first.

    A line outside of functions runs when a module is imported, once in the process of many tests: these count in any case.
    """
    rooms = room_of(mutant.path)
    files = [file for room in rooms for file in files_of(ROOT, room)]
    named = set(naming(ROOT, mutant.path, mutant.within, files))
    found = reach.reaching(mutant.path, range(mutant.first, mutant.line + 1), files)
    if not mutant.within:
        found |= reach.of(named)
    budget = FIRST
    stage: dict[str, float] = {}
    for name, seconds in sorted(found.items(), key=lambda one: (one[0].partition("::")[0] not in named, one[1])):
        if stage and sum(stage.values()) + seconds > budget:
            yield stage
            stage, budget = {}, budget * 4
        stage[name] = seconds
    if stage:
        yield stage


def outcome(tree: Tree, reach: Reach, mutant: Mutant, budget: float) -> tuple[str, str]:
    """Whether a mutant was noticed, survived so many seconds of tests, or came to no end; and by which test."""
    spent = 0.0
    for stage in stages(reach, mutant):
        took = sum(stage.values())
        if spent and spent + took > budget:
            return "survived", f"{spent:.0f} s of tests; others reach it, too"
        spent += took
        shaky: list[str] = []
        timeout = PATIENCE * (START + took)
        with tree.mutated(mutant):
            while asked := [one for one in stage if one not in shaky]:
                run = tree.pytest([], "-x", "-n", "2" if took > FIRST else "0", only=asked, timeout=timeout)
                if run.code is None:
                    return "timeout", f"{len(stage)} tests"
                if run.code in {0, 5}:  # passed, or none was left
                    break
                if not run.failed:
                    return "noticed", " ".join(run.broken) or f"pytest ended with {run.code}"
                # a test that fails now and then notices nothing: it must do so twice
                again = tree.pytest([], "-n", "0", only=run.failed, timeout=timeout)
                if again.code not in {0, 5}:
                    return "noticed", run.failed[0]
                shaky += run.failed
    return "survived", "" if spent else "no test reaches it"
