"""An export as a file: written beside its place, and moved there when it is whole."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from dspreview.errors import StoreFullError, UsageError
from dspreview.export.media_folder import sizes, write_media_folder
from dspreview.export.options import Options, Write
from dspreview.export.rows import Exported, asked_by_sql, exported
from dspreview.export.shards import Dealer, other_shards, shard_names
from dspreview.export.writers import writer_of
from dspreview.models import DatasetRef, Kind, Resolved
from dspreview.preview.opening import again_converted
from dspreview.preview.queries import Queries
from dspreview.query.table import Lot, Request
from dspreview.settings import Settings
from dspreview.signals import uninterrupted

PRIMARY = 0xFF
"""Of an extended code of SQLite, what kind it is."""
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
    shards: int | None = None
    """How many files there are, where several were asked for."""


class Form(NamedTuple):
    """How the rows are written."""

    options: Options = Options()
    shards: int | None = None
    """How many files of nearly the same number of rows; None for one that has the name itself."""
    media_files: bool = False
    """Whether it is a folder of files with their metadata."""
    force: bool = False
    """Whether what is there is replaced."""


@again_converted
def export(
    queries: Queries, ref: DatasetRef, config: str | None, split: str | None, path: str, request: Request,
    *, columns: tuple[str, ...] | None = None, lot: Lot | None = None, form: Form = Form(), redact: bool = False,  # noqa: B008 - a value
) -> Written:  # fmt: skip
    """Write the rows that a request asks for, or those of a lot, whole or not at all. Raises PreviewError.

    Args:
        path: its ending tells the format.
        redact: keys and personal data are replaced by their kinds.

    """
    rows = exported(queries, ref, config, split, request, columns, lot=lot, redact=redact)
    return write_rows(rows, path, queries.settings, form)


@again_converted
def export_sql(
    queries: Queries, refs: Mapping[str, DatasetRef], statement: str, path: str, *, force: bool = False
) -> Written:
    """Write the rows that a SELECT gives in the same way. Raises UsageError, PreviewError."""
    return write_rows(asked_by_sql(queries, refs, statement), path, queries.settings, Form(force=force))


def write_rows(rows: AbstractContextManager[Exported], path: str, settings: Settings, form: Form) -> Written:
    """Write rows to a file, a folder or several files, whole or not at all. Raises PreviewError."""
    write = write_media_folder if form.media_files else writer_of(path)
    place = os.path.realpath(os.path.expanduser(path))
    names = [place] if form.shards is None else shard_names(place, form.shards)
    refuse_present(path, names, form)
    try:
        folder = tempfile.mkdtemp(prefix=".dspreview-", dir=os.path.dirname(place))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    staged = [Path(folder) / os.path.basename(name) for name in names]
    try:
        with rows as found:
            refuse_own(path, names, found.dataset)
            options = form.options._replace(name=found.split.split)
            number = write_all(write, found, staged, settings, options)
            size = sum(map(bytes_of, staged))
            written = Written(
                path, number, size, found.partial, found.left_out, tuple(found.gone),
                found.redaction.number if found.redaction else 0, len(names) if form.shards is not None else None,
            )  # fmt: skip
        move(staged, names)  # when it is known that the data has not changed while it was read
        for old in other_shards(names) if form.shards is not None else ():
            os.unlink(old)  # with --force: beside the new ones they would be rows of the same split
    except sqlite3.OperationalError as error:
        if (getattr(error, "sqlite_errorcode", 0) & PRIMARY) in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
            raise StoreFullError(f"{path} cannot be written: {error}; nothing was written") from error
        raise UsageError(f"{path}: SQLite cannot hold these columns: {error}; nothing was written") from error
    except pa.ArrowNotImplementedError as error:
        raise UsageError(f"{path}: this format has no type for a column: {error}; nothing was written") from error
    except (OSError, pa.ArrowException) as error:
        if getattr(error, "errno", None) in FULL or "No space left" in str(error) or "too large" in str(error):
            raise StoreFullError(f"{path}: the disk is full; nothing was written") from error
        raise
    finally:  # Ctrl-C too leaves nothing half written
        shutil.rmtree(folder, ignore_errors=True)
    return written


def refuse_present(path: str, names: list[str], form: Form) -> None:
    """Raise UsageError where something is in the way, or the folder is not there."""
    there = next((name for name in names if os.path.lexists(name)), None)
    if there is not None and form.media_files:
        raise UsageError(f"{path} is there already; name a folder that is not, or remove it")
    if form.shards is not None and not form.force and (old := other_shards(names)):
        raise UsageError(
            f"{os.path.basename(old[0])} is there already, of another number of shards; replace all of them with --force (in Python force=True)"
        )
    if there is not None and os.path.isdir(there):
        raise UsageError(f"{path} is a folder; name a file")
    if there is not None and not form.force:
        named = path if form.shards is None else os.path.basename(there)
        raise UsageError(
            f"{named} is there already; replace it with --force (in Python force=True), or name another file"
        )
    if not os.path.isdir(os.path.dirname(names[0])):
        raise UsageError(f"{path}: there is no folder {os.path.dirname(path)}")


def refuse_own(path: str, names: list[str], dataset: Resolved) -> None:
    """Raise UsageError where an export would take the place of a file of the dataset that it is made of."""
    if dataset.kind is Kind.LOCAL and any(
        os.path.lexists(name) and f"{name}/".startswith(f"{dataset.name}/") for name in names
    ):
        raise UsageError(f"{path} is a file of the dataset itself; name another one")


def write_all(write: Write, found: Exported, staged: list[Path], settings: Settings, options: Options) -> int:
    """Write the rows to one file, or deal them to several; how many there were."""
    if len(staged) == 1:
        return write(found, staged[0], settings, options)
    assert found.total is not None, "the number of rows is known of a split"
    dealer = Dealer(found, found.total(), len(staged))
    return sum(write(dealer.shard(number), path, settings, options) for number, path in enumerate(staged))


def bytes_of(path: Path) -> int:
    """What a file, or a folder of them, weighs."""
    return sum(sizes(path)) if path.is_dir() else path.stat().st_size


@uninterrupted
def move(staged: list[Path], names: list[str]) -> None:
    """Give files their names, all of them."""
    for path, name in zip(staged, names, strict=True):
        if os.path.isfile(name):  # who may read it stays as somebody has set it
            shutil.copymode(name, path)
        os.replace(path, name)
