"""What pictures look like and sounds sound like, in a thousand bytes each: small, grey, and without what a codec changes."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import numpy as np

from dspreview.page.pictures import MAX_PIXELS, check_pixels, open_image
from dspreview.page.sounds import decoders_hushed

Grey = np.ndarray[Any, np.dtype[np.uint8]]
SIDE = 32
"""Width and height of a thumbnail; of a sound, time goes to the right and pitch down."""
FLAT = 4.0
"""The deviation of the grey of a thumbnail below which there is nothing to be seen: blank pictures, silence."""
MARGIN = 3
"""Of two greys, for one to be darker: what compression changes is less."""
FRAME = 0.064
"""Seconds of a sound whose pitches are told apart together."""
LOUDNESS = 40
"""Decibels below the loudest that count: what lies lower is noise of codecs."""
SECONDS_MOST = 600
"""Of a sound."""


def thumbnail(kind: str, data: bytes) -> Grey | None:
    """The thumbnail of a picture or a sound; None where there is nothing in it. Raises what decoders raise."""
    found = picture(data) if kind == "Image" else sound(data)
    return found if found is not None and found.std() >= FLAT else None


def picture(data: bytes) -> Grey:
    """A picture as it is shown, upright, in grey."""
    from PIL import Image, ImageOps

    with open_image(data) as opened:
        width, height = opened.size
        check_pixels(width, height, MAX_PIXELS)
        shown = ImageOps.exif_transpose(opened)
        if "A" in shown.getbands() or "transparency" in shown.info:
            shown = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown.convert("RGBA"))
        return np.asarray(shown.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX))


def sound(data: bytes) -> Grey | None:
    """The spectrogram of a sound, loudness in decibels; None of one too short for it."""
    import soundfile

    with decoders_hushed(), soundfile.SoundFile(io.BytesIO(data)) as opened:
        samples = opened.read(min(opened.frames, SECONDS_MOST * opened.samplerate), dtype="float32", always_2d=True)
        rate = opened.samplerate
    mono = samples.mean(axis=1)
    step = len(mono) / SIDE
    if step < 64:
        return None
    frame = int(FRAME * rate)
    pitches = np.fft.rfftfreq(frame, 1 / rate)
    edges = np.searchsorted(pitches, np.geomspace(100, 3_500, SIDE + 1))
    columns = []
    for place in range(SIDE):
        piece = mono[int(place * step) : int((place + 1) * step)]
        whole = piece[: len(piece) // frame * frame].reshape(-1, frame) if len(piece) >= frame else piece[None]
        power = (np.abs(np.fft.rfft(whole * np.hanning(whole.shape[1]), n=frame)) ** 2).mean(axis=0)
        columns.append(
            [power[low : max(high, low + 1)].mean() if low < len(power) else 0 for low, high in pairwise(edges)]
        )
    loud = 10 * np.log10(np.array(columns).T + 1e-12)
    found: Grey = np.clip((loud - loud.max() + LOUDNESS) * (255 / LOUDNESS), 0, 255).astype(np.uint8)
    return found


def bands(thumb: Grey) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Eight numbers of 16 bits: where each of 64 places is darker than the next to the right, and below (a difference hash)."""
    from PIL import Image

    shown = Image.fromarray(thumb)
    across = np.asarray(shown.resize((9, 8), Image.Resampling.BOX)).astype(np.int16)
    down = np.asarray(shown.resize((8, 9), Image.Resampling.BOX)).astype(np.int16)
    bits = np.concatenate([(np.diff(across, axis=1) > MARGIN).ravel(), (np.diff(down, axis=0) > MARGIN).ravel()])
    return np.packbits(bits).view(">u2").astype(np.uint64)


def similarity(one: Grey, other: Grey) -> float:
    """How alike two thumbnails are: the correlation of their greys, 1 where they are the same."""
    if np.array_equal(one, other):
        return 1.0
    left, right = (thumb.astype(np.float64).ravel() - thumb.mean() for thumb in (one, other))
    return float(min((left @ right) / np.sqrt((left @ left) * (right @ right)), 0.9999))
