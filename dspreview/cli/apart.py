"""What a user typed runs in a process of its own: an engine that dies of it takes no answer along in silence."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Any

from dspreview.errors import UsageError

PATIENCE = 2
"""Seconds that the other process gets to unwind after Ctrl-C, which a terminal sends to both."""


def apart(what: str) -> int | None:
    """Go on in a new process, where this gives None; the old one waits, and gives the exit code of the other.

    To be called before anything that starts threads is imported. Raises UsageError where the other process dies of a signal.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        return None

    def hand_on(_number: int, _frame: Any) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, hand_on)
    signal.signal(signal.SIGALRM, hand_on)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda _number, _frame: signal.alarm(PATIENCE))
    _, status = os.waitpid(child, 0)
    signal.alarm(0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        raise UsageError(
            f"{what}: the engine died of it (signal {-code}); leave out functions that take values apart which are nested very deeply"
        )
    return code
