"""`diff`: two folders, revisions, or Hub against local."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import ClassLabel, Features, Value

from tests.check.broken import card
from tests.support.data import parquet, write
from tests.support.hub import Hub
from tests.support.program import Program

A = {"n": [1, 2, 3], "t": ["a", "b", "c"]}
B = {"n": [2, 3, 4], "t": ["b", "x", "d"]}


def test_the_same_data_in_other_files(dspreview: Program, tmp_path: Path) -> None:
    one = write(tmp_path / "a", {"x.parquet": parquet(A)})
    other = write(
        tmp_path / "b",
        {"1.parquet": parquet({"n": [1], "t": ["a"]}), "2.parquet": parquet({"n": [2, 3], "t": ["b", "c"]})},
    )
    result = dspreview("diff", one, other)
    assert (result.code, result.err) == (0, "")
    assert "the same" in result.out
    found = dspreview("diff", one, other, "--key", "n", "--json").json
    assert found["differ"] is False
    assert found["rows"]["default/train"] == {
        "a": 3, "b": 3, "added": 0, "removed": 0, "changed": 0, "repeated_keys": 0, "examples": {"added": [], "removed": [], "changed": []},
    }  # fmt: skip


def test_rows_by_key(dspreview: Program, tmp_path: Path) -> None:
    one, other = write(tmp_path / "a", {"x.parquet": parquet(A)}), write(tmp_path / "b", {"x.parquet": parquet(B)})
    result = dspreview("diff", one, other, "--key", "n", "--json")
    assert result.code == 1
    rows = result.json["rows"]["default/train"]
    assert (rows["added"], rows["removed"], rows["changed"]) == (1, 1, 1)
    assert rows["examples"] == {"added": ["4"], "removed": ["1"], "changed": ["3"]}
    table = dspreview("diff", one, other, "--key", "n").out
    assert "1 added (4), 1 removed (1), 1 changed (3)" in table


def test_columns_that_moved_change_no_row(dspreview: Program, tmp_path: Path) -> None:
    one = write(tmp_path / "a", {"x.parquet": parquet({"n": [1, 2], "t": ["a", "b"], "u": [1.5, 2.5]})})
    other = write(tmp_path / "b", {"x.parquet": parquet({"u": [2.5, 1.5], "n": [2, 1], "t": ["b", "a"]})})
    rows = dspreview("diff", one, other, "--key", "n", "--json").json["rows"]["default/train"]
    assert (rows["added"], rows["removed"], rows["changed"]) == (0, 0, 0)


def test_the_json_is_that_of_the_contract(dspreview: Program, tmp_path: Path) -> None:
    one = write(tmp_path / "a", {"train.parquet": parquet(A), "test.parquet": parquet({"n": [9], "t": ["z"]})})
    other = write(
        tmp_path / "b",
        {"train.parquet": parquet({"n": [1.5, 2.0], "u": ["b", None]}), "validation.parquet": parquet({"n": [9]})},
    )
    found = dspreview("diff", one, other, "--json").json
    assert (found["a"], found["b"]) == (str(one), str(other))
    assert found["configs"] == {"added": [], "removed": []}
    assert found["splits"] == {
        "added": [{"config": "default", "split": "validation"}], "removed": [{"config": "default", "split": "test"}],
        "changed": [{"config": "default", "split": "train"}],
    }  # fmt: skip
    kinds = {
        one["column"]: (one["a"] and one["a"]["dtype"], one["b"] and one["b"]["dtype"]) for one in found["features"]
    }
    assert kinds == {"n": ("int64", "float64"), "t": ("string", None), "u": (None, "string")}
    assert found["rows"] == {"default/train": {"a": 3, "b": 2, "added": 0, "removed": 1, "changed": 2}}
    (numbers,) = found["statistics"]
    assert numbers["a"] == {"null_rate": 0.0, "min": 1, "max": 3, "mean": 2.0}
    assert numbers["b"] == {"null_rate": 0.0, "min": 1.5, "max": 2.0, "mean": 1.75}


def test_configs_that_came_and_went(dspreview: Program, tmp_path: Path) -> None:
    one = write(
        tmp_path / "a",
        {"README.md": card("configs:\n- {config_name: x, data_files: a.parquet}\n"), "a.parquet": parquet(A)},
    )
    other = write(
        tmp_path / "b",
        {"README.md": card("configs:\n- {config_name: y, data_files: a.parquet}\n"), "a.parquet": parquet(A)},
    )
    assert dspreview("diff", one, other, "--json").json["configs"] == {"added": ["y"], "removed": ["x"]}
    table = dspreview("diff", one, other).out
    assert "- config x" in table
    assert "+ config y" in table


def test_two_revisions_and_hub_against_local(online: Program, hub: Hub, tmp_path: Path) -> None:
    hub.add("me/data", {"a.parquet": parquet(A)})
    first = hub.repositories["me/data"].commits[-1].sha
    hub.push("me/data", {"a.parquet": parquet(B)})
    found = online("diff", f"me/data@{first}", "me/data", "--key", "n", "--json")
    assert found.code == 1
    assert found.json["rows"]["default/train"]["examples"]["added"] == ["4"]
    local = write(tmp_path / "d", {"a.parquet": parquet(B)})
    assert online("diff", "me/data", local).code == 0
    assert online("diff", f"me/data@{first}", local).code == 1


def test_keys_that_repeat_and_keys_that_are_null(dspreview: Program, tmp_path: Path) -> None:
    one = write(tmp_path / "a", {"x.parquet": parquet({"k": ["a", "a", None], "v": [1, 2, 3]})})
    other = write(tmp_path / "b", {"x.parquet": parquet({"k": ["a", "a", None], "v": [2, 1, 4]})})
    rows = dspreview("diff", one, other, "--key", "k", "--json").json["rows"]["default/train"]
    assert (rows["added"], rows["removed"], rows["changed"], rows["repeated_keys"]) == (0, 0, 1, 1)


def test_wrong_use(dspreview: Program, tmp_path: Path) -> None:
    one = write(tmp_path / "a", {"x.parquet": parquet(A)})
    result = dspreview("diff", one, one, "--key", "q")
    assert result.code == 2
    assert "there are n, t" in result.err
    assert dspreview("diff", one).code == 2
    assert dspreview("diff", one, tmp_path / "none").code == 3
    assert dspreview("diff", one, one, "--key", "n", "--split-sample", "2").code == 2
    assert dspreview("diff", one, write(tmp_path / "b", {"x.parquet": b"PAR1"})).code == 6


def test_a_sample_of_each_split(dspreview: Program, tmp_path: Path) -> None:
    one = write(tmp_path / "a", {"x.parquet": parquet({"n": [1, 2, 3]})})
    other = write(tmp_path / "b", {"x.parquet": parquet({"n": [1, 2, 4]})})
    assert dspreview("diff", one, other, "--split-sample", "2").code == 0
    assert dspreview("diff", one, other).code == 1


LABELLED = Features({"n": Value("int64"), "t": Value("string"), "label": ClassLabel(names=["no", "yes"])})
ROWS = {"n": [1, 2, 3], "t": ["a", "b", "c"], "label": [0, 1, 0]}
VERDICTS: dict[str, tuple[dict[str, Any], Any, str, str]] = {
    "the same": (ROWS, LABELLED, "none", ""),
    "a row more": ({"n": [1, 2, 3, 4], "t": ["a", "b", "c", "d"], "label": [0, 1, 0, 1]}, LABELLED, "additive", "1 row of default/train is new"),
    "in another order": ({"n": [3, 1, 2], "t": ["c", "a", "b"], "label": [0, 0, 1]}, LABELLED, "additive", ""),
    "a row less": ({"n": [1, 3], "t": ["a", "c"], "label": [0, 0]}, LABELLED, "breaking", "1 row of default/train is gone"),
    "a row changed": ({"n": [1, 2, 3], "t": ["a", "x", "c"], "label": [0, 1, 0]}, LABELLED, "breaking", "1 row of default/train changed"),
    "a column more": (ROWS | {"u": [1, 1, 2]}, Features({**LABELLED, "u": Value("int64")}), "additive", "column u of default/train is new"),
    "a column less": ({"n": [1, 2, 3], "label": [0, 1, 0]}, Features({"n": Value("int64"), "label": LABELLED["label"]}), "breaking", "column t of default/train is gone"),
    "another name": ({"n": [1, 2, 3], "text": ["a", "b", "c"], "label": [0, 1, 0]}, Features({"n": Value("int64"), "text": Value("string"), "label": LABELLED["label"]}), "breaking", "column t of default/train is called text now"),
    "a class more": (ROWS, Features({**LABELLED, "label": ClassLabel(names=["no", "yes", "maybe"])}), "additive", "column label of default/train holds more than before"),
    "classes in another order": (ROWS, Features({**LABELLED, "label": ClassLabel(names=["yes", "no"])}), "breaking", "column label of default/train: its classes have other numbers"),
    "a class gone": ({"n": [1, 2, 3], "t": ["a", "b", "c"], "label": [0, 0, 0]}, Features({**LABELLED, "label": ClassLabel(names=["no"])}), "breaking", "the class yes is gone"),
    "whole numbers as floats": (ROWS, Features({"n": Value("float64"), "t": Value("string"), "label": LABELLED["label"]}), "breaking", "int64 became float64"),
    "texts of any length": (ROWS, Features({**LABELLED, "t": Value("large_string")}), "additive", ""),
    "a narrower type": (ROWS, Features({**LABELLED, "n": Value("int8")}), "breaking", "int64 became int8"),
}  # fmt: skip
"""What the second dataset is, and what its consumers meet."""


@pytest.mark.parametrize("case", VERDICTS)
def test_a_verdict_says_what_breaks(case: str, tmp_path: Path, dspreview: Program) -> None:
    rows, features, verdict, reason = VERDICTS[case]
    one = write(tmp_path / "a", {"train.parquet": parquet(pa.table(ROWS, schema=LABELLED.arrow_schema))})
    other = write(tmp_path / "b", {"train.parquet": parquet(pa.table(rows, schema=features.arrow_schema))})
    found = dspreview("diff", one, other, "--verdict", "--json")
    assert (found.json["verdict"], found.code) == (verdict, 1 if verdict == "breaking" else 0)
    assert reason in "; ".join(found.json["reasons"])
    line = dspreview("diff", one, other, "--format", "markdown").out
    assert line.startswith(f"- **{verdict}**: ")
    assert reason in line
    assert line.count("\n") == 1


def test_rows_without_a_key_are_told_apart_by_their_values(tmp_path: Path, dspreview: Program) -> None:
    one = write(tmp_path / "a", {"a.csv": "n,t\n" + "".join(f"{n},x{n}\n" for n in range(50))})
    rows = [f"{n},x{n}\n" for n in range(50) if n != 48]
    rows[10] = "10,changed\n"
    other = write(tmp_path / "b", {"a.csv": "n,t\n" + "".join([*rows, "50,x50\n", "51,x51\n"])})
    found = dspreview("diff", one, other, "--json").json["rows"]["default/train"]
    assert found == {"a": 50, "b": 51, "added": 2, "removed": 1, "changed": 1}


def test_a_lock_file_keeps_why_it_was_updated(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {"a.csv": "n\n1\n2\n"})
    path = tmp_path / "x.lock"
    assert dspreview("lock", data, "-o", path).code == 0
    (data / "a.csv").write_text("n\n1\n2\n3\n")
    assert dspreview("check", data, "--against", path).code == 1
    assert dspreview("lock", data, "--update", path).code == 2
    assert dspreview("lock", data, "--update", path, "--reason", "row 3 was missing").code == 0
    assert dspreview("lock", data, "--update", path, "--reason", "once more").code == 0
    assert [one["reason"] for one in tomllib.loads(path.read_text())["updates"]] == ["row 3 was missing", "once more"]
    assert dspreview("check", data, "--against", path).code == 0
    assert dspreview("lock", data, "--update", tmp_path / "none.lock", "--reason", "x").code == 2


@pytest.mark.parametrize("words", [[], ["--key", "n"]])
def test_rows_in_another_order(words: list[str], dspreview: Program, tmp_path: Path) -> None:
    one = write(tmp_path / "a", {"x.csv": "n,t\n1,a\n2,b\n3,b\n"})
    other = write(tmp_path / "b", {"x.csv": "n,t\n3,b\n1,a\n2,b\n"})
    found = dspreview("diff", one, other, *words, "--json")
    if found.json["differ"]:
        assert found.json["reasons"] == ["the rows of default/train stand in another order"]
        assert "the same rows in another order" in dspreview("diff", one, other, *words).out
    assert found.json["verdict"] == ("additive" if found.json["differ"] else "none")


@pytest.mark.parametrize("words", [[], ["--key", "k"]])
@pytest.mark.parametrize(
    ("n", "b", "x", "verdict"),
    [([1.0, 2.0], 5, 7, "additive"), ([1.0, 2.5], 5, 7, "breaking"), ([1.0, None], 5, 7, "breaking"), ([1.0, 2.0], 5, 8, "breaking")],
)  # fmt: skip
def test_values_of_a_wider_type_are_compared_in_it(
    n: list[Any],
    b: int,
    x: int,
    verdict: str,
    words: list[str],
    dspreview: Program,
    tmp_path: Path,
) -> None:
    """Whole numbers as floats, structs with a field more, in lists too: no row changed unless its values did."""
    one = {"k": [1, 2], "n": pa.array([1, 2], pa.int32()), "s": pa.array([{"a": 1}, None]), "l": [[{"x": 7}], []]}
    other = {"k": [1, 2], "n": n, "s": pa.array([{"a": 1, "b": b}, None]), "l": [[{"x": x, "y": "z"}], []]}
    files = [write(tmp_path / name, {"x.parquet": parquet(rows)}) for name, rows in (("a", one), ("b", other))]
    found = dspreview("diff", *files, "--verdict", "--json", *words)
    assert (found.json["verdict"], found.code) == (verdict, 1 if verdict == "breaking" else 0), found.json
    assert found.json["rows"]["default/train"]["changed"] == (1 if verdict == "breaking" else 0)
