"""A sound as a line of blocks."""

from __future__ import annotations

from pathlib import Path

from dspreview.page.sounds import decoders_hushed

LEVELS = "▁▂▃▄▅▆▇█"
BLOCK = 1 << 16
"""Frames that are decoded at a time."""


def waveform(path: Path, width: int) -> str | None:
    """The loudest moment of each of `width` parts of a sound; None where it cannot be decoded."""
    import numpy as np
    import soundfile

    try:
        with decoders_hushed(), soundfile.SoundFile(path) as sound:
            total = sound.frames
            if total <= 0:
                return None
            peaks = np.zeros(width)
            place = 0
            for block in sound.blocks(BLOCK, dtype="float32", always_2d=True):
                loud = np.nan_to_num(np.abs(block)).max(axis=1)
                parts = np.minimum((np.arange(place, place + len(loud)) * width) // total, width - 1)
                np.maximum.at(peaks, parts, loud)
                place += len(loud)
    except (soundfile.LibsndfileError, RuntimeError, ValueError, OSError):
        return None
    most = peaks.max()
    steps = np.zeros(width, int) if most == 0 else np.ceil(peaks / most * len(LEVELS)).astype(int) - 1
    return "".join(LEVELS[max(0, step)] for step in steps)
