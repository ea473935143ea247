"""Values of Parquet and Arrow types that few writers use. Expected values: the specifications, pyarrow's own values, DuckDB's."""

from __future__ import annotations

import datetime as dt
import json
import struct
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.program import Program
from tests.values.conftest import Places, Show

FAR = [dt.datetime(9999, 12, 31, 2), dt.datetime(2021, 6, 9), dt.datetime(1, 1, 1), None]
FAR_TEXTS = ["9999-12-31T02:00:00", "2021-06-09T00:00:00", "0001-01-01T00:00:00", None]
LAST = 2**63 - 1


def parquet(folder: Path, columns: Any, name: str = "train", **options: Any) -> Path:
    """A folder with one more Parquet file."""
    folder.mkdir(exist_ok=True)
    pq.write_table(
        columns if isinstance(columns, pa.Table) else pa.table(columns), folder / f"{name}.parquet", **options
    )
    return folder


def ipc(folder: Path, columns: Any, name: str = "train.arrow") -> Path:
    """A folder with an Arrow file."""
    folder.mkdir(exist_ok=True)
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    with pa.ipc.new_file(folder / name, table.schema) as out:
        out.write_table(table)
    return folder


def column(rows: list[Any], name: str) -> list[Any]:
    """One cell of each row."""
    return [row[name] for row in rows]


# INT96


def test_int96_of_any_year(tmp_path: Path, show: Show, places: Places) -> None:
    data = parquet(tmp_path / "d", {"t": pa.array(FAR, pa.timestamp("us"))}, use_deprecated_int96_timestamps=True)
    assert column(show(data), "t") == FAR_TEXTS
    assert places(data, "t > '9000-01-01'") == [0]
    assert places(data, orderby="t") == [2, 1, 0, 3]


def test_int96_keeps_nanoseconds(tmp_path: Path, show: Show, places: Places) -> None:
    counts = pa.array([1, 1_700_000_000_123_456_789, None], pa.timestamp("ns"))
    data = parquet(tmp_path / "d", {"t": counts}, use_deprecated_int96_timestamps=True)
    assert column(show(data), "t") == ["1970-01-01T00:00:00.000000001", "2023-11-14T22:13:20.123456789", None]
    assert places(data, "t = '2023-11-14 22:13:20.123456789'") == [1]


def test_int96_inside_others_and_in_several_files(tmp_path: Path, show: Show) -> None:
    kind = pa.struct([("a", pa.list_(pa.timestamp("us")))])
    for name, rows in (("a", [dt.datetime(2021, 6, 9)]), ("b", FAR)):
        table = {"s": pa.array([{"a": rows}], kind), "t": pa.array(rows[:1], pa.timestamp("us"))}
        parquet(tmp_path / "d", table, name, use_deprecated_int96_timestamps=True)
    assert show(tmp_path / "d") == [
        {"s": {"a": ["2021-06-09T00:00:00"]}, "t": "2021-06-09T00:00:00"},
        {"s": {"a": FAR_TEXTS}, "t": "9999-12-31T02:00:00"},
    ]


# Infinite and far times


