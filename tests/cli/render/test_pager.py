"""The pager, on a real terminal: only for what is longer than the screen, and only where people read."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.support.data import write
from tests.support.program import Program


def on_terminal(program: Program, *words: str, lines: int = 12, piped: bool = False, **env: str) -> tuple[int, str]:
    """A call on a terminal of so many lines; its exit code, and what stood there."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, 100, 0, 0))
    kept = {name: value for name, value in program.environment().items() if name not in {"PAGER", "COLUMNS"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "dspreview", *words], env=kept | {"TERM": "xterm"} | env, cwd=program.home,
        stdin=slave, stdout=subprocess.DEVNULL if piped else slave, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 65_536)
        except OSError:  # how Linux says that nobody writes there any more
            break
        if not part:
            break
        shown += part
    os.close(master)
    return process.wait(timeout=60), shown.decode()


@pytest.fixture
def data(tmp_path: Path) -> str:
    """Forty rows."""
    return str(write(tmp_path / "d", {"a.csv": "n\n" + "".join(f"{n}\n" for n in range(40))}))


@pytest.fixture
def pager(tmp_path: Path) -> str:
    """A pager that says that it was there."""
    script = write(tmp_path / "bin", {"mypager": "#!/bin/sh\necho PAGED $1\ncat\n"}) / "mypager"
    script.chmod(0o755)
    return str(script)


def test_a_long_answer_goes_through_the_pager_that_is_named(data: str, pager: str, dspreview: Program) -> None:
    code, shown = on_terminal(dspreview, "rows", data, PAGER=f"{pager} --quick")
    assert code == 0
    assert shown.count("PAGED --quick") == 1
    assert "20 rows of 40" in shown


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["--length", "3"], {}),
        (["--no-pager"], {}),
        (["--json"], {}),
        (["--format", "csv"], {}),
        ([], {"lines": 100}),
        ([], {"piped": True}),
    ],
    ids=["short", "--no-pager", "json", "csv", "tall terminal", "into a file"],
)
def test_anything_else_does_not(
    words: list[str], options: dict[str, int], data: str, pager: str, dspreview: Program
) -> None:
    code, shown = on_terminal(dspreview, "rows", data, *words, PAGER=pager, **options)  # type: ignore[arg-type]
    assert code == 0
    assert "PAGED" not in shown


@pytest.mark.parametrize("name", ["", "cat", "no-such-pager-anywhere"])
def test_without_a_pager_the_answer_is_there(name: str, data: str, dspreview: Program) -> None:
    code, shown = on_terminal(dspreview, "rows", data, PAGER=name)
    assert code == 0
    assert "20 rows of 40" in shown


def test_an_agent_gets_none(data: str, pager: str, dspreview: Program) -> None:
    code, shown = on_terminal(dspreview, "rows", data, PAGER=pager, AI_AGENT="1")
    assert code == 0
    assert "PAGED" not in shown
