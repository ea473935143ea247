"""Datasets that something happened to: whole files of every kind, and a mutator with a seed."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa

from tests.support.data import MP4, PDF, parquet, picture, sound, write

CSV = "id,text,x\n" + "".join(f'{n},"text, {n}",{n / 7}\n' for n in range(50))
LINES = "".join(f'{{"id": {n}, "text": "text {n}", "l": [1, {{"a": null}}], "x": {n / 7}}}\n' for n in range(50))
README = """---
configs:
- config_name: one
  data_files:
  - {split: train, path: a.parquet}
dataset_info:
- config_name: one
  features:
  - {name: n, dtype: int64}
  - name: label
    dtype: {class_label: {names: {'0': a, '1': b}}}
  splits:
  - {name: train, num_bytes: 12, num_examples: 3}
---
text
"""
NESTED = pa.table(
    {
        "n": range(300),
        "l": [[n, None] for n in range(300)],
        "s": [{"a": str(n), "b": [1.5]} for n in range(300)],
        "t": [f"x{n}" for n in range(300)],
    }
)
MEDIA = pa.table(
    {
        "i": pa.array([{"bytes": picture(), "path": "a.png"}] * 3),
        "w": pa.array([{"bytes": sound(), "path": "a.wav"}] * 3),
    }
)


def arrow() -> bytes:
    """An Arrow stream."""
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, NESTED.schema) as out:
        out.write_table(NESTED)
    return buffer.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    """A tar file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as out:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            out.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def zipped(name: str, data: bytes) -> bytes:
    """A zip file of one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(name, data)
    return buffer.getvalue()


WHOLE: dict[str, tuple[str, bytes]] = {
    "parquet": ("a.parquet", parquet(NESTED, row_group_size=70)),
    "parquet in pages": ("a.parquet", parquet(NESTED, data_page_size=100, use_dictionary=False, compression="zstd", write_page_index=True)),
    "parquet of media": ("a.parquet", parquet(MEDIA)),
    "csv": ("a.csv", CSV.encode()),
    "csv.gz": ("a.csv.gz", gzip.compress(CSV.encode())),
    "csv in zip": ("a.zip", zipped("a.csv", CSV.encode())),
    "tsv": ("a.tsv", CSV.replace(",", "\t").encode()),
    "jsonl": ("a.jsonl", LINES.encode()),
    "json": ("a.json", ("[" + LINES.strip().replace("\n", ",") + "]").encode()),
    "text": ("a.txt", LINES.encode()),
    "arrow": ("a.arrow", arrow()),
    "png": ("a.png", picture(size=(40, 30))),
    "jpeg": ("a.jpg", picture(size=(40, 30), kind="JPEG")),
    "gif": ("a.gif", picture(size=(40, 30), mode="P", kind="GIF")),
    "tiff": ("a.tiff", picture(size=(40, 30), kind="TIFF")),
    "wav": ("a.wav", sound()),
    "mp4": ("a.mp4", MP4),
    "pdf": ("a.pdf", PDF),
    "webdataset": ("a.tar", archive({f"{n}.{kind}": data for n in range(3) for kind, data in (("png", picture()), ("txt", b"text"), ("json", b'{"a": 1}'))})),
    "readme": ("README.md", README.encode()),
}  # fmt: skip
BESIDE = {"readme": {"a.parquet": parquet({"n": [1, 2, 3], "label": [0, 1, 0]})}}


def mutate(data: bytes, pick: random.Random) -> bytes:
    """The same bytes after one to four accidents; a footer of Parquet stays whole, since pyarrow 26.0 ends on some damaged ones."""
    footer = b""
    if data.endswith(b"PAR1"):
        begin = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        data, footer = data[:begin], data[begin:]
        if pick.random() < 0.2:
            return data + footer[: pick.randrange(len(footer))]
    found = bytearray(data)
    for _ in range(pick.choice((1, 1, 2, 4))):
        if not found:
            break
        place = pick.randrange(len(found))
        if pick.random() < 0.4:
            place = max(0, len(found) - 1 - int(pick.expovariate(1 / 200)))  # footers, and directories of archives
        length = min(len(found) - place, int(pick.expovariate(1 / 20)) + 1)
        match pick.randrange(8):
            case 0 | 1 | 2:
                found[place] = pick.randrange(256)
            case 3:
                del found[place:]
            case 4:
                del found[place : place + length]
            case 5:
                found[place:place] = pick.randbytes(length)
            case 6:
                found[place : place + length] = bytes([pick.choice((0, 0xFF, 0x7F, 0x80))]) * length
            case _:
                found[place:place] = found[place : place + length] * pick.choice((1, 2, 50))
    return bytes(found) + footer


def make(folder: Path, seed: int, kind: str) -> Path:
    """A dataset of a kind after its accidents."""
    name, data = WHOLE[kind]
    files: dict[str, bytes | str] = {name: mutate(data, random.Random(f"{seed} {kind}")), **BESIDE.get(kind, {})}
    return write(folder, files)
