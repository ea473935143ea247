"""Addresses of datasets as people paste them: pages of the Hub, `hf://datasets/…`, files on the web, `file:///…`. Standard library only."""

from __future__ import annotations

import os
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from dspreview.errors import UsageError

STORES = frozenset({"s3", "gs", "gcs", "az", "abfs"})
HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
PAGES = frozenset({"tree", "blob", "resolve", "raw", "viewer", "discussions", "commits", "commit", "settings", "embed"})
"""What may follow the id in the address of a page."""
WITH_REVISION = frozenset({"tree", "blob", "resolve", "raw", "commits", "commit"})


class Address(NamedTuple):
    """What an address means."""

    word: str
    """The dataset as one would type it."""
    config: str | None = None
    split: str | None = None


def parse(text: str) -> Address:
    """The dataset that a word means. Raises UsageError for an address of another kind."""
    if "://" not in text or text.startswith(("/", "./", "../", "~")):
        return Address(text)
    scheme, _, rest = text.partition("://")
    scheme = scheme.lower()
    if scheme == "file":
        path = unquote(urlsplit(text).path)
        if not path.startswith("/"):
            raise UsageError(f"{text}: file:// is followed by a path from the root, file:///folder")
        return Address(path)
    if scheme == "hf":
        return of_hub(rest, text)
    if scheme in {"http", "https"}:
        parts = split(text)
        own = urlsplit(os.environ.get("HF_ENDPOINT", "")).hostname
        if parts.hostname is not None and parts.hostname in {*HOSTS, own}:
            return of_page(unquote(parts.path), text)
        return of_web(text)
    if scheme in STORES:
        return of_web(text)
    raise UsageError(
        f"{text}: {scheme}:// is not read; the addresses are hf://datasets/OWNER/NAME, pages of the Hub, https://HOST/FILE, s3://BUCKET/FILE (gs, az), and file:///PATH"
    )


def split(text: str) -> SplitResult:
    """The parts of an address. Raises UsageError."""
    try:
        parts = urlsplit(text)
        _ = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise UsageError(f"{text} is no address: {error}") from None
    return parts


def of_web(text: str) -> Address:
    """A file on the web or in a store, by its name one of data."""
    parts = split(text)
    if parts.username is not None or parts.password is not None:
        raise UsageError("an address with a password in it is not read: it would be kept with what is read of it")
    if parts.scheme.lower() in STORES and set("*[") & set(parts.path):
        raise UsageError(f"{text}: patterns are for files on this machine; name one object")
    if not parts.hostname or not os.path.splitext(parts.path)[1]:
        raise UsageError(
            f"{text} names no file of data: {parts.scheme}://{parts.netloc or 'HOST'}/FILE.csv (.parquet, .jsonl and others)"
        )
    return Address(parts._replace(scheme=parts.scheme.lower(), fragment="").geturl())


def of_hub(rest: str, text: str) -> Address:
    """`hf://datasets/OWNER/NAME[@REVISION]`."""
    kind, _, path = rest.partition("/")
    if kind != "datasets" or not path.strip("/"):
        raise UsageError(f"{text} names no dataset: hf://datasets/OWNER/NAME[@REVISION]")
    parts = path.strip("/").split("/")
    if len(parts) > 2:
        whole = "/".join(parts[:2])
        raise UsageError(f"{text} names a file or folder of a dataset; preview the dataset: {whole}")
    return Address(path.strip("/").replace("%2F", "/"))


def of_page(path: str, text: str) -> Address:
    """A page of the Hub: the dataset, its revision, and what its viewer shows."""
    parts = path.strip("/").split("/")
    if parts[:1] != ["datasets"] or len(parts) < 2:
        raise UsageError(f"{text} is no page of a dataset: https://huggingface.co/datasets/OWNER/NAME")
    at = 2 if len(parts) == 2 or parts[2] in PAGES else 3
    word, rest = "/".join(parts[1:at]), parts[at:]
    if rest[:1] == ["viewer"]:
        return Address(word, *rest[1:3])
    if rest and rest[0] in WITH_REVISION and len(rest) > 1 and rest[1] != "main":
        return Address(f"{word}@{rest[1]}")
    return Address(word)
