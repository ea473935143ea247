"""Text files of one split, each of which is guessed by itself. Expected: what stands in the files, and what `load_dataset` makes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import picture, write
from tests.support.program import Program

LOAD = """
import json, sys, warnings, datasets
warnings.simplefilter("ignore")
data = datasets.load_dataset(sys.argv[1], cache_dir=sys.argv[2], split="train")
names = getattr(data.features.get("label"), "names", None)
print(json.dumps(names or list(data)))
"""


def loaded(folder: Path) -> Any:
    """The rows that `load_dataset` gives, or the names of its classes, in a process without anything of ours; None where it fails."""
    command = [sys.executable, "-c", LOAD, str(folder), str(folder.parent / "hf")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(ran.stdout) if ran.returncode == 0 else None


RESPELT = {
    "numbers": ({"train-0.csv": "a,b\nx,1\n", "train-1.csv": "a,b\n1.50,1\n007,2\n"}, "a", ["x", "1.50", "007"]),
    "truths": ({"train-0.csv": "a,b\nx,1\n", "train-1.csv": "a,b\nTrue,1\nFALSE,2\n"}, "a", ["x", "True", "FALSE"]),
    "dates": ({"train-0.jsonl": '{"t":"later"}\n', "train-1.jsonl": '{"t":"2020-01-01"}\n'}, "t", ["later", "2020-01-01"]),
}  # fmt: skip
KEPT = {
    "whole numbers": {"train-0.csv": "a\nx\n", "train-1.csv": "a\n1\n20\n"},
    "some words": {"train-0.csv": "a\nx\n", "train-1.csv": "a\n007\ny\n"},
    "texts in both": {"train-0.jsonl": '{"t":"later"}\n', "train-1.jsonl": '{"t":"2020-01-01x"}\n'},
    "numbers in both": {"train-0.csv": "a\n1.50\n", "train-1.csv": "a\n2.50\n"},
}


@pytest.mark.parametrize("name", RESPELT)
def test_a_later_file_keeps_its_texts_and_check_tells(name: str, tmp_path: Path, dspreview: Program) -> None:
    files, column, texts = RESPELT[name]
    folder = write(tmp_path / "d", files)
    for words in (["rows"], ["filter"], ["rows", "--offset", "0", "--length", "50"]):
        ran = dspreview(words[0], folder, *words[1:], "--format", "jsonl")
        assert [row[column] for row in ran.documents] == texts, words
    assert [row[column] for row in loaded(folder)] != texts  # why there is a finding
    report = dspreview("check", folder, "--all-rows", "--json").json
    assert [(one["code"], one["column"]) for one in report["findings"]] == [("library-differs", column)]
    assert report["findings"][0]["file"] == [*files][1]


@pytest.mark.parametrize("name", KEPT)
def test_what_comes_out_as_it_went_in_is_no_finding(name: str, tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", KEPT[name])
    report = dspreview("check", folder, "--all-rows", "--json").json
    assert [one for one in report["findings"] if one["code"] == "library-differs"] == []


@pytest.mark.parametrize("declared", [["dog", "cat"], ["dog"]])
def test_the_classes_of_pictures_are_their_folders(declared: list[str], tmp_path: Path, dspreview: Program) -> None:
    listed = ", ".join(f"'{number}': {name}" for number, name in enumerate(declared))
    card = (
        "---\ndataset_info:\n  features:\n  - {name: image, dtype: image}\n"
        f"  - name: label\n    dtype:\n      class_label:\n        names: {{{listed}}}\n---\n"
    )
    folder = write(tmp_path / "d", {"README.md": card, "cat/a.png": picture(), "dog/b.png": picture(size=(5, 3))})
    names = loaded(folder)
    assert names == ["cat", "dog"]
    page = dspreview("rows", folder, "--json").json
    assert page["columns"][1]["column"]["labels"] == names
    shown = {row["row"]["image"]["src"].rpartition("/")[2]: names[row["row"]["label"]] for row in page["rows"]}
    assert shown == {"a.png": "cat", "b.png": "dog"}
    found = dspreview("filter", folder, "--where", "label = 'dog'", "--json").row_values
    assert [row["image"]["src"].rpartition("/")[2] for row in found] == ["b.png"]
    findings = dspreview("check", folder, "--json").json["findings"]
    assert [(one["code"], one["column"]) for one in findings] == [("library-differs", "label")]


PATTERNS: dict[str, Any] = {"negative": "!b.csv", "missing": "c.csv"}


@pytest.mark.parametrize("pattern", PATTERNS.values())
def test_a_pattern_that_matches_nothing_is_one_answer(pattern: str, tmp_path: Path, dspreview: Program) -> None:
    card = f"---\nconfigs:\n- config_name: default\n  data_files: ['*.csv', '{pattern}']\n---\n"
    folder = write(tmp_path / "d", {"README.md": card, "a.csv": "a\n1\n", "b.csv": "a\n2\n"})
    assert loaded(folder) is None
    for command in ("rows", "filter", "stats"):
        assert dspreview(command, folder).code == 6
    for words in ([], ["--all-rows"]):
        report = dspreview("check", folder, *words, "--json").json
        assert [(one["code"], one["severity"]) for one in report["findings"]] == [("pattern-without-files", "error")]


DIALECTS = {
    'quotechar: "\'"': "a,b\n1,'x,y'\n2,'z'\n",
    "escapechar: '\\'": "a,b\n1,x\\,y\n2,z\n",
    "skiprows: 2": 'title of it\nmore, of, it, here\na,b\n1,"x,y"\n2,z\n',
    "comment: '#'": 'a,b\n# a, note, here\n1,"x,y"\n2,z\n',
    "sep: ' ?; ?'": "a ; b\n1;x,y\n2 ; z\n",
}


@pytest.mark.parametrize("option", DIALECTS)
def test_a_dialect_that_a_readme_declares(option: str, tmp_path: Path, dspreview: Program) -> None:
    card = f"---\nconfigs:\n- config_name: default\n  data_files: '*.csv'\n  {option}\n---\n"
    folder = write(tmp_path / "d", {"README.md": card, "train.csv": DIALECTS[option]})
    rows = [{"a": 1, "b": "x,y"}, {"a": 2, "b": "z"}]
    assert loaded(folder) == rows
    assert dspreview("rows", folder, "--json").row_values == rows
    assert dspreview("check", folder, "--json").json["findings"] == []


@pytest.mark.parametrize("sign", ["\u0085", "\u2028", "\f", "\x1c"])
def test_only_line_breaks_end_a_row(sign: str, tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.csv": f"a;b\n1;x{sign}y\n2;z\n"})
    assert dspreview("rows", folder, "--json").row_values == [{"a": 1, "b": f"x{sign}y"}, {"a": 2, "b": "z"}]


@pytest.mark.parametrize("written", [" 9007199254740993", "09007199254740993", "+9007199254740993", "9007199254740993"])
def test_a_long_integer_beside_an_empty_cell(written: str, tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.csv": f"a,b\nx,{written}\ny,\n"})
    assert dspreview("rows", folder, "--json").row_values == [{"a": "x", "b": 2**53 + 1}, {"a": "y", "b": None}]
    assert dspreview("filter", folder, "--where", f"b = {2**53}", "--json").row_values == []


@pytest.mark.parametrize(
    "lines",
    ['{"a":1E400}\n{"a":1.5}\n', '{"a":1,"a":2,"b":123456789012345678901}\n', '{"a":{"x":[1e999]}}\n{"a":{"x":[]}}\n'],
)
def test_json_that_the_library_refuses_is_an_error(lines: str, tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.jsonl": lines})
    assert loaded(folder) is None
    for words in ([], ["--all-rows"]):
        ran = dspreview("check", folder, *words, "--json")
        assert ran.code == 1
        assert "library-refuses" in [one["code"] for one in ran.json["findings"]]


@pytest.mark.parametrize("bare_first", [False, True])
def test_a_row_without_a_column_counts_in_every_command(bare_first: bool, tmp_path: Path, dspreview: Program) -> None:
    """`{}` is a row of nulls where another file has columns, as `load_dataset` has it where that file comes first."""
    texts = ["{}\n", '{"b": 1}\n{"b": 5}\n']
    one, other = texts if bare_first else reversed(texts)
    folder = write(tmp_path / "d", {"train-0.jsonl": one, "train-1.jsonl": other})
    rows = [{"b": None}, {"b": 1}, {"b": 5}] if bare_first else [{"b": 1}, {"b": 5}, {"b": None}]
    assert (loaded(folder) is None) == bare_first
    assert dspreview("rows", folder, "--json").row_values == rows
    assert dspreview("rows", folder, "--length", "all", "--format", "jsonl").documents == rows
    assert dspreview("filter", folder, "--json").row_values == rows
    assert dspreview("stats", folder, "--json").json["num_examples"] == 3
    assert "num_rows = 3" in dspreview("lock", folder).out
    for words in ([], ["--all-rows"]):
        ran = dspreview("check", folder, *words, "--json")
        assert (ran.code, ran.json["rows_read"]) == (int(bare_first), 3), ran.out


def test_rows_that_all_have_no_column_are_none(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.jsonl": "{}\n{}\n"})
    assert dspreview("rows", folder, "--json").json["num_rows_total"] == 0
    assert dspreview("rows", folder, "--length", "all", "--format", "jsonl").out == ""
    assert dspreview("stats", folder, "--json").json["num_examples"] == 0
    assert "num_rows = 0" in dspreview("lock", folder).out
    for words in ([], ["--all-rows"]):
        ran = dspreview("check", folder, *words, "--json")
        assert [one["code"] for one in ran.json["findings"]] == ["empty-split"]
    ran = dspreview("sql", folder, "SELECT * FROM train")
    assert (ran.code, "no columns" in ran.err) == (6, True)
