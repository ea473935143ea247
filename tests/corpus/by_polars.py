"""What polars writes: Parquet, Arrow IPC of both compatibility levels, NDJSON, JSON, CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tests.corpus.told import Case, duration, place

BERLIN = ZoneInfo("Europe/Berlin")
LONG = "a text of more than the twelve bytes that a view holds itself"
Column = tuple[list[Any], Any, list[Any]]
"""Values, their type, and the same values as cells."""
REFUSED = {"int128": "Integers with more than 64 bits not implemented"}
"""What pyarrow says of a theme's files."""


def same(values: list[Any], kind: Any) -> Column:
    """A column whose values are cells by themselves."""
    return values, kind, values


SCALARS: dict[str, Column] = {
    "i8": same([-128, 127, None], pl.Int8),
    "u16": same([0, 65535, None], pl.UInt16),
    "i64": same([-(2**63), 2**63 - 1, None], pl.Int64),
    "u64": same([0, 2**64 - 1, None], pl.UInt64),
    "f16": same([1.5, float("nan"), None], pl.Float16),
    "f32": same([-0.0, float("inf"), None], pl.Float32),
    "f64": same([0.1, float("-inf"), None], pl.Float64),
    "flag": same([True, False, None], pl.Boolean),
    "text": same(["é", LONG, None], pl.String),
    "empty": same(["", "a\nb", None], pl.String),
    "bytes": same([b"\x00\xff", b"", None], pl.Binary),
    "long bytes": same([LONG.encode(), b"abc", None], pl.Binary),
    "decimal": same([Decimal("1.25"), Decimal("-99999999999999.99"), None], pl.Decimal(38, 2)),
    "whole": same([Decimal(7), Decimal(-1), None], pl.Decimal(10, 0)),
    "nothing": same([None, None, None], pl.Null),
}
TIMES: dict[str, Column] = {
    "date": same([date(2024, 2, 29), date(1, 1, 1), None], pl.Date),
    "time": same([time(12, 34, 56, 123456), time(0), None], pl.Time),
    "ms": same([datetime(2024, 1, 31, 12, 30), datetime(1969, 12, 31, 23, 59, 59, 999000), None], pl.Datetime("ms")),
    "us": same([datetime(2024, 1, 31, 12, 30, 0, 1), datetime(9999, 12, 31), None], pl.Datetime("us")),
    "ns": (
        [1_706_704_200_123_456_789, -1, None],
        pl.Datetime("ns"),
        ["2024-01-31T12:30:00.123456789", "1969-12-31T23:59:59.999999999", None],
    ),
    "utc": same([datetime(2024, 1, 31, 12, 30, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), None], pl.Datetime("us", "UTC")),
    "berlin": same(
        [datetime(2024, 7, 1, 12, tzinfo=BERLIN), datetime(2024, 1, 31, 12, 30, tzinfo=BERLIN), None],
        pl.Datetime("us", "Europe/Berlin"),
    ),
}  # fmt: skip
DURATIONS: dict[str, Column] = {
    "ms": same([timedelta(days=1, hours=2), timedelta(milliseconds=-1), None], pl.Duration("ms")),
    "us": same([timedelta(days=400, microseconds=3), timedelta(0), None], pl.Duration("us")),
    "ns": ([1, -86_400_000_000_001, None], pl.Duration("ns"), [duration(1), duration(-86_400_000_000_001), None]),
}
NESTED: dict[str, Column] = {
    "list": same([[1, None], [], None], pl.List(pl.Int16)),
    "lists": same([[["a"], None, []], [[None]], None], pl.List(pl.List(pl.String))),
    "array": same([[1, 2], [3, None], None], pl.Array(pl.Int8, 2)),
    "struct": same(
        [{"a": 1, "b": {"c": LONG}}, {"a": None, "b": None}, None],
        pl.Struct({"a": pl.Int64, "b": pl.Struct({"c": pl.String})}),
    ),
    "structs": same([[{"a": date(2024, 1, 31)}, None], [], None], pl.List(pl.Struct({"a": pl.Date}))),
    "times": same([[timedelta(seconds=1)], [None], None], pl.List(pl.Duration("us"))),
    "decimals": same([[Decimal("0.10")], [], None], pl.List(pl.Decimal(10, 2))),
}
CATEGORIES: dict[str, Column] = {
    "categorical": same(["b", "a", None], pl.Categorical),
    "enum": same(["b", "a", None], pl.Enum(["a", "b", "unused"])),
    "categoricals": same([["b", None], [], None], pl.List(pl.Categorical)),
    "inside": same([{"kind": "x"}, {"kind": None}, None], pl.Struct({"kind": pl.Enum(["x", "y"])})),
}
MAPS: dict[str, Column] = {
    "map": same([{"a": 1, "b": None}, {}, None], pl.Map(pl.String, pl.Int64)),
    "numbered": ([{1: "x"}, {}, None], pl.Map(pl.Int32, pl.String), [[[1, "x"]], [], None]),
}
LARGE: dict[str, Column] = {
    "i128": same([2**100, -(2**127), None], pl.Int128),
    "u128": same([2**128 - 1, 0, None], pl.UInt128),
}
THEMES = {
    "scalars": SCALARS, "times": TIMES, "durations": DURATIONS, "nested": NESTED, "categories": CATEGORIES,
    "maps": MAPS, "int128": LARGE,
}  # fmt: skip
OLDEST, NEWEST = pl.CompatLevel.oldest(), pl.CompatLevel.newest()


