"""The vocabulary of Croissant 1.1 and of its extension for responsible AI, and what a venue asks for.

Sources: the specifications of MLCommons (Croissant 1.1, 2025-12; RAI 1.0, 2024-03); mlcroissant 1.1.1 for what it takes.
"""

from __future__ import annotations

from typing import NamedTuple

from dspreview.models import Json

VERSION = "http://mlcommons.org/croissant/1.1"
RAI_VERSION = "http://mlcommons.org/croissant/RAI/1.0"
SCHEMA = "https://schema.org/"
CONTEXT: dict[str, Json] = {
    "@language": "en", "@vocab": SCHEMA, "annotation": "cr:annotation", "arrayShape": "cr:arrayShape", "citeAs": "cr:citeAs", "column": "cr:column",
    "conformsTo": "dct:conformsTo", "containedIn": "cr:containedIn", "cr": "http://mlcommons.org/croissant/", "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/", "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty", "examples": {"@id": "cr:examples", "@type": "@json"}, "excludes": "cr:excludes", "extract": "cr:extract",
    "field": "cr:field", "fileObject": "cr:fileObject", "fileProperty": "cr:fileProperty", "fileSet": "cr:fileSet", "format": "cr:format", "includes": "cr:includes",
    "isArray": "cr:isArray", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath", "key": "cr:key", "md5": "cr:md5", "name": {"@container": "@language"},
    "parentField": "cr:parentField", "path": "cr:path", "prov": "http://www.w3.org/ns/prov#", "rai": "http://mlcommons.org/croissant/RAI/", "readLines": "cr:readLines",
    "recordSet": "cr:recordSet", "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace", "samplingRate": "cr:samplingRate",
    "sc": SCHEMA, "sdVersion": "cr:sdVersion", "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField", "transform": "cr:transform",
    "unArchive": "cr:unArchive",
}  # fmt: skip
REQUIRED = ("name", "description", "url", "license", "creator", "datePublished", "distribution")
"""Properties that the specification asks for, beside @context, @type and conformsTo."""
ADVISED = ("version", "citeAs")
"""Those without which mlcroissant warns."""
RAI = (
    "dataCollection", "dataCollectionType", "dataCollectionMissingData", "dataCollectionRawData", "dataCollectionTimeframe", "dataImputationProtocol",
    "dataManipulationProtocol", "dataPreprocessingProtocol", "dataAnnotationProtocol", "dataAnnotationPlatform", "dataAnnotationAnalysis", "annotationsPerItem",
    "annotatorDemographics", "machineAnnotationTools", "dataReleaseMaintenancePlan", "personalSensitiveInformation", "dataSocialImpact", "dataBiases",
    "dataLimitations", "dataUseCases",
)  # fmt: skip
"""The properties of RAI 1.0."""
RAI_MORE = ("hasSyntheticData",)
"""What venues ask for beside them."""
ENCODINGS = {
    "parquet": "application/x-parquet", "csv": "text/csv", "tsv": "text/tab-separated-values", "jsonl": "application/jsonlines", "json": "application/json",
    "txt": "text/plain", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "mp3": "audio/mpeg", "zip": "application/zip",
}  # fmt: skip
"""Encoding formats that mlcroissant reads, by extension."""
OTHER_ENCODING = "application/octet-stream"
TYPES = {
    "bool": "sc:Boolean", "string": "sc:Text", "large_string": "sc:Text", "string_view": "sc:Text", "binary": "sc:Text", "large_binary": "sc:Text", "null": "sc:Text",
    **{f"{sign}int{bits}": f"cr:{'U' if sign else ''}Int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float16": "cr:Float16", "float32": "cr:Float32", "float64": "cr:Float64", "float": "cr:Float32", "double": "cr:Float64",
}  # fmt: skip
"""Data types by Arrow types; those with a unit or a scale are told by how they begin."""
BEGINNINGS = (("decimal", "cr:Float64"), ("date", "sc:Date"), ("timestamp", "sc:DateTime"), ("time", "sc:Time"))
UNREADABLE = ("duration", "month_day_nano_interval", "interval")
"""Types that no data type of mlcroissant's reads."""


class Profile(NamedTuple):
    """What a venue asks for."""

    name: str
    told: str
    source: str
    required: tuple[str, ...]
    recommended: tuple[str, ...] = ()


PROFILES = {
    one.name: one
    for one in (
        Profile(
            "neurips-2026", "NeurIPS 2026, Evaluations & Datasets",
            "neurips.cc/Conferences/2026/EvaluationsDatasetsHosting and blog.neurips.cc of 2026-05-04; the list of fields as authors' validation reports have it, seen 2026-11-30",
            (*REQUIRED, "recordSet", "rai:dataLimitations", "rai:dataBiases", "rai:personalSensitiveInformation", "rai:dataUseCases", "rai:dataSocialImpact",
             "rai:hasSyntheticData", "prov:wasDerivedFrom", "prov:wasGeneratedBy"),
            ADVISED,
        ),
    )
}  # fmt: skip


def data_type(dtype: str) -> str | None:
    """The data type of an Arrow type; None where mlcroissant has none that reads it."""
    if dtype.startswith(UNREADABLE):
        return None
    return TYPES.get(dtype) or next((found for begin, found in BEGINNINGS if dtype.startswith(begin)), None)
