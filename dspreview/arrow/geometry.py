"""Columns of geometries: what a schema says of them, and how that stays with a field."""

from __future__ import annotations

import json

import pyarrow as pa

from dspreview.models import Json

MARK = b"dspreview.geometry"
"""Metadata of an Arrow field whose binary values are geometries: what is known of them, as JSON."""
OTHER_ENCODING = "WKB"
"""GeoParquet's name of the encoding that is text here; its others are nested lists, which show as such."""


def marked(schema: pa.Schema, logical: dict[str, str] | None = None) -> pa.Schema:
    """A schema whose fields say what is known of the geometries in them.

    Args:
        logical: columns of Parquet's own GEOMETRY and GEOGRAPHY, with their CRS.

    """
    found: dict[str, Json] = {name: {"crs": crs} for name, crs in (logical or {}).items()}
    try:
        columns = json.loads((schema.metadata or {}).get(b"geo", b"{}"))["columns"]
        for name, told in columns.items():
            if told["encoding"] == OTHER_ENCODING:
                found[name] = {"crs": crs_of(told)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass  # no GeoParquet: the columns show as what else they are
    for place, field in enumerate(schema):
        if field.name in found and (pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)):
            metadata = (field.metadata or {}) | {MARK: json.dumps(found[field.name]).encode()}
            schema = schema.set(place, field.with_metadata(metadata))
    return schema


def crs_of(told: dict[str, Json]) -> Json:
    """The identifier of a coordinate reference system in GeoParquet's metadata; without any it is longitude and latitude."""
    if "crs" not in told:
        return "OGC:CRS84"
    identity = (told["crs"] or {}).get("id") or {}
    return f"{identity['authority']}:{identity['code']}" if {"authority", "code"} <= set(identity) else None


def geometry_of(field: pa.Field) -> Json:
    """What a field says of its geometries; None where it holds none."""
    told = (field.metadata or {}).get(MARK)
    return None if told is None else json.loads(told)
