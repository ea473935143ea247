"""A plugin of pytest for `tests.mutants`: what each test took and which failed, as JSON; hypothesis tries the same each time."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import hypothesis
import pytest

NOTES = "DSPREVIEW_MUTANTS_NOTES"


class Notes:
    """What happened, written at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds: Counter[str] = Counter()
        self.failed: list[str] = []
        self.broken: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A part of a test."""
        self.seconds[report.nodeid] += report.duration  # type: ignore[assignment]
        if report.failed and report.nodeid not in self.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be imported."""
        if report.failed and report.nodeid not in self.broken:
            self.broken.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """All is over."""
        self.path.write_text(json.dumps({"seconds": self.seconds, "failed": self.failed, "broken": self.broken}))


def pytest_configure(config: pytest.Config) -> None:
    """No shrinking of what was found, no limits of time, nothing remembered."""
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", phases=phases, derandomize=True, deadline=None, database=None)
    hypothesis.settings.load_profile("mutants")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Notes(Path(os.environ[NOTES])))
