"""Columns of files: their sizes and lengths, in the order of the split."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.data import picture
from tests.support.program import Program

FILES = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def test_media_in_the_order_of_the_split(tmp_path: Path, dspreview: Program) -> None:
    images = [{"bytes": picture(size=(5 + n % 20, 3)), "path": None} for n in range(20)] * 200
    info = {"info": {"features": {"k": {"dtype": "int64", "_type": "Value"}, "im": {"_type": "Image"}}}}
    table = pa.table({"k": list(range(4_000)), "im": pa.array(images, FILES)}).replace_schema_metadata(
        {"huggingface": json.dumps(info)}
    )
    folder = tmp_path / "d"
    folder.mkdir()
    pq.write_table(table, folder / "a.parquet", row_group_size=500)
    lines = dspreview("filter", folder, "--where", '"im.width" > 11', "--length", "all", "--format", "jsonl").documents
    assert [row["k"] for row in lines] == [n for n in range(4_000) if 5 + n % 20 > 11]
    page = dspreview("filter", folder, "--where", '"im.width" > 11', "--offset", "1000", "--json").json
    assert [row["row"]["k"] for row in page["rows"]] == [row["k"] for row in lines[1_000 : 1_000 + len(page["rows"])]]


def test_unreadable_pictures_are_no_nulls(tmp_path: Path, dspreview: Program) -> None:
    images = [{"bytes": picture(), "path": None}, {"bytes": b"junk", "path": None}, None]
    info = {"info": {"features": {"im": {"_type": "Image"}}}}
    table = pa.table({"im": pa.array(images, FILES)}).replace_schema_metadata({"huggingface": json.dumps(info)})
    folder = tmp_path / "d"
    folder.mkdir()
    pq.write_table(table, folder / "a.parquet")
    (column,) = dspreview("stats", folder, "--json").json["statistics"]
    found = column["column_statistics"]
    assert (found["nan_count"], found["null_count"], found["unreadable_count"]) == (2, 1, 1)
