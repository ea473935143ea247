"""Files as other tools leave them: what the sixty folders showed (tests/folders). Expected: the format's own reader, or its specification."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from pyarrow import orc

from tests.support.data import picture
from tests.support.program import Program


def home(tmp_path: Path) -> Path:
    """An empty folder for a dataset."""
    folder = tmp_path / "d"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("version", [5, 8])
def test_transport_files_of_sas_keep_their_rows(version: int, tmp_path: Path, dspreview: Program) -> None:
    """pandas 3.1 takes a blank last row for padding, 0.0 for 5.4e-79 and dates for numbers; pyreadstat 1.3 does not."""
    folder = home(tmp_path)
    frame = pd.DataFrame({"N": [1.0, 0.0, 2.0], "T": ["aaaaaaaa", "bbbbbbbb", ""], "D": [date(1958, 1, 1)] * 3})
    pyreadstat.write_xport(frame, str(folder / "a.xpt"), file_format_version=version)
    rows = dspreview("rows", folder, "--json").row_values
    assert rows == [
        {"N": 1.0, "T": "aaaaaaaa", "D": "1958-01-01"},
        {"N": 0.0, "T": "bbbbbbbb", "D": "1958-01-01"},
        {"N": 2.0, "T": "", "D": "1958-01-01"},
    ]


@pytest.mark.parametrize("form", ["sav", "dta"])
def test_numbers_without_a_label_stay_numbers(form: str, tmp_path: Path, dspreview: Program) -> None:
    folder = home(tmp_path)
    write = pyreadstat.write_sav if form == "sav" else pyreadstat.write_dta
    frame = pd.DataFrame({"q": [1.0, 2.0, 99.0], "n": [1.0, 2.0, 3.0]})
    write(frame, str(folder / f"a.{form}"), variable_value_labels={"q": {1.0: "yes", 99.0: "refused"}})
    ran = dspreview("rows", folder, "--json")
    assert ran.row_values == [{"q": "yes", "n": 1.0}, {"q": 2.0, "n": 2.0}, {"q": "refused", "n": 3.0}], ran.err
    assert "Warning" not in ran.err
    assert dspreview("check", folder, "--all-rows", "--fail-on", "warning").code == 0
    assert [
        row["row"]["n"] for row in dspreview("filter", folder, "--where", "q = 'refused'", "--json").json["rows"]
    ] == [3.0]


def test_files_of_other_types_are_a_finding(tmp_path: Path, dspreview: Program) -> None:
    folder = home(tmp_path)
    orc.write_table(pa.table({"a": [1, 2]}), folder / "0.orc")
    orc.write_table(pa.table({"a": ["x"]}), folder / "1.orc")
    for words in ([], ["--all-rows"]):
        ran = dspreview("check", folder, *words, "--json")
        assert (ran.code, [one["code"] for one in ran.json["findings"] if one["severity"] == "error"]) == (
            1,
            ["files-disagree"],
        )
    for words in ([], ["--length", "all", "--format", "jsonl"]):
        assert dspreview("rows", folder, *words).code == 6


def test_a_picture_of_another_split_is_another_picture(tmp_path: Path, dspreview: Program) -> None:
    folder = home(tmp_path)
    (folder / "annotations").mkdir()
    for split in ("train", "val"):
        (folder / f"{split}2017").mkdir()
        for number, name in enumerate(("a.png", "b.png")):
            (folder / f"{split}2017" / name).write_bytes(picture(size=(9 + number, 9)))
        told = {
            "images": [
                {"id": n, "file_name": name, "width": 9, "height": 9} for n, name in enumerate(("a.png", "b.png"))
            ],
            "annotations": [{"id": n, "image_id": n, "category_id": 1, "bbox": [0, 0, 3, 3]} for n in range(2)],
            "categories": [{"id": 1, "name": "cat"}],
        }
        (folder / "annotations" / f"instances_{split}2017.json").write_text(json.dumps(told))
    (folder / "train2017" / "b.png").unlink()
    rows = dspreview("rows", folder, "default", "train", "--json").row_values
    assert [bool(row["image"]) for row in rows] == [True, False]
    ran = dspreview("check", folder, "--all-rows", "--json")
    assert "missing-media" in [one["code"] for one in ran.json["findings"]]


def test_frames_that_are_lost_from_a_split_are_told(tmp_path: Path, dspreview: Program) -> None:
    folder = home(tmp_path)
    for part in ("meta/episodes/chunk-000", "data/chunk-000"):
        (folder / part).mkdir(parents=True)
    info = {
        "codebase_version": "v3.0",
        "total_frames": 8,
        "total_episodes": 4,
        "splits": {"train": "0:2", "test": "2:4"},
        "features": {},
    }
    (folder / "meta" / "info.json").write_text(json.dumps(info))
    pq.write_table(
        pa.table({"episode_index": range(4), "length": [2] * 4}), folder / "meta/episodes/chunk-000/file-000.parquet"
    )
    frames = [(episode, frame) for episode in range(4) for frame in range(2)]

    def save(kept: list[tuple[int, int]]) -> None:
        table = pa.table({"episode_index": [one for one, _ in kept], "frame_index": [other for _, other in kept]})
        pq.write_table(table, folder / "data/chunk-000/file-000.parquet")

    def told() -> list[tuple[str, str]]:
        found = dspreview("check", folder, "--all-rows", "--json").json["findings"]
        return [(one["code"], one["split"]) for one in found if one["code"] == "info-rows"]

    save(frames)
    assert told() == []
    save(frames[:-1])
    assert told() == [("info-rows", "test")]


def test_the_log_of_sqlite_is_no_unread_file(tmp_path: Path, dspreview: Program) -> None:
    folder = home(tmp_path)
    database = sqlite3.connect(folder / "a.db")
    database.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1), (2);")
    found = dspreview("check", folder, "--json").json["findings"]
    database.close()
    assert [one["code"] for one in found if one["severity"] != "info"] == []


def test_durations_among_others_are_iso_8601(tmp_path: Path, dspreview: Program) -> None:
    folder = home(tmp_path)
    book = openpyxl.Workbook()
    rows: list[list[Any]] = [["d"], [timedelta(hours=30)], [time(1, 2)]]
    for row in rows:
        book.active.append(row)
    book.save(folder / "a.xlsx")
    assert [row["d"] for row in dspreview("rows", folder, "--json").row_values] == ["P1DT6H", "01:02:00"]
