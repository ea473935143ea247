"""Files that earlier versions wrote: `schemas/` holds what each of them kept of three datasets, as their own programs left it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.database import SCHEMA_VERSION
from dspreview.store.job import KINDS
from dspreview.store.migrations import STEPS
from dspreview.store.verify import verify
from tests.support.data import picture
from tests.support.program import Program

SCHEMAS = sorted((Path(__file__).parent / "schemas").glob("*.sql"))
KEPT = {
    "datasets": "name, kind, status, revision, asked_revision, error, created_at",
    "aliases": "alias, dataset_id",
    "configs": "dataset_id, config, position, error",
    "splits": "config_id, split, status, revision, limits, error, created_at, num_bytes, num_examples",
    "rows": "split_id, features, columns, rows, num_rows, num_rows_total, partial, extra, asset_folder",
    "assets": 'url, split_id, row_idx, "column", file, size',
    "jobs": "id, kind, dataset_name, config_name, split_name, status, created_at, started_at, finished_at, attempts",
    "facts": "name, value",
}


def load(path: Path, script: Path) -> None:
    """Write the file that an earlier version wrote."""
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path)
    connection.executescript(script.read_text(encoding="utf-8"))
    connection.close()


def content(path: Path) -> dict[str, list[Any]]:
    """What a file holds."""
    connection = sqlite3.connect(path)
    try:
        return {
            table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY {columns}").fetchall()
            for table, columns in KEPT.items()
        }
    finally:
        connection.close()


def schema(path: Path) -> set[tuple[str, str]]:
    """The tables, indexes and triggers of a file, and the version it says."""
    connection = sqlite3.connect(path)
    try:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql <> ''").fetchall()
        version = connection.execute("PRAGMA user_version").fetchone()
    finally:
        connection.close()
    # SQLite quotes the name of a table that took the place of another
    return {(name, " ".join(sql.split()).replace(f'"{name}"', name, 1)) for name, sql in found} | {
        ("version", str(version))
    }


def test_there_are_files_of_each_schema() -> None:
    versions = {int(script.name.partition("-")[0]): script.read_text(encoding="utf-8") for script in SCHEMAS}
    assert set(versions) == set(range(1, SCHEMA_VERSION + 1))
    assert all(f"PRAGMA user_version = {number};" in text for number, text in versions.items())


@pytest.mark.parametrize("script", SCHEMAS, ids=lambda script: script.stem)
def test_a_file_of_an_earlier_schema_opens_and_keeps_its_content(
    script: Path, dspreview: Program, tmp_path: Path
) -> None:
    load(dspreview.database, script)
    before = content(dspreview.database)
    assert len(before["datasets"]) == 3
    assert len(before["rows"]) >= 2
    owner = dict(before["facts"])["owner"]
    for _, _, _, _, file, _ in before["assets"]:
        (folder,) = {row[-1] for row in before["rows"] if row[-1]}
        place = dspreview.assets / folder[len(owner) :][:2] / folder
        place.mkdir(parents=True, exist_ok=True)
        (place / file).write_bytes(picture() if file.startswith("0") else picture(size=(9, 5)))

    rows = dspreview("rows", "a/signals", "--cached", "--json")
    assert [row["text"] for row in rows.row_values] == ["first", "second"]
    assert content(dspreview.database) == before
    assert dspreview("rows", "a/words", "default", "train", "--cached", "--json").row_values == [{"x": 1}, {"x": 2}]
    assert dspreview("rows", "a/broken", "--cached", "--json").code == 6
    assert dspreview("cache", "verify", "--json").code == 0
    other = Program(tmp_path)
    assert other("cache", "stats").code == 0
    assert schema(dspreview.database) == schema(other.database)


@pytest.mark.parametrize("script", SCHEMAS, ids=lambda script: script.stem)
def test_the_jobs_of_an_earlier_schema_are_claimed_in_their_order(
    script: Path, settings: Callable[..., Settings]
) -> None:
    chosen = settings()
    path = Path(chosen.dspreview_database)
    load(path, script)
    waiting = [row[0] for row in content(path)["jobs"] if row[5] == "WAITING"]
    with Store(chosen) as store:
        assert [job.id for job in store.queue.claim_many(KINDS, 9, 100)] == waiting
        assert verify(store, repair=False) != [None]
        assert store.connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert store.connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_two_programs_may_open_an_earlier_file_at_once(dspreview: Program) -> None:
    load(dspreview.database, SCHEMAS[3])
    running = [dspreview.start("cache", "stats", "--json") for _ in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    assert dspreview("rows", "a/signals", "--cached", "--json").code == 0


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(dspreview: Program) -> None:
    load(dspreview.database, SCHEMAS[0])
    with sqlite3.connect(dspreview.database) as connection:
        connection.execute("CREATE TABLE hub (id)")  # what a later step cannot make its own
        connection.execute("CREATE VIEW new_hub AS SELECT 1")
    connection.close()
    before = content(dspreview.database), schema(dspreview.database)
    assert dspreview("cache", "stats").code == 7
    assert (content(dspreview.database), schema(dspreview.database)) == before


def test_each_step_is_a_version() -> None:
    assert 1 + len(STEPS) == SCHEMA_VERSION