def test_infinite_times_are_told_in_every_command(tmp_path: Path, ask: Any, places: Places) -> None:
    """DuckDB writes infinity as the last count, and minus infinity as the first but one."""
    (tmp_path / "d").mkdir()
    rows = "(TIMESTAMP 'infinity', DATE '-infinity', 1), (TIMESTAMP '-infinity', DATE 'infinity', 2), (TIMESTAMP '2024-01-01', DATE '2024-01-01', 3)"
    duckdb.sql(f"COPY (SELECT * FROM (VALUES {rows}) v(t, d, i)) TO '{tmp_path / 'd' / 'x.parquet'}'")
    for words in (("rows",), ("filter", "--orderby", "i")):
        page = ask(words[0], tmp_path / "d", *words[1:], "--json").json
        assert [row["row"]["t"] for row in page["rows"]] == [None, None, "2024-01-01T00:00:00"]
        special = {(one["row_idx"], one["column"]): one["value"] for one in page["special_cells"]}
        assert special == {(0, "t"): "Infinity", (1, "t"): "-Infinity", (0, "d"): "-Infinity", (1, "d"): "Infinity"}
    assert places(tmp_path / "d", "t IS NULL") == []
    assert places(tmp_path / "d", orderby="t") == [1, 2, 0]
    stats = ask("stats", tmp_path / "d", "--json").json["statistics"]
    assert {one["column_name"]: one["column_statistics"]["null_count"] for one in stats} == {"t": 0, "d": 0, "i": 0}


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_the_first_and_the_last_nanosecond_are_instants(
    zone: str | None, tmp_path: Path, show: Show, places: Places
) -> None:
    """`pd.Timestamp.max` and `min`, whose counts mean infinity in other units."""
    data = parquet(tmp_path / "d", {"t": pa.array([LAST, 0, -LAST, None], pa.timestamp("ns", zone))})
    mark = "Z" if zone else ""
    shown = [
        f"2262-04-11T23:47:16.854775807{mark}",
        f"1970-01-01T00:00:00{mark}",
        f"1677-09-21T00:12:43.145224193{mark}",
        None,
    ]
    assert column(show(data), "t") == shown
    for row, text in enumerate(shown[:3]):
        assert places(data, f"t = '{text}'") == [row]
        assert places(data, f"t IN ('{text}')") == [row]
    assert places(data, f"t < '{shown[0]}'") == [1, 2]
    assert places(data, f"t >= '{shown[0]}'") == [0]
    assert places(data, "t IS NULL") == [3]
    assert places(data, orderby="t") == [2, 1, 0, 3]


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_infinite_seconds_of_arrow(unit: str, tmp_path: Path, show: Show, places: Places) -> None:
    data = ipc(tmp_path / "d", {"t": pa.array([LAST, 0, -LAST], pa.timestamp(unit)), "i": [0, 1, 2]})
    assert column(show(data), "t") == [None, "1970-01-01T00:00:00", None]
    assert places(data, "t > '1970-01-01'") == [0]
    assert places(data, "t IS NULL") == []


def test_years_beyond_four_digits_are_found_as_they_are_shown(tmp_path: Path, show: Show, places: Places) -> None:
    """ISO 8601 writes them with a sign; numpy's datetime64 says the same days."""
    data = parquet(tmp_path / "d", {"d": pa.array([10_000_000, 0, -800_000], pa.int32()).view(pa.date32())})
    assert column(show(data), "d") == ["+29349-01-26", "1970-01-01", "-0221-09-04"]
    assert places(data, "d = '+29349-01-26'") == [0]
    assert places(data, "d < '0000-01-01'") == [2]


def test_zones_with_seconds_in_their_offset(tmp_path: Path, show: Show) -> None:
    """Paris was 9 min 21 s ahead in 1900: ISO 8601 has minutes, and the instant is right to the second."""
    data = parquet(tmp_path / "d", {"p": pa.array([-2_208_988_800], pa.timestamp("s", "Europe/Paris"))})
    (text,) = column(show(data), "p")
    assert text == "1900-01-01T00:09:00+00:09"
    assert dt.datetime.fromisoformat(text).timestamp() == -2_208_988_800


# Comparisons


def test_numbers_of_different_kinds_compare_exactly(tmp_path: Path, places: Places) -> None:
    columns = {
        "i": pa.array([2**53 + 1, 5], pa.int64()), "f": pa.array([2.0**53, 5.0]),
        "u": pa.array([2**64 - 1, 5], pa.uint64()), "g": pa.array([2.0**64, 5.0]),
        "e": pa.array([Decimal(2**53 + 1), Decimal(5)], pa.decimal128(38, 0)),
        "d": pa.array([Decimal("1.5"), Decimal(5)], pa.decimal128(38, 37)),
        "b": pa.array([Decimal("1.25"), Decimal(-1)], pa.decimal256(10, 2)),
        "ts": pa.array([253_402_300_799, 0], pa.timestamp("s")), "tn": pa.array([0, 0], pa.timestamp("ns")),
    }  # fmt: skip
    data = parquet(tmp_path / "d", columns)
    for where, expected in {
        "i = f": [1], "i > f": [0], "u < g": [0], "u = g": [1], "e = f": [1], "e = i": [0, 1], "d = f": [1], "d < i": [0],
        "ts > tn": [0], "ts = tn": [1], "b = 1.25": [0], "b < d": [0, 1], "i >= u": [1],
    }.items():  # fmt: skip
        assert places(data, where) == expected, where


