"""The program's commands, each in a process that is forked from one which has imported it: a tenth of a second each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.program import Program, Result

ROOT = Path(__file__).parent.parent.parent


class Forked:
    """Runs calls of the program one after the other, with the same folders and settings."""

    def __init__(self, program: Program) -> None:
        command = [sys.executable, "-m", "tests.agreement.forked"]
        env = program.environment(PYTHONPATH=str(ROOT))
        self.server = subprocess.Popen(
            command, env=env, cwd=program.home, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.out, self.err = program.home / "out", program.home / "err"

    def __call__(self, *words: str | Path) -> Result:
        """Run a call to its end."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        asked = {"words": [str(word) for word in words], "out": str(self.out), "err": str(self.err)}
        self.server.stdin.write(json.dumps(asked).encode() + b"\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        return Result(code, self.out.read_text(encoding="utf-8", errors="surrogateescape"), self.err.read_text())


@contextmanager
def forked(program: Program) -> Iterator[Forked]:
    """One, for a while."""
    calls = Forked(program)
    try:
        yield calls
    finally:
        calls.server.kill()
        calls.server.communicate()


def one(asked: dict[str, Any]) -> int:
    """Run one call in a process of its own, and give its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for number, name in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | (os.O_TRUNC if number else 0), 0o600), number)
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
