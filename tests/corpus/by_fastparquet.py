"""What fastparquet writes: nullable types, categories, JSON and BSON, int96, folders of partitions; and pandas's texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import fastparquet
import numpy as np
import pandas as pd

from tests.corpus.told import Case, place

NS = ["2024-01-31T12:30:00.123456789", "1969-12-31T23:59:59.999999999", None]
US = ["2024-01-31T12:30:00.123456", "1969-12-31T23:59:59", None]
UTC = ["2024-01-31T12:30:00Z", "1970-01-01T00:00:00Z", None]
BSON = {"a": 1, "b": "é"}
BSON_BYTES = b"\x16\0\0\0\x10a\0\x01\0\0\0\x02b\0\x03\0\0\0\xc3\xa9\0\0"
"""The same by hand, by bsonspec.org."""
Column = tuple[Any, list[Any]]
"""A column of pandas, and its cells."""


def same(values: list[Any], kind: str) -> Column:
    """A column whose values are cells by themselves."""
    return pd.array(values, dtype=kind), values


NULLABLE: dict[str, Column] = {
    "int": same([1, None, -3], "Int8"),
    "unsigned": same([2**64 - 1, None, 0], "UInt64"),
    "flag": same([True, None, False], "boolean"),
    "float": same([1.5, None, -0.25], "Float32"),
    "text": same(["a", None, "é"], "string"),
    "bytes": (pd.Series([b"\x00\xff", None, b"a"], dtype=object), [b"\x00\xff", None, b"a"]),
}
PLAIN: dict[str, Column] = {
    "i8": (np.array([1, -2, 3], dtype="i1"), [1, -2, 3]),
    "u32": (np.array([2**32 - 1, 0, 1], dtype="u4"), [2**32 - 1, 0, 1]),
    "i64": (np.array([2**63 - 1, -(2**63), 1], dtype="i8"), [2**63 - 1, -(2**63), 1]),
    "f64": (np.array([0.1, float("inf"), -2.5]), [0.1, float("inf"), -2.5]),
    "flag": (np.array([True, False, True]), [True, False, True]),
}
CATEGORIES: dict[str, Column] = {
    "text": (pd.Categorical(["b", "a", None]), ["b", "a", None]),
    "number": (pd.Categorical([30, 10, 10]), [30, 10, 10]),
    "ordered": (pd.Categorical(["low", "high", "low"], ["low", "high"], ordered=True), ["low", "high", "low"]),
}
TIMES: dict[str, Column] = {
    "ns": (pd.to_datetime(NS).as_unit("ns"), NS),
    "us": (pd.to_datetime(US, format="ISO8601").as_unit("us"), ["2024-01-31T12:30:00.123456", *US[1:]]),
    "utc": (pd.to_datetime(UTC, utc=True).as_unit("us"), UTC),
}
SHORT: dict[str, Column] = {
    "timedelta": (
        pd.to_timedelta(["01:02:03.000004", "00:00:00", None]).as_unit("us"),
        ["01:02:03.000004", "00:00:00", None],
    ),
}
"""Lengths of time become times of the day."""
OBJECTS: dict[str, Column] = {"json": (pd.Series([{"a": 1, "b": [1, None]}, None, [1, "x"]], dtype=object), [{"a": 1, "b": [1, None]}, None, [1, "x"]])}  # fmt: skip
BSONS: dict[str, Column] = {
    "bson": (
        pd.Series([BSON, {}], dtype=object),
        [BSON_BYTES, b"\x05\0\0\0\0"],
    ),
}


def frame(columns: dict[str, Column]) -> pd.DataFrame:
    """A data frame."""
    return pd.DataFrame({name: values for name, (values, _) in columns.items()})


def cells(columns: dict[str, Column]) -> dict[str, list[Any]]:
    """What it holds."""
    return {name: told for name, (_, told) in columns.items()}


def single(data: Path) -> Iterator[Case]:
    """Files of one kind of column each."""
    for name, columns, options in (
        ("nullable", NULLABLE, {}),
        ("plain", PLAIN, {"compression": "GZIP"}),
        ("categories", CATEGORIES, {"stats": True}),
        ("times", TIMES, {}),
        ("int96", {"ns": TIMES["ns"]}, {"times": "int96"}),
        ("timedeltas", SHORT, {}),
        ("json", OBJECTS, {"object_encoding": "json"}),
        ("bson", BSONS, {"object_encoding": "bson"}),
        ("fixed", {"text": (["abc", "xyz", "öl"], ["abc", "xyz", "öl"])}, {"fixed_text": {"text": 3}}),
    ):
        case = Case(f"fastparquet-{name}", cells(columns), "UTF8 can only annotate" if name == "fixed" else "")
        fastparquet.write(str(place(data, case.name) / "data.parquet"), frame(columns), **options)
        yield case


def pieces(data: Path) -> Iterator[Case]:
    """Folders with a `_metadata` of all files, and an index that becomes a column."""
    table = pd.DataFrame({"number": range(5), "kind": ["b", "a", "b", "a", "b"]})
    for scheme in ("hive", "drill"):
        case = Case(f"fastparquet-{scheme}", {"number": [1, 3, 0, 2, 4]})
        fastparquet.write(str(place(data, case.name)), table, file_scheme=scheme, partition_on=["kind"])
        yield case
    case = Case("fastparquet-parts", {"number": list(range(5)), "kind": list(table["kind"])})
    fastparquet.write(str(place(data, case.name)), table, file_scheme="hive", row_group_offsets=[0, 2, 4])
    yield case
    case = Case("fastparquet-index", {"row": ["r1", "r2"], "x": [1, 2]})
    table = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["r1", "r2"], name="row"))
    fastparquet.write(str(place(data, case.name) / "data.parquet"), table, row_group_offsets=1)
    yield case


def texts(data: Path) -> Iterator[Case]:
    """JSON of each orientation, and CSV with an index, by pandas."""
    table = pd.DataFrame({"number": [1, 2], "text": ["é", None], "real": [1.5, None], "flag": [True, False]})
    held: dict[str, list[Any]] = {"number": [1, 2], "text": ["é", None], "real": [1.5, None], "flag": [True, False]}
    for name, file, options in (
        ("records", "data.json", {"orient": "records"}),
        ("lines", "data.jsonl", {"orient": "records", "lines": True}),
        ("indented", "data.json", {"orient": "records", "indent": 2, "force_ascii": False}),
    ):
        case = Case(f"pandas-json-{name}", held)
        table.to_json(place(data, case.name) / file, **options)
        yield case
    for orient, whole in whole_tables().items():
        case = Case(f"pandas-json-{orient}", whole)
        table.to_json(place(data, case.name) / "data.json", orient=orient)
        yield case
    case = Case("pandas-csv-index", {"Unnamed: 0": [0, 1], **held})
    table.to_csv(place(data, case.name) / "data.csv")
    yield case
    case = Case("pandas-csv-named-index", {"when": ["2024-01-31", "2024-02-29"], **held})
    dated = table.set_index(pd.Index(pd.to_datetime(["2024-01-31", "2024-02-29"]), name="when"))
    dated.to_csv(place(data, case.name) / "data.csv.gz", compression={"method": "gzip", "mtime": 1})
    yield case
    case = Case("pandas-csv-durations", {"length": ["1 days 01:00:00", "0 days 00:00:01"]})
    pd.DataFrame({"length": [timedelta(days=1, hours=1), timedelta(seconds=1)]}).to_csv(
        place(data, case.name) / "data.csv", index=False
    )
    yield case


def whole_tables() -> dict[str, dict[str, list[Any]]]:
    """Orientations whose file is one JSON object: one row, whose columns are the object's keys."""
    return {
        "split": {
            "columns": [["number", "text", "real", "flag"]],
            "index": [[0, 1]],
            "data": [[[1, "é", 1.5, True], [2, None, None, False]]],
        },
        "columns": {
            "number": [{"0": 1, "1": 2}],
            "text": [{"0": "é", "1": None}],
            "real": [{"0": 1.5, "1": None}],
            "flag": [{"0": True, "1": False}],
        },
    }


def cases(data: Path) -> Iterator[Case]:
    """All of them."""
    yield from single(data)
    yield from pieces(data)
    yield from texts(data)
