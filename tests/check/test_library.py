"""What `load_dataset` refuses is an error of `check`; what it loads is none. The judge is `datasets` itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import pyarrow as pa
import pytest

from tests.check.test_check import check
from tests.support.data import parquet, picture, write

JUDGE = """
import json, sys
import datasets
datasets.disable_progress_bars()
for line in sys.stdin:
    folder, cache = json.loads(line)
    try:
        rows = {split: list(data) for split, data in datasets.load_dataset(folder, cache_dir=cache).items()}
    except Exception as error:
        rows = None
    print(json.dumps(rows, default=str), flush=True)
"""
"""A process of its own, for this one has readers of `datasets` in which something is replaced."""


@pytest.fixture(scope="module")
def judge() -> Iterator[Callable[[Path], Any]]:
    """The rows that `load_dataset` makes of a folder, by split; None where it raises."""
    with subprocess.Popen([sys.executable, "-c", JUDGE], stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True) as process:
        questions, answers = process.stdin, process.stdout
        assert questions is not None
        assert answers is not None

        def asked(folder: Path) -> Any:
            questions.write(json.dumps([str(folder), str(folder.parent / "cache")]) + "\n")
            questions.flush()
            return json.loads(answers.readline())

        yield asked
        questions.close()


def lines(rows: list[Any]) -> str:
    """JSON Lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def readme(text: str) -> str:
    """A README with YAML."""
    return f"---\n{text}\n---\n"


def infos(features: dict[str, Any]) -> str:
    """A `dataset_infos.json` of one config."""
    return json.dumps({"someone--something": {"features": features}})


def ipc(columns: dict[str, Any]) -> bytes:
    """An Arrow file."""
    table, out = pa.table(columns), pa.BufferOutputStream()
    with pa.ipc.new_file(out, table.schema) as file:
        file.write_table(table)
    return bytes(out.getvalue())


