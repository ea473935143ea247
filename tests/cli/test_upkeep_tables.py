"""The lists of the queue, the cache and the settings, for people; their JSON and CSV stay as they are."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.data import write
from tests.support.program import Program


def test_the_queue_is_told_by_ages(dspreview: Program, tmp_path: Path) -> None:
    dspreview.cwd = tmp_path
    data = write(tmp_path / "d", {"a.csv": "n\n1\n"})
    dspreview("queue", "add", str(data))
    waiting = dspreview("queue", "list").out.splitlines()
    assert waiting[0].split() == ["dataset", "status", "since"]
    assert waiting[2].split() == ["./d", "waiting", "just", "now"]
    dspreview("queue", "work", "--until-empty")
    done = dspreview("queue", "list").out.splitlines()
    assert done[0].split() == ["dataset", "split", "status", "since", "took"]
    assert re.fullmatch(r"\./d +default/train +success +just now +\d+\.\d s", done[3].rstrip())
    assert dspreview("queue", "list", "--format", "csv").out.startswith(
        "dataset_name,config_name,split_name,status,created_at"
    )


def test_the_report_says_what_is_wrong(dspreview: Program, tmp_path: Path) -> None:
    dspreview.cwd = tmp_path
    write(tmp_path / "good", {"a.csv": "n\n1\n"})
    write(tmp_path / "empty", {"x.bin": b"\0"})
    dspreview("rows", "./good")
    assert dspreview("rows", "./empty").code == 6
    lines = [line.rstrip() for line in dspreview("cache", "report").out.splitlines()]
    assert [line.split()[0] for line in lines[2:]] == ["./empty", "./good", "./good"]
    assert lines[2].split(maxsplit=2)[1:] == ["error", "./empty has no data files of a known kind (.bin)"]
    assert [line.split()[-1] for line in lines[3:]] == ["valid", "valid"]


def test_the_cache_is_told_in_units(dspreview: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.csv": "n\n1\n"})
    dspreview("rows", data)
    dspreview("stats", data)
    text = dspreview("cache", "stats").out
    assert "datasets: 1 valid\nsplits: 1 valid\n" in text
    assert re.search(r"room: [\d.]+ kB database, 0 B assets, [\d.]+ kB derived files\n", text)
    assert re.search(r"^parquet +1  [\d.]+ k?B$", text, re.MULTILINE)
    assert str(tmp_path) not in text


def test_settings_have_units_and_the_value_as_it_is_set(dspreview: Program) -> None:
    text = dspreview("settings", ROWS_MAX_BYTES="2500000").out
    assert re.search(r"^ROWS_MAX_BYTES +2500000 \(2\.5 MB\) +environment", text, re.MULTILINE)
    (value,) = [one["value"] for one in dspreview("settings", "--json", ROWS_MAX_BYTES="2500000").json["settings"] if one["name"] == "ROWS_MAX_BYTES"]  # fmt: skip
    assert value == 2_500_000
