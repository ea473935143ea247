"""Random tables of every Arrow type, null pattern and file layout."""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ZONES = [None, "UTC", "Europe/Paris", "America/New_York", "+05:30", "-03:00"]
UNITS = ["s", "ms", "us", "ns"]
TEXTS = [
    "",
    "a",
    "A",
    "word",
    "it's",
    "naïve café",
    "名前",
    "line\nbreak",
    '"quoted"',
    "null",
    "0",
    "1e5",
    "tab\there",
    "x" * 300,
    "2024-01-01",
]
SECONDS = [0, 1, -1, 1_700_000_000, -2_208_988_800, 253_402_300_799, -62_135_596_800, 9_000_000_000]
FLOATS = [0.0, -0.0, 1.5, -1e-11, 0.1234567890123456, 1e300, 5e-324, math.nan, math.inf, -math.inf, 2.0**53, 1 / 3]
INTEGERS = {pa.int8(): 7, pa.int16(): 15, pa.int32(): 31, pa.int64(): 63}
UNSIGNED = {pa.uint8(): 8, pa.uint16(): 16, pa.uint32(): 32, pa.uint64(): 64}
DECIMALS = [pa.decimal32(9, 2), pa.decimal64(18, 0), pa.decimal128(38, 10), pa.decimal128(5, 5), pa.decimal256(60, 20)]
MANY = 2_500
"""Rows that come in several blocks, whoever reads them."""
Maker = Callable[[random.Random], Any]


