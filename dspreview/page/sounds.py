"""Sounds to something a browser can play: original bytes where it can, what soundfile makes of them where it cannot."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from dspreview.models import Json
from dspreview.page.media_file import Media, UndecodableError, file_name

AUDIO_TYPES = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
}
SOUND_EXTENSIONS = frozenset({".aif", ".aiff", ".au", ".snd", ".caf", ".w64", ".rf64", ".mp2", *AUDIO_TYPES})


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


def measured_length(data: bytes) -> float | None:
    """Seconds, from the header; None where it is broken."""
    import soundfile

    try:
        with decoders_hushed(), soundfile.SoundFile(io.BytesIO(data)) as sound:
            return float(sound.frames / sound.samplerate)
    except (soundfile.LibsndfileError, RuntimeError, ValueError, ZeroDivisionError):
        return None
