"""One Parquet file without `datasets`: the same listing and the same features as with it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Array2D, Audio, ClassLabel, Features, Image, List, Translation, Value

from dspreview.extract.formats.single_file import ONLY
from dspreview.extract.library.features import features_of, trees
from dspreview.extract.library.rows import read_rows
from dspreview.extract.library.source import make_plan
from dspreview.extract.library.splits import find_config, list_splits, open_dataset
from dspreview.extract.parquet.footers import ParquetSplit, local_footer
from dspreview.extract.plain import tree_of
from dspreview.extract.reader import NOT_MINE
from dspreview.local import identify, resolve
from dspreview.settings import Settings
from tests.support.data import parquet, picture, sound
from tests.support.extraction import page_of, single_file

NOTHING: Any = None
"""Opens remote files, of which there are none."""
TYPES = [
    pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
    pa.float16(), pa.float32(), pa.float64(), pa.date32(), pa.date64(), pa.binary(), pa.large_binary(), pa.string(),
    pa.large_string(), pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us"), pa.timestamp("ns"),
    pa.timestamp("us", tz="UTC"), pa.timestamp("ms", tz="Europe/Paris"), pa.timestamp("us", tz="+01:00"),
    pa.list_(pa.int64()), pa.list_(pa.list_(pa.string())), pa.struct([("a", pa.int64()), ("b", pa.list_(pa.float32()))]),
    pa.list_(pa.struct([("x", pa.string())])),
]  # fmt: skip
OTHERS = [
    pa.decimal128(10, 2), pa.time32("s"), pa.time64("us"), pa.duration("s"), pa.map_(pa.string(), pa.int64()),
    pa.list_(pa.int64(), 2), pa.large_list(pa.int64()), pa.dictionary(pa.int32(), pa.string()), pa.binary(4),
    pa.struct([("a", pa.decimal128(5, 1))]), pa.json_(),
]  # fmt: skip


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_features_like_those_of_datasets(kind: pa.DataType) -> None:
    ((_, expected),) = trees(features_of(pa.schema([("x", kind)])))
    assert tree_of(kind) == expected


@pytest.mark.parametrize("kind", OTHERS, ids=str)
def test_other_types_take_the_long_way(kind: pa.DataType) -> None:
    assert tree_of(kind) is None


def test_the_listing_is_the_same(tmp_path: Path, settings: Any) -> None:
    chosen: Settings = settings()
    path = tmp_path / "a b.parquet"
    path.write_bytes(parquet({"n": [1, 2]}))
    ref = identify(str(path))
    assert single_file(path, chosen).listing() == list_splits(open_dataset(ref, chosen), chosen)


def test_declared_features_and_repeated_names_take_the_long_way(tmp_path: Path, settings: Any) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table([[1], [2]], names=["n", "n"])
    pq.write_table(table, path)
    assert single_file(path, settings()).parquet(ONLY, NOTHING) is NOT_MINE
    table = pa.table({"n": [1]}).replace_schema_metadata({"huggingface": "{}"})
    pq.write_table(table, path)
    assert single_file(path, settings()).parquet(ONLY, NOTHING) is NOT_MINE
    pq.write_table(pa.table({"n": [1]}), path)
    found = single_file(path, settings()).parquet(ONLY, NOTHING)
    assert isinstance(found, ParquetSplit)
    assert found.footers[0]._replace(schema=None) == local_footer(str(path))._replace(schema=None)


VALUES: dict[pa.DataType, list[Any]] = {
    pa.bool_(): [True, None, False], pa.string(): ["", "a\u200b", None], pa.large_string(): ["é", None, "x" * 300],
    pa.binary(): [b"\0\xff", None, b""], pa.large_binary(): [b"x", b"", None], pa.null(): [None] * 3,
    pa.date32(): [0, -100_000, None], pa.date64(): [0, 86_400_000, None], pa.float16(): [1.5, math.nan, None],
    pa.float32(): [math.inf, 0.1, None], pa.float64(): [math.nan, -math.inf, 1e300],
    pa.list_(pa.int64()): [[1, None], [], None], pa.list_(pa.list_(pa.string())): [[["a"], None], None, [[]]],
    pa.struct([("a", pa.int64()), ("b", pa.list_(pa.float32()))]): [{"a": 2**53 + 1, "b": [math.nan]}, None, {"a": None, "b": None}],
    pa.list_(pa.struct([("x", pa.string())])): [[{"x": "y"}, None], [], None],
}  # fmt: skip


def values_of(kind: pa.DataType) -> pa.Array:
    """Three values of a type, hard ones among them."""
    if kind in VALUES:
        if pa.types.is_float16(kind):
            return pa.array([None if one is None else np.float16(one) for one in VALUES[kind]], kind)
        return pa.array(VALUES[kind], kind)
    if pa.types.is_timestamp(kind):
        return pa.array([0, -1, None], pa.int64()).cast(kind)
    low = 0 if pa.types.is_unsigned_integer(kind) else -(2 ** (kind.bit_width - 1))
    return pa.array([low, None, 2 ** (kind.bit_width - (low < 0)) - 1], kind)


def both_pages(path: Path, settings: Settings, folder: Path) -> tuple[Any, Any]:
    """The page without and with `datasets`, its assets with their bytes."""
    ref = identify(str(path))
    dataset = resolve(ref)
    pages: list[Any] = []
    for number in range(2):
        staging, work = folder / f"{number}", folder / f"w{number}"
        staging.mkdir()
        work.mkdir()
        if number:
            source = open_dataset(ref, settings, dataset)
            plan = make_plan(source, find_config(source, "default"))
            pages.append(read_rows(source, plan, "train", staging, work, settings))
        else:
            pages.append(page_of(single_file(path, settings), ONLY, staging))
        files = {file.name: file.read_bytes() for file in staging.iterdir()}
        pages[-1] = (pages[-1], files)
    return pages[0], pages[1]


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_a_page_is_the_same_to_the_byte(kind: pa.DataType, tmp_path: Path, settings: Any) -> None:
    pq.write_table(pa.table({"x": values_of(kind), "n": [1, 2, 3]}), tmp_path / "a.parquet", row_group_size=2)
    quick, long = both_pages(tmp_path / "a.parquet", settings(), tmp_path)
    assert quick[0] is not None
    assert quick == long


def test_a_page_of_declared_features_is_the_same_to_the_byte(tmp_path: Path, settings: Any) -> None:
    features = Features(
        {
            "label": ClassLabel(names=["a", "b"]), "image": Image(), "sound": Audio(sampling_rate=8_000, decode=True),
            "plain": Audio(), "many": List(Image()), "nested": {"a": Value("int32"), "b": List({"c": ClassLabel(names=["x"])})},
            "text": Value("string"), "at": Value("timestamp[us]"),
        }
    )  # fmt: skip
    picture_, sound_ = {"bytes": picture(), "path": "a.png"}, {"bytes": sound(), "path": "a.wav"}
    rows = {
        "label": [0, -1, None], "image": [picture_, None, {"bytes": b"broken", "path": None}], "sound": [sound_, None, sound_],
        "plain": [None, sound_, None], "many": [[picture_, picture_], [], None],
        "nested": [{"a": 1, "b": [{"c": 0}]}, None, {"a": None, "b": None}], "text": ["x", None, ""], "at": [0, 1, None],
    }  # fmt: skip
    pq.write_table(pa.table(rows, schema=features.arrow_schema), tmp_path / "a.parquet")
    quick, long = both_pages(tmp_path / "a.parquet", settings(), tmp_path)
    assert quick[0] is not None
    assert quick == long
    assert len(quick[1]) == 6


@pytest.mark.parametrize(("rows", "group"), [(0, 10), (1, 10), (99, 7), (100, 100), (101, 50), (5_000, 1_500)])
@pytest.mark.parametrize("limits", [{}, {"ROWS_MAX_BYTES": "3_000"}, {"ROWS_MAX_NUMBER": "7"}])
def test_a_page_of_any_length_is_the_same(
    rows: int, group: int, limits: dict[str, str], tmp_path: Path, settings: Any
) -> None:
    table = pa.table(
        {"n": pa.array(range(rows), pa.int64()), "t": pa.array(["text " * (n % 200) for n in range(rows)], pa.string())}
    )
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=group)
    quick, long = both_pages(tmp_path / "a.parquet", settings(**limits), tmp_path)
    assert quick[0] is not None
    assert quick == long


@pytest.mark.parametrize(
    "features",
    [
        Features({"x": Image(mode="L")}), Features({"x": Audio(decode=False)}), Features({"x": List(Value("int64"), length=2)}),
        Features({"x": Translation(languages=["a", "b"])}), Features({"x": Array2D(shape=(1, 1), dtype="int64")}),
    ],
    ids=str,
)  # fmt: skip
def test_other_features_take_the_long_way(features: Features, tmp_path: Path, settings: Any) -> None:
    pq.write_table(features.arrow_schema.empty_table(), tmp_path / "a.parquet")
    assert single_file(tmp_path / "a.parquet", settings()).parquet(ONLY, NOTHING) is NOT_MINE


def test_files_beside_the_file_take_the_long_way(tmp_path: Path, settings: Any) -> None:
    features = Features({"image": Image()})
    (tmp_path / "a.png").write_bytes(picture())
    rows = {"image": [{"bytes": picture(), "path": "x.png"}, {"bytes": None, "path": "a.png"}]}
    pq.write_table(pa.table(rows, schema=features.arrow_schema), tmp_path / "a.parquet")
    quick, long = both_pages(tmp_path / "a.parquet", settings(), tmp_path)
    assert quick == (None, {})
    assert long[0] is not None