def test_times_of_different_units_compare(tmp_path: Path, places: Places) -> None:
    units = {"a": pa.array([0, 1], pa.time32("s")), "b": pa.array([0, 1000], pa.time32("ms")), "c": pa.array([1, 10**6], pa.time64("us")), "d": pa.array([1, 10**9], pa.time64("ns"))}  # fmt: skip
    data = parquet(tmp_path / "d", units)
    for where, expected in {"a < d": [0], "b = d": [1], "c <= d": [1], "c > d": [0], "a = b": [0, 1]}.items():
        assert places(data, where) == expected, where


# Types that Parquet or DuckDB do not have


def uuids() -> pa.Array:
    """A UUID, and none."""
    storage: Any = pa.array([b"\0" * 15 + b"\5", None], pa.binary(16))
    return pa.ExtensionArray.from_storage(pa.uuid(), storage)


def extension(kind: Any, storage: Any) -> Any:
    """An array of an extension type."""
    return pa.ExtensionArray.from_storage(kind, storage)


LOGICAL = {
    "uuid": (uuids(), ["00000000-0000-0000-0000-000000000005", None]),
    "uuids": (pa.ListArray.from_arrays([0, 2, 2], uuids()), [["00000000-0000-0000-0000-000000000005", None], []]),
    "bool8": (extension(pa.bool8(), pa.array([5, 0], pa.int8())), [True, False]),
    "tensor": (extension(pa.fixed_shape_tensor(pa.int32(), (2, 2)), pa.array([[1, 2, 3, 4], None], pa.list_(pa.int32(), 4))), [[[1, 2], [3, 4]], None]),
    "turned tensor": (
        extension(pa.fixed_shape_tensor(pa.int32(), (2, 3), permutation=[1, 0]), pa.array([[1, 2, 3, 4, 5, 6], None], pa.list_(pa.int32(), 6))),
        [[[1, 4], [2, 5], [3, 6]], None],
    ),
    "json": (extension(pa.json_(), pa.array(['{"a": 1.5}', "no json"])), [{"a": 1.5}, "no json"]),
    "view": (pa.array([b"a", None], pa.binary_view()), ["YQ==", None]),
    "views": (pa.array([["a"], None], pa.list_(pa.string_view())), [["a"], None]),
    "list view": (pa.array([["a", "b"], None], pa.list_view(pa.string())), [["a", "b"], None]),
    "dictionary": (pa.array([7, None]).dictionary_encode(), [7, None]),
    "map of views": (pa.array([[("a", "z")], None], pa.map_(pa.string_view(), pa.string_view())), [{"a": "z"}, None]),
    "map of nulls": (pa.array([[("a", None)], []], pa.map_(pa.string(), pa.int8())), [{"a": None}, {}]),
    "duration": (pa.array([1, None], pa.duration("ns")), ["PT0.000000001S", None]),
    "decimal": (pa.array([Decimal("1.25"), None], pa.decimal256(50, 2)), ["1.25", None]),
}  # fmt: skip
NOT_IN_PARQUET = {
    "runs": (pa.RunEndEncodedArray.from_arrays([1, 2], ["a", "b"]), ["a", "b"]),
    "runs in a struct": (
        pa.StructArray.from_arrays([pa.RunEndEncodedArray.from_arrays([1, 2], [1.5, 2.5])], ["r"]), [{"r": 1.5}, {"r": 2.5}],
    ),
    "sparse union": (pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]), [1, "b"]),
    "dense union": (
        pa.UnionArray.from_dense(pa.array([1, 0], pa.int8()), pa.array([0, 0], pa.int32()), [pa.array([1]), pa.array(["b"])]), ["b", 1],
    ),
    "interval": (pa.array([(1, 2, 3_000_000), None], pa.month_day_nano_interval()), ["P1M2DT0.003S", None]),
    "empty struct": (pa.array([{}, None], pa.struct([])), [{}, None]),
    "hundreds": (pa.array([Decimal(100), None], pa.decimal128(5, -2)), ["100", None]),
    "no items": (pa.array([[], None], pa.list_(pa.int32(), 0)), [[], None]),
    "category of views": (pa.DictionaryArray.from_arrays(pa.array([0, None], pa.int8()), pa.array(["a"], pa.string_view())), ["a", None]),
}  # fmt: skip


