"""`dspreview describe`, and `dspreview DATASET`: one screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, Features, Value

from tests.support.data import parquet, picture, write

FEATURES = Features({"n": Value("int64"), "t": Value("string"), "label": ClassLabel(names=["no", "yes"])})
README = '---\nlicense: mit\npretty_name: "Some \\e[31mdata"\nlanguage: [en, de]\n---\n'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    table = pa.table(
        {"n": [1, None, 5, 5], "t": ["a", "b", "a", "c"], "label": [1, 0, 1, 1]}, schema=FEATURES.arrow_schema
    )
    return write(
        tmp_path / "d",
        {"train.parquet": parquet(table), "test.parquet": parquet(table.slice(0, 1)), "README.md": README},
    )


def test_a_dataset_on_one_screen(data: Path, dspreview: Any) -> None:
    found = dspreview("describe", data)
    assert found.code == 0
    assert len(found.out.splitlines()) < 24
    assert "license mit" in found.out
    assert "language en, de" in found.out
    assert "\x1b" not in found.out
    lines = {line.split()[0]: line.split()[1:] for line in found.out.splitlines() if line}
    assert lines["n"] == ["integer", "1", "(25", "%)", "1", "to", "5", "1"]
    assert lines["t"] == ["text", "3", "different", "a"]
    assert lines["label"][-1] == "yes"
    assert lines["default/train:"] == ["4", "rows"]
    assert f"dspreview rows {data} default train" in found.out


def test_the_same_as_json(data: Path, dspreview: Any) -> None:
    found = dspreview("describe", data, "default", "test", "--json").json
    assert (found["config"], found["split"], found["num_rows"]) == ("default", "test", 1)
    assert found["card"]["license"] == "mit"
    assert [(one["name"], one["missing"], one["distinct"], one["example"]) for one in found["columns"]] == [
        ("n", 0, 1, 1),
        ("t", 0, 1, "a"),
        ("label", 0, 1, 1),
    ]


def test_a_dataset_alone_is_described(data: Path, dspreview: Any) -> None:
    assert dspreview(data).out == dspreview("describe", data).out
    assert dspreview(data / "train.parquet", "--json").json["num_rows"] == 4
    found = dspreview("rosw")
    assert (found.code, "did you mean 'rows'" in found.err) == (2, True)


def test_no_more_than_so_many_tokens(data: Path, dspreview: Any) -> None:
    wide = write(data.parent / "w", {"a.jsonl": json.dumps({f"column_{n}": "x" * 50 for n in range(60)}) + "\n"})
    for tokens in (60, 100, 500):
        text = dspreview("describe", wide, "--max-tokens", str(tokens)).out
        assert len(text.encode()) <= 4 * tokens
        found = dspreview("describe", wide, "--max-tokens", str(tokens), "--json")
        assert len(found.out.encode()) <= 4 * tokens + 60
        assert found.json["columns_left_out"] + len(found.json["columns"]) == 60


def test_what_a_folder_was_taken_for(tmp_path: Path, dspreview: Any) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["x"])
    book.active.append([1])
    book.save(tmp_path / "b.xlsx")
    found = dspreview("describe", tmp_path / "b.xlsx")
    assert "Excel workbook (its file b.xlsx)" in found.out
    assert dspreview("describe", tmp_path / "b.xlsx", "--json").json["taken_for"] == "Excel workbook (its file b.xlsx)"


def test_files_are_named(tmp_path: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {"a.png": picture()})
    assert "a.png" in dspreview("describe", data).out


def test_the_cache_alone_answers(data: Path, dspreview: Any) -> None:
    assert dspreview("describe", data, "--cached").code == 3
    dspreview("describe", data)
    found = dspreview("describe", data, "--cached")
    assert (found.code, "train" in found.out) == (0, True)


def test_classes_are_named(tmp_path: Path, dspreview: Any) -> None:
    features = Features({"label": ClassLabel(names=["no", "may be", "yes"]), "n": Value("int64")})
    Dataset.from_dict({"label": [2, 0], "n": [1, 2]}, features=features).to_parquet(tmp_path / "train.parquet")
    found = dspreview("describe", tmp_path / "train.parquet")
    assert "no, may be, yes" in found.out
    assert "next: " in found.out
    assert "next: " not in dspreview("describe", tmp_path / "train.parquet", AI_AGENT="1").out
