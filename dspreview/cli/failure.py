"""Failures at the edge: one line on stderr, JSON on stdout where it was asked for, and the exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from dspreview import errors
from dspreview.models import dump


class Asked(NamedTuple):
    """What a call said of its failures, by its own options."""

    json: bool = False
    verbose: bool = False
    database: str | None = None
    folder: bool = True
    """Whether the settings of the working folder hold."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """From the values of the common options, as far as they are known."""
        return cls(
            json=bool(options.get("as_json")) or options.get("format_") == "json",
            verbose=bool(options.get("verbose")) or (debugging() and not options.get("quiet")),
            database=options.get("database"),
            folder=not options.get("no_folder_settings"),
        )


def debugging() -> bool:
    """Whether LOG_LEVEL asks for all there is to say."""
    return os.environ.get("LOG_LEVEL", "").upper() == "DEBUG"


def tell(message: str) -> None:
    """One line on stderr. Names from a dataset may be in it: no terminal escapes."""
    from dspreview.documents.plain import harmless
    from dspreview.documents.stdout import wipe

    lines = message.split("\n")
    told, below = lines, []
    if lines[-1].strip() == "^":  # a place in a text, shown below the line
        told, below = lines[:-2], lines[-2:]
    text = "\n".join([harmless(" ".join(" ".join(told).split())), *[harmless(line) for line in below]])
    # stderr may be closed: then there is nobody to tell
    with contextlib.suppress(OSError, ValueError, AttributeError):
        wipe(for_good=False)
        sys.stderr.write(f"dspreview: {text}\n")
        sys.stderr.flush()


def report(error: BaseException, asked: Asked) -> int:
    """Tell a failure, and its exit code."""
    if isinstance(error, errors.ReaderGoneError):
        hush()
        return errors.EXIT_OK
    if type(error).__name__ == "NoArgsIsHelpError":  # Typer's own way to show the help
        sys.stderr.write(f"{error}\n")
        return errors.UsageError.exit_code
    failure = as_failure(error, asked)
    try:
        if failure is None:
            return report_bug(error, asked)
        write_json(failure, asked)
    except errors.ReaderGoneError:
        hush()
    except errors.AnswerLostError as lost:
        failure = lost
    if failure is None:
        return errors.EXIT_BUG
    tell(str(failure))
    if asked.verbose:
        show_cause(failure)
    return failure.exit_code


def show_cause(failure: errors.PreviewError) -> None:
    """The traceback of what was behind a failure, a stored one's too."""
    sys.stderr.write("".join(errors.describe(failure)["cause_traceback"] or ()))


def as_failure(error: BaseException, asked: Asked) -> errors.PreviewError | None:
    """The expected failure behind an exception; None for a bug of ours."""
    if isinstance(error, errors.PreviewError):
        return error
    if isinstance(error, sqlite3.Error):
        return store_failure(error, asked)
    import typer

    if isinstance(error, typer.TyperException):
        message = getattr(error, "format_message", lambda: str(error))()
        command = getattr(getattr(error, "ctx", None), "command_path", "dspreview")
        return errors.UsageError(f"{message.rstrip('.')}; see: {command} --help")
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT} and error.filename is None:
        return errors.StoreFullError("the disk is full")
    return None


def store_failure(error: sqlite3.Error, asked: Asked) -> errors.PreviewError | None:
    """SQLite's own failure, with the name of the file."""
    from dspreview.settings import resolve
    from dspreview.store.database import translated

    path = asked.database or resolve({}, folder=asked.folder).dspreview_database
    try:
        with translated(path):
            raise error
    except errors.StoreError as failure:
        return failure
    except sqlite3.Error:  # a statement of ours, and no trouble of the file
        return None


def report_bug(error: BaseException, asked: Asked) -> int:
    """A bug of ours: JSON, traceback and line."""
    bug = as_bug(error)
    write_json(bug, asked)
    tell(str(bug))
    return bug.exit_code


def as_bug(error: BaseException) -> errors.PreviewError:
    """A bug of ours as a failure; its traceback is shown."""
    import traceback

    with contextlib.suppress(OSError):
        traceback.print_exception(error)
    bug = errors.PreviewError(
        f"{type(error).__name__}: {error}; a bug of dspreview, please report it with the lines above"
    )
    bug.__cause__ = error
    return bug


def write_json(failure: errors.PreviewError, asked: Asked) -> None:
    """The six keys on stdout."""
    if asked.json and not isinstance(failure, errors.AnswerLostError):
        from dspreview.documents.stdout import write_text

        write_text(dump(errors.describe(failure)) + "\n")


def hush() -> None:
    """Nobody reads stdout any more: what is still buffered goes nowhere, silently."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
