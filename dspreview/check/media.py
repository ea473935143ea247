"""Pictures, sounds and other files of a column, each decoded to its end."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from typing import Any

from dspreview.check.audio import missing_bytes
from dspreview.check.columns import Leaf
from dspreview.check.findings import Finding, found
from dspreview.check.reading import Reading
from dspreview.errors import AccessError, HubError
from dspreview.extract.files.fetch import Fetcher
from dspreview.feature import Feature
from dspreview.page.cells import reason, value_parts
from dspreview.page.media import convert
from dspreview.page.media_file import OutsideFileError, UndecodableError
from dspreview.page.pictures import MAX_PIXELS, check_pixels, open_image
from dspreview.page.sounds import decoders_hushed

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
LONGEST_LINE = 1 << 20
BLOCK = 1 << 16
"""Samples of a sound that are decoded at a time."""
CODES = {"Image": "undecodable-image", "Audio": "undecodable-audio"}


def look_at_files(
    leaf: Leaf, first_row: int, fetch: Fetcher, max_bytes: int, place: dict[str, Any]
) -> Iterator[Finding]:
    """Each file of a column that is not there, or cannot be decoded. Raises AccessError, HubError: these say nothing of a file."""
    from dspreview.arrow.values import to_python

    kind = Feature(leaf.tree).asset or ""
    for number, value in enumerate(to_python(leaf.values)):
        if value is None:
            continue
        where = place | {"row": first_row + leaf.row(number), "column": leaf.path}
        try:
            data, path = value_parts(value)
        except UndecodableError as error:
            yield found(CODES.get(kind, "undecodable-file"), str(error), **where)
            continue
        if data is None:
            try:
                data = fetch.fetch(path, max_bytes) if path else b""
            except (AccessError, HubError):
                raise
            except Exception as error:  # noqa: BLE001 - files are missing in a hundred ways; each is a finding
                code = "outside-file" if isinstance(error, OutsideFileError) else "missing-media"
                yield found(code, f"{path}: {reason(error)}", **where)
                continue
        try:
            decode(kind, data, path)
        except Exception as error:  # noqa: BLE001 - decoders fail in a hundred ways; each is a finding
            yield found(
                CODES.get(kind, "undecodable-file"),
                f"{path or leaf.path}: {reason(error)}",
                file=file_of(path, fetch),
                **where,
            )


def file_of(path: str | None, fetch: Fetcher) -> str | None:
    """A file by its name in the dataset, where it is one of its own."""
    root = f"{fetch.source.root}/"
    return path.removeprefix(root) if path is not None and path.startswith(root) else None


def decode(kind: str, data: bytes, path: str | None) -> None:
    """Decode a file to its end. Raises UndecodableError, and what decoders raise."""
    if not data:
        raise UndecodableError("an empty file")
    if kind == "Image":
        with open_image(data) as picture:
            width, height = picture.size
            check_pixels(width, height, MAX_PIXELS)
            picture.load()
        return
    media = convert(kind, data, path)
    if kind == "Audio" and media.facts.get("playable", True):
        import soundfile

        with decoders_hushed(), soundfile.SoundFile(io.BytesIO(data)) as sound:
            seen = sum(len(block) for block in sound.blocks(BLOCK, dtype="int16"))
            if seen < sound.frames and media.facts.get("type") != "audio/mpeg":
                raise UndecodableError(f"it ends after {seen:,} of {sound.frames:,} samples")
        if missing := missing_bytes(data):
            raise UndecodableError(f"it is cut off: {missing:,} bytes are missing at its end")


def uneven_metadata(reading: Reading) -> str | None:
    """What `datasets` makes of several metadata files of a split on this machine whose columns differ; None where it makes nothing odd."""
    names = [path for path in reading.files if os.path.basename(path) in METADATA]
    if not reading.format.is_media_folder or reading.dataset.is_remote or reading.declares or len(names) < 2:
        return None
    columns = {path: metadata_columns(path) for path in sorted(names)}
    first, *others = columns
    for other in others:
        if columns[other] is not None and columns[first] is not None and columns[other] != columns[first]:
            return (
                f"{reading.shorten(first)} and {reading.shorten(other)} have different columns, and `datasets` keeps those of one of them, "
                "another from run to run"
            )
    return None


def metadata_columns(path: str) -> set[str] | None:
    """The columns of a metadata file, as far as its beginning tells them."""
    try:
        if path.endswith(".parquet"):
            import pyarrow.parquet as pq

            return set(pq.read_schema(path).names)
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            if path.endswith(".csv"):
                return set(next(csv.reader(file), ()))
            found = json.loads(file.readline(LONGEST_LINE))
            return set(found) if isinstance(found, dict) else None
    except (OSError, ValueError, csv.Error, RecursionError):  # told by who reads it
        return None
