"""Identity, fingerprint and fence of a dataset on this machine. Standard library only: cached answers come here."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from dspreview.errors import AccessError, DatasetNotFoundError, UnsafePathError, UsageError
from dspreview.models import DatasetRef, Kind, Resolved
from dspreview.suggestions import did_you_mean

HUB_ID = re.compile(r"(?:[\w][\w.-]*/)?[\w][\w.-]*", re.ASCII)
ONE_FILE_ENDINGS = (".parquet", ".jsonl", ".csv")
NEAR_MOST = 1_000
"""Names beside a path that is not there among which a like one is looked for."""
LOCAL_STARTS = ("/", "./", "../", "~")
WEB = ("http://", "https://")
STORES = ("s3://", "gs://", "gcs://", "az://", "abfs://")
"""Schemes of objects that fsspec's packages read."""
WILD = re.compile(r"[*?\[]")
"""What makes a word a pattern of files, where no file has that very name; an id of the Hub has none of it."""


def identify(text: str, revision: str | None = None) -> DatasetRef:
    """What the user's word for a dataset means: a path, or an id of the Hub, perhaps `@REVISION`.

    Raises UsageError where two revisions are named, DatasetNotFoundError where it can be neither id nor path.
    """
    if "://" in text:
        from dspreview.addresses import parse  # 3 ms that only an address pays

        asked, text = text, parse(text).word
        if text.startswith((*WEB, *STORES)):
            if revision is not None:
                raise UsageError(f"--revision is for datasets of the Hub; {asked} is a file on the web")
            return DatasetRef(asked, Kind.WEB, text)
    if text.startswith(LOCAL_STARTS) or text in {".", ".."} or WILD.search(text) or is_data_file(text):
        if revision is not None:
            raise UsageError(f"--revision is for datasets of the Hub; {text} is a local path")
        return DatasetRef(text, Kind.LOCAL, real_path(text))
    name, at, tag = text.partition("@")
    if at and not tag:
        raise UsageError(f"{text}: a revision must follow the @")
    if at and revision is not None and revision != tag:
        raise UsageError(f"{text} and --revision {revision} name two revisions; give one")
    if not HUB_ID.fullmatch(name) or len(name) > 96 or "--" in name or ".." in name:
        here = f"did you mean ./{text} ?" if os.path.exists(text) else "a path starts with ./ or /"
        raise DatasetNotFoundError(f"{text!a} is no dataset id (owner/name); {here}")
    return DatasetRef(text, Kind.HUB, name, tag or revision)


def real_path(text: str) -> str:
    """The absolute path of a word, links followed. Raises DatasetNotFoundError where it cannot be one."""
    try:
        path = os.path.realpath(os.path.expanduser(text))
        path.encode()
    except (OSError, ValueError) as error:
        reason = "its name is not UTF-8" if isinstance(error, UnicodeError) else str(error)
        raise DatasetNotFoundError(f"{text!a}: not a path that can be read here: {reason}") from None
    if "\n" in path or "\r" in path:  # the readers take it for several
        raise DatasetNotFoundError(
            f"{text!a}: not a path that can be read here: there is a line break in it; rename it"
        )
    return path


def is_data_file(text: str) -> bool:
    """A file with an extension is taken for itself; a bare word never is."""
    return bool(os.path.splitext(text)[1]) and "\0" not in text and os.path.isfile(text)


def resolve(ref: DatasetRef) -> Resolved:
    """The local dataset as it is now. Raises DatasetNotFoundError."""
    pattern = is_pattern(ref.name)
    if pattern and not matched(ref.name):
        raise DatasetNotFoundError(f"{ref.asked}: no file here matches this pattern; ** reaches into folders")
    if not pattern and not os.path.exists(ref.name):
        raise DatasetNotFoundError(f"{ref.asked}: no such file or folder{near(ref.name)}")
    if not pattern and not os.path.isdir(ref.name) and not os.path.isfile(ref.name):
        raise DatasetNotFoundError(f"{ref.asked} is neither a folder nor a regular file")
    try:
        return Resolved(Kind.LOCAL, ref.name, fingerprint(ref.name))
    except PermissionError as error:
        raise AccessError(f"{ref.asked}: {error.filename} may not be read by this user") from error
    except OSError as error:
        raise DatasetNotFoundError(f"{ref.asked} cannot be read: {error.strerror}") from error


def near(path: str) -> str:
    """What lies beside a path that is not there, and is called nearly the same; as a question."""
    folder, name = os.path.split(path.rstrip("/"))
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return ""
    return did_you_mean(name, [one for one in names[:NEAR_MOST] if not one.startswith(".")])


