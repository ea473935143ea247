"""Locks by files, which end with the process that holds them."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path


def take(handle: int) -> bool:
    """Lock an open file for oneself; False where somebody uses it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # a file system without locks: two may do the work, and one of them is kept
    return True


def share(handle: int) -> None:
    """Keep an open file from being taken, together with others who do."""
    with suppress(OSError):  # a file system without locks
        fcntl.flock(handle, fcntl.LOCK_SH)


def locked(path: Path) -> int | None:
    """A lock file, made and locked; None where somebody else has it. Raises OSError."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    if take(handle) and is_still(path, handle):
        return handle
    os.close(handle)  # somebody has it, or removed it between the two
    return None


def unlock(path: Path, *, remove: bool = True) -> bool:
    """Remove a lock file that nobody holds; whether it is one."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        try:
            if take(handle) and is_still(path, handle):
                if remove:
                    path.unlink()
                return True
        finally:
            os.close(handle)
    return False


def is_still(path: Path, handle: int) -> bool:
    """Whether an open file is the one that lies at a path now."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(handle))
    except OSError:
        return False
