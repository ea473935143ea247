"""Pictures to something a browser can show: original bytes where it can, what Pillow makes of them where it cannot."""

from __future__ import annotations

import io
from pathlib import PurePosixPath
from typing import Any

from dspreview.models import Json
from dspreview.page.media_file import Media, UndecodableError, file_name

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


def measured_size(data: bytes) -> tuple[int, int] | tuple[None, None]:
    """Width and height from the header; None where it is broken."""
    try:
        with open_image(data) as picture:
            return shown_size(picture)
    except Exception:  # noqa: BLE001 - Pillow fails in a hundred ways; each is a picture without a size
        return None, None
