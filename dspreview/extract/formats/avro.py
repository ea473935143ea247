"""Avro files through fastavro, their logical types as Arrow has them.

The library's own dates end at the year 9999, and nanoseconds and durations come as it finds them; so it is handed the file with a
schema that names storage alone, and values are made of that here.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from decimal import Context, Decimal
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from dspreview.errors import MissingPackageError, UnreadableDataError
from dspreview.extract.formats.values import as_json
from dspreview.models import Json
from dspreview.page.iso import iso_timestamp

Make = Callable[[list[Any]], pa.Array]
"""Makes an Arrow array of values as fastavro gives them."""
MAGIC = b"Obj\x01"
PLAIN = {
    "null": pa.null(), "boolean": pa.bool_(), "int": pa.int32(), "long": pa.int64(), "float": pa.float32(), "double": pa.float64(),
    "bytes": pa.binary(), "string": pa.string(),
}  # fmt: skip
LOGICAL = {
    "date": pa.date32(), "time-millis": pa.time32("ms"), "time-micros": pa.time64("us"),
    "timestamp-millis": pa.timestamp("ms", "UTC"), "timestamp-micros": pa.timestamp("us", "UTC"), "timestamp-nanos": pa.timestamp("ns", "UTC"),
    "local-timestamp-millis": pa.timestamp("ms"), "local-timestamp-micros": pa.timestamp("us"), "local-timestamp-nanos": pa.timestamp("ns"),
}  # fmt: skip
"""Those that are a count in an integer (https://avro.apache.org/docs/1.12.0/specification/#logical-types)."""
STORAGE: dict[str, type] = {"int": int, "long": int, "bytes": bytes, "fixed": bytes, "string": str}
"""What Python has for types that may mean something else."""
MOST_DIGITS = 76
WIDE = Context(prec=MOST_DIGITS)


class Rest(io.RawIOBase):
    """A new beginning, and what follows in a stream."""

    def __init__(self, start: bytes, stream: Any) -> None:
        self.start, self.stream = io.BytesIO(start), stream

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        found = self.start.read(len(buffer)) or self.stream.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def avro_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """The records of an Avro file, a field a column. Raises UnreadableDataError, MissingPackageError."""
    import fastavro  # 40 ms
    from fastavro.read import HEADER_SCHEMA

    if not hasattr(stream, "peek"):
        stream = io.BufferedReader(stream)
    try:
        header: Any = fastavro.schemaless_reader(stream, HEADER_SCHEMA, None)
    except (EOFError, ValueError, IndexError, TypeError) as error:
        raise UnreadableDataError("not an Avro file, or one that is cut off in its header") from error
    if header["magic"] != MAGIC:
        raise UnreadableDataError("not an Avro file")
    schema = json.loads(header["meta"]["avro.schema"])
    if not isinstance(schema, dict) or schema.get("type") not in {"record", "error"}:
        raise UnreadableDataError("its values are no records, and have no columns")
    header["meta"]["avro.schema"] = json.dumps(bare(schema)).encode()
    start = io.BytesIO()
    fastavro.schemaless_writer(start, HEADER_SCHEMA, header)
    fields = Fields(schema)
    yield fields.table([])
    try:
        records: Any = fastavro.reader(io.BufferedReader(Rest(start.getvalue(), stream), 1 << 20))
        while part := list(islice(records, batch_size)):
            yield fields.table(part)
    except ValueError as error:
        if "need to install" in str(error):
            package = str(error).rpartition("install ")[2].split(" ")[0].strip("`'.")
            raise MissingPackageError.of("the compression of this Avro file", package) from error
        raise


def bare(schema: Json) -> Json:
    """A schema without logical types."""
    if isinstance(schema, list):
        return [bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: bare(value) if key in {"type", "items", "values", "fields"} else value
        for key, value in schema.items()
        if key != "logicalType"
    }


class Fields:
    """The fields of a record as columns."""

    def __init__(self, schema: dict[str, Json]) -> None:
        self.named: dict[str, Json] = {}
        """The types that have names, by these."""
        self.fields = [(str(field["name"]), self.maker(field["type"])) for field in self.declared(schema)["fields"]]

    def table(self, records: list[dict[str, Any]]) -> pa.Table:
        """Some records as a table."""
        arrays = [make([record[name] for record in records]) for name, make in self.fields]
        return pa.Table.from_arrays(arrays, names=[name for name, _ in self.fields])

    def declared(self, schema: dict[str, Json]) -> dict[str, Json]:
        """A schema whose name is known from now on."""
        if "name" in schema:
            space = f"{schema['namespace']}." if schema.get("namespace") else ""
            self.named[f"{space}{schema['name']}"] = self.named[str(schema["name"])] = schema
        return schema

    def maker(self, schema: Json, inside: tuple[int, ...] = ()) -> Make:
        """What makes an array of values of a schema; one that holds itself is JSON."""
        if isinstance(schema, list):
            kinds = [one for one in schema if one != "null"]
            return self.maker(kinds[0], inside) if len(kinds) == 1 else several(kinds) if kinds else nulls
        if isinstance(schema, str):
            if schema in PLAIN:
                return lambda values: pa.array(values, PLAIN[schema])
            schema = self.named.get(schema)
            if schema is None or id(schema) in inside:
                return as_json
        else:
            self.declared(schema)
        kind = schema["type"]
        if not isinstance(kind, str):
            return self.maker(kind, inside)
        if (make := logical_maker(kind, schema)) is not None:
            return make
        if kind == "array":
            return lists(self.maker(schema["items"], inside))
        if kind == "map":
            return maps(self.maker(schema["values"], inside))
        within = (*inside, id(schema))
        return structs([(str(field["name"]), self.maker(field["type"], within)) for field in schema["fields"]])


def logical_maker(kind: str, schema: dict[str, Json]) -> Make | None:
    """What makes an array of single values, by their logical type where they have one; None for nested ones."""
    logical = schema.get("logicalType")
    if logical in LOGICAL:
        return lambda values: pa.array(values, pa.int32() if kind == "int" else pa.int64()).view(LOGICAL[logical])
    if logical == "decimal" and 0 < schema.get("precision", 0) <= MOST_DIGITS:
        return decimals(schema["precision"], schema.get("scale", 0))
    if kind == "fixed":
        named = {"duration": durations, "uuid": uuids}
        return named.get(str(logical)) or (lambda values: pa.array(values, pa.binary()))
    stored = pa.string() if kind == "enum" else PLAIN.get(kind)
    return None if stored is None else lambda values: pa.array(values, stored)


def several(kinds: list[Json]) -> Make:
    """JSON of a union of several types; a value is of the one whose storage it has, where there is only one such."""
    meant: dict[type, list[dict[str, Json]]] = {}
    for kind in kinds:
        word = kind.get("type") if isinstance(kind, dict) else kind
        if isinstance(word, str) and word in STORAGE:
            meant.setdefault(STORAGE[word], []).append(kind if isinstance(kind, dict) else {"type": kind})
    makers = {
        storage: make
        for storage, (first, *others) in meant.items()
        if not others and first.get("logicalType") and (make := logical_maker(str(first["type"]), first)) is not None
    }

    def shown(value: Any) -> Any:
        make = makers.get(type(value))
        if make is None:
            return value
        array = make([value])
        if pt.is_timestamp(array.type):
            return iso_timestamp(value, array.type.unit, array.type.tz)
        try:
            return str(array.cast(pa.string())[0])
        except pa.ArrowException:
            return value

    return lambda values: as_json([shown(value) for value in values])


def nulls(values: list[Any]) -> pa.Array:
    """Nothing."""
    return pa.nulls(len(values))


def lists(item: Make) -> Make:
    """Lists of whatever `item` makes."""

    def make(values: list[Any]) -> pa.Array:
        starts = starts_of(values)
        inner = item([one for value in values if value is not None for one in value])
        return pa.ListArray.from_arrays(starts, inner)

    return make


def maps(item: Make) -> Make:
    """Maps from text to whatever `item` makes."""

    def make(values: list[Any]) -> pa.Array:
        starts = starts_of(values)
        there = [value for value in values if value is not None]
        keys = pa.array([key for value in there for key in value], pa.string())
        return pa.MapArray.from_arrays(starts, keys, item([one for value in there for one in value.values()]))

    return make


def starts_of(values: list[Any]) -> pa.Array:
    """Where each of some lists begins, and where the last one ends; null where there is none."""
    starts: list[int | None] = []
    place = 0
    for value in values:
        starts.append(None if value is None else place)
        place += 0 if value is None else len(value)
    return pa.array([*starts, place], pa.int32())


def structs(fields: list[tuple[str, Make]]) -> Make:
    """Records within records."""

    def make(values: list[Any]) -> pa.Array:
        if not fields:
            return as_json(values)
        parts = [one([None if value is None else value[name] for value in values]) for name, one in fields]
        mask = pa.array([value is None for value in values], pa.bool_())
        return pa.StructArray.from_arrays(parts, names=[name for name, _ in fields], mask=mask)

    return make


def decimals(precision: int, scale: int) -> Make:
    """Numbers whose digits are a big-endian integer."""
    kind = pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)

    def make(values: list[Any]) -> pa.Array:
        return pa.array(
            [None if one is None else Decimal(int.from_bytes(one, signed=True)).scaleb(-scale, WIDE) for one in values],
            kind,
        )

    return make


def durations(values: list[Any]) -> pa.Array:
    """Months, days and milliseconds, each in four bytes."""
    parts = [
        None if one is None else [int.from_bytes(one[at : at + 4], "little") for at in (0, 4, 8)] for one in values
    ]
    return pa.array(
        [None if one is None else pa.MonthDayNano([one[0], one[1], one[2] * 1_000_000]) for one in parts],
        pa.month_day_nano_interval(),
    )


def uuids(values: list[Any]) -> pa.Array:
    """Ids in their usual text."""
    from uuid import UUID

    return pa.array([None if one is None else str(UUID(bytes=one)) for one in values], pa.string())
