"""Paths into values where columns are asked for by name: rows, filter, search, stats, export; compared with plain Python."""

from __future__ import annotations

import csv
import io
import json
import math
import random
import statistics
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.data import parquet, write
from tests.support.program import Program

RANDOM = random.Random(21)
TYPES = pa.schema(
    {
        "id": pa.int64(),
        "messages": pa.list_(pa.struct({"role": pa.string(), "content": pa.string(), "n": pa.int64()})),
        "meta": pa.struct({"a b": pa.int64(), "deep": pa.struct({"x": pa.list_(pa.int64())})}),
        "odd name.k": pa.string(),
        "odd name": pa.struct({"k": pa.string()}),
        "free": pa.json_(),
    }
)


def some(value: Any) -> Any:
    """A value, or null."""
    return None if RANDOM.random() < 0.2 else value


def row(number: int) -> dict[str, Any]:
    """A row with nulls at every depth."""
    messages = [
        some({"role": some(RANDOM.choice(["user", "tool"])), "content": some(f"text {number}"), "n": some(place)})
        for place in range(RANDOM.randrange(4))
    ]
    deep = some({"x": some([some(RANDOM.randrange(9)) for _ in range(RANDOM.randrange(4))])})
    free = RANDOM.choice([None, 3, "x", [], [1, {"k": "v"}], {"k": [number, None]}, {"k": {"z": True}}])
    return {
        "id": number,
        "messages": some(messages),
        "meta": some({"a b": some(number % 7), "deep": deep}),
        "odd name.k": f"plain {number}",
        "odd name": some({"k": some(f"k{number % 3}")}),
        "free": free,
    }


ROWS = [row(number) for number in range(120)]
PATHS: dict[str, list[str | int]] = {
    "messages[0].role": ["messages", 0, "role"],
    "messages[-1].content": ["messages", -1, "content"],
    "messages[2]": ["messages", 2],
    "messages[-3].n": ["messages", -3, "n"],
    'meta."a b"': ["meta", "a b"],
    "meta.deep": ["meta", "deep"],
    "meta.deep.x[1]": ["meta", "deep", "x", 1],
    "meta.deep.x[-2]": ["meta", "deep", "x", -2],
    "free.k": ["free", "k"],
    "free[1].k": ["free", 1, "k"],
    "free.k[0]": ["free", "k", 0],
}


def reached(value: Any, steps: list[str | int]) -> Any:
    """What lies at a path, as contract 11 has it: a step that leads nowhere is null."""
    for step in steps:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def table() -> pa.Table:
    """The rows as Arrow."""
    arrays = []
    for field in TYPES:
        values = [one[field.name] for one in ROWS]
        if isinstance(field.type, pa.JsonType):
            texts = [None if value is None else json.dumps(value) for value in values]
            arrays.append(pa.ExtensionArray.from_storage(pa.json_(), pa.array(texts)))
        else:
            arrays.append(pa.array(values, field.type))
    return pa.Table.from_arrays(arrays, schema=TYPES)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write(tmp_path / "d", {"a.parquet": parquet(table(), row_group_size=50)})


def asked() -> str:
    """The option that names all paths."""
    return ",".join(["id", *PATHS, "odd name.k"])


def expected(one: dict[str, Any]) -> dict[str, Any]:
    """The columns of a row that are asked for; a column's own name goes before a path."""
    return {
        "id": one["id"],
        **{name: reached(one, steps) for name, steps in PATHS.items()},
        "odd name.k": one["odd name.k"],
    }


def test_rows_and_filter_have_columns_of_their_own(data: Path, dspreview: Program) -> None:
    page = dspreview("rows", data, "--columns", asked(), "--json")
    assert page.code == 0, page.err
    assert page.row_values == [expected(one) for one in ROWS[:100]]
    assert [one["name"] for one in page.json["features"]] == list(expected(ROWS[0]))
    assert page.json["features"][1]["type"] == {"dtype": "string", "_type": "Value"}
    late = dspreview("rows", data, "--columns", asked(), "--offset", "100", "--json")
    assert late.row_values == [expected(one) for one in ROWS[100:]]
    words = ("--where", "messages[0].role = 'user'", "--columns", asked(), "--json")
    matching = [expected(one) for one in ROWS if reached(one, ["messages", 0, "role"]) == "user"]
    assert dspreview("filter", data, *words).row_values == matching
    every = dspreview("rows", data, "--columns", asked(), "--length", "all", "--format", "jsonl")
    assert [json.loads(line) for line in every.out.splitlines()] == [expected(one) for one in ROWS]


