"""A Croissant document held against its dataset: what is missing, what contradicts the data, what a venue asks for.

mlcroissant checks neither names, sizes nor presence of files, and merges what has the same name; this looks at the text itself.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from dspreview.check.croissant import words
from dspreview.check.croissant.document import ConfigFiles, sha256
from dspreview.check.croissant.fields import DescribedColumn, field_of
from dspreview.check.croissant.values import of_split, of_values
from dspreview.check.croissant.written import CroissantFile
from dspreview.check.findings import Finding
from dspreview.errors import UsageError
from dspreview.models import Json
from dspreview.suggestions import did_you_mean

SAME_KINDS = (
    {"cr:Int8", "cr:Int16", "cr:Int32", "cr:Int64", "cr:UInt8", "cr:UInt16", "cr:UInt32", "cr:UInt64", "sc:Integer"},
    {"cr:Float16", "cr:Float32", "cr:Float64", "sc:Float"}, {"sc:Text", "sc:URL", "cr:Label"}, {"sc:Date", "sc:DateTime", "sc:Time"},
    {"sc:Boolean"}, {"sc:ImageObject"}, {"sc:AudioObject"}, {"sc:VideoObject"},
)  # fmt: skip
"""Data types that stand for one another."""


def held_against(
    path: str, configs: list[ConfigFiles], root: str, profile: str | None, card: Mapping[str, Json]
) -> Iterator[Finding]:
    """What a document lacks, and where the data and the `card` contradict it. Raises UsageError."""
    if profile is not None and profile not in words.PROFILES:
        raise UsageError(f"--profile {profile!r}: one of {', '.join(words.PROFILES)} was expected")
    told = CroissantFile(path)
    yield from of_words(told)
    yield from of_values(told, card)
    yield from of_names(told)
    if root:
        yield from of_files(told, root)
    yield from of_columns(told, configs)
    if profile is not None:
        yield from of_profile(told, words.PROFILES[profile])


def of_words(told: CroissantFile) -> Iterator[Finding]:
    """The vocabulary: the context, the version, what the specification asks for, names that are nearly right."""
    document = told.document
    context = document.get("@context")
    if not isinstance(context, dict):
        yield told.missing("@context must be an object with the words of Croissant 1.1", "@context")
    else:
        for key in (key for key in words.CONTEXT if key not in context and key not in OPTIONAL):
            yield told.missing(f"@context has no {key!r}: readers pass over it in silence", "@context")
        if "http://schema.org/" in (context.get("@vocab"), context.get("sc")):
            yield told.wrong(
                "@context names http://schema.org/, and mlcroissant takes https://schema.org/ only", "@context"
            )
    conforms = document.get("conformsTo")
    versions = conforms if isinstance(conforms, list) else [conforms]
    if words.VERSION not in versions:
        yield told.missing(f"conformsTo must be {words.VERSION}", line=told.top("conformsTo"))
    if document.get("@type") not in {"sc:Dataset", "Dataset", f"{words.SCHEMA}Dataset"}:
        yield told.missing("@type must be sc:Dataset", "@type")
    for key in words.REQUIRED:
        if not document.get(key):
            yield told.missing(f"{key} is missing, and the specification asks for it")
    for key in words.ADVISED:
        if not document.get(key):
            yield told.missing(f"{key} is missing; mlcroissant warns", severity="info")
    yield from of_rai(told)


OPTIONAL = frozenset(
    {
        "annotation",
        "excludes",
        "readLines",
        "sdVersion",
        "unArchive",
        "prov",
        "rai",
        "@language",
        "parentField",
        "samplingRate",
        "md5",
        "replace",
    }
)
"""Words of the context that a document may do without where it does not use them."""


def of_rai(told: CroissantFile) -> Iterator[Finding]:
    """Names of responsible use: those that are nearly right say nothing to a reader."""
    document, context = told.document, told.document.get("@context")
    for key in document:
        name = str(key).removeprefix("rai:")
        if str(key).startswith("rai:") and name not in {*words.RAI, *words.RAI_MORE}:
            yield told.wrong(f"RAI 1.0 has no {name!r}{did_you_mean(name, [*words.RAI, *words.RAI_MORE])}", str(key))
    if any(str(key).startswith("rai:") for key in document) and isinstance(context, dict) and "rai" not in context:
        yield told.missing("@context has no 'rai', so that no RAI field is read", "@context")


def of_names(told: CroissantFile) -> Iterator[Finding]:
    """Names: no two things have one, and what is referred to is there."""
    names = Counter(identifiers(told.document))
    for name, number in names.items():
        if number > 1:
            yield told.wrong(f"{number} things have the @id {name!r}; readers merge them", name)
        if " " in name:
            yield told.wrong(f"the @id {name!r} has a blank, which mlcroissant does not take", name)
    for name in references(told.document):
        if name not in names:
            yield told.wrong(f"there is no {name!r}, which is referred to", name)


def identifiers(value: Any) -> Iterator[str]:
    """The @id of everything that is described: of objects with more than that."""
    if isinstance(value, dict):
        if isinstance(value.get("@id"), str) and "@type" in value:
            yield value["@id"]
        for key, inner in value.items():
            if key not in {"@context", "data", "examples"} and not str(key).startswith("prov:"):
                yield from identifiers(inner)
    elif isinstance(value, list):
        for one in value:
            yield from identifiers(one)


def references(value: Any) -> Iterator[str]:
    """What is referred to by its @id alone."""
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            yield str(value["@id"])
        for key, inner in value.items():
            if key not in {"@context", "data", "examples"} and not str(key).startswith("prov:"):
                yield from references(inner)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def of_files(told: CroissantFile, root: str) -> Iterator[Finding]:
    """Files: they are there, as large as is said, with the hash that is said."""
    known = {os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names}
    for one in told.listed("distribution"):
        name = str(one.get("@id") or one.get("name"))
        if "includes" in one:
            globs = one["includes"] if isinstance(one["includes"], list) else [one["includes"]]
            for glob in globs:
                if not any(fnmatch.fnmatchcase(file, str(glob)) for file in known):
                    yield told.wrong(f"{name}: no file fits {glob!r}", str(glob))
            continue
        url = one.get("contentUrl")
        if not isinstance(url, str) or "://" in url or one.get("containedIn"):
            continue
        path = os.path.normpath(url)
        if path.startswith(("..", "/")) or path not in known:
            yield told.wrong(f"{name}: there is no file {url!r}", url)
            continue
        yield from of_file(told, one, os.path.join(root, path), url)


def of_file(told: CroissantFile, one: dict[str, Any], path: str, url: str) -> Iterator[Finding]:
    """The size and the hash of a file."""
    size = str(one.get("contentSize", "")).split(" ")
    if size[0].isdecimal() and (size[1:] or ["B"])[0] in {"B", "bytes"} and int(size[0]) != os.path.getsize(path):
        yield told.wrong(
            f"{url} has {os.path.getsize(path):,} bytes, and contentSize is {one['contentSize']!r}", url, "contentSize"
        )
    elif not one.get("contentSize"):
        yield told.missing(f"{url} has no contentSize", url, severity="info")
    if isinstance(one.get("sha256"), str):
        if sha256(path) != one["sha256"].lower():
            yield told.wrong(f"{url} has another sha256", url, "sha256")
    elif not one.get("md5"):
        yield told.missing(f"{url} has no sha256", url)
    if isinstance(one.get("md5"), str) and md5(path) != one["md5"].lower():
        yield told.wrong(f"{url} has another md5", url, "md5")
    expected = words.ENCODINGS.get(url.rpartition(".")[2].lower())
    if expected is not None and one.get("encodingFormat") not in {expected, words.OTHER_ENCODING}:
        yield told.wrong(
            f"{url} is {expected}, and encodingFormat is {one.get('encodingFormat')!r}", url, "encodingFormat"
        )


def md5(path: str) -> str:
    """The MD5 of a file, which is no more than a name for its bytes here."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def of_columns(told: CroissantFile, configs: list[ConfigFiles]) -> Iterator[Finding]:
    """Fields: the columns that they read are there, with such values; what the data has, and nobody describes."""
    columns = {column.name: column for config in configs for column in config.columns}
    described: set[str] = set()
    records = told.listed("recordSet")
    if not records:
        yield told.missing("recordSet is missing: nobody can read rows by it", severity="warning")
    for record in records:
        yield from of_split(told, record, configs)
        for field in record.get("field") or []:
            if not isinstance(field, dict):
                continue
            for name in read_by(field):
                described.add(name)
                if name not in columns:
                    yield told.wrong(
                        f"{field.get('@id')} reads the column {name!r}, which is not there{did_you_mean(name, columns)}",
                        str(field.get("@id")),
                    )
            yield from of_field(told, field, columns)
            if not any(key in field for key in ("source", "value", "subField")) and "data" not in record:
                yield told.wrong(
                    f"{field.get('@id')} has neither source nor value: readers give null", str(field.get("@id"))
                )
    media = any(config.is_media_folder for config in configs)
    for name in columns if records and not media else ():
        if (
            name not in described
            and field_of("x", DescribedColumn(name, columns[name].tree), dict, guesses_times=False) is not None
        ):
            yield told.missing(f"no field reads the column {name!r}", severity="warning")


