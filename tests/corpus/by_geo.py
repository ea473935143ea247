"""GeoParquet of geopandas, of DuckDB, and as GDAL writes it; GeoJSON and CSV by GDAL itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import geopandas
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from tests.corpus.told import Case, place

NAMES = ["a", "b", "c", "d"]
FLAT: list[str | None] = [
    "POINT (1 2)",
    "LINESTRING (0 0, 1.5 -2.25)",
    "POLYGON ((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 1.5, 1 1))",
    None,
]
SPATIAL: list[str | None] = [
    "POINT Z (1 2 3)",
    "LINESTRING Z (0 0 0, 1 1 0.5)",
    "MULTIPOINT Z ((1 2 3), (4 5 6))",
    None,
]
SEVERAL: list[str | None] = [
    "MULTIPOINT ((1 2), (3 4))",
    "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))",
    "MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)), ((10 10, 11 10, 11 11, 10 10)))",
    "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))",
]
EMPTY: list[str | None] = ["POINT EMPTY", "LINESTRING EMPTY", "POLYGON EMPTY", "GEOMETRYCOLLECTION EMPTY"]
POINTS = ["POINT (1.5 2.5)", "POINT (-1.25 0.5)", "POINT (0.1 0.2)", "POINT (3.5 4.5)"]
GDAL = {"version": "1.1.0", "primary_column": "geom", "columns": {"geom": {"encoding": "WKB", "geometry_types": []}}}


def frame(texts: list[str | None], crs: str | None = "EPSG:4326") -> geopandas.GeoDataFrame:
    """Names and geometries."""
    shapes = [None if text is None else shapely.from_wkt(text) for text in texts]
    return geopandas.GeoDataFrame({"name": NAMES}, geometry=shapes, crs=crs)


def cells(texts: list[Any], name: str = "geometry") -> dict[str, list[Any]]:
    """What it holds."""
    return {"name": NAMES, name: texts}


def by_geopandas(data: Path) -> Iterator[Case]:
    """Versions, encodings, dimensions, the covering box, and no CRS."""
    for name, texts, options in (
        ("1.0", FLAT, {"schema_version": "1.0.0"}),
        ("1.1", FLAT, {"schema_version": "1.1.0"}),
        ("2.0", FLAT, {"schema_version": "2.0.0"}),
        ("0.4", FLAT, {"schema_version": "0.4.0"}),
        ("3d", SPATIAL, {}),
        ("several", SEVERAL, {"compression": "zstd"}),
        ("empty", EMPTY, {}),
    ):
        case = Case(f"geopandas-{name}", cells(texts))
        frame(texts).to_parquet(place(data, case.name) / "data.parquet", **options)
        yield case
    case = Case("geopandas-no-crs", cells(FLAT))
    frame(FLAT, None).to_parquet(place(data, case.name) / "data.parquet")
    yield case
    boxes = [dict(zip(("xmin", "ymin", "xmax", "ymax"), map(float, box), strict=True)) for box in
             ((1, 2, 1, 2), (0, -2.25, 1.5, 0), (0, 0, 4, 4), (0, 0, 1, 1))]  # fmt: skip
    covered = [*FLAT[:3], "LINESTRING (0 0, 1 1)"]
    case = Case("geopandas-bbox", {**cells(covered), "bbox": boxes})
    frame(covered).to_parquet(place(data, case.name) / "data.parquet", write_covering_bbox=True, schema_version="1.1.0")
    yield case
    case = Case("geopandas-native", cells([xy(text) for text in POINTS]))
    frame(list(POINTS)).to_parquet(
        place(data, case.name) / "data.parquet", geometry_encoding="geoarrow", schema_version="1.1.0"
    )
    yield case
    lines = ["LINESTRING (0.5 0.5, 1.5 -2.25)", "LINESTRING EMPTY", None, "LINESTRING (1.5 1.5, 2.5 2.5)"]
    told = [[{"x": 0.5, "y": 0.5}, {"x": 1.5, "y": -2.25}], [], None, [{"x": 1.5, "y": 1.5}, {"x": 2.5, "y": 2.5}]]
    case = Case("geopandas-native-lines", cells(told))
    frame(lines).to_parquet(
        place(data, case.name) / "data.parquet", geometry_encoding="geoarrow", schema_version="1.1.0"
    )
    yield case
    case = Case("geopandas-feather", cells(FLAT))
    frame(FLAT).to_feather(place(data, case.name) / "data.arrow", compression="uncompressed")
    yield case


def xy(text: str) -> dict[str, float]:
    """A point in GeoArrow's separated encoding."""
    x, y = text.removeprefix("POINT (").removesuffix(")").split()
    return {"x": float(x), "y": float(y)}


