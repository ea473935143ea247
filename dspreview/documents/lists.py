"""The queue, the valid datasets and the Hub in the shapes of the contract."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from dspreview.models import Json, dump
from dspreview.store import Store, report
from dspreview.store.entries import iso
from dspreview.store.job import KINDS, STATUSES, Job

TEXT_PIECE = 100_000
"""Characters of a long answer that are handed on at a time."""
HUB_FIELDS = ("id", "tags", "citation", "description", "paperswithcode_id", "downloads")


def valid_document(store: Store) -> dict[str, Json]:
    """The datasets that have rows for at least one split."""
    return {"valid": report.valid_names(store), "created_at": iso(store.clock())}


def report_text(
    store: Callable[[], AbstractContextManager[Store]], hidden: Callable[[Store], Collection[str]] = lambda _: ()
) -> Iterator[str]:
    """Each dataset and split with its status and error, as JSON, a piece at a time: there may be hundreds of thousands.

    Args:
        store: opens the store, for each piece.
        hidden: the datasets that are left out.

    """
    with store() as opened:
        top, left_out, created = report.last_id(opened), hidden(opened), iso(opened.clock())
    text = "{"
    for kind in ("datasets", "splits"):
        text += f'"{kind}":{{'
        for status in report.STATUSES:
            text += f'"{status}":['
            comma = ""
            for after in range(0, top, report.PIECE):
                with store() as opened:
                    items = report.entries(opened, kind, status, after)
                if shown := [item for item in items if item["dataset"] not in left_out]:
                    text += comma + dump(shown)[1:-1]
                    comma = ","
                if len(text) > TEXT_PIECE:
                    yield text
                    text = ""
            text += "]," if status != report.STATUSES[-1] else "]"
        text += "},"
    yield f'{text}"created_at":{dump(created)}}}'


def report_rows(store: Store) -> Iterator[list[Json]]:
    """The same as rows of a table: dataset, config, split, status, error."""
    top = report.last_id(store)
    for kind in ("datasets", "splits"):
        for status in report.STATUSES:
            for after in range(0, top, report.PIECE):
                for item in report.entries(store, kind, status, after):
                    name = item["dataset"] + (f"@{item['revision']}" if "revision" in item else "")
                    error = item["error"]["message"] if item["error"] else None
                    yield [name, item.get("config"), item.get("split"), item["status"], error]


def queue_document(store: Store) -> dict[str, Json]:
    """How many jobs there are of each kind and status."""
    return {**store.queue.counts(), "created_at": iso(store.clock())}


def jobs_document(store: Store, jobs: Iterable[Job], statuses: Sequence[str] = STATUSES) -> dict[str, Json]:
    """Jobs by kind and status."""
    document: dict[str, Json] = {kind: {name.lower(): [] for name in STATUSES if name in statuses} for kind in KINDS}
    for job in jobs:
        document[job.key.kind][job.status.lower()].append(job_record(job))
    document["created_at"] = iso(store.clock())
    return document


def job_record(job: Job) -> dict[str, Any]:
    """One job."""
    names = {"config_name": job.key.config, "split_name": job.key.split} if job.key.split else {}
    return {
        "dataset_name": job.key.dataset,
        **names,
        "status": job.status,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def hub_record(item: dict[str, Json]) -> dict[str, Json]:
    """A dataset as the Hub lists it."""
    return {name: item[name] for name in HUB_FIELDS}


def hub_status_document(store: Store, names: Iterable[str]) -> dict[str, Json]:
    """How many of the Hub's datasets are valid, in error or missing here."""
    counts = report.count_names(store, names)
    return {**counts, "created_at": iso(store.clock())}
