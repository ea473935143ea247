"""A line on stderr while something takes longer than half a second; nothing where stderr is no terminal."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

DELAY = 0.5
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@contextmanager
def working(what: str, *, quiet: bool) -> Iterator[None]:
    """Show `what` and the seconds it takes."""
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    done = threading.Event()

    def draw() -> None:
        started = time.monotonic()
        if done.wait(DELAY):
            return
        number = 0
        while not done.wait(0.1):
            frame = FRAMES[number % len(FRAMES)]
            sys.stderr.write(f"\r\x1b[K{frame} {what} … {time.monotonic() - started:.0f} s")
            sys.stderr.flush()
            number += 1
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