def read_by(field: Mapping[str, Any]) -> Iterator[str]:
    """The columns that a field and those in it read."""
    source = field.get("source")
    extract = source.get("extract") if isinstance(source, dict) else None
    if isinstance(extract, dict) and isinstance(extract.get("column"), str):
        yield extract["column"]
    for inner in field.get("subField") or []:
        if isinstance(inner, dict):
            yield from read_by(inner)


def of_field(told: CroissantFile, field: dict[str, Any], columns: Mapping[str, DescribedColumn]) -> Iterator[Finding]:
    """Whether the type of a field is that of its column."""
    names = list(read_by(field))
    if field.get("subField") or len(names) != 1 or names[0] not in columns:
        return
    expected = field_of("x", columns[names[0]], dict, guesses_times=False)
    types = field.get("dataType")
    given = {str(one).replace(words.SCHEMA, "sc:") for one in (types if isinstance(types, list) else [types])}
    ident = str(field.get("@id"))
    if types is None:
        yield told.missing(f"{ident} has no dataType", ident)
    elif expected is not None and "dataType" in expected:
        kinds = next((group for group in SAME_KINDS if expected["dataType"] in group), {expected["dataType"]})
        if not given & kinds:
            yield told.wrong(
                f"{ident} is {', '.join(sorted(given))}, and the column {names[0]!r} holds {expected['dataType']}",
                ident,
                "dataType",
            )
        if bool(expected.get("isArray")) != bool(field.get("isArray") or field.get("repeated")):
            word = "lists" if expected.get("isArray") else "no lists"
            yield told.wrong(f"{ident}: the column {names[0]!r} holds {word}", ident)


def of_profile(told: CroissantFile, profile: words.Profile) -> Iterator[Finding]:
    """What a venue asks for."""
    for key in profile.required:
        if key not in words.REQUIRED and told.document.get(key) in (None, "", []):
            yield told.missing(f"{key} is missing, and {profile.told} asks for it ({profile.source})", severity="error")
    for key in profile.recommended:
        if not told.document.get(key):
            yield told.missing(f"{key} is missing, and {profile.told} recommends it", severity="info")


def tally(path: str, name: str) -> str:
    """Which of a venue's requirements a document meets, and which it does not, in a line. Raises UsageError."""
    document, profile = CroissantFile(path).document, words.PROFILES[name]
    met = [key for key in profile.required if document.get(key) not in (None, "", [])]
    left = [key for key in profile.required if key not in met]
    missing = f"; missing: {', '.join(left)}" if left else ""
    return f"{path}: {name}: {len(met)} of {len(profile.required)} requirements met ({', '.join(met)}){missing}. Source: {profile.source}"
