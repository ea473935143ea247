"""What a Croissant document says of itself, and of its splits, held against the README and the files."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from dspreview.check.croissant import words
from dspreview.check.croissant.document import ConfigFiles, license_of
from dspreview.check.croissant.written import CroissantFile
from dspreview.check.findings import Finding
from dspreview.models import Json
from dspreview.suggestions import did_you_mean

DATES = ("datePublished", "dateModified", "dateCreated")
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
"""An address with its scheme (RFC 3986)."""
KNOWN = (
    *words.REQUIRED, *words.ADVISED, *DATES, "@context", "@type", "@id", "conformsTo", "recordSet", "keywords", "publisher", "inLanguage",
    "isLiveDataset", "sameAs", "alternateName", "sdLicense", "sdVersion", "identifier", "funder", "funding", "maintainer", "usageInfo",
)  # fmt: skip
"""Properties that documents have; others may stand there, but are probably slips where they are nearly one of these."""


def of_values(told: CroissantFile, card: Mapping[str, Json]) -> Iterator[Finding]:
    """Properties that cannot be meant, or are not what the README says."""
    document = told.document
    for key in document:
        slip = did_you_mean(str(key), KNOWN)
        if ":" not in str(key) and key not in KNOWN and slip:
            yield told.wrong(f"Croissant has no {key!r}{slip}", line=told.top(str(key)))
    for key in DATES:
        value = document.get(key)
        if isinstance(value, str) and value and not is_date(value):
            yield told.wrong(f"{key} is {value!r}, and no date such as 2026-11-30", line=told.top(key))
    url = document.get("url")
    if isinstance(url, str) and url and not ADDRESS.fullmatch(url):
        yield told.wrong(f"url is {url!r}, and no address such as https://example.org/data", line=told.top("url"))
    ours, theirs = license_of(card.get("license")), document.get("license")
    if ours and theirs and plain(ours) != plain(theirs):
        message = f"license is {shown(theirs)}, and README.md says {shown(card['license'])}"
        yield told.wrong(message, line=told.top("license"))


def is_date(text: str) -> bool:
    """Whether a text is a date or a time of ISO 8601."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return re.fullmatch(r"\d{4}(-\d{2})?", text) is not None
    return True


def plain(value: Any) -> set[str]:
    """Licences as their names in small letters."""
    values = value if isinstance(value, list) else [value]
    names = (str(one.get("url") or one.get("name")) if isinstance(one, dict) else str(one) for one in values)
    return {name.rstrip("/").rpartition("/")[2].removesuffix(".html").lower() for name in names}


def shown(value: Any) -> str:
    """Licences in a message."""
    return ", ".join(map(str, value)) if isinstance(value, list) else repr(value)


def of_split(told: CroissantFile, record: Mapping[str, Any], configs: list[ConfigFiles]) -> Iterator[Finding]:
    """Fields of one name, and the split that a record set says its files are."""
    fields = [one for one in record.get("field") or [] if isinstance(one, dict)]
    for name, number in Counter(str(one.get("name")) for one in fields if one.get("name")).items():
        if number > 1:
            yield told.wrong(
                f"{number} fields of {record.get('@id')} have the name {name!r}", str(record.get("@id")), name
            )
    files = [file for field in fields for file in files_behind(told, field)]
    splits = {
        split for config in configs for split, own in config.splits.items() if any(fits(file, own) for file in files)
    }
    for field in fields:
        value = field.get("value")
        if field.get("name") == "split" and isinstance(value, str) and splits and value not in splits:
            there = ", ".join(sorted(splits))
            yield told.wrong(
                f"{field.get('@id')} is {value!r}, and its files are the split {there}", str(field.get("@id")), "value"
            )


def files_behind(told: CroissantFile, field: Mapping[str, Any]) -> list[str]:
    """The files, or patterns of them, that a field reads."""
    source = field.get("source")
    named = (source.get(key) for key in ("fileObject", "fileSet")) if isinstance(source, dict) else ()
    names = {one.get("@id") for one in named if isinstance(one, dict)}
    found: list[str] = []
    for one in told.listed("distribution"):
        if one.get("@id") in names:
            includes = one.get("includes") or one.get("contentUrl")
            found += [str(name) for name in (includes if isinstance(includes, list) else [includes])]
    return found


def fits(pattern: str, files: tuple[str, ...]) -> bool:
    """Whether a pattern is about one of some files."""
    return any(fnmatch.fnmatchcase(file, pattern) for file in files)
