"""What runs unattended: the queue, `warm`, and a look at the whole Hub."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.measure import HERE, Line, interleaved, milliseconds, program

SMALL_DATASETS = 300
HUB_NAMES = 500_000


def queue(folder: Path) -> list[Line]:
    """The queue, measured by a process of its own: this one must stay small."""
    place = folder / "queue"
    place.mkdir()
    command = [sys.executable, "-m", "tests.benchmarks.jobs", str(place)]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [Line(**json.loads(line)) for line in found.splitlines()]


def warming(folder: Path, environment: dict[str, str]) -> list[Line]:
    """`warm` over 300 small datasets, against a loop in Python."""
    listed = folder / "many.txt"
    made = folder / "many"
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.makers.folders", str(made), str(SMALL_DATASETS)], check=True
    )
    listed.write_text("\n".join(sorted(str(place) for place in made.iterdir())))
    database = folder / "warm.sqlite"
    words = f"warm --from {listed} --workers 2 --quiet --database {database}"
    cold = f"rm -f {database}*; exec {sys.executable} -m dspreview {words}"
    found = interleaved(
        {"warm": ["sh", "-c", cold], "loop": [sys.executable, str(HERE / "loop.py"), str(listed)]}, environment, 5
    )
    again = interleaved({"again": program(*words.split())}, environment, 3)["again"].seconds
    told = f"{milliseconds(found['warm'], found['loop'])}; once more, with nothing to do, {again * 1000:.0f} ms"
    ratio = found["warm"].seconds / found["loop"].seconds
    return [Line(f"`warm --workers 2` over {SMALL_DATASETS} datasets", "a loop that streams", ratio, 0.6, told)]


def hub_status(folder: Path, environment: dict[str, str]) -> list[Line]:
    """`hub status` over 500,000 names, from a server on this machine."""
    command = [sys.executable, "-m", "tests.benchmarks.makers.hub", str(HUB_NAMES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        online = environment | {"HF_ENDPOINT": server.stdout.readline().strip()}
        del online["HF_HUB_OFFLINE"]
        database = folder / "status.sqlite"
        found = interleaved({"status": program("hub", "status", "--json", "--database", database)}, online, 3)["status"]
        server.kill()
    what = f"`hub status` over {HUB_NAMES:,} names"
    return [
        Line(what, "10 s", found.seconds / 10, 1.0, f"{found.seconds:.1f} s"),
        Line(what, "500 MB", found.peak_bytes / 5e8, 1.0, f"{found.peak_bytes / 1e6:.0f} MB"),
    ]
