"""A dataset as a Croissant document: its files with their hashes, its configs as record sets, its splits, its classes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from dspreview.check.croissant import words
from dspreview.check.croissant.fields import DescribedColumn, MadeFields, fields_of, identifier
from dspreview.errors import UsageError
from dspreview.models import Json
from dspreview.suggestions import did_you_mean

FILES_MOST = 1_000
"""Files of a config that are listed with their hashes; of more, only their names are."""
CHUNK = 1 << 20
OWN = {
    "name": "name", "description": "description", "url": "url", "license": "license", "creator": "creator", "date_published": "datePublished",
    "version": "version", "cite_as": "citeAs", "keywords": "keywords", "publisher": "publisher", "date_modified": "dateModified",
    "in_language": "inLanguage", "same_as": "sameAs",
}  # fmt: skip
"""What `[croissant]` of the settings may say, and how the document calls it."""
NESTED = ("rai", "prov")
LICENSES = "https://spdx.org/licenses/"


class ConfigFiles(NamedTuple):
    """A config: the files of each split, and its columns."""

    name: str
    splits: dict[str, tuple[str, ...]]
    columns: list[DescribedColumn]
    is_media_folder: bool = False


class Whereabouts(NamedTuple):
    """Where the files lie."""

    root: str
    """A folder of this machine; empty for a dataset of the Hub."""
    address: str = ""
    """The repository, for one of the Hub."""


class CroissantMade(NamedTuple):
    """A document, and what it lacks."""

    document: dict[str, Json]
    left_out: list[str]
    """Columns that no reader of Croissant could read, and configs of formats that mlcroissant does not read."""
    missing: list[str]
    """What the specification asks for, and nobody said."""


def document_of(
    name: str, card: Mapping[str, Any], told: Mapping[str, Any], configs: list[ConfigFiles], source: Whereabouts
) -> CroissantMade:
    """The document of a dataset. Raises UsageError for settings that it does not know.

    Args:
        card: the YAML of the README.
        told: `[croissant]` of the settings, which wins over the README.

    """
    described = metadata(name, card, told, source)
    distribution: list[Json] = []
    records: list[Json] = []
    left_out: list[str] = []
    if source.address:
        distribution.append(
            {"@type": "cr:FileObject", "@id": "repo", "name": "repo", "contentUrl": source.address, "encodingFormat": "git+https", "sha256": f"{source.address}/tree/main"}
        )  # fmt: skip
    for config in configs:
        files = list(dict.fromkeys(file for group in config.splits.values() for file in group))
        if not source.address:
            distribution += [file_object(source.root, file) for file in files[:FILES_MOST]]
        encoding = encoding_of(files)
        if encoding is None:
            left_out.append(f"record sets of {config.name}, whose files mlcroissant does not read")
            continue
        made, sets = record_sets(config, encoding, in_repository=bool(source.address))
        distribution += sets
        records += [*made.labels, *made.fields]
        left_out += [f"column {name} of {config.name}, whose type it has no word for" for name in made.left_out]
    known = {str(one["@id"]): one for one in distribution}
    described["distribution"] = list(known.values())
    if records:
        described["recordSet"] = records
    missing = [key for key in (*words.REQUIRED, *words.ADVISED) if key not in described]
    return CroissantMade(described, left_out, missing)


def metadata(name: str, card: Mapping[str, Any], told: Mapping[str, Any], source: Whereabouts) -> dict[str, Json]:
    """What is said of the dataset as a whole. Raises UsageError."""
    for key in told:
        if key not in {*OWN, *NESTED}:
            raise UsageError(
                f"[croissant]: no key {key!r}{did_you_mean(str(key), [*OWN, *NESTED])}; there are {', '.join([*OWN, *NESTED])}"
            )
    rai = {**from_card(card), **dict(told.get("rai") or {})}
    for key in rai:
        known = [*words.RAI, *words.RAI_MORE]
        if key not in known:
            raise UsageError(f"[croissant.rai]: RAI 1.0 has no {key!r}{did_you_mean(str(key), known)}")
    conforms: Json = [words.VERSION, words.RAI_VERSION] if rai else words.VERSION
    found: dict[str, Json] = {"@context": words.CONTEXT, "@type": "sc:Dataset", "conformsTo": conforms}
    found["name"] = str(card.get("pretty_name") or name)
    if source.address:
        found["url"] = source.address
    if (license_ := license_of(card.get("license"))) is not None:
        found["license"] = license_
    if tags := [str(tag) for tag in card.get("tags") or () if isinstance(tag, str)]:
        found["keywords"] = tags
    if language := card.get("language"):
        found["inLanguage"] = language if isinstance(language, (str, list)) else str(language)
    for key, word in OWN.items():
        if told.get(key):
            value = told[key].isoformat() if hasattr(told[key], "isoformat") else told[key]
            found[word] = creators(value) if key in {"creator", "publisher"} else value
    found.setdefault("description", f"{found['name']}, described by its files.")
    found |= {f"rai:{key}": value for key, value in rai.items()}
    return found | {f"prov:{key}": value for key, value in dict(told.get("prov") or {}).items()}


def from_card(card: Mapping[str, Any]) -> dict[str, Json]:
    """What the README says of responsible use: `rai:` in its YAML."""
    found = card.get("rai")
    return {str(key).removeprefix("rai:"): value for key, value in found.items()} if isinstance(found, dict) else {}


def license_of(value: Any) -> Json:
    """A licence as an address, where it is one that SPDX knows by its name on the Hub."""
    if isinstance(value, list):
        return [license_of(one) for one in value] or None
    if not isinstance(value, str) or not value:
        return None
    if "://" in value:
        return value
    spdx = {
        "apache-2.0": "Apache-2.0",
        "mit": "MIT",
        "cc0-1.0": "CC0-1.0",
        "bsd-3-clause": "BSD-3-Clause",
        "gpl-3.0": "GPL-3.0-only",
        "odbl": "ODbL-1.0",
    }
    found = spdx.get(value) or (value.upper() if re.fullmatch(r"cc-by(-\w+)*-\d\.\d", value) else None)
    return f"{LICENSES}{found}" if found else value


def creators(value: Json) -> Json:
    """People or organisations: a name is a person's."""
    if isinstance(value, list):
        return [creators(one) for one in value]
    return {"@type": "sc:Person", "name": value} if isinstance(value, str) else value


