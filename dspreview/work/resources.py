"""May another job start now? Load and memory of this machine."""

from __future__ import annotations

import os

from dspreview.settings import Settings
from dspreview.store import Store


def pause(store: Store, seconds: float) -> None:
    """Let all workers leave the Hub alone, inside the caller's transaction; never longer than HUB_PAUSE_MAX_SECONDS."""
    now = store.clock()
    seconds = min(seconds, float(store.settings.hub_pause_max_seconds))
    store.cache.write_fact(pause_fact(store), f"{now} {now + seconds}")


def paused_until(store: Store) -> float | None:
    """Until when the Hub asked to be left alone; None where it did not. A clock that was set back ends that."""
    try:
        since, until = map(float, (store.cache.read_fact(pause_fact(store)) or "0 0").split())
    except ValueError:  # no dspreview wrote that
        return None
    longest = since + float(store.settings.hub_pause_max_seconds)
    return until if since <= store.clock() < until <= longest else None


def pause_fact(store: Store) -> str:
    """What all workers remember of a Hub's wish: each Hub has its own."""
    return f"paused {store.settings.hf_endpoint}"


def load() -> float:
    """The largest of the averages over 1, 5 and 15 minutes, in percent of the processors."""
    return max(os.getloadavg()) / (os.cpu_count() or 1) * 100


def shortage(settings: Settings) -> str | None:
    """What there is too little of, and the setting that says so; None where a job may start."""
    import psutil

    if settings.max_load_pct > 0:
        found = load()
        if found >= settings.max_load_pct:
            return f"the load is {found:.0f} % (MAX_LOAD_PCT={settings.max_load_pct})"
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
