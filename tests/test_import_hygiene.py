"""A cached answer imports next to nothing; the modules are looked up in the process itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.data import write
from tests.support.program import Program

HEAVY = (
    "datasets",
    "pyarrow",
    "pandas",
    "numpy",
    "distributed",
    "huggingface_hub",
    "sqlite_utils",
    "duckdb",
    "pydantic",
    "rich",
    "httpx2",
    "PIL",
    "asyncio",
)
SPY = """
import os, sys
leave = os._exit
def report(code):
    sys.stderr.write(" ".join(name for name in {heavy!r} if name in sys.modules) + "\\n")
    sys.stderr.flush()
    leave(code)
os._exit = report
sys.argv = {argv!r}
from dspreview.__main__ import main
main()
"""


def imported(program: Program, *words: str) -> str:
    """Which heavy modules a call imports."""
    script = SPY.format(heavy=HEAVY, argv=["dspreview", *words])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=program.environment(),
        cwd=program.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.strip()


@pytest.fixture
def cached(tmp_path: Path, dspreview: Program) -> str:
    """A dataset in the cache."""
    path = str(write(tmp_path / "d", {"a.csv": "a\n1\n"}))
    dspreview("rows", path)
    return path


@pytest.mark.parametrize(
    "words",
    [
        ["rows", "--json"],
        ["rows", "--json", "--cached"],
        ["splits", "--json"],
        ["is-valid"],
        ["rows", "--format", "csv"],
        ["rows", "--row", "0", "--json"],
    ],
)
def test_a_cached_answer_imports_nothing_heavy(words: list[str], cached: str, dspreview: Program) -> None:
    assert imported(dspreview, words[0], cached, *words[1:]) == ""


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["rows", "--help"],
        ["cache", "--help"],
        ["--version"],
        ["settings", "--json"],
        ["cache", "stats", "--json"],
    ],
)
def test_help_and_small_answers_import_nothing_heavy(words: list[str], cached: str, dspreview: Program) -> None:
    del cached
    assert imported(dspreview, *words) == ""


def test_a_table_imports_nothing_but_rich(cached: str, dspreview: Program) -> None:
    assert imported(dspreview, "rows", cached) == "rich"
