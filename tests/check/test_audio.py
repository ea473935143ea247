"""Sounds that are cut off, in each format that soundfile writes: decoders take what is there for the whole."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from dspreview.check.audio import missing_bytes
from dspreview.check.media import decode
from dspreview.page.media_file import UndecodableError

WAVES = (np.sin(np.arange(48_000) / 9) / 2).astype("float32")
FORMATS = [
    ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III"), ("OGG", "VORBIS"), ("OGG", "OPUS"),
    ("AIFF", "PCM_16"), ("AU", "PCM_16"),
]  # fmt: skip


def sound(kind: str, coding: str) -> bytes:
    """A second of sound."""
    buffer = io.BytesIO()
    soundfile.write(buffer, WAVES, 48_000, format=kind, subtype=coding)
    return buffer.getvalue()


@pytest.mark.parametrize(("kind", "coding"), FORMATS)
def test_a_whole_sound_is_whole(kind: str, coding: str) -> None:
    data = sound(kind, coding)
    assert missing_bytes(data) == 0
    decode("Audio", data, f"x.{kind.lower()}")


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize(("kind", "coding"), FORMATS)
def test_a_sound_that_is_cut_off_is_told(kind: str, coding: str, share: float) -> None:
    data = sound(kind, coding)
    with pytest.raises((UndecodableError, soundfile.LibsndfileError)):
        decode("Audio", data[: int(len(data) * share)], f"x.{kind.lower()}")
