"""The file that is kept for a media cell: what a browser can show of its bytes, by the kind of its feature."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from dspreview.models import Json
from dspreview.page.media_file import Media, UndecodableError, file_name
from dspreview.page.pictures import image, measured_size
from dspreview.page.sounds import audio, measured_length

VIDEO_TYPES = {".mp4": "video/mp4", ".webm": "video/webm"}


def convert(kind: str, data: bytes, path: str | None) -> Media:
    """The file to keep for an asset of this kind. Raises UndecodableError."""
    converters = {"Image": image, "Audio": audio, "Video": video, "Pdf": pdf}
    return converters.get(kind, plain_file)(data, path)


def video(data: bytes, path: str | None) -> Media:
    """A film, as it is; what a browser does not play is marked."""
    extension = PurePosixPath(path or "").suffix.lower()[:10]
    if data[4:8] == b"ftyp" and data[8:10] != b"qt":
        extension = ".mp4"
    elif data[:4] == b"\x1aE\xdf\xa3" and b"webm" in data[:64]:
        extension = ".webm"
    elif extension in VIDEO_TYPES:
        raise UndecodableError(f"no {extension[1:]} video")
    facts: dict[str, Json] = {"size_bytes": len(data)}
    if extension in VIDEO_TYPES:
        facts["type"] = VIDEO_TYPES[extension]
    else:
        facts["playable"] = False
    return Media(file_name(path, "video", extension or ".bin"), data, facts)


def pdf(data: bytes, path: str | None) -> Media:
    """A document, as it is."""
    if b"%PDF" not in data[:1000]:
        raise UndecodableError("no PDF document")
    return Media(file_name(path, "document", ".pdf"), data, {"size_bytes": len(data)})


def plain_file(data: bytes, path: str | None) -> Media:
    """A file of a kind that no browser shows, as it is."""
    suffixes = "".join(PurePosixPath(path or "").suffixes[-2:])[:20]
    extension = suffixes if re.fullmatch(r"(\.\w+)+", suffixes, re.ASCII) else ".bin"
    stem = PurePosixPath(path or "").name.removesuffix(extension)
    return Media(file_name(stem + ".x" if stem else None, "file", extension), data, {"size_bytes": len(data)})


def measure(kind: str, data: bytes) -> dict[str, float | None]:
    """What the header of a picture or a sound tells: `width` and `height`, or `duration` in seconds; null where it is broken."""
    if kind == "Image":
        width, height = measured_size(data)
        return {"width": width, "height": height}
    return {"duration": measured_length(data)}
