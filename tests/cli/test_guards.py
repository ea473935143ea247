"""Guards of how failures are told: each of these conditions could once be left out, and no test noticed."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest
import typer

from dspreview import errors
from dspreview.cli.app import app
from dspreview.cli.failure import Asked, as_failure, tell
from dspreview.cli.options import asked_of
from tests.support.program import Program


def asked(*words: str) -> Asked:
    """What a call says of its failures."""
    return asked_of(typer.main.get_command(app), list(words))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_no_room_is_no_bug_of_ours(number: int) -> None:
    failure = as_failure(OSError(number, os.strerror(number)), Asked())
    assert isinstance(failure, errors.StoreFullError)
    assert failure.exit_code == 7


def test_a_text_with_its_place_below_does_nothing_to_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    tell("where: at character 7: \x1b[1mwrong\n  a = '\x1b[31m\x9b2J\u202e' ?\n      \x1b[0m^")
    tell("where: at character 2: wrong\n  a \x1b[31m ?\n    ^")
    told = capsys.readouterr().err
    assert not [sign for sign in told if sign in "\x1b\x9b\u202e"]
    assert told.splitlines()[-1] == "    ^"


def test_a_failure_of_the_store_names_the_file_that_was_used() -> None:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    failure = as_failure(error, asked("rows", "x", "--database", "/first.sqlite", "--database=/last.sqlite"))
    assert isinstance(failure, errors.StoreError)
    assert "/last.sqlite" in str(failure)
    assert "/first.sqlite" not in str(failure)


def test_quiet_wins_over_the_log_level(tmp_path: Path, dspreview: Program) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n{"a": oops}\n')
    loud, quiet = (dspreview("rows", tmp_path / "a.jsonl", *words, LOG_LEVEL="DEBUG") for words in ((), ("--quiet",)))
    assert (loud.code, "Traceback" in loud.err) == (6, True)
    assert (quiet.code, len(quiet.err.splitlines())) == (6, 1)


@pytest.mark.parametrize(
    ("level", "words", "expected"),
    [
        ("", [], False), ("", ["--verbose"], True), ("", ["-v"], True), ("debug", [], True), ("INFO", [], False),
        ("DEBUG", ["--quiet"], False), ("DEBUG", ["-q"], False), ("DEBUG", ["--verbose"], True),
    ],
)  # fmt: skip
def test_more_is_told_where_it_was_asked_for(
    level: str, words: list[str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", level)
    assert asked("rows", "x", *words).verbose is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["filter", "x", "--where", "--json"], Asked()),
        (["filter", "x", "--where", "-v > 3"], Asked()),
        (["filter", "x", "--where=--json", "-v"], Asked(verbose=True)),
        (["rows", "x", "--revision", "-dev", "--json"], Asked(json=True)),
        (["rows", "x", "--format=json", "--database=/f"], Asked(json=True, database="/f")),
        (["rows", "x", "--", "--json"], Asked()),
        (["rows", "x", "--nope", "--json"], Asked(json=True)),
        (["rows", "x", "--json", "--format"], Asked(json=True)),
        (["rowz", "x", "--json", "-v"], Asked(json=True, verbose=True)),
        (["cache", "nope", "--json"], Asked(json=True)),
        (["cache", "clean", "--nope", "--no-folder-settings"], Asked(folder=False)),
        (["--nope"], Asked()),
        ([], Asked()),
    ],
)
def test_words_are_options_where_the_command_takes_them_for_such(words: list[str], expected: Asked) -> None:
    assert asked(*words) == expected


@pytest.mark.parametrize("where", ["--json", "-v > 3", "--verbose"])
def test_a_value_that_looks_like_an_option_is_a_value(where: str, tmp_path: Path, dspreview: Program) -> None:
    (tmp_path / "a.jsonl").write_text('{"-v": 1}\n')
    done = dspreview("filter", tmp_path / "a.jsonl", "--where", where)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[1:] == [f"  {where}", "  ^"]
    assert dspreview("rows", "x/y", "--revision", "-dev", "--cached").err == (
        "dspreview: x/y is not in the cache; run: dspreview refresh x/y@-dev\n"
    )
