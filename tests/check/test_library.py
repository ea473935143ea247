"""What `load_dataset` refuses is an error of `check`; what it loads is none. The judge is `datasets` itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import load_dataset
from datasets.exceptions import DatasetGenerationError, DatasetNotFoundError

from tests.check.test_check import check
from tests.support.data import parquet, write

REFUSED = (
    DatasetGenerationError,
    DatasetNotFoundError,
    ValueError,
    TypeError,
    OSError,
    AttributeError,
    pa.ArrowInvalid,
)


def lines(rows: list[Any]) -> str:
    """JSON Lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def readme(text: str) -> str:
    """A README with YAML."""
    return f"---\n{text}\n---\n"


FOLDERS: dict[str, dict[str, Any]] = {
    "csv, splits of other types": {"train.csv": "a\n1\n2\n", "test.csv": "a\n1\n2.5\n"},
    "csv, splits that fit": {"train.csv": "a\n1.5\n2\n", "test.csv": "a\n1\n2\n"},
    "csv, splits of other columns": {"train.csv": "a,b\n1,x\n2,y\n", "test.csv": "a,c\n3,x\n4,y\n"},
    "csv, a split without a column": {"train.csv": "a,b\n1,x\n2,y\n", "test.csv": "a\n3\n4\n"},
    "csv, a float in the second file": {"train-0.csv": "a\n1\n2\n", "train-1.csv": "a\n1.5\n2\n"},
    "csv, a text, then numbers": {"train-0.csv": "a\nx\ny\n", "train-1.csv": "a\n1\n2\n"},
    "csv, less columns in the second file": {"train-0.csv": "a,b\n1,x\n2,y\n", "train-1.csv": "a\n3\n4\n"},
    "csv, a float after ten thousand rows": {"train.csv": "a\n" + "1\n" * 10_050 + "2.5\n"},
    "csv, whole floats after ten thousand rows": {"train.csv": "a\n" + "1\n" * 10_050 + "2.0\n"},
    "csv, a split without rows": {"train.csv": "a\n1\n2\n", "test.csv": "a\n"},
    "jsonl, a late key": {"a.jsonl": lines([{"a": i, "t": "x" * 1000} for i in range(11_000)] + [{"a": 1, "t": "y", "z": 5}])},
    "jsonl, a key in the second file only": {"a-0.jsonl": lines([{"a": 1}] * 2), "a-1.jsonl": lines([{"a": 1, "z": 2}] * 2)},
    "jsonl, a key in the first file only": {"a-0.jsonl": lines([{"a": 1, "z": 2}] * 2), "a-1.jsonl": lines([{"a": 1}] * 2)},
    "jsonl, null, then texts": {"a-0.jsonl": lines([{"a": None}] * 2), "a-1.jsonl": lines([{"a": "x"}] * 2)},
    "parquet, numbers that fit": {"a.parquet": parquet({"a": pa.array([1], pa.int32())}), "b.parquet": parquet({"a": pa.array([2], pa.int64())})},
    "parquet, numbers that do not": {"a.parquet": parquet({"a": pa.array([1], pa.int32())}), "b.parquet": parquet({"a": pa.array([2**40])})},
    "parquet, splits of other types": {"train.parquet": parquet({"a": [1]}), "test.parquet": parquet({"a": ["x"]})},
    "parquet, splits that fit": {"train.parquet": parquet({"a": ["x"]}), "test.parquet": parquet({"a": [1]})},
    "parquet, times that fit": {
        "a.parquet": parquet({"a": pa.array([1], pa.timestamp("us"))}), "b.parquet": parquet({"a": pa.array([1000], pa.timestamp("ns"))}),
    },
    "parquet, lists that do not fit": {"a.parquet": parquet({"a": pa.array([[1]], pa.list_(pa.int32()))}), "b.parquet": parquet({"a": [[2**40]]})},
    "parquet, a file without a column": {"a.parquet": parquet({"a": [1], "b": [2]}), "b.parquet": parquet({"a": [3]})},
    "parquet, a map": {"a.parquet": parquet({"a": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8()))})},
    "parquet, decimal32": {"a.parquet": parquet({"a": pa.array([1], pa.decimal32(5, 0))})},
    "parquet, views": {"a.parquet": parquet({"a": pa.array(["x"], pa.string_view())})},
    "readme, two defaults": {
        "a.csv": "x\n1\n", "b.csv": "x\n2\n",
        "README.md": readme("configs:\n- {config_name: a, data_files: a.csv, default: true}\n- {config_name: b, data_files: b.csv, default: true}"),
    },
    "readme, splits that are no list": {"a.csv": "x\n1\n", "README.md": readme("dataset_info:\n  splits: {train: 5}")},
    "readme, configs that are no list": {"a.csv": "x\n1\n", "README.md": readme("configs: {config_name: z, data_files: a.csv}")},
    "readme, a number for a name": {"a.csv": "x\n1\n", "README.md": readme("configs:\n- {config_name: 2024, data_files: a.csv}")},
    "readme, formats that do not go together": {
        "a.csv": "x\n1\n", "b.jsonl": '{"x": 2}\n', "README.md": readme("configs:\n- {config_name: default, data_files: [a.csv, b.jsonl]}"),
    },
    "readme, a type that does not exist": {"a.csv": "x\n1\n", "README.md": readme("dataset_info:\n  features:\n  - {name: x, dtype: Classlabel}")},
}  # fmt: skip


def loads(folder: Path, cache: Path) -> bool:
    """Whether `load_dataset` makes something of all configs and splits."""
    try:
        load_dataset(str(folder), cache_dir=str(cache))
    except REFUSED:
        return False
    return True


@pytest.mark.parametrize("name", FOLDERS)
def test_the_verdict_is_that_of_the_library(name: str, tmp_path: Path, settings: Any) -> None:
    folder = write(tmp_path / "d", FOLDERS[name])
    report = check(folder, settings, tmp_path / "work", None)
    wrong = [one for one in report.findings if one.severity == "error"]
    assert (not wrong) == loads(folder, tmp_path / "cache"), wrong


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"train-0.csv": "a\n1\n2\n", "train-1.csv": "a\n3\n1.5\n"}, ("train-1.csv", 3)),
        ({"train.csv": "a\n" + "1\n" * 10_050 + "2.5\n"}, ("train.csv", 10_050)),
        ({"a-0.jsonl": lines([{"a": 1}] * 2), "a-1.jsonl": lines([{"a": 1}, {"a": "x"}])}, ("a-1.jsonl", 3)),
    ],
)
def test_the_row_is_named(files: dict[str, Any], place: tuple[str, int], tmp_path: Path, settings: Any) -> None:
    report = check(write(tmp_path / "d", files), settings, tmp_path / "work", None)
    assert place in {(one.file, one.row) for one in report.findings if one.code in {"files-disagree", "mixed-types"}}
