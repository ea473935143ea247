"""The program of these tests is forked: they ask it much, and its start is not what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.forking import forked
from tests.support.program import Program


@pytest.fixture
def dspreview(tmp_path: Path) -> Iterator[Program]:
    """The program, with folders of its own."""
    home = tmp_path / "home"
    home.mkdir()
    with forked(home) as program:
        yield program
