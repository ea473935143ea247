"""The program's commands, each in a process that is forked from one which has imported it: a tenth of a second each.

The call is a process of its own, with its own environment, folder, input and limits, and ends as the program ends. What the libraries
take from the environment when they are imported is that of no Hub at all; a call for another one is a process from its first line.
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
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.program import NOWHERE, Program, Result

ROOT = Path(__file__).parent.parent.parent
TAKEN_AT_IMPORT = ("HF_", "LOWERED", "WARMED", "INTERRUPT", "COVERAGE", "PYTHON", "LANG", "LC_", "MALLOC")
"""Variables, by their beginnings, that are read before the first line of a call."""


class Forks:
    """The process that others are forked from."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dspreview-forks-"))
        env = Program(self.folder).environment(PYTHONPATH=str(ROOT))
        self.env = env
        self.server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forking"], env=env, cwd=ROOT, stdin=subprocess.PIPE,
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
        out = places["out"].read_text(encoding="utf-8", errors="surrogateescape")
        return Result(code, out, places["err"].read_text())


@cache
def forks() -> Forks:
    """The one of this process, which ends with it."""
    found = Forks()
    atexit.register(found.close)
    return found


class Forked(Program):
    """The program, whose calls are forked where nothing speaks against it."""

    def __call__(self, *words: str | Path, stdin: str = "", **env: str) -> Result:
        """Run a call to its end."""
        asked, known = self.environment(**env), forks().env
        differ = {name for name in {*asked, *known} if asked.get(name) != known.get(name)} - {"HF_HOME", "PYTHONPATH"}
        if any(name.startswith(TAKEN_AT_IMPORT) for name in differ) or asked["HF_ENDPOINT"] != NOWHERE:
            return super().__call__(*words, stdin=stdin, **env)
        return forks().call([str(word) for word in words], asked, self.cwd or self.home, stdin.encode())


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
    import datasets  # noqa: F401 - so that no call has to
    import duckdb  # noqa: F401
    import pyarrow.compute
    import pyarrow.json
    import pyarrow.parquet  # noqa: F401

    import dspreview.cli.app  # noqa: F401

    for line in sys.stdin:
        sys.stdout.write(f"{one(json.loads(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
