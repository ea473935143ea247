"""The line about what takes long, on a terminal: it is gone before anything else is written there."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

WRITERS = {
    "the answer": "stdout.write_text('first\\nlast\\n')",
    "a warning": "failure.tell('first'); failure.tell('last')",
    "a pager": "paged(SimpleNamespace(pager=True, agent=False), 'first\\n' * 99 + 'last\\n') or sys.exit(1)",
}


def seen(script: str) -> str:
    """What a terminal gets of a script."""
    control, terminal = pty.openpty()
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "PAGER": "tail -n 1", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=terminal, stdout=terminal, stderr=terminal, env=env, close_fds=True
    )
    os.close(terminal)
    found = b""
    while True:
        try:
            part = os.read(control, 4096)
        except OSError:  # nobody is left who writes
            break
        if not part:
            break
        found += part
    os.close(control)
    assert process.wait() == 0, found
    return found.decode()


@pytest.mark.parametrize("writer", WRITERS)
def test_the_line_is_gone_before_anything_else_is_written(writer: str) -> None:
    text = seen(
        "import sys, time\nfrom types import SimpleNamespace\n"
        "from dspreview.cli import failure\nfrom dspreview.cli.render.pager import paged\n"
        "from dspreview.cli.render.progress import working\nfrom dspreview.documents import stdout\n"
        "with working('reading', quiet=False):\n"
        "    while not stdout.drawn[0].__self__.is_there:\n        time.sleep(0.01)\n"
        f"    {WRITERS[writer]}\n"
    )
    before, _, after = text.partition("last")
    assert "reading … " in before
    line = before.replace("dspreview: ", "").replace("first\r\n", "")
    assert line.rpartition("\r\x1b[K")[2] == ""  # nothing stands on the line where it is written
    if writer != "a warning":  # after which the work goes on, and its line with it
        assert "reading" not in after


def test_nothing_is_drawn_where_nobody_sees_it() -> None:
    script = "from dspreview.cli.render.progress import working\nfrom dspreview.documents import stdout\nwith working('x', quiet=False):\n    print(stdout.drawn)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert (ran.stdout, ran.stderr) == ("[]\n", "")
