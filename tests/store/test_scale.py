"""Commands over the whole cache grow with it, and no faster: counted in steps of SQLite's machine, not by a clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from dspreview.documents.lists import report_rows, report_text, valid_document
from dspreview.settings import Settings
from dspreview.store import Store, report
from dspreview.store.verify import verify
from tests.support.caches import fill

Make = Callable[..., Settings]
STEPS = 100
"""Instructions of SQLite's machine between two counts."""
WORK: dict[str, Callable[[Store], object]] = {
    "valid": valid_document,
    "report": lambda store: sum(map(len, report_text(lambda: nullcontext(store)))),
    "report rows": lambda store: sum(1 for _ in report_rows(store)),
    "count": report.count,
    "count besides": lambda store: report.count_besides(store, {"a"}),
    "verify": lambda store: verify(store, repair=False),
    "prune": lambda store: report.prune(store, 10_000),
    "hub status": lambda store: report.count_names(store, ["a"]),
}


def steps(settings: Settings, datasets: int, work: Callable[[Store], object]) -> int:
    """How much SQLite does for a piece of work."""
    fill(settings, datasets)
    count = [0]

    def counted() -> int:
        count[0] += 1
        return 0

    with Store(settings) as store:
        store.connection.set_progress_handler(counted, STEPS)
        work(store)
    return count[0]


@pytest.mark.parametrize("name", WORK)
def test_ten_times_the_cache_is_ten_times_the_work(name: str, settings: Make) -> None:
    few, many = (steps(settings(), number, WORK[name]) for number in (500, 5_000))
    assert many <= 12 * max(few, 1)


def test_a_report_in_pieces_is_the_report(settings: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(settings(), 60)
    with Store(settings()) as store:
        whole = json.loads("".join(report_text(lambda: nullcontext(store))))
        rows = list(report_rows(store))
        monkeypatch.setattr(report, "PIECE", 7)
        monkeypatch.setattr("dspreview.documents.lists.TEXT_PIECE", 50)
        pieces = list(report_text(lambda: nullcontext(store)))
        assert len(pieces) > 10
        assert json.loads("".join(pieces)) | {"created_at": ""} == whole | {"created_at": ""}
        assert list(report_rows(store)) == rows
        names = {item["dataset"] for item in whole["datasets"]["valid"]}
        fewer = json.loads("".join(report_text(lambda: nullcontext(store), lambda _: names)))
    assert fewer["datasets"]["valid"] == []
    assert {len(items) for items in (fewer["datasets"]["error"], whole["datasets"]["error"])} == {2}
    assert sum(map(len, whole["datasets"].values())) == 60
    assert sum(map(len, whole["splits"].values())) == 60 * 2 + 24
    assert len(rows) == 60 + 144


def test_what_is_pruned_goes_whole_and_by_its_last_use(settings: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(settings(), 100)
    monkeypatch.setattr(report, "BATCH", 7)
    with Store(settings()) as store:
        by_use = [identity for (identity,) in store.connection.execute("SELECT id FROM datasets ORDER BY used_at, id")]
        gone = report.prune(store, 10_000)
        left = {identity for (identity,) in store.connection.execute("SELECT id FROM datasets")}
        (size,) = store.connection.execute("SELECT sum(bytes) FROM page_sizes").fetchone()
        assert 0 < gone < 100
        assert left == set(by_use[gone:])
        assert 9_000 < size <= 10_000
        assert store.connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert verify(store, repair=False) == []


def test_every_table_that_refers_to_a_dataset_goes_with_it(settings: Make) -> None:
    with Store(settings()) as store:
        tables = [name for (name,) in store.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        referring = {
            table for table in tables if store.connection.execute(f"PRAGMA foreign_key_list({table})").fetchall()
        }
    order = [table for table, _, _ in report.REFERRING]
    assert set(order) == referring | {"datasets"}
    assert order[-1] == "datasets"


def test_the_size_of_a_page_is_that_of_its_texts_and_assets(tmp_path: Path, settings: Make) -> None:
    from tests.store.test_store import listing, page, put_listing, put_page

    del tmp_path
    with Store(settings()) as store:
        put_listing(store, listing())
        put_page(store, "train", page())
        measured = store.connection.execute("SELECT split_id, bytes, num_rows FROM page_sizes").fetchall()
        store.connection.execute("DELETE FROM page_sizes")
        from dspreview.store.migrations import measure_pages

        measure_pages(store.connection)
        assert store.connection.execute("SELECT split_id, bytes, num_rows FROM page_sizes").fetchall() == measured
