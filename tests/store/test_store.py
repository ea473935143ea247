"""The store: real SQLite files, real folders, real processes."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dspreview import errors
from dspreview.local import identify
from dspreview.models import (
    Asset,
    Column,
    ConfigListing,
    DatasetRef,
    Kind,
    Listing,
    Page,
    Resolved,
    SplitListing,
    Status,
)
from dspreview.settings import Settings
from dspreview.store import Store, report
from dspreview.store.database import transaction
from dspreview.store.entries import SplitEntry
from dspreview.store.job import JobKey
from dspreview.store.verify import verify

Make = Callable[..., Settings]
REF = DatasetRef("glue", Kind.HUB, "glue")


def listing(revision: str = "r1", splits: tuple[str, ...] = ("train", "test")) -> Listing:
    config = ConfigListing("default", tuple(SplitListing(split, None, 5) for split in splits))
    return Listing(Resolved(Kind.HUB, "nyu-mll/glue", revision), (config,), "default")


def page(*assets: Asset) -> Page:
    return Page(
        [], (Column("a", "INT"),), '[\n{"row_idx":0,"row":{"a":1},"truncated_cells":[]}\n]', 1, 7, assets=assets
    )


def put_listing(store: Store, value: Listing) -> None:
    with transaction(store.connection):
        store.cache.put_listing(REF, value)


def split_of(store: Store, name: str) -> SplitEntry:
    entry = store.cache.find_dataset(REF)
    assert entry is not None
    found = store.cache.find_split(entry, "default", name)
    assert found is not None
    return found


def put_page(store: Store, name: str, value: Page, revision: str = "r1", folder: str | None = None) -> None:
    with transaction(store.connection):
        store.cache.put_page(split_of(store, name), value, revision=revision, limits="l", folder=folder)


def test_the_file_is_private_wal_and_readable_by_any_tool(settings: Make) -> None:
    chosen = settings()
    with Store(chosen) as store:
        put_listing(store, listing())
        put_page(store, "train", page())
    path = Path(chosen.dspreview_database)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"datasets", "configs", "splits", "rows", "jobs", "assets"} <= names
    (rows,) = connection.execute("SELECT rows FROM rows").fetchone()
    assert json.loads(rows)[0]["row"] == {"a": 1}
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_dataset_is_found_by_every_name_it_was_asked_by(settings: Make) -> None:
    with Store(settings()) as store:
        put_listing(store, listing())
        entry = store.cache.find_dataset(identify("nyu-mll/glue"))
        assert entry is not None
        assert entry.dataset.name == "nyu-mll/glue"
        assert store.cache.find_dataset(identify("glue")) == entry
        assert store.cache.find_dataset(identify("glue@v1")) is None
        assert store.cache.read_listing(entry) == listing()


def test_a_new_revision_stalls_valid_splits_only(settings: Make) -> None:
    with Store(settings()) as store:
        put_listing(store, listing(splits=("good", "bad", "new")))
        put_page(store, "good", page())
        with transaction(store.connection):
            store.cache.put_split_error(split_of(store, "bad"), {"message": "x"}, revision="r1", limits="l")
        put_listing(store, listing("r1", ("good", "bad", "new")))
        assert split_of(store, "good").status is Status.VALID
        put_listing(store, listing("r2", ("good", "bad", "new")))
        assert split_of(store, "good").status is Status.STALLED
        assert split_of(store, "bad").status is Status.ERROR
        assert split_of(store, "new").status is Status.EMPTY
        stored = store.cache.read_page(split_of(store, "good"))
        assert stored is not None
        assert stored.stalled
        assert report.valid_names(store) == ["nyu-mll/glue"]


def test_splits_that_are_gone_leave_with_their_rows(settings: Make) -> None:
    with Store(settings()) as store:
        put_listing(store, listing())
        put_page(store, "train", page())
        put_listing(store, listing("r2", ("test",)))
        assert store.connection.execute("SELECT count(*) FROM rows").fetchone() == (0,)
        assert [split.split for split in listing("r2", ("test",)).configs[0].splits] == ["test"]


def test_removing_a_dataset_removes_all_of_it(settings: Make) -> None:
    with Store(settings()) as store:
        put_listing(store, listing())
        with store.assets.staging() as staging:
            (staging.assets / "0.png").write_bytes(b"png")
            folder = store.assets.publish(staging)
        put_page(store, "train", page(Asset("assets/x", "0.png", 0, "a", 3)), folder=folder)
        assert verify(store, repair=False) == []
        with transaction(store.connection):
            store.connection.execute(
                "INSERT INTO jobs (kind, dataset_name, status, created_at) VALUES ('datasets', 'nyu-mll/glue', 'WAITING', '')"
            )
        assert report.remove(store, "glue") == 1
        for table in ("datasets", "aliases", "configs", "splits", "rows", "assets", "jobs"):
            assert store.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
        assert store.assets.folders() == set()


def test_verify_finds_what_does_not_fit_together(settings: Make) -> None:
    with Store(settings()) as store:
        put_listing(store, listing())
        with store.assets.staging() as staging:
            (staging.assets / "0.png").write_bytes(b"png")
            folder = store.assets.publish(staging)
        assert folder is not None
        put_page(store, "train", page(Asset("assets/x", "0.png", 0, "a", 3)), folder=folder)
        orphan = store.assets.path(store.assets.owner + "ab" * 16)
        orphan.mkdir(parents=True)
        crashed = store.assets.root / ".staging" / f"999999999-1-{'0' * 32}"
        crashed.mkdir()
        store.assets.path(folder, "0.png").unlink()
        assert sorted(damage.code for damage in verify(store, repair=False)) == ["missing", "orphan", "staging"]
        verify(store, repair=True)
        assert verify(store, repair=False) == []
        assert split_of(store, "train").status is Status.EMPTY


def test_counts_have_every_status(settings: Make) -> None:
    with Store(settings()) as store:
        put_listing(store, listing())
        put_page(store, "train", page())
        counts = report.count(store)
    assert counts["datasets"] == {"empty": 0, "error": 0, "stalled": 0, "valid": 1}
    assert counts["splits"] == {"empty": 1, "error": 0, "stalled": 0, "valid": 1}


def test_a_newer_file_is_refused_untouched(settings: Make) -> None:
    chosen = settings()
    with Store(chosen) as store:
        store.connection.execute("PRAGMA user_version = 99")
    before = Path(chosen.dspreview_database).read_bytes()
    with pytest.raises(errors.StoreTooNewError, match="newer dspreview"):
        Store(chosen)
    assert Path(chosen.dspreview_database).read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"no database, but long enough to be read as one" * 40, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_file_is_told(content: bytes, settings: Make) -> None:
    chosen = settings()
    Path(chosen.dspreview_database).parent.mkdir()
    Path(chosen.dspreview_database).write_bytes(content)
    with pytest.raises(errors.StoreCorruptError, match="move it away"):
        Store(chosen)
    assert Path(chosen.dspreview_database).read_bytes() == content


def test_another_programs_file_is_refused(settings: Make) -> None:
    chosen = settings()
    Path(chosen.dspreview_database).parent.mkdir()
    with sqlite3.connect(chosen.dspreview_database) as other:
        other.execute("CREATE TABLE notes (x)")
    other.close()
    with pytest.raises(errors.StoreCorruptError, match="another program"):
        Store(chosen)
    assert sqlite3.connect(chosen.dspreview_database).execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


def test_a_place_that_cannot_be_written_is_replaced_by_memory(settings: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    chosen = settings(DSPREVIEW_DATABASE=str(tmp_path / "file" / "x.sqlite"))
    with Store(chosen) as store:
        assert not store.writable
        assert isinstance(store.lost, errors.StoreFullError)
        put_listing(store, listing())
        assert store.cache.find_dataset(REF) is not None
    with pytest.raises(errors.StoreFullError):
        Store(chosen, must_write=True)


def test_eight_processes_make_one_file_together(settings: Make) -> None:
    chosen = settings()
    script = (
        "import sys; from dspreview.settings import resolve; from dspreview.store import Store\n"
        "from dspreview.store.queue import JobKey\n"
        "with Store(resolve({'DSPREVIEW_DATABASE': sys.argv[1]})) as store:\n"
        "    for n in range(20): store.queue.claim_key(JobKey(f'{sys.argv[2]}-{n}'))\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, chosen.dspreview_database, str(number)]) for number in range(8)
    ]
    assert [process.wait(60) for process in running] == [0] * 8
    with Store(chosen) as store:
        assert store.connection.execute("SELECT count(*) FROM jobs").fetchone() == (160,)


def test_a_job_is_claimed_once(settings: Make) -> None:
    chosen = settings()
    claims: list[int | None] = []

    def claim() -> None:
        with Store(chosen) as store:
            claims.append(store.queue.claim_key(JobKey("a", "", "c", "s")))

    Store(chosen).close()
    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([claim for claim in claims if claim is not None]) == 1


def test_the_job_of_a_dead_process_is_taken_over(settings: Make) -> None:
    chosen = settings()
    script = (
        "import os, sys, signal; from dspreview.settings import resolve; from dspreview.store import Store\n"
        "from dspreview.store.queue import JobKey\n"
        "Store(resolve({'DSPREVIEW_DATABASE': sys.argv[1]})).queue.claim_key(JobKey('a'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, chosen.dspreview_database], check=False)
    with Store(chosen) as store:
        assert [job.status for job in store.queue.jobs()] == ["STARTED"]
        assert store.queue.claim_key(JobKey("a")) is not None
        assert store.queue.claim_key(JobKey("a")) is None


def test_a_job_of_another_machine_is_taken_when_its_lease_ends(settings: Make) -> None:
    moment = [1_000.0]
    with Store(settings(), clock=lambda: moment[0]) as store:
        job = store.queue.claim_key(JobKey("a"))
        store.connection.execute("UPDATE jobs SET owner = 'elsewhere/1/2' WHERE id = ?", (job,))
        assert store.queue.claim_key(JobKey("a")) is None
        moment[0] += 61
        assert store.queue.claim_key(JobKey("a")) == job


def test_a_cancelled_job_stays_cancelled(settings: Make) -> None:
    with Store(settings()) as store:
        job = store.queue.claim_key(JobKey("a"))
        assert job is not None
        store.connection.execute("UPDATE jobs SET status = 'CANCELLED' WHERE id = ?", (job,))
        store.queue.finish(job, success=True)
        assert store.connection.execute("SELECT status FROM jobs").fetchall() == [("CANCELLED",)]


def test_staging_leaves_nothing_behind(settings: Make) -> None:
    with Store(settings()) as store:
        with store.assets.staging() as staging:
            (staging.assets / "x").write_text("x")
        assert not staging.assets.exists()
        assert store.assets.folders() == set()


def test_the_least_recently_used_goes_first(settings: Make) -> None:
    moment = [1_000.0]
    with Store(settings(), clock=lambda: moment[0]) as store:
        for number in range(4):
            ref = DatasetRef(f"a/{number}", Kind.HUB, f"a/{number}")
            resolved = Resolved(Kind.HUB, f"a/{number}", "r1")
            with transaction(store.connection):
                store.cache.put_listing(ref, Listing(resolved, listing().configs, "default"))
                entry = store.cache.find_dataset(ref)
                assert entry is not None
                split = store.cache.find_split(entry, "default", "train")
                assert split is not None
                store.cache.put_page(split, page(), revision="r1", limits="l", folder=None)
            moment[0] += 10
        first = store.cache.find_dataset(identify("a/0"))
        assert first is not None
        store.cache.mark_used(first)
        (size,) = store.connection.execute(
            "SELECT sum(length(rows) + length(features) + length(columns)) FROM rows"
        ).fetchone()
        assert report.prune(store, size) == 0
        assert report.prune(store, size // 2) == 2
        kept = [name for (name,) in store.connection.execute("SELECT name FROM datasets ORDER BY id")]
        assert kept == ["a/0", "a/3"]
        assert verify(store, repair=False) == []
