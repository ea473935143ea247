"""Statistics: the cases of the hosted viewer, with the numbers that numpy computes for them."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, Features

from dspreview.extract.library.own_parquet import parquet_of
from dspreview.query.statistics.histogram import float_edges, int_edges
from dspreview.query.statistics.summary import statistics_of
from dspreview.query.table import Part, Table, TableColumn
from tests.support.tables import engine_on, unopened, write_table


def spread(text: str) -> list[float]:
    """`0×2 1` as numbers."""
    found: list[float] = []
    for word in text.split():
        value, _, count = word.partition("×")
        found += [float(value.replace("−", "-"))] * int(count or 1)
    return found


def stats_of(folder: Path, values: list[Any], kind: pa.DataType) -> dict[str, Any]:
    """The statistics of one column, over two files with small row groups."""
    table = write_table(folder / "d", pa.table({"x": pa.array(values, kind)}), [len(values) // 3], 4)
    return one(table, folder)


def one(table: Table, folder: Path) -> dict[str, Any]:
    """The first column's statistics."""
    with engine_on(table, folder) as engine:
        found = statistics_of(engine, [0])
    (column,) = found["statistics"]
    assert column["column_name"] == "x"
    return {"column_type": column["column_type"], **column["column_statistics"]}


INT_CASES = [
    ("0×2 1×2 2×3 3×1 4×2 5×5 6×1 7×1 8×3", 0, (0, 8, 4.05, 4.5, 2.60516), list(range(9)), "2 2 3 1 2 5 1 4"),
    ("0 1 2×2 4 5×4 6 7 8×3", 6, (0, 8, 4.71429, 5.0, 2.64367), list(range(9)), "1 1 2 0 1 4 1 4"),
    ("0×17", 3, (0, 0, 0, 0, 0), [0, 0], "17"),
    ("-10×2 -9 -8 -5 -3 -1 0×3 1 2 4 7 8 9 11×2 14 15", 0, (-10, 15, 1.8, 0.5, 7.92465),
     [-10, -7, -4, -1, 2, 5, 8, 11, 14, 15], "4 1 1 5 2 1 2 2 2"),
    ("132 134 143 145 148 153 155 156 163 169 177 189 190 191 197 1101 1114 1134 1150 1178", 0,
     (132, 1178, 405.95, 173, 432.71037), [*range(132, 1178, 105), 1178], "15 0 0 0 0 0 0 0 0 5"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "nulls", "numbers", "edges", "hist"), INT_CASES)
def test_integers(
    tmp_path: Path, values: str, nulls: int, numbers: tuple[float, ...], edges: list[int], hist: str
) -> None:
    present = [int(one) for one in spread(values)]
    found = stats_of(tmp_path, [*present, *[None] * nulls], pa.int64())
    assert found["column_type"] == "int"
    assert (found["min"], found["max"], found["mean"], found["median"], found["std"]) == numbers
    assert found["histogram"] == {"hist": [int(one) for one in hist.split()], "bin_edges": edges}
    assert (found["nan_count"], found["nan_proportion"]) == (nulls, round(nulls / (len(present) + nulls), 5))
    assert found["std"] == round(float(np.std(present, ddof=1)), 5)
    assert found["distinct_count"] == len(set(present))
    assert found["zero_count"] == present.count(0)
    expected = {f"{q:g}": pytest.approx(np.quantile(present, q), abs=1e-5) for q in (0.05, 0.25, 0.5, 0.75, 0.95)}
    assert found["quantiles"] == expected


FLOATS = ".1 .2 .3 .4 .5 1.1 2.2 2.3 2.6 4.7 5.1 6.2 6.7 6.8 7 8.3 8.4 9.2 9.7 9.9"
KEPT = ".2 .3 .5 2.2 2.6 4.7 5.1 8.3 8.4 9.2 9.7 9.9"


def test_floats(tmp_path: Path) -> None:
    found = stats_of(tmp_path, spread(FLOATS), pa.float64())
    assert found["column_type"] == "float"
    assert (found["min"], found["max"], found["mean"], found["median"], found["std"]) == (0.1, 9.9, 4.585, 4.9, 3.56197)
    edges = [0.1, 1.08, 2.06, 3.04, 4.02, 5, 5.98, 6.96, 7.94, 8.92, 9.9]
    assert found["histogram"] == {"hist": [5, 1, 3, 0, 1, 1, 3, 1, 2, 3], "bin_edges": edges}


