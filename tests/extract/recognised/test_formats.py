"""Formats of files that are read here: the values that their own writers put in."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import json
import lzma
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, orc

from dspreview import errors
from tests.support.recognised import Seen

LOGICAL = {
    "type": "record",
    "name": "Row",
    "fields": [
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-nanos"}},
        {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
        {"name": "for", "type": {"type": "fixed", "size": 12, "name": "Span", "logicalType": "duration"}},
        {"name": "id", "type": {"type": "fixed", "size": 16, "name": "Id", "logicalType": "uuid"}},
        {"name": "either", "type": ["null", "int", "string"]},
        {"name": "tags", "type": {"type": "array", "items": ["null", "string"]}},
        {"name": "counts", "type": {"type": "map", "values": "long"}},
        {"name": "more", "type": ["null", {"type": "record", "name": "More", "fields": [{"name": "x", "type": "int"}, {"name": "next", "type": ["null", "More"]}]}]},
        {"name": "kind", "type": {"type": "enum", "name": "Letter", "symbols": ["A", "B"]}},
    ],
}  # fmt: skip


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_orc_has_its_splits_by_the_names_of_its_files(tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    table = pa.table({"id": [1, 2], "at": pa.array([dt.datetime(2020, 1, 2), None], pa.timestamp("us")), "m": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64()))})  # fmt: skip
    orc.write_table(table, place / "train.orc")
    orc.write_table(table.slice(1), place / "test.orc")
    seen = Seen(place, settings())
    assert seen.taken_for == "ORC file"
    assert seen.splits == {"default": ["train", "test"]}
    assert seen.rows() == [{"id": 1, "at": "2020-01-02T00:00:00", "m": {"k": 1}}, {"id": 2, "at": None, "m": None}]
    assert [row["id"] for row in seen.rows(split="test")] == [2]


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_logical_types_of_avro_are_values(codec: str, tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    plain = json.loads(json.dumps(LOGICAL))
    for field in plain[
        "fields"
    ]:  # storage alone: what fastavro would make of nanoseconds and durations is not the point
        if isinstance(field["type"], dict):
            field["type"].pop("logicalType", None)
    row = {
        "day": 4_000_000, "price": (-12345).to_bytes(2, signed=True), "at": 1_600_000_000_123_456_789, "local": 1_000,
        "for": b"".join(n.to_bytes(4, "little") for n in (1, 2, 3)), "id": bytes(range(16)), "either": "x", "tags": ["a", None],
        "counts": {"a": 1}, "more": {"x": 1, "next": {"x": 2, "next": None}}, "kind": "B",
    }  # fmt: skip
    other = row | {"either": 7, "tags": [], "counts": {}, "more": None}
    buffer = io.BytesIO()
    fastavro.writer(buffer, plain, [row, other], codec=codec)
    text = buffer.getvalue()
    (place / "a.avro").write_bytes(with_schema(text, LOGICAL))
    first, second = Seen(place, settings()).rows()
    assert first == {
        "day": f"+{np.datetime64(4_000_000, 'D')}",
        "price": "-123.45", "at": "2020-09-13T12:26:40.123456789Z", "local": "1970-01-01T00:00:01", "for": "P1M2DT0.003S",
        "id": "00010203-0405-0607-0809-0a0b0c0d0e0f", "either": "x", "tags": ["a", None], "counts": {"a": 1},
        "more": {"x": 1, "next": {"x": 2, "next": None}}, "kind": "B",
    }  # fmt: skip
    assert second == first | {"either": 7, "tags": [], "counts": {}, "more": None}


def with_schema(text: bytes, schema: dict[str, Any]) -> bytes:
    """An Avro file whose header has another schema of the same storage."""
    from fastavro.read import HEADER_SCHEMA

    stream = io.BytesIO(text)
    header: Any = fastavro.schemaless_reader(stream, HEADER_SCHEMA, None)
    header["meta"]["avro.schema"] = json.dumps(schema).encode()
    out = io.BytesIO()
    fastavro.schemaless_writer(out, HEADER_SCHEMA, header)
    return out.getvalue() + stream.read()


def test_what_is_no_avro_is_told(tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    (place / "a.avro").write_bytes(b"Obj\x01")
    with pytest.raises(errors.UnreadableDataError, match=r"a\.avro.*cut off"):
        Seen(place, settings()).page()


@pytest.mark.parametrize("version", [1, 2])
def test_feather_of_both_versions(version: int, tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    feather.write_feather(pa.table({"a": [1, None], "b": ["x", "y"]}), place / "a.feather", version=version)
    assert Seen(place, settings()).rows() == [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]


def test_arrays_of_numpy_are_columns(tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    np.save(place / "a.npy", np.arange(6, dtype=">i4").reshape(3, 2))
    assert [row["value"] for row in Seen(place, settings()).rows()] == [[0, 1], [2, 3], [4, 5]]
    record = np.array(
        [(1, b"ab", 1 + 2j, np.datetime64("2020-01-02"))], [("n", "u1"), ("s", "S4"), ("c", "c8"), ("d", "M8[D]")]
    )
    np.save(place / "a.npy", record)
    assert Seen(place, settings()).rows() == [{"n": 1, "s": "ab", "c": {"real": 1.0, "imag": 2.0}, "d": "2020-01-02"}]
    np.save(place / "a.npy", np.asfortranarray(np.arange(6).reshape(3, 2)))
    assert [row["value"] for row in Seen(place, settings()).rows()] == [[0, 1], [2, 3], [4, 5]]


def test_archives_of_arrays_are_tables_or_splits(tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    np.savez(place / "a.npz", x=np.ones((2, 1)), y=["a", "b"])
    assert Seen(place, settings()).rows() == [{"x": [1.0], "y": "a"}, {"x": [1.0], "y": "b"}]
    np.savez_compressed(
        place / "a.npz",
        x_train=np.zeros((3, 2, 2), "u1"),
        y_train=[1, 2, 3],
        x_test=np.zeros((1, 2, 2), "u1"),
        y_test=[4],
    )
    seen = Seen(place, settings())
    assert seen.splits == {"default": ["train", "test"]}
    assert [row["y"] for row in seen.rows()] == [1, 2, 3]
    assert seen.rows(split="test") == [{"x": [[0, 0], [0, 0]], "y": 4}]
    np.savez(place / "a.npz", weights=np.ones(2), bias=np.ones(3))
    assert Seen(place, settings()).splits == {"weights": ["train"], "bias": ["train"]}


def test_pickled_objects_in_arrays_are_refused(tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    np.save(place / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(errors.PickleError, match="pickle"):
        Seen(place, settings()).page()


def test_an_array_that_is_cut_off(tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    np.save(place / "a.npy", np.arange(100))
    text = (place / "a.npy").read_bytes()
    (place / "a.npy").write_bytes(text[:-8])
    with pytest.raises(errors.UnreadableDataError, match=r"a\.npy.*8 bytes are missing"):
        Seen(place, settings()).page()


def test_features_of_geojson_are_rows(tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    shapes = [
        ({"type": "Point", "coordinates": [1.5, 2]}, "POINT (1.5 2)"),
        ({"type": "Point", "coordinates": [0.1234567890123456, 13.404953999999998]}, "POINT (0.1234567890123456 13.404953999999998)"),
        ({"type": "Point", "coordinates": [1, 2, 3]}, "POINT Z (1 2 3)"),
        ({"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}, "MULTIPOINT ((1 2), (3 4))"),
        ({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, "LINESTRING (1 2, 3 4)"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, "POLYGON ((0 0, 1 0, 1 1, 0 0))"),
        ({"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]}, "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"),
        ({"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [0, 0]}]}, "GEOMETRYCOLLECTION (POINT (0 0))"),
        ({"type": "Polygon", "coordinates": []}, "POLYGON EMPTY"),
        (None, None),
    ]  # fmt: skip
    features = [{"type": "Feature", "properties": {"n": n}, "geometry": shape} for n, (shape, _) in enumerate(shapes)]
    text = json.dumps({"type": "FeatureCollection", "name": 'a "features": [', "features": features})
    (place / "a.geojson").write_text(text)
    rows = Seen(place, settings()).rows()
    assert [row["geometry"] for row in rows] == [told for _, told in shapes]
    assert [row["n"] for row in rows] == list(range(len(shapes)))


def test_geojson_is_read_piece_by_piece(tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    text = "é" * 1_000_000
    features = [
        {"type": "Feature", "id": n, "properties": {"t": text if n == 1 else "a"}, "geometry": None} for n in range(3)
    ]
    (place / "a.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8"
    )
    assert Seen(place, settings(ROWS_MAX_BYTES="10000000")).rows()[1] == {"id": 1, "t": text, "geometry": None}
    cut = (place / "a.geojson").read_bytes()[:-10]
    (place / "a.geojson").write_bytes(cut)
    with pytest.raises(errors.UnreadableDataError, match="cut off"):
        Seen(place, settings()).page()


def test_decimals_of_orc_keep_their_digits(tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    orc.write_table(
        pa.table({"d": pa.array([Decimal("12345678901234567890.12")], pa.decimal128(30, 2))}), place / "a.orc"
    )
    assert Seen(place, settings()).rows() == [{"d": "12345678901234567890.12"}]


FEATURE = {"type": "Feature", "properties": {"a": 1}, "geometry": {"type": "GeometryCollection", "geometries": []}}


@pytest.mark.parametrize(
    ("whole", "row"),
    [
        ({"type": "FeatureCollection", "metadata": {"features": ["roads"]}, "features": [FEATURE]}, {"a": 1}),
        ({"type": "FeatureCollection", "note": '"features": [', "features": [FEATURE]}, {"a": 1}),
        ({"type": "FeatureCollection", "padding": "x" * (1 << 20), "features": [FEATURE]}, {"a": 1}),
        (FEATURE | {"properties": {"features": ["x"], "n": 1}}, {"features": ["x"], "n": 1}),
    ],
)
def test_features_are_those_of_the_collection_itself(whole: Any, row: Any, tmp_path: Path, settings: Any) -> None:
    """RFC 7946, 3.3; an empty collection of geometries is EMPTY (OGC 06-103r4, 7.2.2)."""
    (folder(tmp_path / "d") / "a.geojson").write_text(json.dumps(whole))
    assert Seen(tmp_path / "d", settings()).rows() == [{**row, "geometry": "GEOMETRYCOLLECTION EMPTY"}]


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_texts_that_are_read_from_their_beginning_may_be_packed(ending: str, pack: Any, tmp_path: Path, settings: Any) -> None:  # fmt: skip
    feature = {"type": "Feature", "properties": {"a": 1}, "geometry": None}
    (folder(tmp_path / "g") / f"a.geojson.{ending}").write_bytes(pack(json.dumps(feature).encode()))
    (folder(tmp_path / "c") / f"a.conllu.{ending}").write_bytes(pack(b"1\ta\ta\tX\t_\t_\t0\troot\t_\t_\n\n"))
    assert Seen(tmp_path / "g", settings()).rows() == [{"a": 1, "geometry": None}]
    assert Seen(tmp_path / "c", settings()).rows()[0]["form"] == ["a"]


def test_packed_tables_are_no_minority(tmp_path: Path, settings: Any) -> None:
    place = folder(tmp_path / "d")
    for number in range(2):
        (place / f"{number}.csv.gz").write_bytes(gzip.compress(b"a\n1\n"))
    np.save(place / "x.npy", np.arange(3))
    assert Seen(place, settings()).rows() == [{"a": 1}, {"a": 1}]


def test_utf_16_by_its_mark_whatever_the_name(tmp_path: Path, dspreview: Any) -> None:
    place = folder(tmp_path / "d")
    (place / "a.tsv").write_bytes("a\tb\n1\t\u00e9\n".encode("utf-16"))
    assert dspreview("rows", place, "--format", "jsonl").out == '{"a":1,"b":"\u00e9"}\n'
    found = dspreview("check", place, "--json").json["findings"]
    assert [one["code"] for one in found] == ["library-differs"]