def test_search_has_them_too(data: Path, dspreview: Program) -> None:
    found = dspreview("search", data, "plain 7", "--match", "phrase", "--columns", "id,meta.deep", "--json")
    assert found.row_values == [{"id": 7, "meta.deep": reached(ROWS[7], ["meta", "deep"])}]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_an_export_has_them(ending: str, data: Path, tmp_path: Path, dspreview: Program) -> None:
    target = tmp_path / f"out.{ending}"
    ran = dspreview("export", data, "--to", target, "--columns", asked())
    assert ran.code == 0, ran.err
    found = [json.loads(line) for line in target.read_text().splitlines()] if ending == "jsonl" else read(target)
    assert found == [expected(one) for one in ROWS]


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file, JSON as values."""
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    for one in found:
        for name in one:
            if name.startswith("free") and one[name] is not None:
                one[name] = json.loads(one[name])
    return found


def test_statistics_are_those_of_the_values(data: Path, dspreview: Program) -> None:
    names = ["meta.deep.x[1]", "messages[0].role", "meta.deep.x", 'meta."a b"', "odd name.k.length"]
    found = dspreview("stats", data, "--json", *(word for name in names for word in ("--column", name)))
    assert found.code == 0, found.err
    told = {one["column_name"]: one["column_statistics"] for one in found.json["statistics"]}
    numbers = [value for one in ROWS if (value := reached(one, PATHS["meta.deep.x[1]"])) is not None]
    mine = told["meta.deep.x[1]"]
    assert (mine["min"], mine["max"], mine["nan_count"]) == (min(numbers), max(numbers), len(ROWS) - len(numbers))
    assert math.isclose(mine["mean"], statistics.mean(numbers), abs_tol=1e-4)
    assert mine["median"] == statistics.median(numbers)
    roles = [value for one in ROWS if (value := reached(one, PATHS["messages[0].role"])) is not None]
    assert told["messages[0].role"]["frequencies"] == {role: roles.count(role) for role in sorted(set(roles))}
    lengths = [len(value) for one in ROWS if (value := reached(one, ["meta", "deep", "x"])) is not None]
    assert told["meta.deep.x"]["max"] == max(lengths)
    assert told["odd name.k.length"]["max"] == max(len(one["odd name.k"]) for one in ROWS)


def test_cells_that_the_page_cuts_are_whole_within_paths(tmp_path: Path, dspreview: Program) -> None:
    long = "x" * 5_000
    lines = [json.dumps({"id": n, "a": {"b": long, "c": n}, "t": long}) for n in range(50)]
    data = write(tmp_path / "d", {"a.jsonl": "\n".join(lines)})
    found = dspreview("rows", data, "--columns", "a.c", "--json", ROWS_MAX_BYTES="10000")
    assert [one["a.c"] for one in found.row_values] == list(range(50))


def test_a_csv_has_their_names(data: Path, dspreview: Program) -> None:
    ran = dspreview("rows", data, "--columns", 'id,meta."a b",messages[0]', "--length", "3", "--format", "csv")
    header, *rows = csv.reader(io.StringIO(ran.out))
    assert header == ["id", 'meta."a b"', "messages[0]"]
    assert [one[0] for one in rows] == ["0", "1", "2"]


@pytest.mark.parametrize("command", ["rows", "filter", "stats", "export"])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("messages[0].rol", "did you mean 'role'?"),
        ("meta[0]", "is a struct, and no list: it has no [0]"),
        ("id.x", "it has no field 'x'"),
        ("meta.", "is no path: write a.b, a[0], a[-1].b"),
        ("messages[a]", "is no path: write a.b, a[0], a[-1].b"),
        ("nothing.x", "no column 'nothing.x'"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(
    name: str, told: str, command: str, data: Path, tmp_path: Path, dspreview: Program
) -> None:
    words = {"stats": ["--column", name], "export": ["--columns", name, "--to", str(tmp_path / "x.csv")]}
    ran = dspreview(command, data, *words.get(command, ["--columns", name]))
    assert (ran.code, ran.out) == (2, ""), ran.err
    assert told in ran.err


def test_names_with_commas_quotes_and_blanks(tmp_path: Path, dspreview: Program) -> None:
    line = {"a": {"b": 1}, "a.b": "own", "a b": {"c,d": 2, 'q"q': 3}, "x,y": {"z": 4}}
    data = write(tmp_path / "d", {"a.jsonl": json.dumps(line)})
    for columns, found in (
        (" a.b , a ", {"a.b": "own", "a": {"b": 1}}),
        ('"a"."b"', {'"a"."b"': 1}),
        ('"a b"."c,d",a.b', {'"a b"."c,d"': 2, "a.b": "own"}),
        ('"a b"."q""q"', {'"a b"."q""q"': 3}),
        ('"x,y"', {"x,y": {"z": 4}}),
        ('"x,y".z', {'"x,y".z': 4}),
    ):
        ran = dspreview("rows", data, "--columns", columns, "--json")
        assert ran.row_values == [found], ran.err
    told = dspreview(
        "stats", data, "--json", "--column", '"a"."b"', "--column", '"a b"."c,d"', "--column", '"a.b"'
    ).json
    assert [one["column_name"] for one in told["statistics"]] == ["a.b", '"a"."b"', '"a b"."c,d"']