def frame(columns: dict[str, Column]) -> pl.DataFrame:
    """A data frame."""
    return pl.DataFrame([made(name, values, kind) for name, (values, kind, _) in columns.items()])


def made(name: str, values: list[Any], kind: Any) -> pl.Series:
    """A column; instants with a zone go through UTC, which is how polars takes them."""
    if isinstance(kind, pl.Datetime) and kind.time_zone:
        values = [value and value.astimezone(UTC) for value in values]
        return pl.Series(name, values, dtype=pl.Datetime(kind.time_unit, "UTC")).dt.convert_time_zone(kind.time_zone)
    return pl.Series(name, values, dtype=kind)


def cells(columns: dict[str, Column]) -> dict[str, list[Any]]:
    """What the columns hold."""
    return {name: told for name, (_, _, told) in columns.items()}


def binary(data: Path) -> Iterator[Case]:
    """Parquet and Arrow IPC."""
    for theme, columns in THEMES.items():
        table, held = frame(columns), cells(columns)
        case = Case(f"polars-parquet-{theme}", held, REFUSED.get(theme, ""))
        table.write_parquet(place(data, case.name) / "data.parquet")
        yield case
        for name, level in {"oldest": OLDEST, "views": NEWEST}.items():
            case = Case(f"polars-ipc-{name}-{theme}", held, REFUSED.get(theme, ""))
            table.write_ipc(place(data, case.name) / "data.arrow", compat_level=level)
            yield case
    mixed = {name: SCALARS[name] for name in ("i64", "text", "bytes")} | {"list": NESTED["list"], "map": MAPS["map"]}
    case = Case("polars-ipc-zstd", cells(mixed))
    frame(mixed).write_ipc(place(data, case.name) / "data.arrow", compression="zstd", compat_level=NEWEST)
    yield case
    case = Case("polars-ipc-stream", cells(mixed))
    frame(mixed).write_ipc_stream(place(data, case.name) / "data.arrow", compression="lz4", compat_level=OLDEST)
    yield case


def pieces(data: Path) -> Iterator[Case]:
    """Parquet in small row groups and pages, and in a folder of partitions."""
    numbers = list(range(12))
    texts = [None if number % 5 == 4 else f"text {number % 3}" for number in numbers]
    lists = [[number] * (number % 3) for number in numbers]
    table = pl.DataFrame({"number": numbers, "text": texts, "list": lists})
    case = Case("polars-parquet-groups", {"number": numbers, "text": texts, "list": lists})
    table.write_parquet(place(data, case.name) / "data.parquet", row_group_size=5, data_page_size=8, compression="lz4")
    yield case
    parted = sorted(numbers, key=lambda number: number % 3)
    case = Case("polars-parquet-partitions", {"number": parted, "kind": [f"kind {number % 3}" for number in parted]})
    part = pl.DataFrame({"number": numbers, "kind": [f"kind {number % 3}" for number in numbers]})
    part.write_parquet(place(data, case.name), partition_by="kind")
    yield case


def texts(data: Path) -> Iterator[Case]:
    """NDJSON, JSON and CSV: what JSON has no type for is text there."""
    columns = {
        "number": SCALARS["i64"], "text": SCALARS["text"], "flag": SCALARS["flag"], "list": NESTED["list"],
        "struct": NESTED["struct"], "enum": CATEGORIES["enum"], "decimal": SCALARS["decimal"], "large": LARGE["u128"],
    }  # fmt: skip
    table, held = frame(columns), cells(columns)
    case = Case("polars-ndjson", held)
    table.write_ndjson(place(data, case.name) / "data.jsonl")
    yield case
    case = Case("polars-json", held)
    table.write_json(place(data, case.name) / "data.json")
    yield case
    timed = {"duration": DURATIONS["us"], "time": TIMES["time"]}
    case = Case("polars-ndjson-times", {"duration": ["PT34560000.000003S", "P0D", None], "time": cells(timed)["time"]})
    frame(timed).write_ndjson(place(data, case.name) / "data.jsonl")
    yield case
    flat = {name: columns[name] for name in ("number", "text", "flag", "enum")}
    case = Case("polars-csv", cells(flat))
    frame(flat).write_csv(place(data, case.name) / "data.csv")
    yield case


def cases(data: Path) -> Iterator[Case]:
    """All of them."""
    yield from binary(data)
    yield from pieces(data)
    yield from texts(data)
