"""May another job start now? Load and memory of this machine."""

from __future__ import annotations

import os

from dspreview.settings import Settings
from dspreview.store import Store

PAUSED = "hub_paused"
"""The fact that tells all workers since when, and until when, the Hub asked them to wait."""


def pause(store: Store, seconds: float) -> None:
    """Let all workers wait, inside the caller's transaction."""
    now = store.clock()
    store.cache.write_fact(PAUSED, f"{now} {now + seconds}")


def is_paused(store: Store) -> bool:
    """Whether the Hub asked to wait; a clock that was set back ends that."""
    since, until = map(float, (store.cache.read_fact(PAUSED) or "0 0").split())
    return since <= store.clock() < until


def shortage(settings: Settings) -> str | None:
    """What there is too little of, and the setting that says so; None where a job may start."""
    import psutil

    if settings.max_load_pct > 0:
        load = max(os.getloadavg()) / (os.cpu_count() or 1) * 100
        if load >= settings.max_load_pct:
            return f"the load is {load:.0f} % (MAX_LOAD_PCT={settings.max_load_pct})"
    if settings.max_memory_pct > 0:
        memory, swap = psutil.virtual_memory(), psutil.swap_memory()
        used = (memory.total - memory.available + swap.used) / (memory.total + swap.total) * 100
        if used >= settings.max_memory_pct:
            return f"{used:.0f} % of the memory is in use (MAX_MEMORY_PCT={settings.max_memory_pct})"
    return None


def tree_memory(pid: int) -> int:
    """Bytes of resident memory of a process and all below it; 0 where it is gone."""
    import psutil

    try:
        process = psutil.Process(pid)
        return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)])
    except psutil.Error:
        return 0