def sha256() -> Any:
    """A digest, from where Python keeps it itself: `hashlib` loads OpenSSL first, which takes 2 ms."""
    for name in ("_sha2", "_sha256", "hashlib"):  # since Python 3.12, before that, and where it was built without them
        with suppress(ImportError):
            return import_module(name).sha256()
    raise ImportError("this Python has no SHA-256")


def fingerprint(path: str) -> str:
    """A digest of names, sizes and times; it changes whenever a file is edited, added, moved or removed."""
    digest = sha256()
    if os.path.isdir(path):
        known = [f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0" for name, status in sorted(walk(path, ""))]
        digest.update("".join(known).encode(errors="surrogateescape"))
    elif is_pattern(path):
        for name in matched(path):
            status = os.stat(name)
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode(errors="surrogateescape"))
    else:
        status = os.stat(path)
        digest.update(f"{status.st_size}\0{status.st_mtime_ns}".encode())
    return str(digest.hexdigest())[:40]


def walk(folder: str, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    """Each file below a folder with its status; hidden folders hold no data."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    yield from walk(entry.path, f"{prefix}{entry.name}/")
                continue
            try:
                yield prefix + entry.name, entry.stat()
            except FileNotFoundError:  # a link to nowhere
                yield prefix + entry.name, entry.stat(follow_symlinks=False)


def is_one_file(kind: Kind, name: str) -> bool:
    """Whether a dataset may be read without `datasets`: one file of the right kind on this machine."""
    return kind is Kind.LOCAL and name.endswith(ONE_FILE_ENDINGS) and not is_pattern(name)


def is_pattern(path: str) -> bool:
    """Whether a path means all files that match it; one that is there means itself."""
    return WILD.search(path) is not None and not os.path.lexists(path)


def matched(pattern: str) -> list[str]:
    """The files that a pattern matches, sorted; `**` reaches into folders, and hidden ones are left out."""
    from glob import iglob  # 2 ms that only a pattern pays

    return sorted(path for path in iglob(pattern, recursive=True) if os.path.isfile(path))


def root_of(dataset: Resolved) -> str:
    """The folder of a dataset, `hf://datasets/ID@SHA`, or `URL#`: no file outside it is read."""
    if dataset.kind is Kind.HUB:
        return f"hf://datasets/{dataset.name}@{dataset.revision}"
    if dataset.kind is Kind.WEB:
        return f"{dataset.name}#"
    return folder_of(dataset.name)


def web_name(url: str) -> str:
    """The name of the file that a URL leads to."""
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(url).path.rpartition("/")[2]).replace("/", "_")


def folder_of(dataset: str) -> str:
    """The folder that a local dataset may read from; of a pattern, the one above its first sign of one."""
    if is_pattern(dataset):
        return os.path.dirname(WILD.split(dataset, maxsplit=1)[0]).rstrip("/") or "/"
    return dataset if os.path.isdir(dataset) else os.path.dirname(dataset)


def guard(path: str, folder: str, dataset: str) -> None:
    """Refuse a file that does not lie in the dataset's own folder, links followed.

    The Hub's own cache keeps a snapshot as links into `blobs` beside it; these belong to the dataset.
    """
    real = os.path.realpath(path)
    root = os.path.realpath(folder)
    allowed = [root]
    snapshots = Path(root).parent
    if snapshots.name == "snapshots":
        allowed.append(str(snapshots.parent / "blobs"))
    if not any(real == place or real.startswith(place.rstrip("/") + "/") for place in allowed):
        raise UnsafePathError(f"{dataset}: {path} lies outside the dataset; only its own files are read")


def guard_all(paths: Iterable[str], folder: str, dataset: str) -> None:
    """The same for many files. Raises OSError, too."""
    for _ in guarded(paths, folder, dataset):
        pass


def guarded(paths: Iterable[str], folder: str, dataset: str) -> Iterator[os.stat_result]:
    """The same for many files, each with its status: what lies between is looked at once for each of their folders. Raises OSError, too."""
    folders: set[str] = set()
    for path in paths:
        parent = path.rpartition("/")[0]
        if parent not in folders:
            guard(parent, folder, dataset)
            folders.add(parent)
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            guard(path, folder, dataset)
            status = os.stat(path)
        yield status


def guard_pattern(pattern: str, dataset: str) -> None:
    """Refuse a pattern of `data_files` that leaves the dataset, before anything is listed."""
    inner = pattern.rsplit("::", maxsplit=1)[-1]
    plain = inner.removeprefix("file://").removeprefix("local://")
    if plain != inner or plain.startswith(("/", "~")) or ".." in plain.split("/"):
        raise UnsafePathError(
            f"{dataset}: data_files {pattern!r} in its README points outside the dataset; only its own files are read"
        )


def open_regular(path: str) -> BinaryIO:
    """A regular file; a pipe or a device in its place is refused, and not waited for. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(f"{path} is not a regular file")
    return os.fdopen(handle, "rb")