def counts(unit: str, rng: random.Random) -> int:
    """An instant as its count."""
    per = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    count = rng.choice(SECONDS) * per + rng.choice([0, 0, 1, per // 2, per - 1])
    return count if abs(count) < 2**62 else rng.randrange(-(2**62), 2**62)


def integers(kind: pa.DataType) -> Maker:
    """Integers of a type, its ends among them."""
    low, high = (-(2 ** INTEGERS[kind]), 2 ** INTEGERS[kind] - 1) if kind in INTEGERS else (0, 2 ** UNSIGNED[kind] - 1)
    return lambda rng: rng.choice([low, high, 0, 1, rng.randrange(low, high + 1), min(high, 2**53 + 1)])


def decimals(kind: Any) -> Maker:
    """Decimals of a type."""
    most = 10**kind.precision - 1

    def make(rng: random.Random) -> Decimal:
        digits = rng.choice([0, 1, -1, most, -most, rng.randrange(-most, most)])
        sign, figures = ("-" if digits < 0 else ""), str(abs(digits)).rjust(kind.scale + 1, "0")
        return Decimal(
            f"{sign}{figures[: len(figures) - kind.scale]}.{figures[len(figures) - kind.scale :]}".rstrip(".")
        )

    return make


def interval(rng: random.Random) -> tuple[int, int, int]:
    """A calendar interval."""
    return rng.randrange(-5, 20), rng.randrange(40), rng.randrange(10**11)


def flat(rng: random.Random) -> tuple[pa.DataType, Maker]:
    """A type without others inside, and what makes its values."""
    unit = rng.choice(UNITS)
    time = {"s": pa.time32, "ms": pa.time32, "us": pa.time64, "ns": pa.time64}[unit](unit)
    per_day = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit] * 86_400
    whole, decimal = rng.choice([*INTEGERS, *UNSIGNED]), rng.choice(DECIMALS)
    options: list[tuple[pa.DataType, Maker]] = [
        (whole, integers(whole)),
        (rng.choice([pa.float64(), pa.float32(), pa.float16()]), lambda rng: rng.choice(FLOATS)),
        (rng.choice([pa.string(), pa.large_string(), pa.string_view()]), lambda rng: rng.choice(TEXTS)),
        (rng.choice([pa.binary(), pa.large_binary(), pa.binary_view()]), lambda rng: rng.randbytes(rng.randrange(4))),
        (pa.binary(3), lambda rng: rng.randbytes(3)),
        (pa.bool_(), lambda rng: rng.random() < 0.5),
        (pa.timestamp(unit, rng.choice(ZONES)), lambda rng: counts(unit, rng)),
        (pa.duration(unit), lambda rng: rng.choice([0, 1, -1, 86_400, rng.randrange(-(2**40), 2**40)])),
        (time, lambda rng: rng.randrange(per_day)),
        (pa.date32(), lambda rng: rng.choice([0, -1, 19_000, rng.randrange(-700_000, 2_900_000)])),
        (pa.date64(), lambda rng: 86_400_000 * rng.randrange(-700_000, 2_900_000)),
        (decimal, decimals(decimal)),
        (pa.month_day_nano_interval(), interval),
        (pa.null(), lambda rng: None),
        (pa.uuid(), lambda rng: uuid.UUID(int=rng.getrandbits(128)).bytes),
        (pa.bool8(), lambda rng: rng.choice([0, 1])),
        (pa.json_(), lambda rng: rng.choice(['{"a": 1.5}', "[1, 2]", '"text"', "null", "12345678901234567890"])),
    ]  # fmt: skip
    return rng.choice(options)


def values(make: Maker, rows: int, pattern: str, rng: random.Random) -> list[Any]:
    """Values with nulls in a pattern."""
    null: Callable[[int], bool] = {
        "none": lambda row: False, "some": lambda row: rng.random() < 0.3, "all": lambda row: True,
        "first": lambda row: row < rows // 2, "last": lambda row: row >= rows // 2,
    }[pattern]  # fmt: skip
    return [None if null(row) else make(rng) for row in range(rows)]


def array_of(kind: pa.DataType, items: list[Any]) -> pa.Array:
    """An array; instants and the like from their counts."""
    if isinstance(kind, pa.BaseExtensionType):
        return pa.array(items, kind.storage_type).cast(kind)
    if pa.types.is_interval(kind) or not pa.types.is_temporal(kind):
        return pa.array(items, kind)
    wide = pa.int32() if pa.types.is_date32(kind) or pa.types.is_time32(kind) else pa.int64()
    return pa.array(items, wide).view(kind)


def nested(array: pa.Array, rows: int, rng: random.Random) -> pa.Array:
    """Values inside others, as many of these as there are rows."""
    cuts = sorted(rng.randrange(len(array) + 1) for _ in range(rows - 1)) if rows > 1 else []
    offsets = [0, *cuts, len(array)] if rows else [0]
    missing = pa.array([rng.random() < 0.2 for _ in range(rows)], pa.bool_())
    form = rng.choice(["list", "large_list", "struct", "map", "fixed", "list of struct", "list_view"])
    if form == "struct":
        part = array.slice(0, rows)
        return pa.StructArray.from_arrays(
            [part, pa.array(range(len(part)))], ["a", "b.c"], mask=missing.slice(0, len(part))
        )
    if form == "fixed":
        part = array.slice(0, len(array) // 2 * 2)
        return pa.FixedSizeListArray.from_arrays(part, 2)
    if form == "map":
        keys = pa.array([f"k{place}" for place in range(len(array))])
        return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, array)
    if form == "list of struct":
        array = pa.StructArray.from_arrays([array], ["x"])
    if form == "large_list":
        return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), array, mask=missing)
    if form == "list_view":
        sizes = [end - start for start, end in pairwise(offsets)]
        return pa.ListViewArray.from_arrays(
            pa.array(offsets[:-1], pa.int32()), pa.array(sizes, pa.int32()), array, mask=missing
        )
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), array, mask=missing)


