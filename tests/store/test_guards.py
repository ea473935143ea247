"""Guards of the cache and the queue: each of these conditions could once be left out, and no test noticed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dspreview.models import Column, ConfigListing, DatasetRef, Kind, Listing, Page, Resolved, SplitListing, Status
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.database import transaction
from dspreview.store.entries import DatasetEntry, SplitEntry
from tests.support.hub import Hub
from tests.support.program import Program

Make = Callable[..., Settings]


def put_listing(store: Store, ref: DatasetRef, revision: str, split: SplitListing) -> None:
    """Store a listing with one split."""
    dataset = Resolved(Kind.HUB, "a/b", revision, ref.revision or "")
    with transaction(store.connection):
        store.cache.put_listing(ref, Listing(dataset, (ConfigListing("default", (split,)),), "default"))


def put_page(store: Store, ref: DatasetRef, revision: str, rows: int | None, size: int | None) -> None:
    """Store a page of that split."""
    page = Page([], (Column("a", "INT"),), '[\n{"row_idx":0,"row":{"a":1},"truncated_cells":[]}\n]', 1, rows, size)
    with transaction(store.connection):
        store.cache.put_page(split_of(store, ref), page, revision=revision, limits="l", folder=None)


def entry_of(store: Store, ref: DatasetRef) -> DatasetEntry:
    """The entry of the dataset."""
    entry = store.cache.find_dataset(ref)
    assert entry is not None
    return entry


def split_of(store: Store, ref: DatasetRef) -> SplitEntry:
    """The entry of its split."""
    found = store.cache.find_split(entry_of(store, ref), "default", "train")
    assert found is not None
    return found


def test_what_was_counted_stays_where_a_listing_or_a_page_does_not_know(settings: Make) -> None:
    ref = DatasetRef("a/b", Kind.HUB, "a/b")
    with Store(settings()) as store:

        def known() -> tuple[int | None, int | None]:
            (config,) = store.cache.read_listing(entry_of(store, ref)).configs
            return config.splits[0].num_examples, config.splits[0].num_bytes

        put_listing(store, ref, "r1", SplitListing("train"))
        put_page(store, ref, "r1", 7, 70)
        put_listing(store, ref, "r1", SplitListing("train"))
        assert known() == (7, 70)
        put_page(store, ref, "r1", None, None)
        assert known() == (7, 70)
        put_listing(store, ref, "r2", SplitListing("train", 80, 8))
        assert known() == (8, 80)


@pytest.mark.parametrize(
    ("asked", "expected"), [(None, ("r2", Status.VALID)), ("main", ("r1", Status.STALLED))], ids=["none", "main"]
)
def test_a_page_whose_urls_name_its_commit_keeps_it(
    asked: str | None, expected: tuple[str, Status], settings: Make
) -> None:
    """Where a revision was asked for they do: `assets/a/b@COMMIT/--/...`."""
    ref = DatasetRef("a/b", Kind.HUB, "a/b", asked)
    with Store(settings()) as store:
        for revision in ("r1", "r2"):
            put_listing(store, ref, revision, SplitListing("train", data_key="the same files"))
            if revision == "r1":
                put_page(store, ref, revision, 1, None)
        found = split_of(store, ref)
        assert (found.revision, found.status) == expected


def test_the_jobs_of_a_dead_process_are_taken_back_but_for_those_that_are_somebody_elses_to_settle(
    settings: Make,
) -> None:
    chosen = settings()
    script = (
        "import sys; from dspreview.settings import resolve; from dspreview.store import Store\n"
        "from dspreview.store.job import JobKey\n"
        "with Store(resolve({'DSPREVIEW_DATABASE': sys.argv[1]})) as store:\n"
        "    for name in 'ab': store.queue.claim_key(JobKey(name))\n"
    )
    subprocess.run([sys.executable, "-c", script, chosen.dspreview_database], check=True)
    with Store(chosen) as store:
        first, second = (job.id for job in store.queue.jobs(["STARTED"]))
        assert store.queue.take_back(but={first, second}) == []
        assert store.queue.take_back(but={first}) == [(second, "WAITING")]
        assert [(job.status, job.attempts) for job in store.queue.jobs()] == [("STARTED", 1), ("WAITING", 1)]
        assert store.queue.take_back() == [(first, "WAITING")]


def change(program: Program, statement: str) -> None:
    """Change something in the database."""
    connection = sqlite3.connect(program.database)
    with connection:
        connection.execute(statement)
    connection.close()


def test_an_entry_that_was_checked_in_the_future_is_checked_now(online: Program, hub: Hub) -> None:
    """The clock was set back meanwhile: what was known for a while then would be known for years now."""
    hub.add("a/b", {"data.csv": "a\n1\n"})
    online("rows", "a/b")
    change(online, "UPDATE datasets SET checked_at = checked_at + 100000000")
    sha = hub.push("a/b", {"data.csv": "a\n2\n"})
    again = online("rows", "a/b", "--json")
    assert (again.row_values, again.json["revision"]) == ([{"a": 2}], sha)


def test_a_silence_in_the_future_keeps_nobody_from_asking(online: Program, hub: Hub) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    online("rows", "a/b")
    change(online, "INSERT OR REPLACE INTO facts VALUES ('hub_unanswered_at', '99999999999.0')")
    change(online, "UPDATE datasets SET checked_at = 0")
    hub.push("a/b", {"data.csv": "a\n2\n"})
    assert online("rows", "a/b", "--json").row_values == [{"a": 2}]


def test_an_interrupt_at_the_beginning_of_a_transaction_leaves_none_open(tmp_path: Path) -> None:
    """What is told of the signal is written in a transaction of its own."""

    class Interrupted(sqlite3.Connection):
        """Gets a Ctrl-C as it begins."""

        def execute(self, statement: str, *words: Any) -> sqlite3.Cursor:
            """Run a statement."""
            found = super().execute(statement, *words)
            if statement == "BEGIN IMMEDIATE":
                raise KeyboardInterrupt
            return found

    connection = sqlite3.connect(tmp_path / "x.sqlite", isolation_level=None, factory=Interrupted)
    with pytest.raises(KeyboardInterrupt), transaction(connection):  # type: ignore[arg-type]
        raise AssertionError("it began")
    assert not connection.in_transaction
