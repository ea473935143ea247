"""`nox -s soak -- --seed N`: warm 2,000 small datasets while processes are killed at random, and see that nothing is lost.

About once a second a worker, now and then the forkserver or the parent, is killed with SIGKILL. At the end every
dataset must be valid, every job ended once, and the cache intact.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil
import pyarrow as pa
from datasets import Features, Image

from tests.support.data import parquet, picture

DATASETS = 2_000
WORKERS = 4
PICTURES = 240
KILLS = 60
PHASES = 3
PARENT_SHARE, FORKSERVER_SHARE = 0.1, 0.05


class Soak:
    """One run."""

    def __init__(self, folder: Path, seed: int, pause: float) -> None:
        self.folder = folder
        self.pause = pause
        self.random = random.Random(seed)
        self.database = folder / "cache" / "dspreview.sqlite"
        self.names = folder / "names.txt"
        self.kills: Counter[str] = Counter()
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
        self.environment = kept | {
            "HOME": str(folder),
            "DSPREVIEW_DATABASE": str(self.database),
            "HF_ENDPOINT": "http://127.0.0.1:9",
            "MAX_LOAD_PCT": "0",
            "MAX_MEMORY_PCT": "0",
        }

    def make_datasets(self) -> None:
        """Small folders, half of them with pictures that must be converted: time to be killed in, and assets to lose."""
        colours = [picture(size=(64 + number, 48), kind="TIFF") for number in range(20)]
        schema = Features({"image": Image()}).arrow_schema
        albums = []
        for first in range(len(colours)):
            cells = [{"bytes": colours[(first + n) % len(colours)], "path": None} for n in range(PICTURES)]
            albums.append(parquet(pa.table({"image": pa.array(cells, schema.field("image").type)}, schema=schema)))
        names = []
        for number in range(DATASETS):
            place = self.folder / "data" / f"d{number}"
            place.mkdir(parents=True)
            if number % 2:
                (place / "train.parquet").write_bytes(albums[number % len(albums)])
            else:
                (place / "train.csv").write_text("a,b\n" + "".join(f"{row},{number}\n" for row in range(20)))
            names.append(str(place))
        self.names.write_text("\n".join(names))

    def call(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """A call that is let alone."""
        command = [sys.executable, "-m", "dspreview", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, check=False)

    def warm(self) -> subprocess.Popen[bytes]:
        """Start to fill the cache, or go on."""
        words = ["warm", "--from", str(self.names), "--workers", str(WORKERS), "--quiet"]
        return subprocess.Popen(
            [sys.executable, "-m", "dspreview", *words],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def run(self) -> None:
        """Kill until the cache is full."""
        parent = self.warm()
        while True:
            try:
                parent.wait(self.random.uniform(0.5, 1.5) * self.pause)
            except subprocess.TimeoutExpired:
                self.kill_one(parent)
            if parent.poll() is not None:
                if parent.returncode != -signal.SIGKILL:
                    break
                parent = self.warm()

    def kill_one(self, parent: subprocess.Popen[bytes]) -> None:
        """Kill a worker at a job; now and then the forkserver, or the parent of all."""
        forkservers = [one for one in psutil.Process(parent.pid).children() if one.children()]
        workers = [one for forkserver in forkservers for one in forkserver.children()]
        chance = self.random.random()
        if chance < PARENT_SHARE and workers:
            parent.kill()
            parent.wait()
            self.kills["parent"] += 1
        elif chance < PARENT_SHARE + FORKSERVER_SHARE and forkservers:
            forkservers[0].kill()
            self.kills["forkserver"] += 1
        elif workers:
            victim = self.random.choice(workers)
            victim.suspend()  # so that its phase is the one it dies in
            phase = self.phase(victim.pid)
            victim.kill()
            self.kills[phase] += 1

    def phase(self, pid: int) -> str:
        """What a worker is at, as the disk shows it."""
        with sqlite3.connect(self.database) as connection:
            row = connection.execute(
                "SELECT kind FROM jobs WHERE place = 0 AND owner LIKE ?", (f"%/{pid}/%",)
            ).fetchone()
        connection.close()
        if row is None:
            return "claimed or between jobs"
        staged = [folder for folder in self.database.parent.glob(f"assets/.staging/{pid}-*") if folder.is_dir()]
        if row[0] == "datasets":
            return "listing"
        if not staged:
            return "extracting: not begun, or stored"
        held = [folder for folder in staged if (folder / "assets").is_dir()]
        if not held:
            return "assets published"
        return "assets staged" if any(any((folder / "assets").iterdir()) for folder in held) else "extracting"

    def verdict(self) -> list[str]:
        """What is wrong at the end; nothing, one hopes."""
        wrong = []
        again = self.call("warm", "--from", str(self.names), "--retry-errors", "--json")
        if again.returncode != 0:
            wrong.append(f"the last warm ended with {again.returncode}: {again.stderr.decode()[-500:]}")
        stats = json.loads(self.call("cache", "stats", "--json").stdout)
        for kind in ("datasets", "splits"):
            if stats[kind] != {"empty": 0, "error": 0, "stalled": 0, "valid": DATASETS}:
                wrong.append(f"{kind}: {stats[kind]}")
        verified = self.call("cache", "verify")
        if verified.returncode != 0:
            wrong.append(verified.stdout.decode()[-500:])
        with sqlite3.connect(self.database) as connection:
            jobs = dict(connection.execute("SELECT status, count(*) FROM jobs GROUP BY status"))
        connection.close()
        if jobs.get("WAITING") or jobs.get("STARTED"):
            wrong.append(f"jobs: {jobs}")
        if sum(self.kills.values()) < KILLS:
            wrong.append(f"only {sum(self.kills.values())} kills")
        if len(self.kills) < PHASES:
            wrong.append(f"kills in {len(self.kills)} phases only")
        sys.stdout.write(
            json.dumps({"kills": sum(self.kills.values()), "phases": dict(self.kills), "jobs": jobs}) + "\n"
        )
        return wrong


def main() -> int:
    """Run once; 0 where nothing is wrong."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--pause", type=float, default=1.0, help="seconds between kills, about")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        soak = Soak(Path(name), asked.seed, asked.pause)
        soak.make_datasets()
        started = time.monotonic()
        soak.run()
        wrong = soak.verdict()
        told = "; ".join(wrong) or "all is well"
        sys.stdout.write(f"seed {asked.seed}: {time.monotonic() - started:.0f} s; {told}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
