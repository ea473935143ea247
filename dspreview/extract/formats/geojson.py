"""GeoJSON: a feature is a row, its properties are columns, its geometry is WKT. Read piece by piece, whatever its size."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

from dspreview.errors import UnreadableDataError
from dspreview.extract.formats.values import array_of
from dspreview.models import Json
from dspreview.page.wkt import point

FEATURES = re.compile(rb'"features"\s*:\s*\[')
TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]')
"""Texts, and the brackets outside of them."""
HEAD = 1 << 20
CHUNK = 1 << 18
LONGEST = 1 << 28
"""Bytes of a feature that are looked for its end."""
GEOMETRY, ID = "geometry", "id"
SPACE = " \t\r\n"


def geojson_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """The features of a collection; another object is a collection of itself. Raises UnreadableDataError."""
    found = features_in(stream)
    is_first = True
    while rows := list(islice(found, batch_size)):
        yield table_of(rows)
        is_first = False
    if is_first:
        yield pa.table({GEOMETRY: pa.nulls(0, pa.string())})


def features_in(stream: Any) -> Iterator[dict[str, Json]]:
    """The features in a file, one after the other."""
    head = stream.read(HEAD)
    start = start_of_features(head)
    if start is not None:
        values: Iterator[Json] = items(head[start:], stream)
    else:
        whole = json.loads(head + stream.read(LONGEST))
        if not isinstance(whole, dict) or not isinstance(whole.get("type"), str):
            raise UnreadableDataError("no GeoJSON: it has no type")
        if whole["type"] == "FeatureCollection":
            values = iter(whole.get("features") or [])
        else:
            values = iter([whole if whole["type"] == "Feature" else {"geometry": whole, "properties": {}}])
    for value in values:
        if not isinstance(value, dict):
            raise UnreadableDataError("no GeoJSON: a feature is no object")
        yield value


def start_of_features(head: bytes) -> int | None:
    """Where the features of a collection begin, behind their bracket: the key of the object itself, not one within; None where it comes late."""
    depth = 0
    for token in TOKENS.finditer(head):
        sign = token[0]
        if sign in {b"{", b"["}:
            depth += 1
        elif sign in {b"}", b"]"}:
            depth -= 1
        elif depth == 1 and (found := FEATURES.match(head, token.start())):
            return found.end()
    return None


def items(start: bytes, stream: Any) -> Iterator[Json]:
    """The items of a JSON array whose bracket was read. Raises UnreadableDataError where it is cut off."""
    from codecs import getincrementaldecoder

    decoder, parse = getincrementaldecoder("utf-8")(), json.JSONDecoder().raw_decode
    text, place, wanted = decoder.decode(start), 0, CHUNK
    while True:
        while place < len(text) and text[place] in SPACE + ",":
            place += 1
        if place < len(text):
            if text[place] == "]":
                return
            try:
                value, end = parse(text, place)
            except ValueError as error:
                if len(text) - place > LONGEST:
                    raise UnreadableDataError(f"a feature has no end: {error}") from error
            else:
                yield value
                place = end
                continue
        more = stream.read(wanted)
        if not more:
            raise UnreadableDataError("the file is cut off, or a feature is no JSON")
        text, place = text[place:] + decoder.decode(more), 0
        wanted = max(CHUNK, len(text))


def table_of(rows: list[dict[str, Json]]) -> pa.Table:
    """Features as a table: their ids where one has an id, their properties, their geometries."""
    columns: dict[str, list[Json]] = {}
    for place, row in enumerate(rows):
        told = dict(row.get("properties") or {})
        if ID in row and ID not in told:
            told = {ID: row[ID]} | told
        for name, value in told.items():
            columns.setdefault(name, [None] * len(rows))[place] = value
    shapes = [None if row.get("geometry") is None else wkt(row["geometry"]) for row in rows]
    name = GEOMETRY
    while name in columns:
        name += "_"
    arrays = {one: array_of(values) for one, values in columns.items()}
    return pa.table({**arrays, name: pa.array(shapes, pa.string())})


def wkt(shape: Json) -> str:
    """A geometry as well-known text (OGC 06-103r4, 7). Raises UnreadableDataError."""
    try:
        kind = str(shape["type"])
        if kind == "GeometryCollection":
            parts = [*map(wkt, shape["geometries"])]
            return f"GEOMETRYCOLLECTION ({', '.join(parts)})" if parts else "GEOMETRYCOLLECTION EMPTY"
        inner = shape["coordinates"]
        depth = {"Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}[
            kind
        ]
        size = " Z" if is_high(inner) else ""
        if not inner:
            return f"{kind.upper()} EMPTY"
        return f"{kind.upper()}{size} {nested([inner] if depth == 0 else inner, max(depth, 1), single=kind == 'MultiPoint')}"
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UnreadableDataError(f"no GeoJSON: a geometry is none: {json.dumps(shape)[:100]}") from error


def is_high(part: Json) -> bool:
    """Whether positions have a height."""
    while isinstance(part, list) and part and isinstance(part[0], list):
        part = part[0]
    return isinstance(part, list) and len(part) > 2


def nested(part: Json, depth: int, *, single: bool = False) -> str:
    """Positions within their brackets."""
    if depth == 1:
        points = [point(tuple(position[:3])) for position in part]
        return "(" + ", ".join(f"({one})" if single else one for one in points) + ")"
    return "(" + ", ".join(nested(one, depth - 1) for one in part) + ")"
