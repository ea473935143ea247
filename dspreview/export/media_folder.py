"""Rows as a folder of files with a `metadata.jsonl` beside them: what the `imagefolder` and `audiofolder` of `datasets` read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from dspreview.errors import UsageError
from dspreview.export.options import Options
from dspreview.export.rows import Columns, Exported
from dspreview.export.texts import records
from dspreview.feature import LABEL, Feature
from dspreview.models import Json, dump
from dspreview.page.pictures import IMAGE_SHOWN, open_image
from dspreview.page.sounds import sniff_audio
from dspreview.settings import Settings

METADATA = "metadata.jsonl"
OWN_NAMES = {"Image": "image", "Audio": "audio", "Video": "video", "Pdf": "pdf"}
"""What `datasets` calls the column of a file whose row names it `file_name`."""
SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


def files_kind(columns: Columns) -> str:
    """The one kind of the columns of files. Raises UsageError."""
    kinds = {kind for _, tree in columns if (kind := Feature(tree).asset) is not None}
    if len(kinds) != 1 or not kinds <= set(OWN_NAMES):
        told = "there is no column of files" if not kinds else f"there are columns of {', '.join(sorted(kinds))}"
        raise UsageError(f"--media files writes one kind of files (images, sounds, videos, PDFs), and {told}")
    return kinds.pop()


def write_media_folder(found: Exported, folder: Path, settings: Settings, options: Options) -> int:
    """Write the rows into a new folder; returns how many there were. Raises UsageError, OSError."""
    del options
    kind = files_kind(found.columns)
    columns = [name for name, tree in found.columns if Feature(tree).asset == kind]
    labels = {name: Feature(tree).labels for name, tree in found.columns if Feature(tree).kind == LABEL}
    keys = key_names(columns, kind, [name for name, _ in found.columns])
    folder.mkdir()
    for column in columns:
        (folder / folder_of(column, columns)).mkdir()
    number = 0
    with open(folder / METADATA, "wb") as out:
        for row in records(found, settings, columns):
            line: dict[str, Json] = {}
            for name, value in row.items():
                if name in keys:
                    line[keys[name]] = write_file(value, kind, folder, f"{folder_of(name, columns)}/{number:06}")
                else:
                    line[name] = labels[name][value] if name in labels and isinstance(value, int) else value
            out.write((dump(line) + "\n").encode("utf-8", "backslashreplace"))
            number += 1
    return number


def key_names(columns: list[str], kind: str, known: list[str]) -> dict[str, str]:
    """What the metadata calls the file of each column: `file_name` where there is one, unless the data has such a column. Raises UsageError."""
    alone = columns == [OWN_NAMES[kind]] and "file_name" not in known
    keys = {name: "file_name" if alone else f"{name}_file_name" for name in columns}
    if taken := [key for key in keys.values() if key in known]:
        raise UsageError(
            f"--media files needs the name {taken[0]} for itself, and it is a column; leave it out with --columns"
        )
    return keys


def folder_of(column: str, columns: list[str]) -> str:
    """The folder of a column's files."""
    return "files" if len(columns) == 1 else f"files-{columns.index(column)}"


def write_file(value: Any, kind: str, folder: Path, stem: str) -> str | None:
    """A file of a cell, written under a name of ours; its name in the folder, None where there is none."""
    data = value.get("bytes") if isinstance(value, dict) else None
    if data is None:
        return None
    name = stem + suffix_of(kind, data, str(value.get("path") or ""))
    (folder / name).write_bytes(data)
    return name


def suffix_of(kind: str, data: bytes, path: str) -> str:
    """The ending of a file: that of its own name, else the one that its first bytes call for."""
    own = PurePosixPath(path).suffix.lower()
    if SUFFIX.fullmatch(own):
        return own
    if kind == "Image":
        try:
            with open_image(data) as picture:
                return IMAGE_SHOWN.get(picture.format) or f".{str(picture.format).lower()}"
        except (OSError, SyntaxError, ValueError):  # no picture, and kept as it is
            return ".bin"
    if kind == "Audio":
        return sniff_audio(data) or ".bin"
    return {"Pdf": ".pdf", "Video": ".mp4"}[kind]


def sizes(folder: Path) -> Iterator[int]:
    """The bytes of each file."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.stat().st_size
