"""Places in lists, and elements of them, in a predicate and an order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import parquet, write

ROWS: list[dict[str, Any]] = [
    {"n": 0, "tags": ["x", "y"], "m": [{"role": "user", "k": 1}, {"role": "tool", "k": 2}], "deep": [[1, 2], [3]]},
    {"n": 1, "tags": ["y"], "m": [{"role": "system", "k": 5}], "deep": [[4]]},
    {"n": 2, "tags": [], "m": [], "deep": []},
    {"n": 3, "tags": None, "m": None, "deep": None},
    {"n": 4, "tags": [None, "y"], "m": [None, {"role": None, "k": 9}], "deep": [None, [7]]},
]  # fmt: skip
CASES = {
    "tags[0] = 'x'": [0], "tags[-1] = 'y'": [0, 1, 4], "tags[5] IS NULL": [0, 1, 2, 3, 4], "NOT tags[0] = 'x'": [1],
    "m[0].role = 'user'": [0], "m[-1].k > 4": [1, 4], "m[0].role IS NULL": [2, 3, 4], "deep[0][1] = 2": [0], "deep[-1][0] IN (3, 4, 7)": [0, 1, 4],
    "ANY(tags) = 'x'": [0], "ANY(tags) = 'y'": [0, 1, 4], "ANY(tags) LIKE 'x%' OR n = 3": [0, 3], "NOT ANY(tags) = 'x'": [1, 2], "NOT ANY(tags) = 'y'": [2],
    "ANY(tags) IS NULL": [4], "any(m).role = 'tool'": [0], "ANY(m).k BETWEEN 5 AND 9": [1, 4], "ANY(m).k = n": [], "ANY(m).k > n AND ANY(m).role = 'user'": [0],
    "ANY(deep)[0] = 3": [0], "ANY(deep[0]) = 2": [0], "ANY(m).role IN ('system', 'tool')": [0, 1],
}  # fmt: skip
"""Worked out by hand: an element that is not there, or null, compares with nothing, negated or not."""


@pytest.fixture(params=["parquet", "jsonl"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "parquet":
        columns = {name: [row[name] for row in ROWS] for name in ROWS[0]}
        return write(tmp_path / "d", {"a.parquet": parquet(columns)})
    return write(tmp_path / "d", {"a.jsonl": "".join(json.dumps(row) + "\n" for row in ROWS)})


def test_places_and_elements(data: Path, dspreview: Any) -> None:
    found = {}
    for where in CASES:
        answer = dspreview("filter", data, "--where", where, "--columns", "n", "--json")
        found[where] = [row["row"]["n"] for row in answer.json["rows"]] if answer.code == 0 else answer.err
    assert found == CASES


def test_an_order_by_a_place(data: Path, dspreview: Any) -> None:
    answer = dspreview("filter", data, "--orderby", "m[0].k DESC, deep[0][0]", "--columns", "n", "--json")
    assert [row["row"]["n"] for row in answer.json["rows"]] == [1, 0, 2, 3, 4]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("n[0] = 1", "no list"),
        ("tags[x] = 'a'", "a place in a list"),
        ("tags[1.5] = 'a'", "a place in a list"),
        ("tags[0 = 'a'", "] was expected"),
        ("ANY(n) = 1", "ANY takes a column of lists"),
        ("ANY(tags = 'x'", ") was expected"),
        ("ANY(nope) = 1", "no column 'nope'"),
        ("m[0].rol = 'x'", "did you mean 'role'"),
        ("ANY(m) = 'x'", "does not compare"),
        ("ANY(tags) = 5", "text"),
    ],
)
def test_mistakes_have_their_place(where: str, words: str, data: Path, dspreview: Any) -> None:
    answer = dspreview("filter", data, "--where", where)
    assert answer.code == 2
    assert words in answer.err
    assert answer.err.rstrip().endswith("^")


def test_a_column_called_any_is_a_column(tmp_path: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {"a.parquet": parquet({"any": [1, 2]})})
    assert len(dspreview("filter", data, "--where", "any = 2", "--json").json["rows"]) == 1


MIXED: list[dict[str, Any]] = [
    {"n": 0, "j": {"a": 1, "b": [1, "x"], "it's": True}},
    {"n": 1, "j": {"a": "1", "b": []}},
    {"n": 2, "j": {"a": 2.5, "b": None}},
    {"n": 3, "j": [9007199254740993, {"a/b": "y"}]},
    {"n": 4, "j": None},
    {"n": 5, "j": {"a": True, "b": ["z", "x"], "c": {"d": 18446744073709551615}}},
]
MIXED_CASES = {
    "j.a = 1": [0], "j.a = '1'": [1], "j.a > 1": [2], "j.a <> 1": [2], "NOT j.a = 1": [2], "j.a = TRUE": [5], "j.a <> '2'": [1],
    "j[0] = 9007199254740993": [3], "j[0] = 9007199254740992": [], "j[1].\"a/b\" = 'y'": [3], "j.b[-1] = 'x'": [0, 5], "j.b[0] = 1": [0],
    "j.c.d = 18446744073709551615": [5], "j.c.d IS NULL": [0, 1, 2, 3, 4], "j.b IS NULL": [2, 3, 4], "ANY(j.b) = 'x'": [0, 5], "NOT ANY(j.b) = 1": [1],
    "j.a IN (1, 2.5, '1')": [0, 1, 2], "j.a NOT IN (1, 2)": [2], "j.a LIKE '_'": [1], "j.a BETWEEN 0 AND 2.5": [0, 2], "j.\"it's\" = TRUE": [0],
}  # fmt: skip
"""Worked out by hand: a value of another kind is neither equal nor unequal, and `NOT ANY` holds of a list without such an element
whose elements all are of the kind that is asked for."""


@pytest.mark.parametrize("route", ["jsonl", "parquet"])
def test_paths_in_json(route: str, tmp_path: Path, dspreview: Any) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in MIXED)
    data = write(tmp_path / "d", {"a.jsonl": lines})
    if route == "parquet":
        out = tmp_path / "p" / "a.parquet"
        out.parent.mkdir()
        assert dspreview("export", data, "--to", out).code == 0
        data = out.parent
    found = {}
    for where in MIXED_CASES:
        answer = dspreview("filter", data, "--where", where, "--columns", "n", "--json")
        found[where] = [row["row"]["n"] for row in answer.json["rows"]] if answer.code == 0 else answer.err
    assert found == MIXED_CASES
