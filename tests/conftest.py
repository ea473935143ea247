"""Fixtures that every test may use."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.update(HF_UPDATE_DOWNLOAD_COUNTS="0", HF_HUB_OFFLINE="1", HF_DATASETS_DISABLE_PROGRESS_BARS="1")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a suite in the background of a shell hands that down to all
    signal.signal(signal.SIGINT, signal.default_int_handler)

import hypothesis
import pytest

from dspreview.settings import Settings, resolve
from tests.support.forking import Forked
from tests.support.hub import Hub
from tests.support.program import Program

TIMED = [hypothesis.HealthCheck.too_slow]
"""What hypothesis says of the speed of a machine."""
hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=TIMED)
hypothesis.settings.load_profile("any machine")
STARTING_ROOMS = frozenset({"work"})
"""Tests that are about processes: how they start, end and are ended."""
NETWORK_ROOMS = frozenset({"hub"})
"""Tests in which the program sets up the libraries of the Hub itself."""


@pytest.fixture
def dspreview(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Program]:
    """The program, with folders of its own."""
    home = tmp_path / "home"
    home.mkdir()
    room = request.path.relative_to(Path(__file__).parent).parts[0]
    started = room in STARTING_ROOMS or request.node.get_closest_marker("started") is not None
    program = Program(home) if started else Forked(home, warm=room not in NETWORK_ROOMS)
    yield program
    program.stop()


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hub on loopback."""
    server = Hub()
    yield server
    server.close()


@pytest.fixture
def online(dspreview: Program, hub: Hub) -> Program:
    """The program, with the loopback Hub for its Hub."""
    dspreview.env["HF_ENDPOINT"] = hub.url
    return dspreview


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings for a test: those of an empty environment, and what the test says."""

    def make(**values: Any) -> Settings:
        flags = {"DSPREVIEW_DATABASE": str(tmp_path / "store" / "x.sqlite")} | values
        return resolve(flags, {"HOME": str(tmp_path)})

    return make
