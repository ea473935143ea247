"""Sounds that are cut off: decoders take what is there for the whole, so the sizes that the formats write are compared."""

from __future__ import annotations

import struct

UNKNOWN = {0, 0xFFFFFFFF}
"""Sizes of a stream whose end was not known when it began."""
TOLERANCE = 0.01
"""Encoders of MP3 count their own header, or do not."""
HEAD = 1 << 14


def missing_bytes(data: bytes) -> int:
    """How many bytes a sound says it has, and has not; 0 where it is whole, or does not tell."""
    head = data[:4]
    if head in {b"RIFF", b"FORM"} and len(data) >= 12:
        return riff(data, "<" if head == b"RIFF" else ">")
    if head == b".snd" and len(data) >= 24:
        start, size = struct.unpack_from(">II", data, 4)
        return 0 if size in UNKNOWN else max(start + size - len(data), 0)
    if head == b"OggS":
        return ogg(data)
    return mpeg(data)


def riff(data: bytes, order: str) -> int:
    """WAV and AIFF: the chunk with the samples is as long as it says."""
    place = 12
    while place + 8 <= len(data):
        (size,) = struct.unpack_from(f"{order}I", data, place + 4)
        if data[place : place + 4] in {b"data", b"SSND"}:
            return 0 if size in UNKNOWN else max(place + 8 + size - len(data), 0)
        place += 8 + size + size % 2
    return 0


def ogg(data: bytes) -> int:
    """Ogg: its last page is whole."""
    place = 0
    while data.startswith(b"OggS", place) and place + 27 <= len(data):
        segments = data[place + 26]
        end = place + 27 + segments + sum(data[place + 27 : place + 27 + segments])
        if end > len(data):
            return end - len(data)
        place = end
    return 0


def mpeg(data: bytes) -> int:
    """MP3: as many bytes as the Xing header of its encoder counted."""
    begin = 0
    if data.startswith(b"ID3") and len(data) > 10:
        begin = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    place = max(data.find(mark, begin, begin + HEAD) for mark in (b"Xing", b"Info"))
    if place < 0 or place + 16 > len(data):
        return 0
    (flags,) = struct.unpack_from(">I", data, place + 4)
    if not flags & 2:
        return 0
    (size,) = struct.unpack_from(">I", data, place + 8 + 4 * (flags & 1))
    missing = int(size) - (len(data) - begin)
    return missing if missing > size * TOLERANCE else 0
