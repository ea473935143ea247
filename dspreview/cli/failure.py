"""Failures at the edge: one line on stderr, JSON on stdout where it was asked for, and the exit code."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from typing import Any

from dspreview import errors

CONTROL = {code: None for code in range(32) if code not in (9, 10)} | {127: None} | dict.fromkeys(range(128, 160))


def tell(message: str) -> None:
    """One line on stderr. Names from a dataset may be in it: no terminal escapes."""
    line = " ".join(message.translate(CONTROL).split())
    try:
        sys.stderr.write(f"dspreview: {line}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):  # stderr is closed: there is nobody to tell
        return


def report(error: Exception, arguments: list[str]) -> int:
    """Tell a failure, and its exit code."""
    if isinstance(error, errors.ReaderGoneError):
        hush()
        return errors.EXIT_OK
    failure = as_failure(error, arguments)
    if failure is None:
        return report_bug(error, arguments)
    write_json(failure, arguments)
    tell(str(failure))
    if "--verbose" in arguments and failure.__cause__ is not None:
        import traceback

        traceback.print_exception(failure)
    return failure.exit_code


def as_failure(error: Exception, arguments: list[str]) -> errors.PreviewError | None:
    """The expected failure behind an exception; None for a bug of ours."""
    if isinstance(error, errors.PreviewError):
        return error
    if isinstance(error, sqlite3.Error):
        return store_failure(error, arguments)
    import typer

    if isinstance(error, typer.TyperException):
        message = getattr(error, "format_message", lambda: str(error))()
        command = getattr(getattr(error, "ctx", None), "command_path", "dspreview")
        return errors.UsageError(f"{message.rstrip('.')}; see: {command} --help")
    if isinstance(error, OSError) and error.errno in (28, 122) and error.filename is None:
        return errors.StoreFullError("the disk is full")
    return None


def store_failure(error: sqlite3.Error, arguments: list[str]) -> errors.PreviewError:
    """SQLite's own failure, with the name of the file."""
    from dspreview.settings import resolve
    from dspreview.store.database import translated

    named = [arguments[place + 1] for place, word in enumerate(arguments[:-1]) if word == "--database"]
    path = named[-1] if named else resolve({}).dspreview_database
    try:
        with translated(path):
            raise error
    except errors.StoreError as failure:
        return failure


def report_bug(error: Exception, arguments: list[str]) -> int:
    """A bug of ours keeps its traceback."""
    import traceback

    bug = errors.PreviewError(f"{type(error).__name__}: {error}")
    bug.__cause__ = error
    write_json(bug, arguments)
    traceback.print_exception(error)
    tell("this is a bug of dspreview; please report it with the lines above")
    return errors.EXIT_BUG


def wants_json(arguments: list[str]) -> bool:
    """Whether the call asked for JSON, known before (and after) its options were parsed."""
    named = [arguments[place + 1] for place, word in enumerate(arguments[:-1]) if word == "--format"]
    return "--json" in arguments or "--format=json" in arguments or "json" in named


def write_json(failure: errors.PreviewError, arguments: list[str], extra: dict[str, Any] | None = None) -> None:
    """The six keys on stdout."""
    if wants_json(arguments) and not isinstance(failure, errors.AnswerLostError):
        from dspreview.cli.output import write_document

        write_document((extra or {}) | errors.describe(failure))


def hush() -> None:
    """Nobody reads stdout any more: what is still buffered goes nowhere, silently."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
