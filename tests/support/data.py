"""Small files of every kind, made by the libraries that own the formats."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image


def parquet(columns: dict[str, Any] | pa.Table, **options: Any) -> bytes:
    """A Parquet file."""
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


def picture(mode: str = "RGB", size: tuple[int, int] = (8, 6), kind: str = "PNG") -> bytes:
    """A picture."""
    buffer = io.BytesIO()
    Image.new(mode, size, 120).save(buffer, kind)
    return buffer.getvalue()


def sound(seconds: float = 0.5, rate: int = 8_000) -> bytes:
    """A WAV file."""
    buffer = io.BytesIO()
    frames = int(seconds * rate)
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", int(9_000 * math.sin(i / 5))) for i in range(frames)))
    return buffer.getvalue()


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + b"\0" * 40


def write(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    """A folder of files."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return folder
