"""Ctrl-C, SIGTERM and a terminal that is closed: what goes on is unwound, so that nothing is left half done, and the program ends with 130, whoever is in the way."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

from dspreview.errors import EXIT_INTERRUPTED
from dspreview.signals import is_held

LOOK_SECONDS = 0.01
"""How soon it is looked again: whether what must not stop half-way is done, or somebody swallowed the exception."""
received: list[int] = []
"""The signals that came."""


def listen() -> None:
    """From now on a signal unwinds; a shell's `nohup`-like wishes are kept."""
    sys.unraisablehook = look_again_where_dropped
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


def stop(number: int, frame: FrameType | None) -> None:
    """The first signal unwinds, a second one does not wait for that."""
    received.append(number)
    signal.signal(number, leave_at_once)
    unwind(number, frame)


def unwind(_number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, unless one is on its way or something goes on that must not stop half-way; look again in a moment.

    Libraries catch everything in places, and would go on as if nothing had come.
    """
    signal.signal(signal.SIGALRM, unwind)
    signal.setitimer(signal.ITIMER_REAL, LOOK_SECONDS)
    if not is_held(frame) and not is_on_its_way(sys.exception()):
        raise KeyboardInterrupt


def is_on_its_way(error: BaseException | None) -> bool:
    """Whether what is handled just now is a KeyboardInterrupt, or came of one."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def look_again_where_dropped(ignored: sys.UnraisableHookArgs) -> None:
    """Python drops an exception that comes while it tidies up after an object: of a signal, that is no news."""
    if ignored.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(ignored)


def done() -> None:
    """Whatever came has been unwound: look no more."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)


def leave_at_once(_number: int, _frame: Any) -> None:
    """End now."""
    os.write(2, b"dspreview: interrupted\n")
    os._exit(EXIT_INTERRUPTED)
