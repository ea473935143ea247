"""Ctrl-C at any moment: one line and 130. The moments are imports, counted, so that they are the same on any machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.data import write
from tests.support.program import Program

pytestmark = pytest.mark.started

ROOT = Path(__file__).parent.parent.parent
PLACES = 50


@pytest.mark.parametrize("words", [("filter", "--where", "a > 0"), ("rows",)])
def test_an_interrupt_at_fifty_places_is_one_line(words: tuple[str, ...], tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {"a.csv": "a\n 1\n"})  # the blank is for pandas: all that reads data is imported
    dspreview.env["PYTHONPATH"] = f"{ROOT}/tests/support/lowered:{ROOT}"
    command, *rest = words
    count = tmp_path / "count"
    whole = dspreview(command, data, *rest, "--json", INTERRUPT=f"0,{count}")
    assert whole.code == 0
    total = count.stat().st_size
    assert total > 500
    for place in range(PLACES):
        for path in dspreview.home.glob("cache/*.sqlite*"):
            path.unlink()
        result = dspreview(command, data, *rest, "--json", INTERRUPT=f"{1 + place * total // PLACES},{tmp_path / 'x'}")
        assert (result.code, result.err) == (130, "dspreview: interrupted\n"), place
        assert result.out in {"", whole.out}  # never a part of it
    assert not list(dspreview.assets.glob(".staging/*"))


DROPPED = """
import os, signal, time, weakref
from dspreview.cli import interrupts

class Thing:
    pass

interrupts.listen()
try:
    thing = Thing()
    reference = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGINT))
    del thing
    time.sleep(600)
except KeyboardInterrupt:
    interrupts.done()
    print("unwound")
"""
SWALLOWED = """
import os, signal, time
from dspreview.cli import interrupts

interrupts.listen()
try:
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(600)
    except BaseException as error:
        try:
            for _ in range(5):
                time.sleep(0.02)  # nothing is raised again while it is unwound
        finally:
            print("tidied up")
    time.sleep(600)  # as if nothing had come
except KeyboardInterrupt:
    interrupts.done()
    print("unwound")
"""


def test_an_interrupt_that_python_drops_is_not_lost() -> None:
    """What a callback of a weak reference raises is told as ignored, and nothing else happens."""
    done = subprocess.run([sys.executable, "-c", DROPPED], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "unwound\n", "")


def test_an_interrupt_that_a_library_swallows_comes_again() -> None:
    done = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "tidied up\nunwound\n", "")