def column(rows: int, rng: random.Random) -> pa.Array:
    """A column of some type."""
    kind, make = flat(rng)
    pattern = rng.choice(["none", "some", "some", "all", "first", "last"])
    depth = rng.choice([0, 0, 0, 0, 1, 1, 2])
    array = array_of(kind, values(make, rows * 2**depth if depth else rows, pattern, rng))
    form = rng.random()
    plain = not isinstance(kind, pa.BaseExtensionType) and not pa.types.is_null(kind) and not pa.types.is_interval(kind)
    views = kind in {pa.string_view(), pa.binary_view()}
    if form < 0.1 and plain and not views and not pa.types.is_float16(kind):
        array = array.dictionary_encode()
    elif form < 0.15 and plain and not views and depth == 0 and rows:
        ends = sorted({rows, *(rng.randrange(1, rows + 1) for _ in range(3))})
        array = pa.RunEndEncodedArray.from_arrays(ends, array.slice(0, len(ends)))
    for level in range(depth):
        array = nested(array, rows * 2 ** (depth - 1 - level), rng)
    return array.slice(0, rows)


def table_of(rng: random.Random) -> pa.Table:
    """A table of some columns."""
    rows = rng.choice([1, 2, 3, 7, 20, 60]) if rng.random() < 0.9 else MANY
    found: dict[str, Any] = {}
    for number in range(rng.randrange(1, 5)):
        made = column(rows, rng)
        if len(made) == rows:
            found[rng.choice(["c{}", "Column {}", "a.b{}", "ü{}", "select{}"]).format(number)] = made
    return pa.table(found or {"n": list(range(rows))})


def parquet_options(table: pa.Table, rng: random.Random) -> dict[str, Any]:
    """How a Parquet file is laid out."""
    return {
        "row_group_size": rng.choice([1, 3, 1000]), "data_page_version": rng.choice(["1.0", "2.0"]),
        "use_dictionary": rng.choice([True, False]), "compression": rng.choice(["snappy", "none", "zstd", "gzip"]),
        "write_statistics": rng.choice([True, True, False]), "write_page_index": rng.choice([True, False]),
        "data_page_size": rng.choice([64, 1 << 20]), "store_schema": rng.choice([True, True, False]),
        "use_byte_stream_split": False,
    }  # fmt: skip


def write(table: pa.Table, folder: Path, rng: random.Random) -> pa.Table:
    """Write a table as some files; the table as pyarrow reads it back, which is what the files say."""
    folder.mkdir(parents=True)
    form = rng.choice(["parquet", "parquet", "parquet", "file", "stream"])
    cuts = sorted(rng.randrange(table.num_rows + 1) for _ in range(rng.choice([0, 0, 1, 2])))
    edges = [0, *cuts, table.num_rows]
    parts = [table.slice(start, end - start) for start, end in pairwise(edges)]
    options = parquet_options(table, rng)
    try:
        for number, part in enumerate(parts):
            name = folder / f"train-{number:05d}-of-{len(parts):05d}"
            if form == "parquet":
                pq.write_table(part, f"{name}.parquet", **options)
            else:
                maker = pa.ipc.new_file if form == "file" else pa.ipc.new_stream
                with maker(f"{name}.arrow", part.schema) as out:
                    out.write_table(part)
        return whole(pa.concat_tables(read(path) for path in sorted(folder.iterdir())), table.num_rows)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid, pa.ArrowTypeError, NotImplementedError, OSError):
        for path in folder.iterdir():  # what pyarrow does not write, or not read back, has no right answer by it
            path.unlink()
        folder.rmdir()
        raise


def whole(table: pa.Table, rows: int) -> pa.Table:
    """A table of so many rows. Raises ArrowInvalid: pyarrow 26 writes some nested list views without theirs."""
    if table.num_rows != rows:
        raise pa.ArrowInvalid(f"{table.num_rows} of {rows} rows")
    return table


def read(path: Path) -> pa.Table:
    """A file by pyarrow."""
    if path.suffix == ".parquet":
        return pq.ParquetFile(path).read()
    with path.open("rb") as stream:
        head = stream.read(6)
        stream.seek(0)
        return (pa.ipc.open_file if head == b"ARROW1" else pa.ipc.open_stream)(stream).read_all()


def random_table(seed: str, folder: Path) -> pa.Table:
    """The table of a seed, written into a folder."""
    rng = random.Random(seed)
    while True:
        try:
            return write(table_of(rng), folder, rng)
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid, pa.ArrowTypeError, NotImplementedError, OSError):
            continue
