"""A line on stderr while something takes longer than half a second; nothing where stderr is no terminal."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from dspreview.documents.plain import harmless

NO_PROGRESS = "DSPREVIEW_NO_PROGRESS"
DELAY = 0.5
BAR = 20
"""Signs of a whole bar."""
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Working:
    """What a line on stderr says."""

    def __init__(self, what: str) -> None:
        self.text = what

    def show(self, what: str, done: int, total: int | None) -> None:
        """Say how much of a long piece of work is done, in rows or bytes; `total` is None where nobody knows."""
        if not total:
            self.text = f"{what}: {done:,}"
            return
        share = min(done / total, 1.0)
        self.text = f"{what} {'█' * round(share * BAR):░<{BAR}} {100 * share:.0f} %"


@contextmanager
def working(what: str, *, quiet: bool) -> Iterator[Working]:
    """Show `what` and the seconds it takes."""
    told = Working(what)
    if quiet or is_silent():
        yield told
        return
    done = threading.Event()

    def draw() -> None:
        started = time.monotonic()
        if done.wait(DELAY):
            return
        number = 0
        while not done.wait(0.1):
            frame = FRAMES[number % len(FRAMES)]
            line = harmless(f"{told.text} … {time.monotonic() - started:.0f} s")
            width = max(20, shutil.get_terminal_size().columns - 3)
            sys.stderr.write(f"\r\x1b[K{frame} {line[:width]}")
            sys.stderr.flush()
            number += 1
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        done.set()
        thread.join()


def is_silent() -> bool:
    """Whether nobody sees a line that changes, or wants one."""
    return not sys.stderr.isatty() or os.environ.get("TERM") == "dumb" or bool(os.environ.get(NO_PROGRESS))


class Meter:
    """One line on stderr about many jobs: done, failed, left, rate, time left, what is running."""

    def __init__(self, *, quiet: bool) -> None:
        self.silent = quiet or is_silent()
        self.started = time.monotonic()
        self.drawn = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.silent and self.drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, *, done: int, failed: int, left: int, running: list[str]) -> None:
        """Draw the line anew, ten times a second at most."""
        now = time.monotonic()
        if self.silent or now - self.drawn < 0.1:
            return
        self.drawn = now
        rate = done / max(now - self.started, 0.001)
        eta = f"{left / rate:.0f} s left" if rate and left else ""
        words = [
            f"{done} done",
            f"{failed} failed",
            f"{left} left",
            f"{rate:.1f}/s",
            eta,
            ", ".join(dict.fromkeys(running)),
        ]
        line = harmless(" · ".join(word for word in words if word))
        sys.stderr.write(f"\r\x1b[K{line[: max(20, shutil.get_terminal_size().columns - 1)]}")
        sys.stderr.flush()
