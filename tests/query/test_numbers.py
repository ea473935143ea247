"""Numbers, times and names in predicates and statistics mean what is written."""

from __future__ import annotations

import statistics
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dspreview.errors import UsageError
from dspreview.query.engine.filter import resolve
from dspreview.query.statistics.summary import statistics_of
from tests.support.tables import engine_on, matching, write_table


def found_by(folder: Path, table: pa.Table, where: str, group: int = 1_000) -> list[int]:
    """The rows of a table that match."""
    with engine_on(write_table(folder / "d", table, [], group), folder) as engine:
        return matching(engine, where)


@pytest.mark.parametrize("values", [[1.5, float("nan")], [2.0, 2.0, float("nan"), 2.0]])
@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_nan_beside_one_value(tmp_path: Path, values: list[float], kind: pa.DataType) -> None:
    nans = [n for n, value in enumerate(values) if value != value]  # noqa: PLR0124 - that is what NaN is
    rest = [n for n in range(len(values)) if n not in nans]
    table = pa.table({"f": pa.array(values, kind), "s": [{"x": value} for value in values]})
    for number, (where, expected) in enumerate(
        [("f IS NAN", nans), ("f IS NOT NAN", rest), (f"f = {values[0]}", rest), ("f > 1", rest), ("f <> 7", rest),
         ("NOT f = 7", rest), ("f IN (1.5, 2)", rest), ("f NOT IN (7)", rest), ("s.x IS NAN", nans), ("s.x > 1", rest)]
    ):  # fmt: skip
        assert found_by(tmp_path / str(number), table, where) == expected, where


NANOS = pa.table(
    {
        "n": pa.array([0, 5, 149, None], pa.timestamp("ns")),
        "z": pa.array([0, 5, 149, None], pa.timestamp("ns", tz="UTC")),
        "t": pa.array([0, 1_001, 145_000, None], pa.time64("ns")),
        "u": pa.array([0, 1_001, 145_000, None], pa.time64("us")),
    }
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("n = '1970-01-01T00:00:00.000000005'", [1]), ("n < '9999-12-31'", [0, 1, 2]), ("n > '0001-01-01'", [0, 1, 2]), ("n > '9999-12-31'", []),
        ("z = '1970-01-01T00:00:00.000000005Z'", [1]), ("z > '1970-01-01T00:00:00.000000005+00:00'", [2]), ("z < '2020-06-01'", [0, 1, 2]),
        ("z BETWEEN '1970-01-01' AND '1970-01-02'", [0, 1, 2]), ("t > '00:00:00.000144'", [2]), ("t = '00:00:00.000001001'", [1]),
        ("u = '00:00:00.001001'", [1]), ("u > '00'", [1, 2]), ("u > 'T00:00'", [1, 2]), ("u > '0000'", [1, 2]), ("n IN ('1970-01-01')", [0]),
    ],
)  # fmt: skip
def test_nanoseconds_and_odd_ways_to_write_times(tmp_path: Path, where: str, expected: list[int]) -> None:
    assert found_by(tmp_path, NANOS, where) == expected


DECIMALS = pa.table(
    {
        "d": pa.array([Decimal("0.1"), Decimal("0.10000000000000001"), None], pa.decimal128(30, 20)),
        "w": pa.array([Decimal(1234567890123456789012345678901234567), Decimal(1234567890123456789012345678901234568), None], pa.decimal128(38, 0)),
        "i": pa.array([2**53, 2**53 + 1, None], pa.int64()),
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("d = 0.10000000000000001", [1]), ("d = 0.1", [0]), ("d > 0.100000000000000001", [1]), ("d < 0.1000000000000000000000001", [0]),
        ("w = 1234567890123456789012345678901234567", [0]), ("w > 1234567890123456789012345678901234567.5", [1]), ("w < 1e50", [0, 1]),
        ("i = 9007199254740993.0", [1]), ("i = 9007199254740992.5", []), ("i < 1e400", [0, 1]), ("i > -1e999999999", [0, 1]), ("i > 1e-999999999", [0, 1]),
        (f"i IN (1{'0' * 400})", []), (f"i NOT IN (1{'0' * 400})", [0, 1]), (f"i < 1{'0' * 400}", [0, 1]),
    ],
)  # fmt: skip
def test_numbers_mean_what_is_written(tmp_path: Path, where: str, expected: list[int]) -> None:
    assert found_by(tmp_path, DECIMALS, where) == expected