def file_object(root: str, file: str) -> dict[str, Json]:
    """A file with its size and hash. Raises OSError."""
    path = os.path.join(root, file)
    return {
        "@type": "cr:FileObject", "@id": identifier(*file.split("/")), "name": file.rpartition("/")[2], "contentUrl": file,
        "contentSize": f"{os.path.getsize(path)} B", "encodingFormat": encoding_of([file]) or words.OTHER_ENCODING, "sha256": sha256(path),
    }  # fmt: skip


def sha256(path: str) -> str:
    """The hash of a file. Raises OSError."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def encoding_of(files: list[str]) -> str | None:
    """The encoding of some files; None where they have several, or one that mlcroissant does not read."""
    found = {words.ENCODINGS.get(file.rpartition(".")[2].lower()) for file in files}
    return found.pop() if len(found) == 1 else None


def record_sets(config: ConfigFiles, encoding: str, *, in_repository: bool) -> tuple[MadeFields, list[Json]]:
    """The record sets of a config, and the sets of files that they read."""
    splits = {split: files for split, files in config.splits.items() if files}
    pattern = split_pattern(splits) if len(splits) > 1 else None
    groups = {config.name: [file for files in splits.values() for file in files]}
    if len(splits) > 1 and pattern is None:
        groups = {f"{config.name}-{split}": list(files) for split, files in splits.items()}
    made, sets = MadeFields([], [], []), list[Json]()
    if pattern is not None:
        made.fields.append(split_names(config.name, list(splits)))
    for name, files in groups.items():
        ident = identifier(name)
        files_id = f"{ident}-files"
        file_set: dict[str, Json] = {"@type": "cr:FileSet", "@id": files_id, "name": files_id, "encodingFormat": encoding, "includes": [escaped(file) for file in files]}  # fmt: skip
        sets.append(file_set | ({"containedIn": {"@id": "repo"}} if in_repository else {}))
        source = partial(sourced, files_id)
        first: list[Json] = []
        if pattern is not None:
            field: dict[str, Json] = {
                "@type": "cr:Field",
                "@id": f"{ident}/split",
                "name": "split",
                "dataType": "sc:Text",
            }
            if not config.is_media_folder:  # mlcroissant gives other fields of the path what the first one made of it
                field["references"] = {"field": {"@id": f"{identifier(config.name)}-splits/name"}}
            first.append(
                field | {"source": source({"extract": {"fileProperty": "fullpath"}, "transform": {"regex": pattern}})}
            )
        elif "split" not in {column.name for column in config.columns}:
            split = next(iter(splits)) if len(splits) == 1 else name.removeprefix(f"{config.name}-")
            first.append(
                {"@type": "cr:Field", "@id": f"{ident}/split", "name": "split", "dataType": "sc:Text", "value": split}
            )
        inner = media_fields(ident, config, source) if config.is_media_folder else fields_of(
            ident, config.columns, source, guesses_times=encoding in GUESSING, refers=pattern is None and len(groups) == 1
        )  # fmt: skip
        made.labels.extend(one for one in inner.labels if one not in made.labels)
        made.left_out.extend(one for one in inner.left_out if one not in made.left_out)
        taken = [one for one in first if one["@id"] not in {field["@id"] for field in inner.fields}]
        made.fields.append({"@type": "cr:RecordSet", "@id": ident, "name": name, "field": [*taken, *inner.fields]})
    return made, sets


GUESSING = frozenset({"application/jsonlines", "application/json"})


def sourced(files: str, extract: dict[str, Json]) -> dict[str, Json]:
    """The source of a field."""
    return {"fileSet": {"@id": files}, **extract}


def media_fields(ident: str, config: ConfigFiles, source: Any) -> MadeFields:
    """The fields of a folder of pictures: each one, its path, and its class where folders name it."""
    fields: list[Json] = [
        {"@type": "cr:Field", "@id": f"{ident}/image", "name": "image", "dataType": "sc:ImageObject", "source": source({"extract": {"fileProperty": "content"}})},
        {"@type": "cr:Field", "@id": f"{ident}/file_name", "name": "file_name", "dataType": "sc:Text", "source": source({"extract": {"fileProperty": "fullpath"}})},
    ]  # fmt: skip
    if any(column.name == "label" for column in config.columns):
        transform = {"regex": r"(?:.*/)?(.+)/.+$"}
        fields.append({"@type": "cr:Field", "@id": f"{ident}/label", "name": "label", "dataType": "sc:Text", "source": source({"extract": {"fileProperty": "fullpath"}, "transform": transform})})  # fmt: skip
    known = {"image", "label", "file_name"}
    return MadeFields(fields, [], [column.name for column in config.columns if column.name not in known])


def split_names(config: str, splits: list[str]) -> dict[str, Json]:
    """The record set of the splits."""
    ident = f"{identifier(config)}-splits"
    usual = {"train": "cr:TrainingSplit", "validation": "cr:ValidationSplit", "test": "cr:TestSplit"}
    field = {"@type": "cr:Field", "@id": f"{ident}/name", "name": "name", "dataType": "sc:Text"}
    url = {"@type": "cr:Field", "@id": f"{ident}/url", "name": "url", "dataType": "sc:URL"}
    urls = all(split in usual for split in splits)
    return {
        "@type": "cr:RecordSet", "@id": ident, "name": ident, "dataType": "cr:Split", "key": {"@id": f"{ident}/name"}, "field": [field, *([url] if urls else [])],
        "data": [{f"{ident}/name": split} | ({f"{ident}/url": usual[split]} if urls else {}) for split in splits],
    }  # fmt: skip


def split_pattern(splits: dict[str, tuple[str, ...]]) -> str | None:
    """A pattern that finds the split in the path of each file, and takes the split's name alone, too; None where paths do not tell."""
    places = [(file.find(split), split, file) for split, files in splits.items() for file in files]
    heads = {file[:place] for place, _, file in places}
    if any(place < 0 for place, _, _ in places) or len(heads) != 1:
        return None
    names = "|".join(re.escape(split) for split in sorted(splits, key=len, reverse=True))
    head = re.escape(heads.pop())
    pattern = f"{f'(?:{head})?' if head else ''}({names})(?:.*)?$"
    found = re.compile(pattern)
    right = all((match := found.match(file)) is not None and match[1] == split for _, split, file in places)
    return pattern if right else None


def escaped(file: str) -> str:
    """A path as a glob that fits it alone."""
    return re.sub(r"([*?[])", r"[\1]", file)
