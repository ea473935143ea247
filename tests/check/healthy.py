"""Datasets that are in order: no error and no warning may be found in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from datasets import Audio, ClassLabel, Dataset, DatasetDict, Features, Image, List, Value

from tests.check import contents
from tests.check.broken import card
from tests.extract.test_quick import TYPES, values_of
from tests.support.data import MP4, PDF, parquet, picture, sound, write

NUMBERS = parquet({"n": [1, 2, 3], "t": ["a", "b", "c"]})
OTHERS = parquet({"n": [4, 5], "t": ["d", "e"]})
ROWS = [
    {"id": number, "text": f"text {number}", "x": number / 3, "tags": ["a", "b"][: number % 3]} for number in range(250)
]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)
FEATURES = Features(
    {
        "label": ClassLabel(names=["no", "yes"]),
        "image": Image(),
        "sound": Audio(),
        "l": List(Value("int64")),
        "n": Value("int64"),
    }
)
MEDIA = {
    "label": [0, 1, -1, None], "image": [{"bytes": picture(size=(9, n + 9)), "path": None} for n in range(4)],
    "sound": [{"bytes": sound(0.1 * (n + 1)), "path": None} for n in range(4)], "l": [[1], [], [2, 3], None], "n": [1, 2, 3, 4],
}  # fmt: skip
LANGUAGES = [
    "Straße",
    "naïve café",
    "Ελληνικά",
    "日本語のテキスト",
    "नमस्ते",
    "Привет",
    "¿Qué? Sí, señor",
    "“quoted” — dash…",
    "Ærøskøbing",
    "한국어",
    "עברית",
    "ไทย",
    "😀 👩‍👩‍👧",
    "Việt Nam",
    "Łódź",
    "ÅÄÖ",
]
INFO = card(
    "configs:\n- config_name: default\n  data_files:\n  - {split: train, path: a.parquet}\n  - {split: test, path: b.parquet}\n"
    "dataset_info:\n  features:\n  - {name: n, dtype: int64}\n  - {name: t, dtype: string}\n  splits:\n"
    "  - {name: train, num_bytes: 27, num_examples: 3}\n  - {name: test, num_bytes: 18, num_examples: 2}\n"
    f"  download_size: {len(NUMBERS) + len(OTHERS)}\n  dataset_size: 45\n"
)

FILES: dict[str, dict[str, Any]] = {
    "one parquet": {"a.parquet": NUMBERS},
    "splits": {"train.parquet": NUMBERS, "test.parquet": OTHERS},
    "shards": {"data/train-00000-of-00002.parquet": NUMBERS, "data/train-00001-of-00002.parquet": OTHERS},
    "folders": {"train/0.parquet": NUMBERS, "test/0.parquet": OTHERS, "README.md": "text", "LICENSE": "free", ".gitattributes": "x"},
    "a card": {"README.md": INFO, "a.parquet": NUMBERS, "b.parquet": OTHERS},
    "configs": {
        "README.md": card("configs:\n- config_name: one\n  data_files: one/*\n- config_name: two\n  data_dir: two\n"),
        "one/a.parquet": NUMBERS, "two/b.csv": "a,b\n1,x\n2,y\n",
    },
    "csv": {"a.csv": "a,b,c\n1,x,2020-01-01\n2,y,2020-01-02\n"},
    "csv with quotes": {"a.csv": 'a,b\n1,"x, ""y""\nz"\n2,w\n'},
    "csv with gaps": {"a.csv": "a,b\n1,\n,y\n"},
    "tsv": {"a.tsv": "a\tb\n1\tx\n2\ty\n"},
    "jsonl": {"a.jsonl": LINES},
    "jsonl splits": {"train.jsonl": LINES, "test.jsonl": '{"id": -1, "text": "other", "x": 0.5, "tags": []}\n'},
    "json": {"a.json": json.dumps(ROWS)},
    "nested json": {"a.jsonl": '{"a": {"b": [1, 2]}}\n{"a": {"b": []}}\n'},
    "text": {"a.txt": "one\ntwo\nthree\n"},
    "languages": {"a.jsonl": "".join(json.dumps({"t": text}, ensure_ascii=False) + "\n" for text in LANGUAGES)},
    "long integers": {"a.jsonl": '{"n": 18446744073709551616}\n{"n": 1}\n'},
    "media": {"a.parquet": parquet(pa.table(MEDIA, schema=FEATURES.arrow_schema))},
    "pictures": {f"{n}.png": picture(size=(9, n + 9)) for n in range(5)},
    "pictures of classes": {f"{word}/{n}.png": picture(size=(9, n + 9)) for n in range(3) for word in ("cat", "dog")},
    "pictures with metadata": {"a.png": picture(), "b.png": picture(size=(9, 9)), "metadata.csv": "file_name,n\na.png,1\nb.png,2\n"},
    "sounds": {f"{n}.wav": sound(0.1 * (n + 1)) for n in range(3)},
    "films": {"a.mp4": MP4, "b.mp4": MP4 + b"\0"},
    "documents": {"a.pdf": PDF, "b.pdf": PDF + b"\n"},
    "long": {"a.parquet": parquet({"n": range(20_000), "t": [f"text {n}" for n in range(20_000)]}, row_group_size=999)},
    "null rates": {"a.parquet": parquet({"n": [1, None, 3], "t": [None, "x", None]})},
    "odd names": {"data set/a b#1.parquet": NUMBERS},
    "odd columns": {"a.parquet": parquet({"": [1, 2], "a b": [3, 4], "c.d": [5, 6], "é": [7, 8]})},
    "dictionary": {"a.parquet": parquet({"d": pa.array(["x", "y", "x"]).dictionary_encode(), "n": [1, 2, 3]})},
    "decimals": {"a.parquet": parquet({"d": pa.array([1, 2, 3], pa.decimal128(9, 2))})},
    "large strings": {"a.parquet": parquet({"t": pa.array(["a", "b"], pa.large_string())})},
}  # fmt: skip


def saved(folder: Path) -> Path:
    """What `save_to_disk` writes."""
    DatasetDict({"train": Dataset.from_dict({"n": [1, 2]}), "test": Dataset.from_dict({"n": [3]})}).save_to_disk(
        str(folder / "d")
    )
    return folder / "d"


NAMES = [
    *FILES,
    "saved to disk",
    *[f"type {kind}" for kind in TYPES if not pa.types.is_null(kind)],
    *contents.NAMES,
]
SOME = [name for name in NAMES if name not in contents.NAMES or name in contents.NAMES[::15]]
"""All kinds of them, and of what people publish some, in each form: for tests that take seconds each."""


def make(name: str, folder: Path) -> Path:
    """The dataset of that name."""
    if name == "saved to disk":
        return saved(folder)
    if name.startswith("type "):
        kind = next(one for one in TYPES if str(one) == name.removeprefix("type "))
        return write(folder / "d", {"a.parquet": parquet({"x": values_of(kind), "n": [1, 2, 3]})})
    return write(folder / "d", FILES[name] if name in FILES else contents.files(name))
