"""A limit of memory for this process, so that a bomb in the data ends in an error, and not in a machine that swaps."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

HEADROOM = 1 << 30
"""What allocators reserve and do not use."""
OURS: set[int] = set()
"""The limits that were set here; others are left where they are lower."""


def bound(limit: int) -> None:
    """From now on let this process have no more than `limit` bytes beyond what it has: more is a MemoryError.

    Linux counts what is private and writable, so files that are mapped into memory are free; macOS does not count at all.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = used() + limit + HEADROOM
    if soft == resource.RLIM_INFINITY or soft > wanted or soft in OURS:
        OURS.add(wanted)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def used() -> int:
    """Bytes that count already; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


@contextmanager
def unbounded() -> Iterator[None]:
    """No limit of ours for a process that is started meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
