"""One Parquet file without `datasets`: the same listing and the same features as with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dspreview.extract.features import features_of, trees
from dspreview.extract.footers import local_footer
from dspreview.extract.local import identify, resolve
from dspreview.extract.quick import quick_listing, quick_parquet, tree_of
from dspreview.extract.splits import list_splits, open_dataset
from dspreview.settings import Settings
from tests.support.data import parquet

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
    assert quick_listing(ref) == list_splits(open_dataset(ref, chosen), chosen)


def test_declared_features_and_repeated_names_take_the_long_way(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table([[1], [2]], names=["n", "n"])
    pq.write_table(table, path)
    assert quick_parquet(resolve(identify(str(path)))) is None
    table = pa.table({"n": [1]}).replace_schema_metadata({"huggingface": "{}"})
    pq.write_table(table, path)
    assert quick_parquet(resolve(identify(str(path)))) is None
    pq.write_table(pa.table({"n": [1]}), path)
    found = quick_parquet(resolve(identify(str(path))))
    assert found is not None
    assert found.footers[0]._replace(schema=None) == local_footer(str(path))._replace(schema=None)