@pytest.mark.parametrize("missing", [[None] * 8, [math.nan] * 8, [None] * 3 + [math.nan] * 5])
def test_floats_with_gaps(tmp_path: Path, missing: list[Any]) -> None:
    found = stats_of(tmp_path, [*missing[:4], *spread(KEPT), *missing[4:]], pa.float64())
    assert (found["nan_count"], found["nan_proportion"]) == (8, 0.4)
    assert (found["min"], found["max"], found["mean"], found["median"], found["std"]) == (
        0.2,
        9.9,
        5.09167,
        4.9,
        3.87497,
    )
    assert found["histogram"]["hist"] == [3, 0, 2, 0, 1, 1, 0, 0, 2, 3]
    nulls = sum(one is None for one in missing)
    assert (found["null_count"], found["nan_value_count"]) == (nulls, 8 - nulls)


def test_floats_side_by_side_have_bins_that_do_not_run_backwards(tmp_path: Path) -> None:
    found = stats_of(tmp_path, [0.3, 0.1 + 0.2, 0.3], pa.float64())
    hist, edges = found["histogram"]["hist"], found["histogram"]["bin_edges"]
    assert edges == sorted(edges)
    assert min(hist) >= 0
    assert sum(hist) == 3


def test_infinities_are_apart(tmp_path: Path) -> None:
    found = stats_of(tmp_path, [1.0, math.inf, 2.0, -math.inf, math.nan, None], pa.float32())
    assert (found["min"], found["max"], found["infinite_count"], found["nan_value_count"]) == (1.0, 2.0, 2, 1)
    assert sum(found["histogram"]["hist"]) == 2


def test_small_numbers_keep_their_digits(tmp_path: Path) -> None:
    values = [1e-9, 2e-9, 4e-9]
    found = stats_of(tmp_path, values, pa.float64())
    assert found["mean"] == pytest.approx(np.mean(values), rel=1e-4)


@pytest.mark.parametrize(
    ("low", "high", "edges"),
    [
        (0, 1, [0, 1]), (0, 12, [0, 2, 4, 6, 8, 10, 12]), (-10, 15, [-10, -7, -4, -1, 2, 5, 8, 11, 14, 15]),
        (0, 9, list(range(10))), (0, 10, [0, 2, 4, 6, 8, 10]), (0, 8550, [*range(0, 8550, 856), 8550]), (0, 0, [0, 0]),
        (2**60, 2**60 + 5, [2**60 + n for n in range(6)]),
    ],
)  # fmt: skip
def test_edges_of_integers(low: int, high: int, edges: list[int]) -> None:
    assert int_edges(low, high) == edges


@pytest.mark.parametrize(("low", "high"), [(0.0, 10.0), (0.0, 0.1), (-0.5, 0.5), (-100.0, 100.0), (-1.7e308, 1.7e308)])
def test_edges_of_floats(low: float, high: float) -> None:
    found = float_edges(low, high)
    assert len(found) == 11
    assert found[0] == low
    assert found[-1] == high
    exact = [Fraction(low) + (Fraction(high) - Fraction(low)) * n / 10 for n in range(11)]
    assert found == pytest.approx([float(one) for one in exact])
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("lengths", "nulls", "numbers", "hist"),
    [
        ("0×2 1×3 2×3 3×5 4 8 9×5", 0, (0, 9, 4.05, 3, 3.37912), "2 3 3 5 1 0 0 0 6"),
        ("0×2 1×3 2×2 3×4 8 9×4", 4, (0, 9, 3.9375, 3, 3.53023), "2 3 2 4 0 0 0 0 5"),
    ],
)
def test_lists(tmp_path: Path, lengths: str, nulls: int, numbers: tuple[float, ...], hist: str) -> None:
    values = [[None] * int(length) for length in spread(lengths)]
    found = stats_of(tmp_path, [*values, *[None] * nulls], pa.list_(pa.int64()))
    assert found["column_type"] == "list"
    assert (found["min"], found["max"], found["mean"], found["median"], found["std"]) == numbers
    assert found["histogram"] == {"hist": [int(one) for one in hist.split()], "bin_edges": list(range(10))}
    assert found["nan_count"] == nulls


def labelled(folder: Path, values: list[int | None]) -> dict[str, Any]:
    """Statistics of class labels."""
    path = folder / "labels.parquet"
    Dataset.from_dict({"x": values}, features=Features({"x": ClassLabel(names=["cat", "dog"])})).to_parquet(str(path))
    found = parquet_of([str(path)], None, unopened)
    assert found is not None
    part = found.footers[0]
    return one(Table((Part(part.path, part.num_rows, part.size),), (TableColumn(*found.features[0]),), "own"), folder)


