"""Guards and boundaries of filters and statistics: each of these conditions could once be left out, and no test noticed."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pytest

from dspreview.errors import UnreadableDataError, UsageError
from dspreview.query.engine.arrow import take
from dspreview.query.engine.filter import resolve
from dspreview.query.statistics.histogram import float_edges, rounded
from dspreview.query.statistics.summary import statistics_of
from tests.support.tables import engine_on, matching, write_table


def found_by(folder: Path, table: pa.Table, questions: list[tuple[str, list[int]]]) -> None:
    """Compare the rows that match with those that should."""
    with engine_on(write_table(folder / "d", table, []), folder) as engine:
        for where, expected in questions:
            assert matching(engine, where) == expected, where


def test_an_offset_moves_a_time(tmp_path: Path) -> None:
    hours = [hour * 3_600 for hour in (8, 10, 12, 14)]
    zoned = pa.table({"z": pa.array(hours, pa.timestamp("s", tz="UTC"))})
    questions = [
        ("z = '1970-01-01T12:00:00Z'", [2]), ("z = '1970-01-01T12:00:00+02:00'", [1]), ("z = '1970-01-01T12:00:00-02:00'", [3]),
        ("z IN ('1970-01-01T10:00:00+02:00')", [0]), ("z < '1970-01-01T12:00:00+02:00'", [0]),
        ("z BETWEEN '1970-01-01T12:00:00+02:00' AND '1970-01-01T12:00:00.5'", [1, 2]), ("z >= '1970-01-02T01:30:00+11:30'", [3]),
    ]  # fmt: skip
    found_by(tmp_path, zoned, questions)


def test_a_number_next_to_zero_is_not_zero(tmp_path: Path) -> None:
    questions = [
        ("n >= 1e-999", [1]), ("n > 1e-999", [1]), ("n <= 1e-999", [0, 2]), ("n < 1e-999", [0, 2]), ("n = 1e-999", []),
        ("n >= -1e-999", [0, 1]), ("n > -1e-999", [0, 1]), ("n <= -1e-999", [2]), ("n < -1e-999", [2]), ("n = -1e-999", []),
        ("n IN (1e-999, -1e-999)", []), ("n <> 1e-999", [0, 1, 2]), ("n = 0e-999", [0]),
    ]  # fmt: skip
    found_by(tmp_path / "int", pa.table({"n": [0, 1, -1]}), questions)
    found_by(tmp_path / "dec", pa.table({"n": pa.array([0, 1, -1], pa.decimal128(38, 5))}), questions)


def test_unsigned_integers_compare_up_to_their_last_one(tmp_path: Path) -> None:
    values = [2**63 - 1, 2**63, 2**64 - 1, 5]
    questions = [(f"u = {value}", [row]) for row, value in enumerate(values)]
    questions += [
        (f"u IN ({2**63}, {2**64 - 1})", [1, 2]), (f"u > {2**63}", [2]), (f"u >= {2**63}", [1, 2]), (f"u < {2**64 - 1}", [0, 1, 3]),
        (f"u <> {2**64 - 1}", [0, 1, 3]), (f"u = {2**64}", []), (f"u < {2**64}", [0, 1, 2, 3]), (f"u NOT IN ({2**63})", [0, 2, 3]),
    ]  # fmt: skip
    found_by(tmp_path, pa.table({"u": pa.array(values, pa.uint64())}), questions)


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_the_ends_of_time_compare(zone: str | None, tmp_path: Path) -> None:
    first, last = "1677-09-21T00:12:43.145224193", "2262-04-11T23:47:16.854775807"  # ∓(2**63 - 1) nanoseconds
    values = [0, 2**63 - 2, 2 - 2**63]
    questions = [
        (f"n = '{last}'", []), (f"n IN ('{last}')", []), (f"n <> '{last}'", [0, 1, 2]), (f"n < '{last}'", [0, 1, 2]),
        (f"n >= '{last}'", []), (f"n = '{first}'", []), (f"n > '{first}'", [0, 1, 2]), (f"n <= '{first}'", []),
        (f"n BETWEEN '{first}' AND '{last}'", [0, 1, 2]), (f"n = '{last[:-1]}6'", [1]), (f"n = '{first[:-1]}4'", [2]),
    ]  # fmt: skip
    found_by(tmp_path, pa.table({"n": pa.array(values, pa.timestamp("ns", tz=zone))}), questions)


@pytest.mark.parametrize("where", ["n = {}", "n > -{}", "n IN (1, {})", "n BETWEEN 0 AND {}"])
def test_a_number_of_thousands_of_digits_is_wrong_use(where: str, tmp_path: Path) -> None:
    table = write_table(tmp_path / "d", pa.table({"n": [1]}), [])
    with pytest.raises(UsageError, match="digits"):
        resolve(table, where.format("9" * 5_000), "")


@pytest.mark.parametrize(("different", "kind"), [(11, "string_label"), (12, "string_label"), (13, "string_text")])
def test_a_fifth_of_different_texts_makes_labels_and_more_do_not(different: int, kind: str, tmp_path: Path) -> None:
    values = [f"text {number % different}" for number in range(60)]
    with engine_on(write_table(tmp_path / "d", pa.table({"x": values}), []), tmp_path) as engine:
        (found,) = statistics_of(engine, [0])["statistics"]
    assert found["column_type"] == kind


@pytest.mark.parametrize("sign", [1, -1])
def test_quantiles_of_integers_that_no_float_holds_are_exact(sign: int, tmp_path: Path) -> None:
    values = [sign * (2**53 + 1 + 2 * number) for number in range(21)]
    with engine_on(write_table(tmp_path / "d", pa.table({"x": values}), []), tmp_path) as engine:
        (found,) = statistics_of(engine, [0])["statistics"]
    told, ordered = found["column_statistics"], sorted(values)
    shares = {"0.05": 1, "0.25": 5, "0.5": 10, "0.75": 15, "0.95": 19}  # of twenty steps
    assert told["quantiles"] == {share: ordered[place] for share, place in shares.items()}
    assert told["median"] == ordered[10]


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_edges_of_floats_that_lie_side_by_side_stay_between_them(steps: int) -> None:
    for low in [number / 7 for number in range(-30, 30)] + [number * 1e300 / 9 for number in range(-5, 5)]:
        high = low
        for _ in range(steps):
            high = math.nextafter(high, math.inf)
        edges = float_edges(low, high)
        assert (edges[0], edges[-1], len(edges)) == (low, high, 11)
        assert edges == sorted(edges)


def test_numbers_below_a_hundredth_keep_five_digits_of_their_scale() -> None:
    assert rounded(0.0012345678, 0.005) == 0.00123457
    assert rounded(0.0098765432, 0.00999) == 0.00987654
    assert rounded(0.0000123456, 0.00005) == 0.0000123456
    assert rounded(0.0012345678, 0.02) == 0.00123


def test_a_column_of_one_float_has_one_bin(tmp_path: Path) -> None:
    with engine_on(write_table(tmp_path / "d", pa.table({"x": [0.3] * 4}), []), tmp_path) as engine:
        (found,) = statistics_of(engine, [0])["statistics"]
    assert found["column_statistics"]["histogram"] == {"hist": [4], "bin_edges": [0.3, 0.3]}


@pytest.mark.parametrize("value", [None, math.inf, -math.inf, math.nan])
def test_what_is_no_finite_number_is_none(value: float | None) -> None:
    assert rounded(value, 1.0) is None


def test_a_file_that_tells_of_more_rows_than_it_holds(tmp_path: Path) -> None:
    """The counts of its row groups are one thing, what can be read of its columns another."""
    table = write_table(tmp_path / "t", pa.table({"n": pa.array([1], pa.float16())}), [])
    longer = table._replace(parts=tuple(part._replace(num_rows=2) for part in table.parts))
    with engine_on(longer, tmp_path) as engine, pytest.raises(UnreadableDataError, match="row 1 is not there"):
        take(engine, [0, 1], [0])
