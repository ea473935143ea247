"""Bytes to something a browser can show: original bytes where it can, Pillow and soundfile where it cannot."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from dspreview.models import Json

MAX_PIXELS = 178_956_970
"""Pillow's own limit for a picture that is worth decoding; a larger one is a bomb or a mistake."""

MAX_CONVERTED_PIXELS = 50_000_000
"""A larger picture is not decoded to be converted; it would hold up the whole page."""

ORIENTATION, LYING = 0x0112, frozenset({5, 6, 7, 8})
"""The EXIF tag, and its values for a quarter turn."""

COMMON_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "PPM")
OTHER_FORMATS = (
    "WEBP",
    "TIFF",
    "AVIF",
    "JPEG2000",
    "MPO",
    "ICO",
    "ICNS",
    "TGA",
    "PCX",
    "DDS",
    "SGI",
    "QOI",
    "DIB",
    "XBM",
)
"""What Pillow may open: not EPS, for which it would run Ghostscript, nor formats that nobody trains on."""

IMAGE_SHOWN = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp"}
AUDIO_TYPES = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
}
VIDEO_TYPES = {".mp4": "video/mp4", ".webm": "video/webm"}
SOUND_EXTENSIONS = frozenset({".aif", ".aiff", ".au", ".snd", ".caf", ".w64", ".rf64", ".mp2", *AUDIO_TYPES})
SAFE_NAME = re.compile(r"[^\w.() +@=-]+", re.ASCII)


class UndecodableError(Exception):
    """A cell's bytes are not what its feature says; the message completes "cannot be shown: ..."."""


class OutsideFileError(UndecodableError):
    """A file lies outside its dataset, and is not read."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file to keep, and what is known of it."""

    name: str
    data: bytes
    facts: dict[str, Json]


def convert(kind: str, data: bytes, path: str | None) -> Media:
    """The file to keep for an asset of this kind. Raises UndecodableError."""
    converters = {"Image": image, "Audio": audio, "Video": video, "Pdf": pdf}
    return converters.get(kind, plain_file)(data, path)


def file_name(path: str | None, stem: str, extension: str) -> str:
    """The name an asset is known by: the dataset's own, without folders and without anything odd."""
    original = PurePosixPath(path or "").name if path else ""
    name = SAFE_NAME.sub("_", PurePosixPath(original).stem)[:80].strip(". ") or stem
    return name + extension


def image(data: bytes, path: str | None) -> Media:
    """A picture: its size from the header alone; jpeg, png, gif and webp stay as they are, others become PNG."""
    from PIL import UnidentifiedImageError

    try:
        with open_image(data) as picture:
            width, height = shown_size(picture)
            check_pixels(width, height, MAX_PIXELS)
            facts: dict[str, Json] = {"height": height, "width": width}
            if picture.format in IMAGE_SHOWN:
                return Media(file_name(path, "image", IMAGE_SHOWN[picture.format]), data, facts)
            check_pixels(width, height, MAX_CONVERTED_PIXELS)
            return convert_image(picture, data, path, facts)
    except UnidentifiedImageError:
        raise UndecodableError("no image that Pillow knows") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise UndecodableError(f"a broken image: {error}") from error