def test_a_dotted_column_needs_no_quotes_and_wins(tmp_path: Path) -> None:
    table = pa.table({"x.y": [1, 2], "s": ["ab", "c"], "s.length": [9, 9]})
    assert found_by(tmp_path / "a", table, "x.y > 1") == [1]
    assert found_by(tmp_path / "b", table, "s.length = 9") == [0, 1]


def test_many_alternatives_of_one_column(tmp_path: Path) -> None:
    table = write_table(tmp_path / "d", pa.table({"n": list(range(50))}), [])
    question = resolve(table, " OR ".join(f"n = {n}" for n in range(0, 20_000, 2)), "")
    assert question.where.count(" IN ") == 1
    with engine_on(table, tmp_path) as engine:
        assert matching(engine, "n = 3 OR n = 5 OR n > 48") == [3, 5, 49]
    with pytest.raises(UsageError, match="at character 10"):
        resolve(table, "n = 1 OR m = 2", "")


def numbers(folder: Path, values: pa.Array) -> dict[str, Any]:
    """The statistics of a column."""
    with engine_on(write_table(folder / "d", pa.table({"x": values}), []), folder) as engine:
        found: dict[str, Any] = statistics_of(engine, [0])["statistics"][0]["column_statistics"]
    return found


def test_the_deviation_of_large_numbers(tmp_path: Path) -> None:
    steps = np.arange(20_000) * 3
    found = numbers(tmp_path / "a", pa.array(1_700_000_000_000_000_000 + steps))
    assert found["std"] == pytest.approx(steps.std(ddof=1), rel=1e-9)
    found = numbers(tmp_path / "b", pa.array([2**64 - 1 - n for n in range(16)], pa.uint64()))
    assert found["std"] == pytest.approx(np.arange(16).std(ddof=1), abs=1e-5)
    found = numbers(tmp_path / "c", pa.array([1234567890.1234567] * 1_000))
    assert found["min"] == found["max"] == pytest.approx(found["mean"], abs=1e-5)
    assert numbers(tmp_path / "e", pa.array([-1e308, 1e308, 1.7e308]))["mean"] == pytest.approx(1.7e308 / 3)


def test_different_values_are_counted_before_they_are_rounded(tmp_path: Path) -> None:
    values = [Decimal(10**37 - n) for n in range(50)]
    assert numbers(tmp_path / "a", pa.array(values, pa.decimal128(38, 0)))["distinct_count"] == 50
    assert numbers(tmp_path / "b", pa.array(range(50), pa.timestamp("ns")))["distinct_count"] == 50


def test_statistics_of_decimals_that_no_float_holds(tmp_path: Path) -> None:
    """The least, the greatest and the middle as DuckDB and Python's `statistics` have them; the deviation is that of 0 to 6."""
    values = [Decimal("99999999999999999999.99") - number for number in range(7)]
    found = numbers(tmp_path / "a", pa.array(values, pa.decimal128(30, 2)))
    assert (found["min"], found["median"], found["max"]) == (str(values[-1]), str(values[3]), str(values[0]))
    assert found["std"] == pytest.approx(statistics.stdev(range(7)), rel=1e-5)
    assert sum(found["histogram"]["hist"]) == 7
    whole = numbers(
        tmp_path / "b", pa.array([Decimal(2**53 + 1 + number) for number in range(7)], pa.decimal128(38, 0))
    )
    assert (whole["min"], whole["median"]) == (str(2**53 + 1), 2**53 + 4)
    small = numbers(tmp_path / "c", pa.array([Decimal("1.25"), Decimal("2.50")], pa.decimal128(10, 2)))
    assert (small["min"], small["max"], small["mean"]) == (1.25, 2.5, 1.875)


def test_numbers_close_together_keep_the_digits_that_tell_them_apart(tmp_path: Path) -> None:
    values = [1 + number * 1e-6 for number in range(7)]
    found = numbers(tmp_path / "a", pa.array(values))
    assert found["std"] == pytest.approx(statistics.stdev(values), rel=1e-5)
    assert found["quantiles"]["0.95"] == pytest.approx(np.quantile(values, 0.95), abs=1e-11)
    assert found["min"] <= found["quantiles"]["0.05"] <= found["quantiles"]["0.95"] <= found["max"]