def like_gdal(data: Path) -> Iterator[Case]:
    """As `ogr2ogr -f Parquet` writes: an id column, `geom`, ISO WKB; and the same with the other order of bytes."""
    for name, texts, order, flavor in (
        ("iso", FLAT, 1, "iso"),
        ("iso-3d", SPATIAL, 1, "iso"),
        ("big-endian", FLAT, 0, "iso"),
        ("big-endian-3d", SPATIAL, 0, "iso"),
        ("ewkb-3d", SPATIAL, 1, "extended"),
    ):
        values = [text and shapely.to_wkb(shapely.from_wkt(text), byte_order=order, flavor=flavor) for text in texts]
        table = pa.table({"name": NAMES, "geom": pa.array(values, pa.binary())})
        case = Case(f"gdal-{name}", cells(texts, "geom"))
        pq.write_table(
            table.replace_schema_metadata({"geo": json.dumps(GDAL)}), place(data, case.name) / "data.parquet"
        )
        yield case
    case = Case("gdal-csv-wkt", cells(list(POINTS), "WKT"))
    frame(list(POINTS)).to_file(
        place(data, case.name) / "data.csv", driver="CSV", engine="pyogrio", layer_options={"GEOMETRY": "AS_WKT"}
    )
    yield case
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": shape}
        for name, shape in (
            ("a", {"type": "Point", "coordinates": [1.5, 2.5]}),
            ("b", {"type": "LineString", "coordinates": [[0.5, 0.25], [1.5, -2.25]]}),
            ("c", {"type": "Point", "coordinates": [-1.25, 0.5]}),
            ("d", None),
        )
    ]
    shapes = ["POINT (1.5 2.5)", "LINESTRING (0.5 0.25, 1.5 -2.25)", "POINT (-1.25 0.5)", None]
    case = Case("gdal-geojsonl", {key: [one[key] for one in features] for key in ("type", "properties", "geometry")})
    frame(shapes).to_file(
        place(data, case.name) / "data.jsonl", driver="GeoJSONSeq", engine="pyogrio", layer_options={"RS": "NO"}
    )
    yield case


def by_duckdb(data: Path) -> Iterator[Case]:
    """Its own GEOMETRY: GeoParquet 1.0, 2.0 with Parquet's GEOMETRY, that alone, and neither."""
    with duckdb.connect() as db:
        for theme, texts in {"flat": FLAT, "3d": SPATIAL, "empty": EMPTY}.items():
            values = ", ".join(
                f"('{name}', {'NULL' if text is None else repr(text)}::GEOMETRY)"
                for name, text in zip(NAMES, texts, strict=True)
            )
            for version in ("V1", "V2", "BOTH", "NONE"):
                case = Case(f"duckdb-geo-{version.lower()}-{theme}", cells(texts))
                file = place(data, case.name) / "data.parquet"
                db.execute(
                    f"COPY (SELECT * FROM (VALUES {values}) t(name, geometry)) TO '{file}' (FORMAT parquet, GEOPARQUET_VERSION '{version}')"
                )
                yield case


def cases(data: Path) -> Iterator[Case]:
    """All of them."""
    yield from by_geopandas(data)
    yield from like_gdal(data)
    yield from by_duckdb(data)
