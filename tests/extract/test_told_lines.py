"""What is said of lines that are no rows: the file, the line, what was expected. Expected: the line that was written wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.data import write
from tests.support.program import Program

GOOD = '{"a": 1, "b": 2}\n'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('"text"\n', "each line is one row"), ("3\n", "each line is one row"), ('{"a": 1, "b": 2, "b": 3}\n', "a key stands twice"),
        ('{"a": 1, "b": "\\ud83d"}\n', "half of a letter"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [1, 4])
def test_a_line_that_is_no_row_is_named(before: int, line: str, told: str, tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.jsonl": GOOD * before + line + GOOD})
    ran = dspreview("rows", folder)
    assert ran.code == 6
    assert told in ran.err
    assert f"train.jsonl, line {before + 1}" in ran.err
    found = dspreview("check", folder, "--json").json["findings"][0]
    assert (found["severity"], found["file"], found["line"]) == ("error", "train.jsonl", before + 1)


def test_a_file_of_numbers_is_no_table(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.jsonl": "1\n2\n"})
    ran = dspreview("rows", folder)
    assert (ran.code, "train.jsonl, line 1" in ran.err, "each line is one row" in ran.err) == (6, True, True)


def test_a_list_of_rows_over_lines_is_none_of_that(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.json": '[\n{"a": 1},\n{"a": 2}\n]\n'})
    assert dspreview("rows", folder, "--json").row_values == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("value", ["{train: a.csv}", "[{split: train, path: 2024}]", "[{split: train, path: }]"])
def test_data_files_of_another_kind_are_explained(value: str, tmp_path: Path, dspreview: Program) -> None:
    card = f"---\nconfigs:\n- config_name: x\n  data_files: {value}\n---\n"
    folder = write(tmp_path / "d", {"README.md": card, "a.csv": "n\n1\n"})
    ran = dspreview("rows", folder)
    assert (ran.code, "a list of patterns" in ran.err) == (6, True), ran.err


def test_labels_that_yaml_takes_for_truths_are_explained(tmp_path: Path, dspreview: Program) -> None:
    card = "---\ndataset_info:\n  features:\n  - name: l\n    dtype:\n      class_label:\n        names: {'0': no, '1': yes}\n---\n"
    folder = write(tmp_path / "d", {"README.md": card, "train.jsonl": '{"l": "no"}\n{"l": "yes"}\n'})
    ran = dspreview("rows", folder)
    assert (ran.code, "unless they stand in quotes" in ran.err) == (6, True), ran.err
