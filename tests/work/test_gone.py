"""The database or the asset folder goes away under `warm`: one line, exit 7, and nobody hangs."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.data import picture, write
from tests.support.program import Program

DATASETS = 300


def delete(program: Program) -> None:
    """The database and its log are removed."""
    for path in program.home.glob("cache/dspreview.sqlite*"):
        path.unlink()


def replace(program: Program) -> None:
    """Another file takes the database's place."""
    other = program.home / "cache" / "other"
    other.write_bytes(b"no database at all")
    other.replace(program.database)


def truncate(program: Program) -> None:
    """The database is emptied."""
    program.database.write_bytes(b"")


def scribble(program: Program) -> None:
    """Something else is written into the database."""
    with program.database.open("r+b") as file:
        file.write(b"scribble " * 20_000)


def folder(program: Program) -> None:
    """A folder takes the database's place: it cannot be read, whoever one is."""
    delete(program)
    program.database.mkdir()


def asset_folder(program: Program) -> None:
    """A file takes the asset folder's place."""
    program.assets.rename(program.assets.with_name("old"))
    program.assets.write_text("no folder")


@pytest.mark.parametrize("happen", [delete, replace, truncate, scribble, folder, asset_folder])
def test_warm_ends_with_one_line(happen: Callable[[Program], None], dspreview: Program, tmp_path: Path) -> None:
    names = [str(write(tmp_path / "data" / str(number), {"a.png": picture()})) for number in range(DATASETS)]
    (tmp_path / "list").write_text("\n".join(names))
    warm = dspreview.start(
        "warm", "--from", tmp_path / "list", "--workers", "2", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"MAX_LOAD_PCT": "0"},
    )  # fmt: skip
    while not stored(dspreview):
        assert warm.poll() is None
        time.sleep(0.02)
    children = psutil.Process(warm.pid).children(recursive=True)
    happen(dspreview)
    out, err = warm.communicate(timeout=60)
    assert (warm.returncode, out) == (7, b""), err
    lines = err.decode().splitlines()
    assert len(lines) == 1
    assert str(dspreview.assets if happen is asset_folder else dspreview.database) in lines[0]
    psutil.wait_procs(children, timeout=60)
    assert not [child for child in children if child.is_running()]
    if happen is delete:
        assert not dspreview.database.exists()  # no worker made another one


def stored(program: Program) -> bool:
    """Whether a few pages are in the cache."""
    with suppress(sqlite3.Error):
        connection = sqlite3.connect(f"file:{program.database}?mode=ro", uri=True)
        try:
            return bool(connection.execute("SELECT count(*) > 3 FROM rows").fetchone()[0])
        finally:
            connection.close()
    return False


def test_an_asset_folder_that_is_none_is_exit_7(dspreview: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.csv": "a\n1\n"})
    dspreview.assets.parent.mkdir(parents=True)
    dspreview.assets.write_text("no folder")
    assert dspreview("rows", data, "--json").code == 0
    for words in (
        ("queue", "work", "--until-empty"), ("cache", "verify"), ("cache", "verify", "--repair"), ("cache", "prune"),
        ("warm", "--from", "-", "--retry-errors"),
    ):  # fmt: skip
        assert dspreview("queue", "add", data).code == 0
        result = dspreview(
            *words, stdin=str(write(tmp_path / "e", {"a.csv": "a\n1\n"})), CACHE_MAX_BYTES="1", MAX_LOAD_PCT="0"
        )
        assert (result.code, len(result.err.splitlines())) == (7, 1), (words, result.err)
        assert str(dspreview.assets) in result.err
