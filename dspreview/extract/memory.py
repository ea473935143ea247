"""A limit of memory for this process, so that a bomb in the data ends in an error, and not in a machine that swaps."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

HEADROOM = 1 << 30
"""What allocators reserve and do not use."""


def bound(limit: int) -> None:
    """Let this process and what it starts have no more than `limit` bytes of data: more is a MemoryError.

    Linux counts what is private and writable, so files that are mapped into memory are free; macOS does not count at all.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = limit + HEADROOM
    if soft == resource.RLIM_INFINITY or soft > wanted:
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


@contextmanager
def unbounded() -> Iterator[None]:
    """No limit of ours for a process that is started meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
