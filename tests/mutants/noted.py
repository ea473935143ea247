"""A plugin of pytest for `tests.mutants`: what each test took and which failed, as JSON; hypothesis tries the same each time."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import hypothesis
import pytest

from tests.mutants import reach

NOTES = "DSPREVIEW_MUTANTS_NOTES"
ONLY = "DSPREVIEW_MUTANTS_ONLY"


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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep only the tests that were asked for, in the order of asking: quick ones first."""
    if ONLY in os.environ:
        asked = {name: place for place, name in enumerate(json.loads(Path(os.environ[ONLY]).read_text()))}
        kept = [one for one in items if one.nodeid in asked]
        config.hook.pytest_deselected(items=[one for one in items if one.nodeid not in asked])
        items[:] = sorted(kept, key=lambda one: asked[one.nodeid])


def pytest_runtest_logstart(nodeid: str) -> None:
    """A test begins."""
    reach.now(nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """No shrinking of what was found, no limits of time, nothing remembered."""
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile(
        "mutants", phases=phases, derandomize=True, deadline=None, database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    hypothesis.settings.load_profile("mutants")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Notes(Path(os.environ[NOTES])))