@pytest.mark.parametrize("name", LOGICAL)
def test_types_are_values_in_every_command(name: str, tmp_path: Path, show: Show, places: Places) -> None:
    array, expected = LOGICAL[name]
    for data in (parquet(tmp_path / "p", {"x": array, "n": [0, 1]}), ipc(tmp_path / "i", {"x": array, "n": [0, 1]})):
        assert column(show(data), "x") == expected
        assert places(data, "n = 1") == [1]
        assert places(data, "x IS NULL") == [row for row, value in enumerate(expected) if value is None]


@pytest.mark.parametrize("name", NOT_IN_PARQUET)
def test_types_that_parquet_does_not_have(name: str, tmp_path: Path, show: Show, places: Places, ask: Any) -> None:
    array, expected = NOT_IN_PARQUET[name]
    data = ipc(tmp_path / "i", {"x": array, "n": [0, 1]})
    assert column(show(data), "x") == expected
    assert places(data, "n = 1") == [1]
    assert ask("stats", data, "--json").code == 0
    out = tmp_path / "o.jsonl"
    assert ask("export", data, "--to", out).code == 0
    assert [json.loads(line)["x"] for line in out.read_text().splitlines()] == expected


def test_what_lies_behind_a_null_list_is_not_shown(tmp_path: Path, show: Show) -> None:
    """Valid Arrow: the offsets of a list that is null may span items. The cast of `datasets` 5.2 shows them a row too early."""
    items = pa.array(["a", "b", "c"]).dictionary_encode()
    array = pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), items, mask=pa.array([False, True, False]))
    assert column(show(ipc(tmp_path / "d", {"x": array})), "x") == [["a"], None, ["c"]]
    outer = pa.ListArray.from_arrays(pa.array([0, 2, 3], pa.int32()), array)
    assert column(show(ipc(tmp_path / "e", {"x": outer})), "x") == [[["a"], None], [["c"]]]


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list])
def test_what_a_null_struct_hides_is_not_shown(kind: Any, tmp_path: Path, show: Show) -> None:
    """Valid Arrow, too: a struct that is null may have fields that are not."""
    items = pa.array(["a", "b", "c", "d"]).dictionary_encode()
    made = pa.ListArray if kind is pa.list_ else pa.LargeListArray
    texts = made.from_arrays(pa.array([0, 1, 3, 4]), items, type=kind(items.type))
    struct = pa.StructArray.from_arrays([texts, pa.array([1, 2, 3])], ["t", "n"], mask=pa.array([False, True, False]))
    expected = [{"t": ["a"], "n": 1}, None, {"t": ["d"], "n": 3}]
    assert column(show(ipc(tmp_path / "d", {"x": struct})), "x") == expected
    outer = pa.ListArray.from_arrays(pa.array([0, 2, 3], pa.int32()), struct)
    assert column(show(ipc(tmp_path / "e", {"x": outer})), "x") == [expected[:2], expected[2:]]
    plain = pa.array([{"t": ["z"], "n": 0}], pa.struct([("t", pa.list_(pa.string())), ("n", pa.int64())]))
    ipc(tmp_path / "f", {"x": plain}, "a.arrow")
    ipc(tmp_path / "f", {"x": struct}, "b.arrow")
    assert column(show(tmp_path / "f"), "x") == [{"t": ["z"], "n": 0}, *expected]


