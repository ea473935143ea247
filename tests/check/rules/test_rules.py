"""Rules that an author wrote down: what breaks them is found in all rows, with its place; what cannot be kept is refused with its own."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import parquet, write

CSV = "id,label,text,score,day\n1,yes,Hello,0.5,2024-01-01\n2,no,World,1.5,2024-02-01\n2,maybe,x,,2025-01-01\n4,yes,,3.5,2023-01-01\n"
CASES: dict[str, list[int]] = {
    "id: unique = true": [2], "id: min = 2": [0], "id: max = 3": [3], 'label: in = ["yes", "no"]': [2], "text: not_null = true": [3],
    'text: regex = "[A-Z][a-z]+"': [2], "text: length = 5": [2], "text: length = { min = 2 }": [2], "text: length = { max = 4 }": [0, 1],
    "score: max = 1": [1, 3], "score: max = 1\nwhen = \"label = 'yes'\"": [3], "score: not_null = true\nat_most = 0.25": [], "score: not_null = true\nat_most = 0.2": [2],
    'day: min = "2024-01-01"': [3], "day: max = 2024-12-31": [2], 'label: in = ["yes"]\nwhen = "id = 4"': [],
}  # fmt: skip
"""Which rows break a rule, worked out by hand. Null breaks nothing but not_null."""


def rules(folder: Path, text: str, where: str = "default/train") -> Path:
    column, _, rest = text.partition(": ")
    path = folder / "rules.toml"
    path.write_text(f'[rules."{where}".{column}]\n{rest}\n')
    return path


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_rule_names_the_rows_that_break_it(text: str, form: str, tmp_path: Path, dspreview: Any) -> None:
    header, *lines = [line.split(",") for line in CSV.splitlines()]
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    typed = [{"id": int(row["id"]), "label": row["label"], "text": row["text"] or None, "score": float(row["score"]) if row["score"] else None, "day": row["day"]} for row in rows]  # fmt: skip
    files: dict[str, dict[str, Any]] = {
        "csv": {"a.csv": CSV}, "jsonl": {"a.jsonl": "".join(json.dumps(row) + "\n" for row in typed)},
        "parquet": {"a.parquet": parquet({name: [row[name] for row in typed[:2]] for name in header}), "b.parquet": parquet({name: [row[name] for row in typed[2:]] for name in header})},
    }  # fmt: skip
    data = write(tmp_path / "d", files[form])
    found = dspreview("check", data, "--rules", rules(tmp_path, text), "--select", "rule", "--json")
    expected = CASES[text]
    assert found.code == (1 if expected else 0), found.err
    if not expected:
        assert found.json["findings"] == []
        return
    (one,) = found.json["findings"]
    assert (one["rows"], one["row"], one["column"], one["severity"]) == (
        expected,
        expected[0],
        text.partition(":")[0],
        "error",
    )
    first = expected[0]
    if form == "parquet":
        assert one["file"] == ("a.parquet" if first < 2 else "b.parquet")
    else:
        assert (one["file"], one["line"]) == (f"a.{form}", first + (2 if form == "csv" else 1))


def test_severity_and_message_are_those_of_the_rule(tmp_path: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {"a.csv": CSV})
    path = rules(tmp_path, 'label: in = ["yes", "no"]\nseverity = "warning"\nmessage = "labels are yes or no"', "*")
    found = dspreview("check", data, "--rules", path, "--select", "rule", "--json")
    assert found.code == 0
    (one,) = found.json["findings"]
    assert one["severity"] == "warning"
    assert one["message"] == "labels are yes or no: 1 of 4 rows (row 2)"
    assert dspreview("check", data, "--rules", path, "--fail-on", "warning", "--select", "rule").code == 1


def test_a_column_refers_to_another(tmp_path: Path, dspreview: Any) -> None:
    head = "configs:\n- config_name: books\n  data_files: books.csv\n- config_name: loans\n  data_files: loans.csv\n"
    files = {
        "README.md": f"---\n{head}---\n",
        "books.csv": "id,t\n1,a\n2,b\n",
        "loans.csv": "book,n\n1,1\n3,2\n,3\n2,4\n4,5\n",
    }
    data = write(tmp_path / "d", files)
    path = rules(tmp_path, 'book: references = "books/train.id"', "loans/train")
    (one,) = dspreview("check", data, "--rules", path, "--select", "rule", "--json").json["findings"]
    assert (one["rows"], one["file"], one["line"]) == ([1, 4], "loans.csv", 3)


def test_paths_into_values(tmp_path: Path, dspreview: Any) -> None:
    rows = [{"m": [{"role": "user", "k": 1}]}, {"m": [{"role": "bot", "k": 9}]}]
    data = write(tmp_path / "d", {"a.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    path = tmp_path / "rules.toml"
    path.write_text('[rules."*"."m[0].role"]\nin = ["user"]\n[rules."*"."m[0].k"]\nmax = 5\n')
    found = dspreview("check", data, "--rules", path, "--select", "rule", "--json").json["findings"]
    assert [(one["column"], one["rows"]) for one in found] == [("m[0].role", [1]), ("m[0].k", [1])]


def test_the_file_of_the_working_folder_is_kept(tmp_path: Path, dspreview: Any) -> None:
    write(tmp_path / "d", {"a.csv": CSV})
    dspreview.cwd = tmp_path
    (tmp_path / "dspreview.toml").write_text('CHECK_FAIL_ON = "warning"\n[rules."default/train".id]\nunique = true\n')
    found = dspreview("check", "./d", "--json")
    assert (found.code, [one["code"] for one in found.json["findings"]]) == (1, ["rule"])
    assert dspreview("check", "./d", "--no-folder-settings").code == 0
    assert dspreview("rows", "./d").code == 0


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[rules."default/train".nope]\nnot_null = true', 2, "no column 'nope'"),
        ('[rules."default/train".id]\nuniqe = true', 2, "no rule 'uniqe'; did you mean 'unique'"),
        ('[rules."default/train".id]\nmin = true', 2, "a number, a date or a text was expected"),
        ('[rules."default/test".id]\nmin = 1', 2, "no such split; there are default/train"),
        ('[rules."train".id]\nmin = 1', 1, 'name a split as "config/split"'),
        ('[rules."default/train".id]\nmin = 1\nwhen = "nope > 1"', 2, "no column 'nope'"),
        ('[rules."default/train".id]\nseverity = "error"', 1, "has no rule"),
        ('[rules."default/train".id]\nregex = "a"', 2, "regex fits texts"),
        ('[rules."default/train".id]\nmin = 1\nseverity = "bad"', 3, "one of info, warning, error was expected"),
        ('[rules."default/train".text]\nregex = "("', 2, ""),
        ('[rules."default/train".id]\nlength = 3', 2, "length fits texts and lists, and 'id' is of type int64"),
        ('[rules."default/train".id]\nreferences = "default/test.id"', 2, "no split default/test; there are default/train"),
        ('[rules."*/test".id]\nmin = 1', 2, "no such split"),
        ('[rules."default/train".label]\nmin = 3', 2, "label"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_kept_is_refused_with_its_place(
    text: str, line: int, words: str, tmp_path: Path, dspreview: Any
) -> None:
    data, path = write(tmp_path / "d", {"a.csv": CSV}), tmp_path / "rules.toml"
    path.write_text(text + "\n")
    found = dspreview("check", data, "--rules", path)
    assert found.code == 2, found.out + found.err
    assert f"{path}:{line}" in found.err
    assert words in found.err


def test_what_is_suggested_holds(tmp_path: Path, dspreview: Any) -> None:
    lines = "".join(f"{n},{'yes' if n % 2 else 'no'},{'x' * (n % 5 + 1)},{n / 2}\n" for n in range(40))
    data = write(tmp_path / "d", {"a.csv": "id,label,text,score\n" + lines})
    told = dspreview("rules", "suggest", data)
    assert told.code == 0, told.err
    found = tomllib.loads(told.out)["rules"]["default/train"]
    assert found["id"]["unique"] is True
    assert found["label"]["in"] == ["no", "yes"]
    (tmp_path / "rules.toml").write_text(told.out)
    assert dspreview("check", data, "--rules", tmp_path / "rules.toml", "--select", "rule").code == 0
    (data / "a.csv").write_text("id,label,text,score\n" + lines + "3,maybe,x,1\n")
    broken = dspreview("check", data, "--rules", tmp_path / "rules.toml", "--select", "rule", "--json").json["findings"]
    assert {(one["column"], one["row"]) for one in broken} == {("id", 40), ("label", 40)}


def test_the_schema_takes_what_the_reader_takes(dspreview: Any) -> None:
    schema = dspreview("rules", "schema").json
    (either,) = [one["additionalProperties"] for one in schema["properties"]["rules"]["patternProperties"].values()]
    assert set(either["anyOf"][0]["properties"]) == {
        "not_null",
        "unique",
        "min",
        "max",
        "regex",
        "in",
        "length",
        "references",
        "when",
        "severity",
        "message",
        "at_most",
    }


def test_names_of_columns_and_infinite_numbers_are_written_as_toml_takes_them(tmp_path: Path, dspreview: Any) -> None:
    rows = [{'a "b".c\\': n % 3, "f": float("inf") if n == 4 else n % 3 / 2} for n in range(12)]
    data = write(tmp_path / "d", {"a.parquet": parquet({name: [row[name] for row in rows] for name in rows[0]})})
    told = dspreview("rules", "suggest", data)
    found = tomllib.loads(told.out)["rules"]["default/train"]
    assert found['a "b".c\\'] == {"not_null": True, "min": 0, "max": 2}
    assert found["f"] == {"not_null": True}
    (tmp_path / "rules.toml").write_text(told.out)
    assert dspreview("check", data, "--rules", tmp_path / "rules.toml", "--select", "rule").code == 0


def test_a_rule_for_a_split_of_every_config(tmp_path: Path, dspreview: Any) -> None:
    head = "configs:\n- config_name: one\n  data_files: a.csv\n- config_name: two\n  data_files: b.csv\n"
    data = write(tmp_path / "d", {"README.md": f"---\n{head}---\n", "a.csv": "n\n1\n7\n", "b.csv": "n\n8\n1\n"})
    path = rules(tmp_path, "n: max = 5", "*/train")
    found = dspreview("check", data, "--rules", path, "--select", "rule", "--json").json["findings"]
    assert [(one["config"], one["row"]) for one in found] == [("one", 1), ("two", 0)]