def open_image(data: bytes) -> Any:
    """The picture, its header read. The rarer formats are loaded only where the common ones do not fit."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # check_pixels says it in one line, before anything is decoded
    try:
        return Image.open(io.BytesIO(data), formats=COMMON_FORMATS)
    except UnidentifiedImageError:
        Image.init()
        return Image.open(io.BytesIO(data), formats=[name for name in OTHER_FORMATS if name in Image.OPEN])


def shown_size(picture: Any) -> tuple[int, int]:
    """Width and height as a browser shows a picture: a photo may say that it lies on its side."""
    width, height = picture.size
    if "exif" in picture.info and picture.getexif().get(ORIENTATION) in LYING:
        return height, width
    return width, height


def check_pixels(width: int, height: int, limit: int) -> None:
    """Refuse a picture that no screen shows and no memory holds."""
    if width * height > limit:
        raise UndecodableError(f"an image of {width} x {height} pixels, over the limit of {limit:,}")


def convert_image(picture: Any, data: bytes, path: str | None, facts: dict[str, Json]) -> Media:
    """Another format as PNG; one that Pillow opens but cannot convert is kept as it is."""
    try:
        if picture.mode in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}:
            shown = picture
        else:
            shown = bytewise(picture) if picture.mode.startswith(("I", "F")) else picture.convert("RGB")
        buffer = io.BytesIO()
        shown.save(buffer, "PNG")
    except (OSError, ValueError):
        extension = PurePosixPath(path or "").suffix[:10] or ".bin"
        return Media(file_name(path, "image", extension), data, facts | {"playable": False})
    return Media(file_name(path, "image", ".png"), buffer.getvalue(), facts)


def bytewise(picture: Any) -> Any:
    """A picture of larger numbers as grey of a byte: 16 bits by their upper half, others from their least to their most."""
    if picture.mode.startswith("I;16"):
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    low, high = picture.getextrema()
    scale = 255.0 / (high - low) if high > low else 0.0
    return picture.convert("F").point(lambda value: value * scale - low * scale).convert("L")


def pixels(grid: list[Any]) -> Media:
    """A picture given as nested lists of bytes, in grey or in colour."""
    from PIL import Image

    height, width = len(grid), len(grid[0])
    check_pixels(width, height, MAX_PIXELS)
    if isinstance(grid[0][0], list):
        channels = len(grid[0][0])
        mode = {1: "L", 3: "RGB", 4: "RGBA"}.get(channels)
        if mode is None:
            raise UndecodableError(f"an image of {channels} channels")
        flat = bytes(value for row in grid for pixel in row for value in pixel)
    else:
        mode = "L"
        flat = bytes(value for row in grid for value in row)
    buffer = io.BytesIO()
    Image.frombytes(mode, (width, height), flat).save(buffer, "PNG")
    return Media("image.png", buffer.getvalue(), {"height": height, "width": width})


@contextmanager
def decoders_hushed() -> Iterator[None]:
    """Send what libmpg123 writes to stderr by itself nowhere: the failure it raises says enough."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def sniff_audio(data: bytes) -> str | None:
    """The extension that a sound's first bytes call for."""
    head = data[:64]
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        return ".wav"
    if head[:4] == b"fLaC":
        return ".flac"
    if head[:4] == b"OggS":
        return ".opus" if b"OpusHead" in head else ".ogg"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06):
        return ".mp3"
    return None


def audio(data: bytes, path: str | None) -> Media:
    """A sound: what a browser plays stays as it is, others become WAV, the rest is kept and marked."""
    found = sniff_audio(data)
    extension = PurePosixPath(path or "").suffix.lower()
    if found is not None:
        facts = {"type": AUDIO_TYPES[found]} | sound_facts(data, strict=found != ".mp3")
        return Media(file_name(path, "audio", found), data, facts)
    try:
        return convert_sound(data, path)
    except UndecodableError:
        if extension in SOUND_EXTENSIONS or not extension:
            raise
    return Media(
        file_name(path, "audio", extension[:10]), data, {"type": "application/octet-stream", "playable": False}
    )


def sound_facts(data: bytes, *, strict: bool) -> dict[str, Json]:
    """Length in seconds and rate in hertz, from the header."""
    import soundfile

    try:
        with decoders_hushed(), soundfile.SoundFile(io.BytesIO(data)) as sound:
            return {"duration": round(sound.frames / sound.samplerate, 3), "sampling_rate": sound.samplerate}
    except soundfile.LibsndfileError as error:
        if strict:
            raise UndecodableError(f"broken audio: {error.error_string}") from None
        return {}


def convert_sound(data: bytes, path: str | None) -> Media:
    """A sound of another format as 16 bit WAV at its own rate."""
    import soundfile

    try:
        with decoders_hushed():
            samples, rate = soundfile.read(io.BytesIO(data), dtype="int16", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise UndecodableError(f"no audio that soundfile knows: {getattr(error, 'error_string', error)}") from None
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", subtype="PCM_16")
    facts: dict[str, Json] = {"type": "audio/wav", "duration": round(len(samples) / rate, 3), "sampling_rate": rate}
    return Media(file_name(path, "audio", ".wav"), buffer.getvalue(), facts)


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
        try:
            with open_image(data) as picture:
                width, height = shown_size(picture)
        except Exception:  # noqa: BLE001 - Pillow fails in a hundred ways; each is a picture without a size
            return {"width": None, "height": None}
        return {"width": width, "height": height}
    import soundfile

    try:
        with decoders_hushed(), soundfile.SoundFile(io.BytesIO(data)) as sound:
            return {"duration": sound.frames / sound.samplerate}
    except (soundfile.LibsndfileError, RuntimeError, ValueError, ZeroDivisionError):
        return {"duration": None}