def test_a_dictionary_in_a_delta_encoding(tmp_path: Path, show: Show, places: Places) -> None:
    values = pa.array(["a", "b", None]).dictionary_encode()
    data = parquet(tmp_path / "d", {"c": values}, use_dictionary=False, column_encoding={"c": "DELTA_BYTE_ARRAY"})
    assert column(show(data), "c") == ["a", "b", None]
    assert places(data, "c = 'b'") == [1]


def test_an_empty_name_is_a_name(tmp_path: Path, ask: Any, places: Places) -> None:
    data = parquet(tmp_path / "d", {"": [1, 2], "a": ["x", "y"]})
    assert places(data, '"" = 2') == [1]
    assert places(data, orderby='"" DESC') == [1, 0]
    assert [row["row"] for row in ask("rows", data, "--columns", "", "--json").json["rows"]] == [{"": 1}, {"": 2}]


# VARIANT and geometries


def test_variants_are_the_values_they_hold(tmp_path: Path, show: Show, places: Places) -> None:
    """Written by DuckDB 2.0, of every kind that its SQL makes; expected is what was written."""
    values = {
        "42": 42, "-7": -7, "'text'": "text", "TRUE": True, "NULL": None, "1.25::DECIMAL(4, 2)": "1.25", "0.5::DOUBLE": 0.5,
        "DATE '2024-01-31'": "2024-01-31", "TIMESTAMP '2024-01-31 12:30:00.000001'": "2024-01-31T12:30:00.000001",
        "[1::VARIANT, 'y'::VARIANT, NULL]": [1, "y", None],
        "{'a': 1, 'b': ['x', 'y'], 'c': {'d': NULL}}": {"a": 1, "b": ["x", "y"], "c": {"d": None}},
        "'6f9619ff-8b86-d011-b42d-00c04fc964ff'::UUID": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    }  # fmt: skip
    (tmp_path / "d").mkdir()
    rows = " UNION ALL ".join(f"SELECT {number} AS n, ({sql})::VARIANT AS v" for number, sql in enumerate(values))
    duckdb.sql(f"COPY (SELECT * FROM ({rows}) ORDER BY n) TO '{tmp_path / 'd' / 'x.parquet'}'")
    assert column(show(tmp_path / "d"), "v") == list(values.values())
    assert places(tmp_path / "d", "n = 3") == [3]


def test_the_bytes_of_an_interval(tmp_path: Path, show: Show) -> None:
    """Months, days and milliseconds, each of 32 bits without a sign: LogicalTypes.md of parquet-format."""
    (tmp_path / "d").mkdir()
    duckdb.sql(
        f"COPY (SELECT INTERVAL '14 months 3 days 4 hours 1 millisecond' AS i UNION ALL SELECT NULL) TO '{tmp_path / 'd' / 'x.parquet'}'"
    )
    assert column(show(tmp_path / "d"), "i") == ["P14M3DT4H0.001S", None]


SHAPES = [
    "POINT (1 2)", "POINT Z (1 2 3)", "POINT M (1 2 3)", "POINT ZM (1 2 3 4)", "POINT EMPTY", "LINESTRING (0 0, 1.5 1e-07)",
    "POLYGON ((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 2, 1 1))", "MULTIPOINT ((1 2), (3 4))", "MULTILINESTRING ((0 0, 1 1), EMPTY)",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))", "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))", "LINESTRING EMPTY",
]  # fmt: skip


def geoparquet(folder: Path, values: list[bytes | None]) -> Path:
    """GeoParquet 1.1, with well-known binary."""
    geo = b'{"version": "1.1.0", "primary_column": "g", "columns": {"g": {"encoding": "WKB", "geometry_types": []}}}'
    return parquet(folder, pa.table({"g": pa.array(values, pa.binary())}).replace_schema_metadata({b"geo": geo}))


def test_geometries_are_text_as_duckdb_writes_it(tmp_path: Path, show: Show) -> None:
    binary = [duckdb.execute(f"SELECT st_aswkb('{shape}'::GEOMETRY)").fetchall()[0][0] for shape in SHAPES]
    assert column(show(geoparquet(tmp_path / "d", binary)), "g") == SHAPES


