"""What the common options of one call add up to."""

from __future__ import annotations

import os
from typing import NamedTuple

from dspreview import errors
from dspreview.cli import failure
from dspreview.cli.standard_input import WORD
from dspreview.local import identify
from dspreview.models import DatasetRef, Kind
from dspreview.settings import Settings


class Call(NamedTuple):
    """What the common options of one call add up to."""

    settings: Settings
    format: str
    cached: bool
    revision: str | None
    color: str
    quiet: bool
    verbose: bool
    safe_csv: bool = False
    pager: bool = True
    """Whether a long table is shown a screen at a time."""
    folder: bool = True
    """Whether the settings of the working folder are read."""
    agent: bool = False
    """Whether an agent reads, and asked for no format."""
    piped: str = ""
    """The file with what came through stdin, where that is the dataset."""

    def ref(self, dataset: str) -> DatasetRef:
        """The dataset that a word means, with a hint where a folder here has the name of a Hub id. Raises PreviewError."""
        if dataset == WORD and not self.piped:
            raise errors.UsageError("- is stdin, which is read where DATASET stands alone; name a file here")
        if dataset == WORD:
            return DatasetRef(WORD, Kind.LOCAL, self.piped)
        ref = identify(dataset, self.revision)
        if ref.kind is Kind.HUB and os.path.exists(dataset):
            self.warn(f"{dataset} is taken for a dataset of the Hub; the folder here is ./{dataset}")
        return ref

    def warn(self, message: str) -> None:
        """A hint or a warning on stderr."""
        if not self.quiet:
            failure.tell(message)

    def hint(self, message: str) -> None:
        """What to do next, for people, on stderr."""
        if not self.quiet and not self.agent:
            failure.tell(message)
