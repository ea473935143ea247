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

from dspreview.documents import stdout
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
    line = Line(told)
    stdout.drawn.append(line.wipe)
    line.thread.start()
    try:
        yield told
    finally:
        line.wipe(for_good=True)
        stdout.drawn.remove(line.wipe)
        line.thread.join()


class Line:
    """The line of one `Working`, drawn anew ten times a second by a thread until it is wiped for good."""

    def __init__(self, told: Working) -> None:
        self.told = told
        self.done = threading.Event()
        self.lock = threading.Lock()
        self.is_there = False
        self.thread = threading.Thread(target=self.draw, daemon=True)

    def draw(self) -> None:
        """What the thread does."""
        started = time.monotonic()
        pause, number = DELAY, 0
        while not self.done.wait(pause):
            text = harmless(f"{self.told.text} … {time.monotonic() - started:.0f} s")
            width = max(20, shutil.get_terminal_size().columns - 3)
            with self.lock:
                if self.done.is_set():
                    return
                write_line(f"{FRAMES[number % len(FRAMES)]} {text[:width]}")
                self.is_there = True
            pause, number = 0.1, number + 1

    def wipe(self, for_good: bool) -> None:  # noqa: FBT001 - as stdout calls it
        """Take it off the terminal."""
        with self.lock:
            if for_good:
                self.done.set()
            if self.is_there:
                write_line("")
            self.is_there = False


def write_line(text: str) -> None:
    """Put a text in the place of the line."""
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()


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
        stdout.drawn.append(self.wipe)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stdout.drawn.remove(self.wipe)
        self.wipe(for_good=True)

    def wipe(self, for_good: bool) -> None:  # noqa: FBT001 - as stdout calls it
        """Take it off the terminal; the next `show` brings it back."""
        del for_good
        if not self.silent and self.drawn:
            write_line("")

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
        write_line(line[: max(20, shutil.get_terminal_size().columns - 1)])
