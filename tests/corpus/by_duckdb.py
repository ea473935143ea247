"""What DuckDB writes: Parquet of both versions, JSON, CSV, partitions, and its Arrow tables as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tests.corpus.told import Case, Special, place

INFINITE, NEVER = Special("Infinity"), Special("-Infinity")
Column = tuple[str, dict[str, Any]]
"""A type, and its values as SQL with the cells that they are; a third row is null where there are two."""

NUMBERS: dict[str, Column] = {
    "huge": ("HUGEINT", {"'1267650600228229401496703205376'": 2.0**100, "-3": -3.0}),
    "uhuge": ("UHUGEINT", {"'340282366920938463463374607431768211455'": 2.0**128, "2": 2.0}),
    "bignum": ("BIGNUM", {"'-123456789012345678901234567890123456789'": "-123456789012345678901234567890123456789", "5": "5"}),
    "tiny": ("UTINYINT", {"255": 255, "0": 0}),
    "ubig": ("UBIGINT", {"18446744073709551615": 2**64 - 1, "0": 0}),
    "small": ("DECIMAL(4, 2)", {"1.25": "1.25", "-0.5": "-0.50"}),
    "middle": ("DECIMAL(18, 3)", {"123456789012345.678": "123456789012345.678", "0": "0.000"}),
    "large": ("DECIMAL(38, 8)", {"'123456789012345678901234567890.12345678'": "123456789012345678901234567890.12345678", "1": "1.00000000"}),
    "float": ("FLOAT", {"'nan'": float("nan"), "1.5": 1.5}),
    "double": ("DOUBLE", {"'-inf'": float("-inf"), "0.1": 0.1}),
}  # fmt: skip
TIMES: dict[str, Column] = {
    "date": ("DATE", {"'2024-02-29'": "2024-02-29", "'9999-12-31'": "9999-12-31"}),
    "time": ("TIME", {"'12:34:56.123456'": "12:34:56.123456", "'00:00:00'": "00:00:00"}),
    "time_ns": ("TIME_NS", {"'12:34:56.123456789'": "12:34:56.123456789", "'23:59:59.999999999'": "23:59:59.999999999"}),
    "timetz": ("TIMETZ", {"'12:34:56+02'": "10:34:56", "'00:00:00+00'": "00:00:00"}),
    "s": ("TIMESTAMP_S", {"'2024-01-31 12:30:00'": "2024-01-31T12:30:00", "'1969-12-31 23:59:59'": "1969-12-31T23:59:59"}),
    "ms": ("TIMESTAMP_MS", {"'2024-01-31 12:30:00.5'": "2024-01-31T12:30:00.500000", "'1900-01-01'": "1900-01-01T00:00:00"}),
    "us": ("TIMESTAMP", {"'2024-01-31 12:30:00.000001'": "2024-01-31T12:30:00.000001", "'0001-01-01'": "0001-01-01T00:00:00"}),
    "ns": ("TIMESTAMP_NS", {"'2024-01-31 12:30:00.123456789'": "2024-01-31T12:30:00.123456789", "'1969-12-31 23:59:59.999999999'": "1969-12-31T23:59:59.999999999"}),
    "tz": ("TIMESTAMPTZ", {"'2024-01-31 12:30:00+02'": "2024-01-31T10:30:00Z", "'1970-01-01 00:00:00+00'": "1970-01-01T00:00:00Z"}),
    "tz_ns": ("TIMESTAMPTZ_NS", {"'2024-01-31 12:30:00.123456789+00'": "2024-01-31T12:30:00.123456789Z", "'1970-01-01 00:00:00+00'": "1970-01-01T00:00:00Z"}),
}  # fmt: skip
INFINITIES: dict[str, Column] = {
    "never": ("DATE", {"'-infinity'": NEVER, "'1970-01-01'": "1970-01-01", "'1969-12-31'": "1969-12-31"}),
    "ever": ("DATE", {"'infinity'": INFINITE, "'1970-01-02'": "1970-01-02"}),
    "timestamp": ("TIMESTAMP", {"'infinity'": INFINITE, "'-infinity'": NEVER}),
    "tz": ("TIMESTAMPTZ", {"'infinity'": INFINITE, "'-infinity'": NEVER}),
    "listed": ("DATE[]", {"['infinity'::DATE, '2024-01-31'::DATE]": [INFINITE, "2024-01-31"], "[]": []}),
}
YEARS: dict[str, Column] = {
    "date": ("DATE", {"'0044-03-15 (BC)'": "-0043-03-15", "'12345-06-07'": "+12345-06-07"}),
    "timestamp": ("TIMESTAMP", {"'0044-03-15 (BC) 12:00:00'": "-0043-03-15T12:00:00", "'12345-06-07 00:00:00'": "+12345-06-07T00:00:00"}),
}  # fmt: skip
WIDE: dict[str, Column] = {
    "far": ("INTEGER", {"2147483647": 2147483647, "-2147483648": -2147483648}),
    "date": ("DATE", {"'infinity'": INFINITE, "'-infinity'": NEVER}),
}
"""Differences of more than 32 bits."""
ARRAYS: dict[str, Column] = {"array": ("INTEGER[2]", {"[1, NULL]": [1, None], "[3, 4]": [3, 4]})}
INTERVALS: dict[str, Column] = {
    "interval": (
        "INTERVAL",
        {"INTERVAL '1 year 2 months 3 days 04:05:06.789'": "P14M3DT4H5M6.789S", "INTERVAL '2 days'": "P0M2D"},
    ),
}
NESTED: dict[str, Column] = {
    "lists": ("INTEGER[][]", {"[[1, 2], NULL, [], [NULL]]": [[1, 2], None, [], [None]], "[]": []}),
    "array": ("INTEGER[3]", {"[1, 2, NULL]": [1, 2, None], "[4, 5, 6]": [4, 5, 6], "[7, 8, 9]": [7, 8, 9]}),
    "map": ("MAP(VARCHAR, INTEGER)", {"MAP {'a': 1, 'b': NULL}": {"a": 1, "b": None}, "MAP {}": {}}),
    "numbered": ("MAP(INTEGER, VARCHAR[])", {"MAP {1: ['x']}": [[1, ["x"]]], "MAP {2: NULL}": [[2, None]]}),
    "struct": ("STRUCT(a INTEGER, b STRUCT(c VARCHAR))", {"{'a': 1, 'b': {'c': 'x'}}": {"a": 1, "b": {"c": "x"}}, "{'a': NULL, 'b': NULL}": {"a": None, "b": None}}),
    "maps": ("MAP(VARCHAR, DATE)[]", {"[MAP {'a': DATE '2024-01-31'}, NULL]": [{"a": "2024-01-31"}, None], "[]": []}),
}  # fmt: skip
UNIONS: dict[str, Column] = {
    "union": (
        "UNION(num INTEGER, str VARCHAR)",
        {"union_value(num := 2)": {"element1": 0, "num": 2, "str": None}, "union_value(str := 'y')": {"element1": 1, "num": None, "str": "y"}},
    ),
}  # fmt: skip
TEXTS: dict[str, Column] = {
    "uuid": ("UUID", {"'6f9619ff-8b86-d011-b42d-00c04fc964ff'": "6f9619ff-8b86-d011-b42d-00c04fc964ff", "'00000000-0000-0000-0000-000000000000'": "00000000-0000-0000-0000-000000000000"}),
    "uuids": ("UUID[]", {"['6f9619ff-8b86-d011-b42d-00c04fc964ff'::UUID, NULL]": ["6f9619ff-8b86-d011-b42d-00c04fc964ff", None], "[]": []}),
    "enum": ("ENUM('a', 'b', 'c')", {"'b'": "b", "'a'": "a"}),
    "bit": ("BIT", {"'10101'": "10101", "'0'": "0"}),
    "blob": ("BLOB", {r"'\xAA\x00'": b"\xaa\x00", "''": b""}),
    "json": ("JSON", {"""'{"a": [1, null, 2.5], "b": "é"}'""": {"a": [1, None, 2.5], "b": "é"}, "'3'": 3}),
}  # fmt: skip
VARIANTS: dict[str, Column] = {
    "number": ("VARIANT", {"42": 42, "-7": -7}),
    "mixed": ("VARIANT", {"'x'": "x", "[1::VARIANT, 'y'::VARIANT, NULL]": [1, "y", None]}),
    "object": ("VARIANT", {"{'a': 1, 'b': ['x', 'y'], 'c': NULL}": {"a": 1, "b": ["x", "y"], "c": None}, "{'a': 'other'}": {"a": "other"}}),
    "dated": ("VARIANT", {"DATE '2024-01-31'": "2024-01-31", "TIMESTAMP '2024-01-31 12:30:00.000001'": "2024-01-31T12:30:00.000001"}),
    "typed": ("VARIANT", {"1.25::DECIMAL(4, 2)": "1.25", r"'\xAA'::BLOB": b"\xaa"}),
    "id": ("VARIANT", {"'6f9619ff-8b86-d011-b42d-00c04fc964ff'::UUID": "6f9619ff-8b86-d011-b42d-00c04fc964ff", "TRUE": True}),
}  # fmt: skip
PARQUET = {
    "numbers": NUMBERS, "times": TIMES, "infinities": INFINITIES, "years": YEARS, "intervals": INTERVALS, "nested": NESTED,
    "unions": UNIONS, "texts": TEXTS, "variants": VARIANTS,
    "wide": WIDE, "arrays": ARRAYS,
}  # fmt: skip
SPANS = "Length spanned by list offsets"
UNREAD = {("parquet", "arrays"): SPANS, ("v2", "arrays"): SPANS, ("v2", "wide"): "Unexpected end of stream"}
"""What DuckDB 2.0 writes and pyarrow 26 does not read: findings/duckdb-array-with-a-null.sh, findings/duckdb-wide-deltas.sh."""
LOSSLESS: dict[str, Column] = {
    "uuid": TEXTS["uuid"], "json": TEXTS["json"], "flag": ("BOOLEAN", {"TRUE": True, "FALSE": False}),
    "enum": TEXTS["enum"], "interval": INTERVALS["interval"], "time_ns": TIMES["time_ns"], "map": NESTED["map"],
    "array": NESTED["array"], "blob": TEXTS["blob"],
}  # fmt: skip
UNTYPED: dict[str, Column] = {
    "number": ("INTEGER", {"1": 1, "-2": -2, "3": 3}), "text": ("VARCHAR", {"'é, \"x\"'": 'é, "x"', "'y'": "y"}),
    "flag": LOSSLESS["flag"], "double": ("DOUBLE", {"1.5": 1.5, "-0.25": -0.25}),
}  # fmt: skip


def query(columns: dict[str, Column]) -> str:
    """SQL for two rows of values, and one of nulls."""
    rows = []
    for row in range(3):
        words = [[*values, "NULL"][row] for _, values in columns.values()]
        cast = zip(words, columns.items(), strict=True)
        rows.append("SELECT " + ", ".join(f'({word})::{kind} AS "{name}"' for word, (name, (kind, _)) in cast))
    return " UNION ALL ".join(rows)


def cells(columns: dict[str, Column]) -> dict[str, list[Any]]:
    """What they hold."""
    return {name: [*values.values(), None][:3] for name, (_, values) in columns.items()}


def cases(data: Path) -> Iterator[Case]:
    """All of them."""
    with duckdb.connect() as db:
        db.execute("SET threads = 1; SET TimeZone = 'UTC'; SET arrow_lossless_conversion = true")
        for theme, columns in PARQUET.items():
            for name, options in {"parquet": "", "v2": ", PARQUET_VERSION v2, COMPRESSION zstd"}.items():
                case = Case(f"duckdb-{name}-{theme}", cells(columns), unread=UNREAD.get((name, theme), ""))
                file = place(data, case.name) / "data.parquet"
                db.execute(f"COPY ({query(columns)}) TO '{file}' (FORMAT parquet{options})")
                yield case
        yield from pieces(db, data)
        yield from texts(db, data)
        case = Case("duckdb-arrow", cells(LOSSLESS))
        table = db.sql(query(LOSSLESS)).to_arrow_table().take([0, 1, 2])  # a copy, without what lies between the values
        with pa.ipc.new_file(place(data, case.name) / "data.arrow", table.schema) as writer:
            writer.write_table(table)
        yield case


def pieces(db: duckdb.DuckDBPyConnection, data: Path) -> Iterator[Case]:
    """Small row groups, delta encodings, and folders of partitions."""
    count = 300
    numbers = "SELECT i AS number, 'text ' || i % 7 AS label, 'a longer text, number ' || i AS text, [i, i + 1] AS list FROM range({}) t(i)"
    held: dict[str, list[Any]] = {
        "number": list(range(count)),
        "label": [f"text {i % 7}" for i in range(count)],
        "text": [f"a longer text, number {i}" for i in range(count)],
        "list": [[i, i + 1] for i in range(count)],
    }
    case = Case("duckdb-delta", {name: values[:100] for name, values in held.items()})
    file = place(data, case.name) / "data.parquet"
    db.execute(
        f"COPY ({numbers.format(100)}) TO '{file}' (FORMAT parquet, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 0)"
    )
    yield case
    case = Case("duckdb-groups", {name: values[:100] for name, values in held.items()})
    file = place(data, case.name) / "data.parquet"
    db.execute("SET preserve_insertion_order = false")
    db.execute(
        f"COPY ({numbers.format(100)}) TO '{file}' (FORMAT parquet, ROW_GROUP_SIZE 40, ROW_GROUP_SIZE_BYTES '1kB')"
    )
    db.execute("SET preserve_insertion_order = true")
    yield case
    case = Case("duckdb-partitions", {"number": [0, 2, 4, 1, 3]})
    db.execute(
        f"COPY (SELECT i AS number, i % 2 AS odd FROM range(5) t(i)) TO '{place(data, case.name)}' (FORMAT parquet, PARTITION_BY odd, OVERWRITE)"
    )
    yield case


def texts(db: duckdb.DuckDBPyConnection, data: Path) -> Iterator[Case]:
    """JSON lines, a JSON array, CSV and TSV."""
    for name, file, options in (
        ("duckdb-jsonl", "data.jsonl", "FORMAT json"),
        ("duckdb-json", "data.json", "FORMAT json, ARRAY true"),
        ("duckdb-csv", "data.csv", "FORMAT csv, HEADER true"),
        ("duckdb-tsv", "data.tsv", "FORMAT csv, HEADER true, DELIMITER '\t'"),
    ):
        case = Case(name, cells(UNTYPED))
        db.execute(f"COPY ({query(UNTYPED)}) TO '{place(data, name) / file}' ({options})")
        yield case