@pytest.mark.parametrize(
    ("values", "nulls", "unlabelled", "frequencies"),
    [
        ("0×14 1×3 -1×3", 0, (3, 0.15), {"cat": 14, "dog": 3}),
        ("0×13 1×1 -1×2", 4, (2, 0.1), {"cat": 13, "dog": 1}),
        ("0×17 -1×3", 0, (3, 0.15), {"cat": 17, "dog": 0}),
    ],
)
def test_labels(
    tmp_path: Path, values: str, nulls: int, unlabelled: tuple[int, float], frequencies: dict[str, int]
) -> None:
    found = labelled(tmp_path, [*[int(one) for one in spread(values)], *[None] * nulls])
    assert found["column_type"] == "class_label"
    assert (found["no_label_count"], found["no_label_proportion"]) == unlabelled
    assert (found["frequencies"], found["n_unique"], found["nan_count"]) == (frequencies, 2, nulls)


def test_texts_as_labels(tmp_path: Path) -> None:
    found = stats_of(tmp_path, ["cat"] * 14 + ["dog"] * 3 + ["potato"] * 3, pa.string())
    assert (found["column_type"], found["n_unique"], found["no_label_count"]) == ("string_label", 3, 0)
    assert found["frequencies"] == {"cat": 14, "dog": 3, "potato": 3}


def test_null_is_no_label_of_its_own(tmp_path: Path) -> None:
    found = stats_of(tmp_path, [*[f"v{n}" for n in range(10)], None], pa.string())
    assert (found["column_type"], found["n_unique"], found["null_count"]) == ("string_label", 10, 1)


def test_texts(tmp_path: Path) -> None:
    values = ["é" * (n % 7) + str(n // 2) for n in range(40)] + ["", "", None]
    found = stats_of(tmp_path, values, pa.string())
    lengths = [len(one) for one in values if one is not None]
    assert found["column_type"] == "string_text"
    assert (found["min"], found["max"], found["mean"]) == (
        min(lengths),
        max(lengths),
        round(float(np.mean(lengths)), 5),
    )
    assert (found["empty_count"], found["null_count"]) == (2, 1)
    assert found["distinct_count"] == len({one for one in values if one is not None})
    assert found["most_frequent"][0] == {"value": "", "count": 2}


def test_truths(tmp_path: Path) -> None:
    found = stats_of(tmp_path, [True] * 10 + [False] * 7 + [None] * 3, pa.bool_())
    assert (found["column_type"], found["nan_count"], found["nan_proportion"]) == ("bool", 3, 0.15)
    assert found["frequencies"] == {"False": 7, "True": 10}


DAYS = [datetime(2024, 1, 1) + timedelta(days=n) for n in range(11)]


@pytest.mark.parametrize(
    ("values", "hist"),
    [(DAYS, [2, 1, 1, 1, 1, 1, 1, 1, 1, 1]), ([*DAYS[::2], *[None] * 5], [1, 1, 0, 1, 0, 1, 0, 1, 0, 1])],
)
@pytest.mark.parametrize("how", ["time", "text", "zone"])
def test_times(tmp_path: Path, values: list[Any], hist: list[int], how: str) -> None:
    kind = {"time": pa.timestamp("ms"), "text": pa.string(), "zone": pa.timestamp("us", tz="UTC")}[how]
    if how == "text":
        values = [None if one is None else one.isoformat() for one in values]
    found = stats_of(tmp_path, values, kind)
    tail = "+0000" if how == "zone" else ""
    assert found["column_type"] == "datetime"
    assert (found["min"], found["max"]) == (f"2024-01-01 00:00:00{tail}", f"2024-01-11 00:00:00{tail}")
    assert (found["mean"], found["median"]) == (f"2024-01-06 00:00:00{tail}", f"2024-01-06 00:00:00{tail}")
    edges = [datetime(2024, 1, 1) + timedelta(seconds=86_401 * n) for n in range(10)] + [datetime(2024, 1, 11)]
    assert found["histogram"] == {"hist": hist, "bin_edges": [f"{one}{tail}" for one in edges]}
    present = [one for one in values if one is not None]
    seconds = [(n if len(present) == 11 else 2 * n) * 86_400 for n in range(len(present))]
    assert found["std"].split(".")[0] == str(timedelta(seconds=float(np.std(seconds, ddof=1)))).split(".")[0]


@pytest.mark.parametrize(
    "values",
    [
        ["2024-01-01", "2024/01/02", "2024-01-03T00:00:00"], ["1984", "1985", "1986"], ["1", "12", "1.5"],
        ["may", "sat", "mon"], ["10:30", "11:00", "12:00"], ["2024-13-45", "2024-01-01", "2024-01-02"],
    ],
)  # fmt: skip
def test_what_only_looks_like_times(tmp_path: Path, values: list[str]) -> None:
    assert stats_of(tmp_path, values * 10, pa.string())["column_type"] == "string_label"


def test_a_late_text_makes_them_texts(tmp_path: Path) -> None:
    values = [f"2024-01-{1 + n % 28:02d}" for n in range(200)] + ["unknown"]
    assert stats_of(tmp_path, values, pa.string())["column_type"] == "string_label"


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.list_(pa.int64()), pa.timestamp("us")])
def test_nothing_but_null(tmp_path: Path, kind: pa.DataType) -> None:
    found = stats_of(tmp_path, [None] * 5, kind)
    assert (found["nan_count"], found["nan_proportion"], found["min"], found["mean"]) == (5, 1.0, None, None)
    assert (found["std"], found["histogram"]) == (None, None)


