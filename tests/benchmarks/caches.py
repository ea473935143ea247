"""`nox -s caches`: commands over the whole cache, with 20,000 and 200,000 datasets; writes its part of docs/performance.md."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

from dspreview.settings import resolve
from tests.benchmarks.measure import interleaved, program
from tests.benchmarks.page import put
from tests.support.caches import fill

HEADING = "## Large caches"
FEW, MANY = 20_000, 200_000
PAGE_BYTES = 1_000
ROUNDS = 3
GROWTH = (8.0, 12.0)
"""From FEW to MANY datasets, beyond what the start takes."""
MEGABYTES = 100
BOUNDS = {
    "cache valid --json": 2.0, "cache report": 10.0, "cache report --json": 10.0, "cache report --format jsonl": 10.0,
    "cache report --format csv": 10.0, "cache verify": 10.0, "cache prune": 10.0,
}  # fmt: skip
"""Seconds with MANY datasets."""


def main() -> int:
    """Measure, print, write."""
    lines, holds = [], True
    with tempfile.TemporaryDirectory() as name:
        folders = {}
        for number in (FEW, MANY):
            database = f"{name}/{number}/cache.sqlite"
            folders[number] = {
                "PATH": os.environ["PATH"], "HOME": name, "DSPREVIEW_DATABASE": database, "CACHE_MAX_BYTES": str(10**12),
            }  # fmt: skip
            fill(resolve({"DSPREVIEW_DATABASE": database}, {"HOME": name}), number, PAGE_BYTES)
        start = interleaved({"start": program("cache", "path")}, folders[FEW], ROUNDS)["start"].seconds
        for words, bound in BOUNDS.items():
            few, many = (
                interleaved({words: program(*words.split())}, folders[number], ROUNDS)[words] for number in (FEW, MANY)
            )
            growth = (many.seconds - start) / max(few.seconds - start, 0.001)
            peak = many.peak_bytes / 1e6
            good = many.seconds <= bound and peak <= MEGABYTES and (growth <= GROWTH[1] or few.seconds - start < 0.05)
            holds &= good
            lines.append(
                f"| `{words}` | {few.seconds:.2f} s | {many.seconds:.2f} s | {growth:.1f} | {peak:.0f} MB | {bound:g} s |"
                + ("" if good else " **over**")
            )
        first, total = over_http(folders[MANY])
        holds &= first <= 1
        lines.append(f"| `/cache-reports`: first byte, all of it | | {first:.2f} s, {total:.2f} s | | | 1 s |")
    page = section(lines)
    print(page)
    put(page)
    return 0 if holds else 1


def over_http(environment: dict[str, str]) -> tuple[float, float]:
    """Seconds to the first byte of the report, and to its last."""
    command = program("serve-assets", "--port", "0", "--host", "127.0.0.1", "--json")
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        port = urlsplit(json.loads(server.stdout.readline())["url"]).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request("GET", "/healthcheck")
        connection.getresponse().read()
        started = time.perf_counter()
        connection.request("GET", "/cache-reports")
        answer = connection.getresponse()
        answer.read(1)
        first = time.perf_counter() - started
        answer.read()
        return first, time.perf_counter() - started
    finally:
        server.terminate()
        server.wait()


def section(lines: list[str]) -> str:
    """The part of the page."""
    return "\n".join([
        HEADING,
        "",
        f"`nox -s caches` measures this and writes this part. The caches have {FEW:,} and {MANY:,} datasets with 2.4 splits each, and pages",
        f"of {PAGE_BYTES:,} bytes. Times are medians of {ROUNDS} runs. Growth is the ratio of the two times, without start-up time. A growth of",
        f"{MANY // FEW} is linear, because the cache is {MANY // FEW} times larger. `tests/store/test_scale.py` tests the same growth in SQLite steps instead of",
        "seconds.",
        "",
        f"| command | {FEW:,} | {MANY:,} | growth | memory | limit |",
        "|---|---|---|---|---|---|",
        *lines,
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
