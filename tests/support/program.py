"""The program as its user runs it: another process, its own folders, real output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

NOWHERE = "http://127.0.0.1:9"
"""A Hub that nobody answers for."""


@dataclass(frozen=True)
class Result:
    """What a call printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def documents(self) -> list[Any]:
        """The JSON documents on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row_values(self) -> list[dict[str, Any]]:
        """The cells of each row of a page."""
        return [row["row"] for row in self.json["rows"]]


@dataclass
class Program:
    """`dspreview` with a database, assets and a home of its own."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def stop(self) -> None:
        """Kill what still runs, after a test that failed in the middle."""
        for process in self.started:
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
                process.kill()
                process.wait()

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self.home / "cache" / "dspreview.sqlite"

    @property
    def assets(self) -> Path:
        """Its asset folder."""
        return self.home / "cache" / "assets"

    def environment(self, **env: str) -> dict[str, str]:
        """A clean environment: nothing of the developer's own settings or tokens."""
        kept = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "TMPDIR", "PYTHONPATH", "COVERAGE_PROCESS_START")
            if name in os.environ
        }
        if "COVERAGE_PROCESS_START" in kept:
            kept["PYTEST_CURRENT_TEST"] = os.environ["PYTEST_CURRENT_TEST"]
        own = {
            "HOME": str(self.home),
            "PAGER": "cat",
            "HF_HOME": str(self.home / "hf"),
            "DSPREVIEW_DATABASE": str(self.database),
            "HF_ENDPOINT": NOWHERE,
            "COLUMNS": "100",
        }
        return kept | own | self.env | env

    def start(self, *words: str | Path, **options: Any) -> subprocess.Popen[bytes]:
        """Start a call and do not wait for it."""
        env = self.environment(**options.pop("env", {}))
        command = [sys.executable, "-m", "dspreview", *[str(word) for word in words]]
        self.started.append(subprocess.Popen(command, env=env, cwd=self.cwd or self.home, **options))
        return self.started[-1]

    def __call__(self, *words: str | Path, stdin: str = "", **env: str) -> Result:
        """Run a call to its end."""
        command = [sys.executable, "-m", "dspreview", *[str(word) for word in words]]
        done = subprocess.run(
            command, env=self.environment(**env), cwd=self.cwd or self.home, input=stdin.encode(), capture_output=True,
            check=False, timeout=120,
        )  # fmt: skip
        return Result(done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode())