@pytest.mark.parametrize("kind", [pa.string(), pa.bool_()])
def test_no_label_at_all(tmp_path: Path, kind: pa.DataType) -> None:
    found = stats_of(tmp_path, [None] * 5, kind)
    assert (found["nan_count"], found["frequencies"]) == (5, {})


def test_integers_that_no_float_holds(tmp_path: Path) -> None:
    values = [2**60 + n for n in (0, 1, 2, 5)]
    found = stats_of(tmp_path, values, pa.int64())
    assert (found["min"], found["max"], found["median"]) == (2**60, 2**60 + 5, 2**60 + 1.5)
    assert found["histogram"] == {"hist": [1, 1, 1, 0, 1], "bin_edges": [2**60 + n for n in range(6)]}


def test_the_shape(tmp_path: Path) -> None:
    rows = {
        "col_2": [0, 1, 2, 3], "col_3": [0.0, 1.0, 2.0, 3.0], "col_5": [True, False, True, None],
        "col_6": [[1] * 3, [1] * 4, [1] * 5, None], "a_struct": [{"x": 1}] * 4,
    }  # fmt: skip
    table = write_table(tmp_path / "d", pa.table(rows), [])
    with engine_on(table, tmp_path) as engine:
        found = statistics_of(engine, list(range(5)))
    assert (found["num_examples"], found["partial"]) == (4, False)
    assert found["columns_without_statistics"] == [{"column_name": "a_struct", "type": "a struct"}]
    columns = {one["column_name"]: one["column_statistics"] for one in found["statistics"]}
    assert list(columns) == sorted(columns)
    assert (columns["col_2"]["mean"], columns["col_2"]["std"]) == (1.5, 1.29099)
    assert columns["col_2"]["histogram"] == {"hist": [1, 1, 2], "bin_edges": [0, 1, 2, 3]}
    edges = [0.0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.1, 2.4, 2.7, 3.0]
    assert columns["col_3"]["histogram"] == {"hist": [1, 0, 0, 1, 0, 0, 1, 0, 0, 1], "bin_edges": edges}
    assert (columns["col_5"]["frequencies"], columns["col_5"]["nan_proportion"]) == ({"False": 1, "True": 2}, 0.25)
    assert columns["col_6"]["histogram"] == {"hist": [1, 2], "bin_edges": [3, 4, 5]}


def test_against_numpy_over_many_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(3, 100, 20_000)
    found = stats_of(tmp_path, list(values), pa.float64())
    assert found["mean"] == pytest.approx(values.mean(), abs=1e-5)
    assert found["std"] == pytest.approx(values.std(ddof=1), abs=1e-5)
    assert found["median"] == pytest.approx(np.median(values), abs=1e-5)
    hist, edges = np.histogram(values, found["histogram"]["bin_edges"])
    assert found["histogram"]["hist"] == hist.tolist()
    assert found["histogram"]["bin_edges"] == pytest.approx(edges)


@pytest.mark.parametrize(
    "values",
    [
        [1e200, 2e200, 3e200], [1e-170, 2e-170, 3e-170], [1.7976931348623157e308, 0.0, 1.0], [5e-324, 1e-323, 1.5e-323],
        [1e308, -1e308, 1e308], [1e16, 1e16 + 2, 1e16 + 4],
    ],
)  # fmt: skip
def test_the_deviation_of_large_and_small_floats(values: list[float], tmp_path: Path) -> None:
    """Squares of these over- and underflow; Python's fractions do not."""
    exact = [Fraction(one) for one in values]
    mean = sum(exact) / len(exact)
    variance = sum((one - mean) ** 2 for one in exact) / (len(exact) - 1)
    scale = max(map(abs, exact))
    found = stats_of(tmp_path, values, pa.float64())
    assert found["std"] == pytest.approx(float(scale) * math.sqrt(variance / scale**2), rel=1e-4)
    assert found["mean"] == pytest.approx(float(mean), rel=1e-4)


def test_the_mean_of_the_largest_integers_is_a_float(tmp_path: Path) -> None:
    found = stats_of(tmp_path, [2**64 - 1, 2**64 - 2, 2**64 - 4], pa.uint64())
    assert isinstance(found["mean"], float)
    assert found["mean"] == pytest.approx(2.0**64)
