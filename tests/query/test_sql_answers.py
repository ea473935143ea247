"""What `sql` answers where it was wrong. Expected: what is in the files, and ISO 8601; each also by DuckDB alone on the same file."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from dspreview.query.statement.views import view_names
from dspreview.query.table import Table, TableColumn
from tests.support.data import parquet, write
from tests.support.program import Program

Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ask(tmp_path: Path, dspreview: Program) -> Ask:
    """The rows of an answer over a folder of one split."""

    def asked(table: dict[str, Any], statement: str) -> list[dict[str, Any]]:
        folder = write(tmp_path / f"d{len(list(tmp_path.iterdir()))}", {"train.parquet": parquet(table)})
        ran = dspreview("sql", folder, statement, "--format", "jsonl")
        assert ran.code == 0, ran.err
        return ran.documents

    return asked


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
@pytest.mark.parametrize(("values", "least", "most"), [([1.0, 2.0], 1.0, 2.0), ([-1.5, 0.0], -1.5, 0.0), ([math.nan, 3.0], 3.0, None)])  # fmt: skip
def test_the_most_of_floats(kind: pa.DataType, values: list[float], least: float, most: float | None, ask: Ask) -> None:
    table = {"x": pa.array(values, pa.float64()).cast(kind), "s": [{"y": one} for one in values]}
    assert ask(table, "SELECT min(x) AS a, max(x) AS b, max(s.y) AS c FROM train") == [
        {"a": least, "b": most, "c": most}
    ]  # NaN is the greatest, and null in JSON
    found = ask(table, "SELECT x FROM train WHERE x = (SELECT max(x) FROM train WHERE NOT isnan(x))")
    assert found == [{"x": max(one for one in values if not math.isnan(one))}]


def test_a_duration_is_that_of_rows(ask: Ask, tmp_path: Path, dspreview: Program) -> None:
    spans = [
        dt.timedelta(days=1),
        dt.timedelta(seconds=-1),
        dt.timedelta(days=2, microseconds=5),
        None,
    ]
    rows = ask({"t": pa.array(spans, pa.duration("us"))}, "SELECT t FROM train")
    assert [row["t"] for row in rows] == ["P1D", "-PT1S", "P2DT0.000005S", None]
    (folder,) = tmp_path.glob("d*")
    assert [row["t"] for row in dspreview("rows", folder, "--json").row_values] == [row["t"] for row in rows]
    (months,) = ask(
        {"a": [1]},
        "SELECT INTERVAL '14 months 3 days' AS i, INTERVAL '1 month' - INTERVAL '90 seconds' AS j FROM train",
    )
    assert months == {"i": "P14M3D", "j": "P1M0DT-1M-30S"}


def test_a_decimal_without_places_is_no_integer(ask: Ask) -> None:
    table = {"wei": pa.array([Decimal(10**20)], pa.decimal128(38, 0)), "n": [2**62]}
    assert ask(table, "SELECT wei, sum(n) AS s FROM train GROUP BY ALL") == [{"wei": str(10**20), "s": 2**62}]


def test_what_arrow_has_no_room_for_comes_as_text(ask: Ask) -> None:
    statement = "SELECT md5_number('b') AS m, TIMETZ '12:00:00+05' AS t, '101'::BIT AS b, 12345678901234567890123::BIGNUM AS n, a FROM train"
    (found,) = ask({"a": [1]}, statement)
    alone = duckdb.connect().execute("SELECT md5_number('b')::VARCHAR, TIMETZ '12:00:00+05'::VARCHAR, '101'").fetchone()
    assert (found["m"], found["t"], found["b"]) == alone
    assert (found["n"], found["a"]) == ("12345678901234567890123", 1)


@pytest.fixture
def twins(tmp_path: Path) -> Path:
    """Two configs whose names differ in a capital, and two that are called as DuckDB's own."""
    names = {"A": [1, 2, 3], "a": [9], "system": [4], "main": [5, 6]}
    listed = "".join(f"- config_name: {name}\n  data_files: {place}.parquet\n" for place, name in enumerate(names))
    files = {f"{place}.parquet": parquet({"x": values}) for place, values in enumerate(names.values())}
    return write(tmp_path / "twins", {"README.md": f"---\nconfigs:\n{listed}---\n", **files})


@pytest.mark.parametrize(("table", "number"), [('"A".train', 3), ('"a".train', 1), ("system_.train", 1), ("main_.train", 2)])  # fmt: skip
def test_each_config_is_itself(table: str, number: int, twins: Path, dspreview: Program) -> None:
    ran = dspreview("sql", twins, f"SELECT count(*) AS n FROM {table}", "--format", "jsonl")
    assert (ran.code, ran.documents) == (0, [{"n": number}])


def test_two_that_differ_in_capitals_are_not_asked_at_once(twins: Path, dspreview: Program) -> None:
    ran = dspreview("sql", twins, 'SELECT * FROM "A".train, "a".train')
    assert ran.code == 2
    assert "differ in capitals alone" in ran.err


@pytest.mark.parametrize("words", [["main"], ["default"], ["temp"], ["b", "b"]])
def test_a_name_that_is_taken_is_refused(words: list[str], tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.parquet": parquet({"x": [1, 2, 3]})})
    other = write(tmp_path / "o", {"train.parquet": parquet({"x": [9]})})
    beside = [word for name in words for word in ("--with", f"{name}={other}")]
    ran = dspreview("sql", folder, "SELECT count(*) FROM train", *beside)
    assert ran.code == 2
    assert "choose another" in ran.err


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("WITH train AS (SELECT * FROM train WHERE a > 1) SELECT count(*) AS n FROM train", [{"n": 1}]),
        ("SELECT (WITH train AS (SELECT 7 AS q) SELECT q FROM train) AS q, a FROM train WHERE a = 1", [{"q": 7, "a": 1}]),
        ("SELECT t.upper() AS u FROM train WHERE a = 1", [{"u": "X"}]),
        ("SELECT x.value FROM train, json_each('[5]') x WHERE a = 1", [{"value": 5}]),
        ("SELECT constant_or_null(5, t) AS c FROM train WHERE a = 1", [{"c": 5}]),
    ],
)  # fmt: skip
def test_a_select_that_duckdb_runs(statement: str, rows: list[dict[str, Any]], ask: Ask) -> None:
    assert ask({"a": [1, 2], "t": ["x", "y"]}, statement) == rows


def test_a_pivot_without_values_says_what_it_needs(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.parquet": parquet({"a": [1], "b": ["x"]})})
    ran = dspreview("sql", folder, "PIVOT train ON b USING sum(a)")
    assert ran.code == 2
    assert "ON column IN ('a', 'b')" in ran.err


def test_columns_of_one_name_are_told_apart() -> None:
    columns = tuple(TableColumn(name, {"dtype": "int64", "_type": "Value"}) for name in ("c", "C", "c", "c_2", "", "c"))
    assert view_names(Table((), columns, "own")) == ["c", "C_2", "c_3", "c_2_2", "column", "c_4"]
