"""The queue, the valid datasets and the Hub in the shapes of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dspreview.models import Json
from dspreview.store import Store, report
from dspreview.store.entries import iso
from dspreview.store.job import KINDS, STATUSES, Job

HUB_FIELDS = ("id", "tags", "citation", "description", "paperswithcode_id", "downloads")


def valid_document(store: Store) -> dict[str, Json]:
    """The datasets that have rows for at least one split."""
    return {"valid": report.valid_names(store), "created_at": iso(store.clock())}


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
