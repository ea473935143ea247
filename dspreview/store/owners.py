"""Who runs a job: a process of this machine or another, and whether it still lives."""

from __future__ import annotations

import os
from pathlib import Path

OWN_NAMES: dict[int, str] = {}
"""This process's name by its number, which changes in a fork."""


def start_time(pid: int) -> str:
    """When a process started, so that a reused number is not taken for it; empty where the OS does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]  # a zombie does nothing any more
    except (OSError, IndexError):
        import psutil  # where there is no /proc, as on macOS; 25 ms

        try:
            return str(psutil.Process(pid).create_time())
        except psutil.Error:
            return ""


def me() -> str:
    """The calling process as the owner of a job: `host/pid/start`."""
    pid = os.getpid()
    if pid not in OWN_NAMES:
        OWN_NAMES[pid] = f"{os.uname().nodename}/{pid}/{start_time(pid)}"
    return OWN_NAMES[pid]


def is_gone(owner: str, lease_until: float, now: float) -> bool:
    """Whether the owner of a started job is dead: at once on this machine, after its lease elsewhere."""
    host, pid, start = owner.rsplit("/", 2)
    if host != os.uname().nodename:
        return now > lease_until
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return start != start_time(int(pid))
