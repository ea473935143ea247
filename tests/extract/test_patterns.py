"""Patterns as datasets: `'logs/*.jsonl'` is one split of all files that match."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.data import parquet, picture, write
from tests.support.program import Program

FILES: dict[str, bytes | str] = {
    "a.csv": "n,t\n1,x\n",
    "b.csv": "n,t\n2,y\n",
    "deep/er/c.csv": "n,t\n3,z\n",
    ".hidden/d.csv": "n,t\n4,h\n",
    "a.parquet": parquet({"n": [5]}),
    "more/train.parquet": parquet({"n": [6]}),
    "more/test.parquet": parquet({"n": [7]}),
    "README.md": "---\nconfigs:\n- config_name: other\n  data_files: b.csv\n---\n",
}


@pytest.fixture
def folder(tmp_path: Path, dspreview: Program) -> Path:
    dspreview.cwd = write(tmp_path / "d", FILES)
    return dspreview.cwd


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        ("*.csv", [1, 2]),
        ("./?.csv", [1, 2]),
        ("[b-z].csv", [2]),
        ("**/*.csv", [1, 2, 3]),
        (".hidden/*.csv", [4]),
        ("more/*", [7, 6]),
        ("**/*.parquet", [5, 7, 6]),
        ("deep/*/*", [3]),
    ],
)
def test_a_pattern_is_one_split_of_all_that_matches(
    pattern: str, numbers: list[int], folder: Path, dspreview: Program
) -> None:
    for word in (pattern, f"{folder}/{pattern}"):
        ran = dspreview("rows", word, "--json")
        assert ran.code == 0, ran.err
        assert [row["n"] for row in ran.row_values] == numbers
        assert {row["split"] for row in ran.json["rows"]} == {"train"}
    (split,) = dspreview("splits", pattern, "--json").json["splits"]
    assert (split["config"], split["num_examples"]) == ("default", len(numbers))
    assert dspreview("sql", pattern, "select sum(n) from train", "--format", "csv").out.split()[-1] == str(sum(numbers))
    assert dspreview("check", pattern).code == 0


def test_a_file_more_is_another_dataset(folder: Path, dspreview: Program) -> None:
    assert len(dspreview("rows", "*.csv", "--json").row_values) == 2
    (folder / "c.csv").write_text("n,t\n9,q\n")
    assert [row["n"] for row in dspreview("rows", "*.csv", "--json").row_values] == [1, 2, 9]


def test_a_file_with_the_signs_of_a_pattern_in_its_name_is_itself(folder: Path, dspreview: Program) -> None:
    write(folder, {"a[1].csv": "n\n8\n", "[x]/a.csv": "n\n9\n"})
    assert [row["n"] for row in dspreview("rows", "a[1].csv", "--json").row_values] == [8]
    assert [row["n"] for row in dspreview("rows", "./[x]", "--json").row_values] == [9]


def test_what_matches_nothing_is_one_line(folder: Path, dspreview: Program) -> None:
    ran = dspreview("rows", "x*.csv")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "dspreview: x*.csv: no file here matches this pattern; ** reaches into folders\n"


def test_files_of_several_kinds_are_no_split(folder: Path, dspreview: Program) -> None:
    ran = dspreview("rows", "a.*")
    assert (ran.code, ran.out) == (6, "")
    assert "matches files of several kinds (1 .csv, 1 .parquet)" in ran.err


def test_pictures_by_a_pattern(tmp_path: Path, dspreview: Program) -> None:
    dspreview.cwd = write(tmp_path / "d", {"cat/a.png": picture(), "dog/b.png": picture(), "notes.txt": "no data"})
    answer = dspreview("rows", "*/*.png", "--json").json
    assert [column["column"]["name"] for column in answer["columns"]] == ["image", "label"]
    assert [row["row"]["label"] for row in answer["rows"]] == [0, 1]


def test_splits_of_two_formats_are_named(tmp_path: Path, dspreview: Program) -> None:
    write(tmp_path / "d", {"train.parquet": parquet({"n": [1]}), "test.csv": "n\n2\n"})
    ran = dspreview("rows", tmp_path / "d")
    assert (ran.code, ran.out) == (6, "")
    assert (
        "its splits are of different formats (train parquet, test csv); list each as a config in the README" in ran.err
    )
