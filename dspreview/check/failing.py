"""Failures as findings: what says something about the data is one, with its file and line; all else is raised again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dspreview import errors
from dspreview.check.findings import Finding, found
from dspreview.extract.hub.failures import chain

if TYPE_CHECKING:
    from dspreview.check.reading import Reading

CODES: dict[type[errors.DatasetError], str] = {
    errors.PickleError: "pickle",
    errors.NoMatchError: "pattern-without-files",
    errors.EmptyDatasetError: "no-data",
    errors.ScriptDatasetError: "script",
    errors.UnsafePathError: "outside-file",
    errors.NotTextError: "invalid-utf8",
    errors.DeclaredTypesError: "info-features",
    errors.DisagreeingFilesError: "files-disagree",
    errors.CardError: "readme-unreadable",
    errors.DatasetError: "load-failed",
}
"""The finding that a failure is, by its class or the nearest one above it."""
LINE = re.compile(r"line (\d+)")


def as_finding(error: Exception, reading: Reading, place: dict[str, Any]) -> Finding:
    """What went wrong while a split was read. Raises PreviewError of the network and the like, and bugs of ours."""
    failure: errors.PreviewError
    if isinstance(error, errors.PreviewError):
        failure = error
    else:
        from dspreview.extract.library.failures import explain

        failure = explain(
            error, f"{reading.ref.asked} {place['config']}/{place['split']}", reading.source, reading.settings
        )
        failure.__cause__ = error
    return of_failure(failure, place, reading)


def of_failure(failure: errors.PreviewError, place: dict[str, Any], reading: Reading | None = None) -> Finding:
    """A failure as a finding. Raises it again where it says nothing about the data."""
    if not isinstance(failure, errors.DatasetError) or isinstance(failure, errors.ChangedDataError):
        raise failure
    notes = [note for link in chain(failure) for note in getattr(link, "__notes__", ())][:2]
    file = reading.shorten(notes[0]) if notes and reading is not None else None
    line = next((int(found_[1]) for found_ in map(LINE.search, [*notes[1:], str(failure)]) if found_), None)
    code = code_of(failure)
    if code == "readme-unreadable":
        file = "README.md"
    if line is not None and reading is not None and reading.format.is_delimited:
        line = reading.plain_line(file, line)
    return found(code, str(failure), file=file, line=line, **place)


def code_of(failure: errors.DatasetError) -> str:
    """The kind of finding that a failure is."""
    return next(CODES[kind] for kind in type(failure).__mro__ if kind in CODES)
