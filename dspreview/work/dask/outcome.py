"""A job that is computed away from the store: a task goes out, and an outcome comes back, both pickled.

Nothing here opens the store: what a task needs to know of it goes along.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Self

from dspreview import errors
from dspreview.extract.extractor import Extractor
from dspreview.local import resolve
from dspreview.models import DatasetRef, Listing, Page, Resolved, SplitId
from dspreview.page.staging import Staging
from dspreview.settings import Settings
from dspreview.store.job import JobKey


class Task(NamedTuple):
    """What is to be computed. The settings hold the token: `Settings` shows none of its values."""

    key: JobKey
    ref: DatasetRef
    settings: Settings
    known: Resolved | None = None
    """The dataset as the cache has it."""
    is_stored: bool = False
    """Whether the cache has the page of that revision: only another one asks for work."""
    here: str = ""
    """The revision of a local dataset as the machine of the store sees it."""


class Failure(NamedTuple):
    """A PreviewError that crosses a process, its causes as text."""

    described: dict[str, Any]
    dataset: Resolved | None
    retry_after: float | None

    @classmethod
    def of(cls, error: errors.PreviewError) -> Self:
        """What is left of an exception."""
        return cls(errors.describe(error), error.dataset, getattr(error, "retry_after", None))

    def restored(self) -> errors.PreviewError:
        """The exception again."""
        error = errors.restore(self.described)
        error.dataset = self.dataset
        if isinstance(error, errors.RateLimitedError):
            error.retry_after = self.retry_after
        return error


class Outcome(NamedTuple):
    """What a task gave."""

    dataset: Resolved | None = None
    """The dataset as it was then; None where it could not be listed."""
    listing: Listing | None = None
    """Where it was listed, for its own sake or because its revision is new."""
    page: Page | None = None
    files: dict[str, bytes] = {}  # noqa: RUF012 - never changed
    """The asset files of the page."""
    failure: Failure | None = None
    here: str = ""
    """The revision of a local dataset when the task was sent."""


def compute(task: Task, folder: Path) -> Outcome:
    """Do a task in an empty folder. Whatever a user could meet is an outcome, not an exception."""
    key, ref = task.key, task.ref
    extractor = Extractor(task.settings)
    dataset: Resolved | None = None
    listing: Listing | None = None
    try:
        found = look(task, extractor)
        if not key.split or task.known is None or task.known.revision != found.revision:
            listing = extractor.list(ref)
        dataset = listing.dataset if listing else found
        if not key.split or (task.is_stored and listing is None):
            return Outcome(dataset, listing)
        staging = Staging(folder / "assets", folder / "work")
        for place in staging:
            place.mkdir()
        page = extractor.page(ref, dataset, SplitId(key.config, key.split), staging)
        files = {asset.file: (staging.assets / asset.file).read_bytes() for asset in page.assets}
    except errors.PreviewError as error:
        return Outcome(dataset, listing, failure=Failure.of(error), here=task.here)
    return Outcome(dataset, listing, page, files)


def look(task: Task, extractor: Extractor) -> Resolved:
    """The dataset as it is now. Raises PreviewError, also where this machine does not see a local one."""
    ref = task.ref
    if ref.is_remote:
        return extractor.describe(ref).dataset
    try:
        found = resolve(ref)
    except errors.DatasetNotFoundError:
        found = None
    if found is None or found.revision != task.here:
        import socket

        raise errors.UnseenDataError(
            f"{ref.asked}: {socket.gethostname()} does not have the same data at this path as the machine with the cache;"
            " give every machine of the cluster the same folders, or run this job without --engine"
        )
    return found
