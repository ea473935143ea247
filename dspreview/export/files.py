"""An export as a file: written beside its place, and moved there when it is whole."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from dspreview.errors import StoreFullError, UsageError
from dspreview.export.rows import Exported, asked_by_sql, exported
from dspreview.export.writers import Options, writer_of
from dspreview.models import DatasetRef
from dspreview.preview.queries import Queries
from dspreview.query.table import Request
from dspreview.settings import Settings

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Written(NamedTuple):
    """What was written."""

    file: str
    num_rows: int
    num_bytes: int
    partial: bool
    """Whether the split goes on beyond what was converted."""
    left_out: tuple[str, ...] = ()
    """Columns of files that are null, since a SELECT does not fetch them."""
    gone: tuple[str, ...] = ()
    """Files that could not be read, whose cells have their names alone."""
    redacted: int = 0
    """Keys and personal data that were taken out."""


def export(
    queries: Queries, ref: DatasetRef, config: str | None, split: str | None, path: str, request: Request,
    *, columns: tuple[str, ...] | None = None, options: Options | None = None, force: bool = False, redact: bool = False,
) -> Written:  # fmt: skip
    """Write the rows that a request asks for to a file, whole or not at all. Raises PreviewError.

    Args:
        path: its ending tells the format.
        force: a file that is there is replaced.
        redact: keys and personal data are replaced by their kinds.

    """
    return write_rows(
        exported(queries, ref, config, split, request, columns, redact=redact),
        path,
        queries.settings,
        options or Options(),
        force=force,
    )


def export_sql(
    queries: Queries, refs: Mapping[str, DatasetRef], statement: str, path: str, *, force: bool = False
) -> Written:
    """Write the rows that a SELECT gives in the same way. Raises UsageError, PreviewError."""
    return write_rows(asked_by_sql(queries, refs, statement), path, queries.settings, Options(), force=force)


def write_rows(
    rows: AbstractContextManager[Exported], path: str, settings: Settings, options: Options, *, force: bool
) -> Written:
    """Write rows to a file, whole or not at all. Raises PreviewError."""
    write = writer_of(path)
    place = os.path.realpath(os.path.expanduser(path))
    if os.path.exists(place) and not force:
        raise UsageError(
            f"{path} is there already; replace it with --force (in Python force=True), or name another file"
        )
    if not os.path.isdir(os.path.dirname(place)):
        raise UsageError(f"{path}: there is no folder {os.path.dirname(path)}")
    try:
        folder = tempfile.mkdtemp(prefix=".dspreview-", dir=os.path.dirname(place))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    staged = Path(folder) / os.path.basename(place)
    try:
        with rows as found:
            number = write(found, staged, settings, options._replace(name=found.split.split))
            size = staged.stat().st_size
            os.replace(staged, place)
            return Written(
                path,
                number,
                size,
                found.partial,
                found.left_out,
                tuple(found.gone),
                found.redaction.number if found.redaction else 0,
            )
    except sqlite3.OperationalError as error:
        raise StoreFullError(f"{path} cannot be written: {error}; nothing was written") from error
    except (OSError, pa.ArrowException) as error:
        if getattr(error, "errno", None) in FULL or "No space left" in str(error) or "too large" in str(error):
            raise StoreFullError(f"{path}: the disk is full; nothing was written") from error
        raise
    finally:  # Ctrl-C too leaves nothing half written
        with contextlib.suppress(OSError):
            staged.unlink()
        with contextlib.suppress(OSError):
            for rest in Path(folder).iterdir():
                rest.unlink()
            Path(folder).rmdir()
