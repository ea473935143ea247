"""What is said of a dataset that is recognised by its files: what `datasets` makes of it, and what its rows do not show."""

from __future__ import annotations

from collections.abc import Iterator

from dspreview.check.findings import Finding, found
from dspreview.extract.folder import Folder
from dspreview.extract.recognised.layouts import Recognition
from dspreview.models import SplitId


def look_at_recognition(kind: Recognition, folder: Folder) -> Iterator[Finding]:
    """What it was taken for, and the flaws of its files; of files on the Hub these are not looked at, for each look is a download."""
    told = f"read as {kind.article} {kind.name} ({kind.reason}); `datasets` {kind.library or 'has no reader for it'}"
    remedy = "nothing, if nobody loads it with `datasets`; else write Parquet with `dspreview export`"
    yield found("library-differs", told, severity="info")._replace(remedy=remedy)
    if kind.flaws is not None and not folder.dataset.is_remote:
        for one in kind.flaws(folder):
            yield found(one.code, one.message, file=one.file, line=one.line)


def look_at_count(names: SplitId, told: int | None, rows: int | None) -> Iterator[Finding]:
    """A number of rows that its own metadata tells otherwise."""
    if told is not None and rows is not None and told != rows:
        message = f"its own metadata counts {told:,} rows, and there are {rows:,}"
        remedy = "bring the files that are missing, or write the metadata anew: its other readers trust it"
        yield found("info-rows", message, config=names.config, split=names.split)._replace(remedy=remedy)