FIELDS = {
    "numbers": [{"a": 1}, {"a": 2.5}],
    "mixed kinds": [{"a": 1}, {"a": "x"}],
    "mixed kinds in lists": [{"a": [1]}, {"a": ["x"]}],
    "mixed kinds in objects": [{"a": {"b": 1}}, {"a": {"b": "x"}}],
    "a list beside a number": [{"a": 1}, {"a": [1]}],
    "truths and numbers": [{"a": True}, {"a": 1}],
    "null and text": [{"a": None}, {"a": "x"}],
    "other keys": [{"a": 1}, {"b": 2}],
    "columns": {"a": [1, 2], "b": ["x", "y"]},
    "columns of unequal length": {"a": [1, 2], "b": ["x"]},
    "columns of objects": {"a": {"0": 1, "1": 2}},
    "texts": ["x", "y"],
    "lists": [[1, 2], [3, 4]],
    "nothing": [],
    "a text": "x",
    "a number": 5,
    "null": None,
    "long integers": [{"a": 2**53 + 1}, {"a": None}],
    "integers beyond 63 bits": [{"a": 2**63}],
    "integers beyond 64 bits": [{"a": 2**64}],
    "dates": [{"a": "2020-01-01"}, {"a": "2021-05-05T10:00:00"}],
    "objects and nulls": [{"a": {"b": 1}}, {"a": None}],
    "empty objects": [{"a": {}}, {"a": {}}],
    "empty lists": [{"a": []}, {"a": []}],
}
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
    "readme, a version that is a number": {"a.csv": "x\n1\n", "README.md": readme("configs:\n- {config_name: default, data_files: a.csv, version: 1}")},
    "readme, a version of two parts": {"a.csv": "x\n1\n", "README.md": readme("configs:\n- {config_name: default, data_files: a.csv, version: '1.0'}")},
    "readme, a version": {"a.csv": "x\n1\n", "README.md": readme("configs:\n- {config_name: default, data_files: a.csv, version: 1.0.0}")},
    "readme, columns that are there": {"a.parquet": parquet({"x": [1], "y": [2]}), "README.md": readme("configs:\n- {config_name: default, data_files: a.parquet, columns: [y]}")},
    "readme, columns that are not": {"a.parquet": parquet({"x": [1], "y": [2]}), "README.md": readme("configs:\n- {config_name: default, data_files: a.parquet, columns: [y, z]}")},
    "readme, Latin-1 in its text": {"a.csv": "x\n1\n", "README.md": "---\nlicense: mit\n---\ncaf\u00e9\n".encode("latin-1")},
    "readme, Latin-1 in its YAML": {"a.csv": "x\n1\n", "README.md": readme("configs:\n- {config_name: caf\u00e9, data_files: a.csv}").encode("latin-1")},
    "older infos, features that fit": {"a.csv": "x\n1\n", "dataset_infos.json": infos({"x": {"dtype": "string", "_type": "Value"}})},
    "older infos, other types": {"a.jsonl": lines([{"x": "a"}]), "dataset_infos.json": infos({"x": {"dtype": "int64", "_type": "Value"}})},
    "older infos, other columns": {"a.jsonl": lines([{"x": "a"}]), "dataset_infos.json": infos({"y": {"dtype": "string", "_type": "Value"}})},
    "older infos, Parquet of other types": {"a.parquet": parquet({"x": ["a"]}), "dataset_infos.json": infos({"x": {"dtype": "int64", "_type": "Value"}})},
    "older infos, no JSON": {"a.csv": "x\n1\n", "dataset_infos.json": "{"},
    "older infos, a list": {"a.csv": "x\n1\n", "dataset_infos.json": "[]"},
    "csv, an integer beyond 64 bits": {"train.csv": f"a\n1\n{10**20}\n"},
    "csv, an unsigned integer": {"train.csv": f"a\n1\n{2**64 - 1}\n"},
    "csv, an unsigned integer beside a negative one": {"train.csv": f"a\n-1\n{2**64 - 1}\n"},
    "csv, shards of a row that disagree": {"train-0.csv": "a\n1\n", "train-1.csv": "a\nx\n"},
    "csv, a first file without rows": {"train-0.csv": "a,b\n", "train-1.csv": "a,b\n1,x\n2,y\n"},
    "csv, a last file without rows": {"train-0.csv": "a,b\n1,x\n2,y\n", "train-1.csv": "a,b\n"},
    "arrow, a category of views": {"train.arrow": ipc({"a": pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array(["x"], pa.string_view()))})},
    "arrow, a category": {"train.arrow": ipc({"a": pa.array(["x"]).dictionary_encode()})},
    "arrow, hundreds": {"train.arrow": ipc({"a": pa.array([Decimal(100)], pa.decimal128(5, -2))})},
    "readme, no such feature": {"a.jsonl": lines([{"v": 1}]), "README.md": readme("dataset_info:\n  features:\n  - name: v\n    dtype: Sequence")},
    "tsv, a column that is not declared": {"train.tsv": "c\textra\n1\t7\n", "README.md": readme("dataset_info:\n  features:\n  - {name: c, dtype: int64}")},
    "tsv, a longer row": {"train.tsv": "a\tb\n1\t2\n1\t2\t3\n"},
    "csv, a first file without rows in the second split": {"train.csv": "a\nx\n", "test-0.csv": "a\n", "test-1.csv": "a\ny\n"},
    "jsonl, an empty object in the second split": {"train.jsonl": lines([{"c": {"b": 1}}]), "test.jsonl": lines([{"c": {}}])},
    "jsonl, an object in the second split, and texts in the first": {"train.jsonl": lines([{"c": "x"}]), "test.jsonl": lines([{"c": {"k": 1}}])},
    "jsonl, a number in the second split, and objects in the first": {"train.jsonl": lines([{"c": {"k": 1}}]), "test.jsonl": lines([{"c": 1}])},
    "jsonl, a key less in the second split": {"train.jsonl": lines([{"a": 1, "b": 2}]), "test.jsonl": lines([{"a": 1}])},
    "jsonl, a key more in the second split": {"train.jsonl": lines([{"a": 1}]), "test.jsonl": lines([{"a": 1, "b": 2}])},
    "jsonl, kinds that mix in the second split": {"train.jsonl": lines([{"a": 1}]), "test.jsonl": lines([{"a": 1}, {"a": "x"}])},
    "csv, a column less in the second split": {"train.csv": "a,b\n1,2\n", "test.csv": "a\n1\n"},
    "csv, a column more in the second split": {"train.csv": "a\n1\n", "test.csv": "a,b\n1,2\n"},
    "parquet, a column less in the second split": {"train.parquet": parquet({"a": [1], "b": [2]}), "test.parquet": parquet({"a": [1]})},
    "csv, shards of a row, one of them without a value": {"train-0.csv": "a,b\n1,x\n", "train-1.csv": "a,b\n,y\n"},
    "csv, shards of a row in another order": {"train-0.csv": "a,b\n1,x\n", "train-1.csv": "b,a\ny,2\n"},
    "csv, shards of a row alike": {"train-0.csv": "a,b\n1,x\n", "train-1.csv": "a,b\n2,y\n"},
    "csv, shards of a row apart": {"train-0.csv": "a\n1\n", "train-1.csv": "a\n1\n2\n", "train-2.csv": "a\n1.5\n"},
    "csv, shards of two rows in another order": {"train-0.csv": "a,b\n1,x\n2,y\n", "train-1.csv": "b,a\ny,2\nz,3\n"},
    "jsonl, shards of a row, one of them without a value": {"train-0.jsonl": lines([{"a": 1}]), "train-1.jsonl": lines([{"a": None}])},
    "xml": {"train.xml": "<a><b>1</b></a>\n"},
    "jsonl, no columns": {"train.jsonl": "{}\n{}\n"},
    "jsonl, some rows without columns": {"train.jsonl": '{}\n{"a":1}\n'},
    "jsonl, beyond 63 bits, declared": {"train.jsonl": lines([{"a": 2**63}, {"a": 1}]), "README.md": readme("dataset_info:\n  features:\n  - {name: a, dtype: uint64}")},
    "jsonl, 63 bits, declared": {"train.jsonl": lines([{"a": 2**63 - 1}, {"a": 1}]), "README.md": readme("dataset_info:\n  features:\n  - {name: a, dtype: uint64}")},
    "jsonl, beyond 63 bits in a list, declared": {"train.jsonl": lines([{"a": [2**63]}, {"a": [1]}]), "README.md": readme("dataset_info:\n  features:\n  - name: a\n    list: uint64")},
    "jsonl, beyond 63 bits": {"train.jsonl": lines([{"a": 2**63}, {"a": 1}])},
    "jsonl, beyond 64 bits, declared": {"train.jsonl": lines([{"a": 2**64}, {"a": 1}]), "README.md": readme("dataset_info:\n  features:\n  - {name: a, dtype: float64}")},
    "jsonl, halves that are declared whole": {"train.jsonl": lines([{"a": 1.5}]), "README.md": readme("dataset_info:\n  features:\n  - {name: a, dtype: int64}")},
    "jsonl, numbers that are declared texts": {"train.jsonl": lines([{"a": 1}, {"a": 2}]), "README.md": readme("dataset_info:\n  features:\n  - {name: a, dtype: string}")},
    "jsonl, texts that are declared numbers": {"train.jsonl": lines([{"a": "1"}, {"a": "2"}]), "README.md": readme("dataset_info:\n  features:\n  - {name: a, dtype: int32}")},
    "jsonl, 300 declared int8": {"train.jsonl": lines([{"a": 300}]), "README.md": readme("dataset_info:\n  features:\n  - {name: a, dtype: int8}")},
    "jsonl, kinds that mix, declared texts": {"train.jsonl": lines([{"a": 1}, {"a": "x"}]), "README.md": readme("dataset_info:\n  features:\n  - {name: a, dtype: string}")},
    "jsonl, an object declared a text": {"train.jsonl": lines([{"a": {"b": 1}}]), "README.md": readme("dataset_info:\n  features:\n  - {name: a, dtype: string}")},
    "jsonl, a list declared a text": {"train.jsonl": lines([{"a": [1]}]), "README.md": readme("dataset_info:\n  features:\n  - {name: a, dtype: string}")},
    "jsonl, truths declared numbers": {"train.jsonl": lines([{"a": True}]), "README.md": readme("dataset_info:\n  features:\n  - {name: a, dtype: int64}")},
    "jsonl, a field of a struct more than declared": {"train.jsonl": lines([{"a": {"b": 1, "c": 2}}]), "README.md": readme("dataset_info:\n  features:\n  - name: a\n    struct:\n    - {name: b, dtype: int64}")},
    "jsonl, a field of a struct less than declared": {"train.jsonl": lines([{"a": {"b": 1}}]), "README.md": readme("dataset_info:\n  features:\n  - name: a\n    struct:\n    - {name: b, dtype: int64}\n    - {name: c, dtype: int64}")},
    "json, a list with an integer beyond 64 bits": {"train.json": json.dumps([{"a": 2**64}, {"a": 1}])},
    "json, a list with an integer beyond 63 bits": {"train.json": json.dumps([{"a": 2**63}, {"a": 1}])},
    "jsonl, an integer beyond 64 bits": {"train.jsonl": lines([{"a": 2**64}, {"a": 1}])},
    **{
        f"json, field, {name}": {"train.json": json.dumps({"v": 1, "data": data}), "README.md": readme("configs:\n- {config_name: default, data_files: train.json, field: data}")}
        for name, data in FIELDS.items()
    },
    "json, a field that is not there": {"train.json": '{"v": 1}', "README.md": readme("configs:\n- {config_name: default, data_files: train.json, field: data}")},
    "json, a field of a list": {"train.json": '[{"data": 1}]', "README.md": readme("configs:\n- {config_name: default, data_files: train.json, field: data}")},
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDERS)
def test_the_verdict_is_that_of_the_library(name: str, judge: Any, tmp_path: Path, settings: Any) -> None:
    folder = write(tmp_path / "d", FOLDERS[name])
    report = check(folder, settings, tmp_path / "work", None)
    wrong = [one for one in report.findings if one.severity == "error"]
    assert (not wrong) == (judge(folder) is not None), wrong


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


