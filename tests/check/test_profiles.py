"""What lock and diff compare: values of all sorts, small changes, files that somebody broke."""

from __future__ import annotations

import decimal
import math
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from datasets import ClassLabel, Features

from tests.support.data import parquet, picture, write
from tests.support.program import Program

NUMBERS = {
    "large integers": pa.array([2**60 + 1, 3]), "unsigned": pa.array([2**64 - 1, 1], pa.uint64()), "half floats": pa.array(np.array([1, 2], np.float16)),
    "not a number": pa.array([1.0, math.nan]), "infinities": pa.array([math.inf, -math.inf]), "nothing but NaN": pa.array([math.nan] * 2),
    "views": pa.array(["a", "b"], pa.string_view()), "decimals": pa.array([decimal.Decimal("1.5"), None], pa.decimal256(50, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_values_of_all_sorts_can_be_locked_and_compared(name: str, dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"k": [1, 2], "x": NUMBERS[name]})})
    assert dspreview("lock", folder).code == 0
    result = dspreview("diff", folder, folder, "--key", "k", "--json")
    assert (result.code, result.json["differ"]) == (0, False)


def test_the_mean_of_large_numbers_does_not_depend_on_blocks(dspreview: Program, tmp_path: Path) -> None:
    times = {"t": 1_600_000_000_000.25 + np.arange(100_001) * 977}
    one = write(tmp_path / "a", {"x.parquet": parquet(times, row_group_size=999)})
    other = write(tmp_path / "b", {"x.parquet": parquet(times, row_group_size=100_000)})
    assert dspreview("diff", one, other).code == 0


def test_pictures_are_compared_by_what_is_in_them(dspreview: Program, tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"train/a/1.png": picture(), "train/b/2.png": picture(size=(9, 9))}
    one, other = write(tmp_path / "a", files), write(tmp_path / "b", files)
    assert dspreview("diff", one, other).code == 0
    (other / "train/b/2.png").write_bytes(picture(mode="L", size=(9, 9)))
    assert dspreview("diff", one, other).code == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [([["x", None], []], [["x", None], None]), ([None, [1]], [[None], [1]]), ([[[]], [[1]]], [[], [[1]]]), ([0.0, 1.0], [-0.0, 1.0]), ([None, {"a": 1}], [{"a": None}, {"a": 1}])],
)  # fmt: skip
def test_small_changes_are_changes(one: list[Any], other: list[Any], dspreview: Program, tmp_path: Path) -> None:
    a, b = (
        write(tmp_path / name, {"x.parquet": parquet({"k": [1, 2], "v": values})})
        for name, values in (("a", one), ("b", other))
    )
    rows = dspreview("diff", a, b, "--key", "k", "--json").json["rows"]["default/train"]
    assert rows["changed"] == 1


def test_columns_of_one_side_change_no_row_and_splits_of_one_side_need_no_key(
    dspreview: Program, tmp_path: Path
) -> None:
    one = write(tmp_path / "a", {"train.parquet": parquet({"id": [1, 2], "v": [1, 2]})})
    other = write(
        tmp_path / "b",
        {"train.parquet": parquet({"id": [1, 2], "w": [0, 0], "v": [1, 3]}), "test.parquet": parquet({"z": [1]})},
    )
    rows = dspreview("diff", one, other, "--key", "id", "--json").json["rows"]["default/train"]
    assert (rows["changed"], rows["examples"]["changed"]) == (1, ["2"])


def test_drift_is_told_where_another_split_cannot_be_read(dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"train.parquet": parquet({"n": [1, 2, 3]}), "test.parquet": parquet({"n": [4]})})
    assert dspreview("lock", folder, "-o", tmp_path / "x.lock").code == 0
    write(folder, {"train.parquet": parquet({"n": [1]}), "test.parquet": parquet({"n": [4]})[:-20]})
    result = dspreview("check", folder, "--against", tmp_path / "x.lock", "--select", "drift", "--json")
    told = {one["message"] for one in result.json["findings"]}
    assert result.code == 1
    assert any("the number of rows changed from 3 to 1" in one for one in told)
    assert any("can no longer be read" in one for one in told)


def test_the_lock_file_is_a_file_like_any_other(dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"n": [1]})})
    (tmp_path / "plain").touch()
    usual = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for name in ("new.lock", "link"):
        assert dspreview("lock", folder, "-o", tmp_path / name).code == 0
    assert stat.S_IMODE((tmp_path / "new.lock").stat().st_mode) == usual
    assert (tmp_path / "link").is_symlink()
    assert "fingerprint" in (tmp_path / "target").read_text()
    before = sorted(os.listdir(tmp_path))
    assert dspreview("lock", folder, "-o", tmp_path / "d").code == 2
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize(
    ("line", "new"),
    [("num_rows = 1", "num_rows = inf"), ("num_rows = 1", "num_rows = true"), ('rows_read = "all"', "rows_read = -5"), ('rows_read = "all"', "rows_read = 99999999999999999999"),
     ("rows = 0.0", "rows = nan"), ("rows = 0.0", "rows = -1"), ("rows = 0.0", "row = 0.0"), ("null_rate = 0.0", 'null_rate = "x"'), ("num_rows = 1", f"num_rows = {'9' * 5_000}"),
     ("version = 1", f"version = 1\nx = {'[' * 5_000}{']' * 5_000}")],
)  # fmt: skip
def test_lock_files_that_somebody_broke(line: str, new: str, dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"n": [1]})})
    path = tmp_path / "x.lock"
    assert dspreview("lock", folder, "-o", path).code == 0
    assert line in path.read_text()
    path.write_text(path.read_text().replace(line, new))
    result = dspreview("check", folder, "--against", path)
    assert result.code == 2, result.err
    assert len(result.err.splitlines()) == 1


def test_labels_without_a_name_are_not_taken_for_those_with_one(dspreview: Program, tmp_path: Path) -> None:
    import tomllib

    features = Features({"stars": ClassLabel(names=["1", "2", "3", "4", "5"])})
    folder = write(
        tmp_path / "d", {"a.parquet": parquet(pa.table({"stars": [0, 1, 5, 5]}, schema=features.arrow_schema))}
    )
    column = tomllib.loads(dspreview("lock", folder).out)["configs"]["default"]["train"]["columns"]["stars"]
    assert column["labels"] == {"1": 0.25, "2": 0.25, "3": 0.0, "4": 0.0, "5": 0.0, "(5)": 0.5}
