"""When a process that does jobs is ended, and why, in words."""

from __future__ import annotations

import signal

from dspreview.errors import StoreError

LOOK_SECONDS = 0.25
"""How often its memory is looked at: that reads all of /proc."""
MOST_JOBS = 200
"""After so many jobs a process is replaced: libraries keep more and more."""
UNSTORED = StoreError.exit_code
"""What is told of a job that could not be stored."""


def death(code: int) -> str:
    """Why a process ended by itself."""
    if code == UNSTORED:
        return (
            "what it computed could not be stored: the disk is full or read-only, or another program holds the database"
        )
    if code >= 0:
        return f"its worker ended with {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
    more = ", perhaps because the machine ran out of memory" if -code == signal.SIGKILL else ""
    return f"its worker was killed by {name}{more}"


def over_time(seconds: int) -> str:
    """Why a job was killed that took too long."""
    return f"it took longer than JOB_MAX_SECONDS ({seconds} s)"


def over_memory(limit: int) -> str:
    """Why a job was killed that grew too large."""
    return f"it needed more than JOB_MAX_MEMORY ({limit:,} bytes)"
