"""What a job is: its key, its states, its row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

STATUSES = ("WAITING", "STARTED", "SUCCESS", "ERROR", "CANCELLED")
KINDS = ("datasets", "splits")
COLUMNS = "id, kind, dataset_name, config_name, split_name, asked_revision, status, created_at, started_at, finished_at, attempts"


THIS_KEY = "kind = ? AND dataset_name = ? AND config_name = ? AND split_name = ? AND asked_revision = ?"


class JobKey(NamedTuple):
    """What a job computes; config and split are empty for the listing of a dataset."""

    dataset: str
    asked_revision: str = ""
    config: str = ""
    split: str = ""

    @property
    def kind(self) -> str:
        """Which of the two queues it belongs to."""
        return "splits" if self.split else "datasets"

    @property
    def values(self) -> tuple[str, str, str, str, str]:
        """What `THIS_KEY` asks for."""
        return self.kind, self.dataset, self.config, self.split, self.asked_revision


class Job(NamedTuple):
    """A job as it is stored."""

    id: int
    key: JobKey
    status: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    attempts: int

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Self:
        """From the columns of `COLUMNS`."""
        identity, _, dataset, config, split, revision, status, created, started, finished, attempts = row
        return cls(identity, JobKey(dataset, revision, config, split), status, created, started, finished, attempts)


def stamp(seconds: float) -> str:
    """A job's time, `2022-01-20T13:48:06.705000`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")[:26]