ARRAYS: dict[str, tuple[list[Any], list[int | None]]] = {
    "as declared": ([[[1, 2], [3, 4]], None], [2, 2]),
    "another second length": ([[[1, 2], [3, 4]]], [2, 3]),
    "another first length": ([[[1, 2], [3, 4]], [[1, 2]]], [2, 2]),
    "any first length": ([[[1, 2], [3, 4]], [[1, 2]]], [None, 2]),
    "a list that is null": ([[[1, 2], None]], [2, 2]),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_another_shape_is_an_error(name: str, judge: Any, tmp_path: Path, settings: Any) -> None:
    rows, shape = ARRAYS[name]
    told = f"dataset_info:\n  features:\n  - name: m\n    dtype:\n      array2_d:\n        shape: {json.dumps(shape)}\n        dtype: int64"
    values = pa.array(rows, pa.list_(pa.list_(pa.int64())))
    folder = write(tmp_path / "d", {"a.parquet": parquet({"m": values}), "README.md": readme(told)})
    loaded = judge(folder)
    read = loaded is not None and [row["m"] for row in loaded["train"]] == rows
    for rows_read in (None, 100):
        report = check(folder, settings, tmp_path / f"work{rows_read}", rows_read)
        assert [one.code for one in report.findings if one.severity == "error"] == ([] if read else ["library-refuses"])


def test_an_option_that_the_reader_has_not_is_a_warning(tmp_path: Path, settings: Any) -> None:
    files = {
        "a.csv": "x\n1\n",
        "README.md": readme("configs:\n- config_name: default\n  data_files: a.csv\n  columnz: [x]"),
    }
    report = check(write(tmp_path / "d", files), settings, tmp_path / "work", None)
    told = [(one.code, one.severity, one.file, one.line) for one in report.findings]
    assert told == [("library-differs", "warning", "README.md", 5)]


@pytest.mark.parametrize("seed", ["0", "3"])
def test_metadata_files_of_other_columns_are_put_together(seed: str, tmp_path: Path, dspreview: Any) -> None:
    """`datasets` 5.2 keeps the columns of one of them, which one depends on the seed of the process's hashes."""
    data = write(
        tmp_path / "d",
        {"x/a.png": picture(), "y/b.png": picture(size=(9, 9)), "x/metadata.csv": "file_name,t\na.png,1\n", "y/metadata.csv": "file_name,u\nb.png,q\n"},
    )  # fmt: skip
    rows = dspreview("rows", data, "--json", PYTHONHASHSEED=seed).json["rows"]
    assert [(row["row"]["t"], row["row"]["u"]) for row in rows] == [(1, None), (None, "q")]
    assert [row["row"]["image"]["width"] for row in rows] == [8, 9]
    found = dspreview("check", data, "--json").json["findings"]
    assert [one["code"] for one in found if "x/metadata.csv and y/metadata.csv" in one["message"]] == [
        "library-differs"
    ]
