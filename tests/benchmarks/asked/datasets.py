"""Six small datasets for `tests.benchmarks.asked`, the same each time; each function gives the lists that it wrote them from."""

from __future__ import annotations

import json
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

LABELS = ["negative", "neutral", "positive"]
WORDS = [
    "the",
    "a",
    "river",
    "house",
    "light",
    "green",
    "small",
    "long",
    "road",
    "paper",
    "winter",
    "music",
    "bread",
    "door",
    "stone",
    "garden",
    "letter",
    "window",
    "cloud",
    "horse",
]


def words(rng: random.Random, number: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(number))


def png(width: int, height: int, color: tuple[int, int, int]) -> bytes:
    """A picture of one colour, written by hand: the same bytes with every version of any library."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    line = b"\0" + bytes(color) * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(line * height, 9))
        + chunk(b"IEND", b"")
    )


def reviews(root: Path) -> dict[str, Any]:
    """Parquet, two splits, labels with names, some missing, and some rows of test that are in train."""
    rng = random.Random(1)
    features = {"id": {"dtype": "int64", "_type": "Value"}, "text": {"dtype": "string", "_type": "Value"},
                "label": {"names": LABELS, "_type": "ClassLabel"}, "stars": {"dtype": "int64", "_type": "Value"}}  # fmt: skip
    schema = pa.schema([("id", pa.int64()), ("text", pa.string()), ("label", pa.int64()), ("stars", pa.int64())],
                       metadata={"huggingface": json.dumps({"info": {"features": features}})})  # fmt: skip
    rows: dict[str, list[dict[str, Any]]] = {"train": [], "test": []}
    for number in range(2000):
        label = rng.choices([0, 1, 2, None], [5, 3, 9, 1])[0]
        rows["train"].append(
            {
                "id": number,
                "text": f"{words(rng, rng.randint(8, 40))} {number}",
                "label": label,
                "stars": rng.randint(1, 5),
            }
        )
    for number in range(400):
        text = rng.choice(rows["train"])["text"] if number % 29 == 0 else f"{words(rng, 20)} t{number}"
        rows["test"].append(
            {"id": 10_000 + number, "text": text, "label": rng.randint(0, 2), "stars": rng.randint(1, 5)}
        )
    (root / "reviews/data").mkdir(parents=True)
    for split, found in rows.items():
        pq.write_table(pa.Table.from_pylist(found, schema), root / f"reviews/data/{split}-00000-of-00001.parquet")
    return rows


def trips(root: Path) -> list[dict[str, str]]:
    """CSV with missing values and duplicates."""
    rng = random.Random(2)
    rows: list[dict[str, str]] = []
    for number in range(1500):
        if number % 100 == 99:
            rows.append(dict(rows[number - 50]))
            continue
        day = f"2025-{rng.randint(2, 11):02d}-{rng.randint(1, 28):02d}"
        rows.append({"day": day, "city": rng.choice(["Oslo", "Rome", "Lima", "Pune", "Kyiv"]), "km": f"{rng.randint(10, 9999) / 10}",
                     "riders": "" if rng.random() < 0.04 else str(rng.randint(1, 6)), "note": "" if rng.random() < 0.6 else words(rng, 5)})  # fmt: skip
    (root / "trips").mkdir()
    lines = ["day,city,km,riders,note"] + [",".join(row.values()) for row in rows]
    (root / "trips/trips.csv").write_text("\n".join(lines) + "\n")
    return rows


def chats(root: Path) -> list[dict[str, Any]]:
    """Conversations with calls of tools, as OpenAI has them."""
    rng = random.Random(3)
    rows = []
    for number in range(300):
        messages: list[dict[str, Any]] = [{"role": "system", "content": "You are a helper."}] if number % 3 == 0 else []
        for turn in range(rng.randint(1, 4)):
            messages.append({"role": "user", "content": words(rng, 8)})
            if rng.random() < 0.4:
                ident, name = f"call_{number}_{turn}", rng.choice(["get_weather", "search", "calculate"])
                call = {
                    "id": ident,
                    "type": "function",
                    "function": {"name": name, "arguments": json.dumps({"q": words(rng, 2)})},
                }
                messages += [
                    {"role": "assistant", "content": None, "tool_calls": [call]},
                    {"role": "tool", "tool_call_id": ident, "content": words(rng, 4)},
                ]
            messages.append({"role": "assistant", "content": words(rng, 15)})
        if number % 23 == 5:
            messages.append({"role": "user", "content": words(rng, 6)})
        rows.append({"id": f"c{number}", "topic": rng.choice(["travel", "code", "food"]), "turns_data": messages})
    (root / "chats").mkdir()
    (root / "chats/train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


def birds(root: Path) -> list[tuple[str, str, str, tuple[int, int]]]:
    """An image folder: classes are folders; one file is cut off."""
    rng = random.Random(4)
    found = []
    for split, number in (("train", 60), ("test", 15)):
        for place in range(number):
            kind = rng.choices(["heron", "robin", "swift"], [2, 5, 3])[0]
            size = rng.choices([(64, 48), (48, 64), (32, 32)], [6, 2, 1])[0]
            name = f"birds/{split}/{kind}/{place:03d}.png"
            data = png(*size, (rng.randint(0, 255), rng.randint(0, 255), rng.randint(0, 255)))
            if (split, place) == ("train", 37):
                data = data[:40]
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
            found.append((split, kind, name, size))
    return found


def scans(root: Path) -> list[dict[str, Any]]:
    """Parquet with pictures within, a nested column and vectors."""
    rng = random.Random(6)
    rows = []
    for number in range(120):
        size = rng.choices([(120, 80), (80, 120)], [7, 2])[0]
        data = png(*size, (rng.randint(0, 255), 80, number % 256))
        rows.append({"page_id": f"p{number}", "facsimile": {"bytes": data, "path": f"p{number}.png"}, "size": size,
                     "meta": {"year": rng.randint(1890, 1930), "place": rng.choice(["Bergen", "Turin", None])},
                     "vector": [round(rng.uniform(-1, 1), 4) for _ in range(64)]})  # fmt: skip
    features = {"page_id": {"dtype": "string", "_type": "Value"}, "facsimile": {"_type": "Image"},
                "meta": {"year": {"dtype": "int64", "_type": "Value"}, "place": {"dtype": "string", "_type": "Value"}},
                "vector": {"feature": {"dtype": "float32", "_type": "Value"}, "_type": "List"}}  # fmt: skip
    schema = pa.schema([("page_id", pa.string()), ("facsimile", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
                        ("meta", pa.struct([("year", pa.int64()), ("place", pa.string())])), ("vector", pa.list_(pa.float32()))],
                       metadata={"huggingface": json.dumps({"info": {"features": features}})})  # fmt: skip
    (root / "scans/data").mkdir(parents=True)
    table = pa.Table.from_pylist(
        [{key: row[key] for key in ("page_id", "facsimile", "meta", "vector")} for row in rows], schema
    )
    pq.write_table(table, root / "scans/data/train-00000-of-00001.parquet")
    return rows