def test_geometries_in_either_byte_order_with_their_srid_and_curves(tmp_path: Path, show: Show) -> None:
    big = struct.pack(">BIdd", 0, 1, 1.0, 2.0)
    srid = struct.pack("<BIIdd", 1, 0x20000001, 4326, 1.0, 2.0)
    curve = struct.pack("<BII", 1, 8, 3) + struct.pack("<6d", 0, 0, 1, 1, 2, 0)
    data = geoparquet(tmp_path / "d", [big, srid, curve, None])
    assert column(show(data), "g") == ["POINT (1 2)", "SRID=4326;POINT (1 2)", "CIRCULARSTRING (0 0, 1 1, 2 0)", None]


def test_a_cell_that_is_no_geometry_costs_itself(tmp_path: Path, ask: Any) -> None:
    data = geoparquet(tmp_path / "d", [struct.pack("<BIdd", 1, 1, 1.0, 2.0), b"\x01\x02", b"\x01" + b"\xff" * 8])
    page = ask("rows", data, "--json").json
    assert [row["row"]["g"] for row in page["rows"]] == ["POINT (1 2)", None, None]
    assert [(one["row_idx"], one["column"]) for one in page["cell_errors"]] == [(1, "g"), (2, "g")]
    assert page["features"][0]["type"]["geometry"] == {"crs": "OGC:CRS84"}


def test_far_years_behind_the_first_group_on_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first instants of a large file are looked at: later ones are right, or told."""
    import io

    from dspreview.arrow import openparquet

    buffer = io.BytesIO()
    kind = pa.timestamp("us")
    with pq.ParquetWriter(buffer, pa.schema([("t", kind)]), use_deprecated_int96_timestamps=True) as writer:
        for moment in (dt.datetime(2021, 6, 9), dt.datetime(9999, 12, 31)):
            writer.write_table(pa.table({"t": pa.array([moment], kind)}))
    monkeypatch.setattr(openparquet, "LOOKED_AT", 0)

    class Remote(io.BytesIO):
        """A stream that fetches by ranges says what it expects."""

        def expect(self, group: int) -> None:
            """Nothing."""

    file = openparquet.OpenParquet(Remote(buffer.getvalue()))
    assert [table.column("t").to_pylist() for table in file.tables(10, 0)] == [[dt.datetime(2021, 6, 9)]]
    with pytest.raises(ValueError, match="row group 1 has years in INT96"):
        list(file.tables(10, 1))


def test_broken_json_far_behind_is_read_once_it_was_converted(tmp_path: Path, ask: Any) -> None:
    """DuckDB refuses a column of Parquet's JSON for one text that is none; the rows that came before it are not repeated."""
    texts = [f'{{"a": {number}}}' for number in range(3_000)] + ["no json"]
    x = extension(pa.json_(), pa.array(texts))
    for way in (["filter", "--where", "n >= 0"], ["filter", "--where", "x IS NOT NULL"], ["rows"]):
        data = parquet(tmp_path / way[-1][0], {"x": x, "n": list(range(3_001))})
        answer = ask(way[0], data, *way[1:], "--length", "all", "--format", "jsonl")
        assert answer.code == 0, answer.err
        lines = [json.loads(line) for line in answer.out.splitlines()]
        assert [line["n"] for line in lines] == list(range(3_001))
        assert lines[2_999:] == [{"x": {"a": 2999}, "n": 2999}, {"x": "no json", "n": 3000}]
        assert ask("stats", data, "--json").json["num_examples"] == 3_001


def test_healthy_json_is_asked_where_it_lies(tmp_path: Path) -> None:
    x = extension(pa.json_(), pa.array(['{"a": 1.50}', " null ", None]))
    data = parquet(tmp_path / "d", {"x": x, "n": [0, 1, 2]})
    program = Program(tmp_path)
    page = program("filter", data, "--where", "x IS NULL", "--json").json
    assert [row["row_idx"] for row in page["rows"]] == [1, 2]
    assert not list(program.assets.rglob("table.json"))  # which a conversion writes
