"""The program's commands, each in a process that is forked from one which has imported it: a tenth of a second each.

The call is a process of its own, with its own environment, folder, input and limits, and ends as the program ends. What the Hub's
libraries take from the environment when they are imported is that of no Hub at all; a call for another one is forked from a process
that has imported all but them.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.support.program import Program, Result

ROOT = Path(__file__).parent.parent.parent
OF_THE_HUB = ("HF_",)
"""Variables, by their beginnings, that the libraries of the Hub read when they are imported."""
TAKEN_AT_START = ("LOWERED", "WARMED", "INTERRUPT", "COVERAGE", "PYTHON", "LANG", "LC_", "MALLOC")
"""Those that are read before the first line of a call."""
BEFORE = (
    "duckdb",
    "pandas",
    "pyarrow.compute",
    "pyarrow.json",
    "pyarrow.parquet",
    "asyncio",
    "httpx2",
    "fsspec",
    "yaml",
    "tqdm",
    "dill",
)
"""What is imported before the libraries of the Hub, by them or beside them."""


class Forks:
    """The process that others are forked from."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        """`modules` are imported once for all calls."""
        self.folder = Path(tempfile.mkdtemp(prefix="dspreview-forks-"))
        env = Program(self.folder).environment(PYTHONPATH=str(ROOT))
        self.env = env
        self.server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forking", *modules], env=env, cwd=ROOT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip

    def close(self) -> None:
        """End it."""
        self.server.kill()
        self.server.communicate()
        shutil.rmtree(self.folder)

    def call(self, words: list[str], env: dict[str, str], cwd: Path, stdin: bytes) -> Result:
        """Run a call to its end."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        places = {name: self.folder / name for name in ("in", "out", "err")}
        places["in"].write_bytes(stdin)
        asked = {"words": words, "env": env, "cwd": str(cwd)} | {name: str(path) for name, path in places.items()}
        self.server.stdin.write(json.dumps(asked).encode() + b"\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        out = places["out"].read_bytes().decode("utf-8", "surrogateescape")
        return Result(code, out, places["err"].read_bytes().decode())


@cache
def forks(*modules: str) -> Forks:
    """The one of this process with these modules, which ends with it."""
    found = Forks(modules)
    atexit.register(found.close)
    return found


@dataclass
class Forked(Program):
    """The program, whose calls are forked where nothing speaks against it."""

    warm: bool = True
    """Whether the libraries of the Hub are imported before the call, where it is for no Hub."""

    def __call__(self, *words: str | Path, stdin: str = "", **env: str) -> Result:
        """Run a call to its end."""
        asked, known = self.environment(**env), forks(*BEFORE).env
        differ = {name for name in {*asked, *known} if asked.get(name) != known.get(name)} - {"HF_HOME", "PYTHONPATH"}
        if any(name.startswith(TAKEN_AT_START) for name in differ) or "PYTHONPATH" in self.env | env:
            return super().__call__(*words, stdin=stdin, **env)
        warm = self.warm and not any(name.startswith(OF_THE_HUB) for name in differ)
        server = forks(*BEFORE, "datasets") if warm else forks(*BEFORE)
        return server.call([str(word) for word in words], asked, self.cwd or self.home, stdin.encode())


@contextmanager
def forked(home: Path) -> Iterator[Forked]:
    """The program with folders of its own, for a while."""
    program = Forked(home)
    try:
        yield program
    finally:
        program.stop()


def one(asked: dict[str, Any]) -> int:
    """Run one call in a process of its own, and give its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    flags = {"in": os.O_RDONLY, "out": os.O_RDWR | os.O_CREAT | os.O_TRUNC, "err": os.O_RDWR | os.O_CREAT | os.O_TRUNC}
    for number, (name, flag) in enumerate(flags.items()):
        os.dup2(os.open(asked[name], flag, 0o600), number)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    if "COVERAGE_PROCESS_START" in os.environ:
        from tests.mutants import reach

        reach.now(os.environ["PYTEST_CURRENT_TEST"])
    from dspreview.cli.app import run

    sys.argv = ["dspreview", *asked["words"]]
    run(asked["words"])
    return 0


def serve() -> None:
    """Answer calls until nobody asks any more."""
    for name in (*sys.argv[1:], "dspreview.cli.app"):  # so that no call has to
        import_module(name)

    for line in sys.stdin:
        sys.stdout.write(f"{one(json.loads(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
