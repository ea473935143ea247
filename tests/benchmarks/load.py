"""`nox -s load`: `serve-assets` under load, with wrk, beside Starlette's StaticFiles; writes its part of docs/performance.md.

Server and wrk have a processor each, where there are two. Everything stays on the loopback interface and ends by itself.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
from PIL import Image

from tests.benchmarks.page import put

HEADING = "## Serving assets"
PICTURES = 100
ROUNDS = 5
SECONDS = 4
CONNECTIONS = 32
CROWD = 200
CROWD_SECONDS = 60
RATIO, P99_MS, GROWTH = 3.0, 5.0, 1.2
"""Requests a second of StaticFiles at least; milliseconds, and memory of before, at most."""


class Load(NamedTuple):
    """What wrk saw."""

    rate: float
    p99: float
    """Milliseconds."""
    errors: int


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def pinned(command: list[str], processor: int) -> list[str]:
    """A command on one processor, where there are several."""
    alone = shutil.which("taskset") is None or (os.cpu_count() or 1) < 2
    return command if alone else ["taskset", "-c", str(processor), *command]


def wrk(url: str, script: Path, connections: int, seconds: int) -> Load:
    """Load one server."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    told = subprocess.run(pinned(command, 1), capture_output=True, text=True, check=True).stdout
    (rate,) = re.findall(r"Requests/sec:\s+([\d.]+)", told)
    ((p99, unit),) = re.findall(r"99%\s+([\d.]+)(us|ms|s)", told)
    wrong = sum(
        int(one) for one in re.findall(r"(?:connect|read|write|timeout|Non-2xx or 3xx responses:?) (\d+)", told)
    )
    return Load(float(rate), float(p99) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit], wrong)


def paths_script(folder: Path, name: str, paths: list[str]) -> Path:
    """What wrk asks for, one after the other."""
    listed = ", ".join(json.dumps(path) for path in paths)
    text = f"paths = {{{listed}}}\nn = 0\nrequest = function() n = n + 1; return wrk.format('GET', paths[n % #paths + 1]) end\n"
    (folder / name).write_text(text)
    return folder / name


def memory(process: subprocess.Popen[bytes]) -> int:
    """Bytes of a server and its processes."""
    parent = psutil.Process(process.pid)
    return sum(one.memory_info().rss for one in [parent, *parent.children(recursive=True)])


def make_pictures(folder: Path) -> None:
    """Pictures of 20 KB that no compression makes smaller."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(PICTURES):
        Image.fromarray(random.integers(0, 255, (82, 82, 3), dtype=np.uint8)).save(folder / f"{number:03d}.png")


def main() -> int:
    """Measure, print, write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_pictures(folder / "pictures")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": name,
            "DSPREVIEW_DATABASE": f"{name}/x.sqlite",
            "WEB_CONCURRENCY": "1",
        }
        dspreview = [sys.executable, "-m", "dspreview"]
        rows = subprocess.run(
            [*dspreview, "rows", str(folder / "pictures"), "--json"], env=environment, capture_output=True, check=True
        )
        urls = ["/" + row["row"]["image"]["src"] for row in json.loads(rows.stdout)["rows"]]
        ours = paths_script(folder, "ours.lua", urls)
        theirs = paths_script(folder, "theirs.lua", [f"/{number:03d}.png" for number in range(PICTURES)])
        (folder / "static.py").write_text(
            "from starlette.applications import Starlette\nfrom starlette.routing import Mount\n"
            "from starlette.staticfiles import StaticFiles\n"
            f"app = Starlette(routes=[Mount('/', StaticFiles(directory={str(folder / 'pictures')!r}))])\n"
        )
        static = [
            sys.executable,
            "-m",
            "uvicorn",
            "--app-dir",
            name,
            "static:app",
            "--port",
            "8997",
            "--log-level",
            "critical",
        ]
        serve = [*dspreview, "serve-assets", "--host", "127.0.0.1", "--port", "0"]
        with running(pinned(serve, 0), environment) as server, running(pinned(static, 0), environment):
            assert server.stdout is not None
            url = server.stdout.readline().decode().strip()
            wait_for(url + urls[0][1:])
            wait_for("http://127.0.0.1:8997/000.png")
            pairs = [
                (wrk(url, ours, CONNECTIONS, SECONDS), wrk("http://127.0.0.1:8997/", theirs, CONNECTIONS, SECONDS))
                for _ in range(ROUNDS)
            ]
            wrk(url, ours, CROWD, SECONDS)
            before = memory(server)
            crowd = wrk(url, ours, CROWD, CROWD_SECONDS)
            after = memory(server)
    best = sorted(pairs, key=lambda pair: pair[0].rate / pair[1].rate)[ROUNDS // 2]
    page = section(best[0], best[1], crowd, before, after)
    print(page)
    put(page)
    errors = crowd.errors + sum(one.errors for one, _ in pairs)
    holds = best[0].rate >= RATIO * best[1].rate and best[0].p99 < P99_MS and after <= GROWTH * before and not errors
    return 0 if holds else 1


def wait_for(url: str) -> None:
    """Until a server answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url) as answer:
                assert answer.status == 200
                return
        except OSError:
            if time.monotonic() > deadline:
                raise


def section(ours: Load, theirs: Load, crowd: Load, before: int, after: int) -> str:
    """The part of the page."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("starlette", "uvicorn", "uvloop", "httptools"))
    return "\n".join([
        HEADING,
        "",
        "`nox -s load` measures this with `wrk`, in one run, and writes this part. Server and `wrk` have a processor each; both servers",
        f"run one process on uvicorn, and serve {PICTURES} images of 20 KB to {CONNECTIONS} connections. The median of {ROUNDS} rounds of {SECONDS} s:",
        "",
        f"Measured with Python {platform.python_version()}, {packages}, on {os.cpu_count()} cores under {platform.system()}.",
        "",
        "| what | `serve-assets` | `StaticFiles` | ratio, or limit |",
        "|---|---|---|---|",
        f"| requests a second | {ours.rate:,.0f} | {theirs.rate:,.0f} | {ours.rate / theirs.rate:.1f}, at least {RATIO:g} |",
        f"| 99 % answered within | {ours.p99:.1f} ms | {theirs.p99:.1f} ms | {P99_MS:g} ms |",
        f"| {CROWD} connections for {CROWD_SECONDS} s: errors | {crowd.errors} | | 0 |",
        f"| the same: memory of its processes, before and after | {before / 1e6:.0f} and {after / 1e6:.0f} MB | | {GROWTH:g} |",
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
