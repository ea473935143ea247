"""Pictures as text for a terminal, each in a box of characters."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dspreview.cli.render.terminal import Protocol, Terminal
from dspreview.documents.outlines import Outline
from dspreview.documents.words import fitted
from dspreview.page.pictures import bytewise, open_image

RESET = "\x1b[0m"
MAX_PIXELS = 40_000_000
"""A larger picture takes seconds and hundreds of megabytes to draw small."""
PIECE = 4_096
"""Most characters of a picture in one of kitty's sequences."""
MARKS = ("#ff2d55", "#34c759", "#0a84ff", "#ffd60a", "#bf5af2", "#ff9f0a")
"""The colours of outlines."""
RAMP = (0, 95, 135, 175, 215, 255)
"""The steps of red, green and blue among 256 colours."""


class Picture(NamedTuple):
    """A picture, drawn."""

    columns: int
    lines: list[str]
    """One text a line: the half blocks, or empty where `escape` draws over them."""
    escape: str = ""


def draw(path: Path, terminal: Terminal, box: tuple[int, int], outlines: Sequence[Outline] = ()) -> Picture | None:
    """A picture with what is marked on it in at most `box` columns and lines; None where it cannot be decoded."""
    from PIL import ImageOps

    try:
        with open_image(path.read_bytes()) as found:
            if found.width * found.height > MAX_PIXELS:
                return None
            width, height = terminal.cell if terminal.protocol is not Protocol.BLOCKS else (1, 2)
            room = (box[0] * width, box[1] * height)
            found.draft("RGB", (max(room), max(room)))
            image = flattened(ImageOps.exif_transpose(found))
            size = fitted(image.width, image.height, room)
            image = marked(image.resize(size), outlines)
    except Exception:  # noqa: BLE001 - Pillow fails in a hundred ways; the name and the size of the picture are shown all the same
        return None
    columns, rows = math.ceil(size[0] / width), math.ceil(size[1] / height)
    if terminal.protocol is Protocol.BLOCKS:
        return Picture(columns, blocks(image, terminal.colors))
    cells = None if terminal.exact else (columns, rows)
    if terminal.protocol is Protocol.SIXEL:
        escape = sixel(image)
    else:
        escape = kitty(image, cells) if terminal.protocol is Protocol.KITTY else iterm(image, cells)
    return Picture(columns, [""] * rows, escape)


def marked(image: Any, outlines: Sequence[Outline]) -> Any:
    """A picture with outlines, in colours that differ from one to the next."""
    from PIL import ImageDraw

    brush = ImageDraw.Draw(image)
    for place, one in enumerate(outlines):
        points = [(x * (image.width - 1), y * (image.height - 1)) for x, y in one.points]
        brush.polygon(points, outline=MARKS[place % len(MARKS)])
    return image


def flattened(found: Any) -> Any:
    """In three colours of a byte each, on white where it is transparent."""
    from PIL import Image

    if found.mode.startswith(("I", "F")):
        return bytewise(found).convert("RGB")
    if found.mode not in {"RGBA", "LA", "PA"} and "transparency" not in found.info:
        return found.convert("RGB")
    above = found.convert("RGBA")
    below = Image.new("RGBA", above.size, "white")
    return Image.alpha_composite(below, above).convert("RGB")


def blocks(image: Any, colors: int) -> list[str]:
    """Two pixels a character: the upper one in the colour of the sign, the lower one in that of the ground."""
    pixels = image.load()
    lines = []
    for y in range(0, image.height, 2):
        signs, last = [], None
        for x in range(image.width):
            upper = pixels[x, y]
            lower = pixels[x, y + 1] if y + 1 < image.height else None
            if (upper, lower) != last:
                signs.append(paint(38, upper, colors) + (paint(48, lower, colors) if lower else "\x1b[49m"))
                last = (upper, lower)
            signs.append("▀")
        lines.append("".join(signs) + RESET)
    return lines


def paint(ground: int, color: tuple[int, int, int], colors: int) -> str:
    """The escape for a colour, or for the nearest of 256."""
    if colors > 256:
        return f"\x1b[{ground};2;{color[0]};{color[1]};{color[2]}m"
    red, green, blue = (min(range(6), key=lambda step: abs(RAMP[step] - value)) for value in color)
    return f"\x1b[{ground};5;{16 + 36 * red + 6 * green + blue}m"


def png(image: Any) -> str:
    """The bytes of a picture as base64."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def kitty(image: Any, cells: tuple[int, int] | None) -> str:
    """Kitty's protocol: in pieces, the cursor stays, no answer is wanted; stretched to `cells` where these are all we know."""
    text = png(image)
    pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
    first = "a=T,f=100,C=1,q=2," + (f"c={cells[0]},r={cells[1]}," if cells else "")
    return "".join(
        f"\x1b_G{first if not place else ''}m={int(place + 1 < len(pieces))};{piece}\x1b\\"
        for place, piece in enumerate(pieces)
    )


def iterm(image: Any, cells: tuple[int, int] | None) -> str:
    """The protocol of iTerm2 and WezTerm; a size without a unit is one in characters."""
    text = png(image)
    width, height = (str(cells[0]), str(cells[1])) if cells else (f"{image.width}px", f"{image.height}px")
    return f"\x1b]1337;File=inline=1;width={width};height={height};preserveAspectRatio=1:{text}\x07"


def sixel(image: Any) -> str:
    """Six lines of pixels at a time, colour by colour."""
    import numpy as np

    small = image.quantize(255)
    palette = small.getpalette()
    indices = np.asarray(small)
    parts = [f'\x1bP0;1q"1;1;{image.width};{image.height}']
    for index in np.unique(indices).tolist():
        red, green, blue = (round(value * 100 / 255) for value in palette[3 * index : 3 * index + 3])
        parts.append(f"#{index};2;{red};{green};{blue}")
    for top in range(0, image.height, 6):
        band = indices[top : top + 6]
        weights = (1 << np.arange(len(band)))[:, None]
        for index in np.unique(band).tolist():
            bits = ((band == index) * weights).sum(axis=0) + 63
            parts.append(f"#{index}{repeated(bits.astype(np.uint8).tobytes().decode('ascii'))}$")
        parts.append("-")
    return "".join(parts) + "\x1b\\"


def repeated(signs: str) -> str:
    """A run of one sign as its length and the sign."""
    out, place = [], 0
    while place < len(signs):
        end = place + 1
        while end < len(signs) and signs[end] == signs[place]:
            end += 1
        run = end - place
        out.append(f"!{run}{signs[place]}" if run > 3 else signs[place] * run)
        place = end
    return "".join(out)


def beside(pictures: list[tuple[int, Picture]]) -> tuple[list[str], str]:
    """The lines that pictures take, each beginning at its column; and what draws over them from the line below.

    The lines come first, so that the screen has scrolled by then.
    """
    height = max(len(picture.lines) for _, picture in pictures)
    lines = []
    for row in range(height):
        text, at = "", 0
        for start, picture in pictures:
            if row < len(picture.lines) and picture.lines[row]:
                text += " " * (start - at) + picture.lines[row]
                at = start + picture.columns
        lines.append(text)
    over = "".join(
        f"\x1b7\x1b[{height}A\r" + (f"\x1b[{start}C" if start else "") + picture.escape + "\x1b8"
        for start, picture in pictures
        if picture.escape
    )
    return lines, over
