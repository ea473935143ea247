"""A broken dataset for each kind of finding: the files, and how it is checked."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Features, Image, Pdf, Value

from tests.support.data import parquet, picture, sound, write

GOOD = parquet({"n": [1, 2, 3], "t": ["a", "b", "c"]})


class Broken(NamedTuple):
    """A dataset that is out of order in one way."""

    files: dict[str, Any]
    place: dict[str, Any]
    """What the finding says of its place, where that is known."""
    all_rows: bool = False
    others: tuple[str, ...] = ()
    """Findings of other codes that cannot be avoided."""


def card(text: str) -> str:
    """A README with that YAML."""
    return f"---\n{text}---\n"


def of(features: Features, rows: dict[str, list[Any]]) -> bytes:
    """A Parquet file with its features."""
    return parquet(pa.table(rows, schema=features.arrow_schema))


LABELS = Features({"label": ClassLabel(names=["no", "yes"]), "n": Value("int64")})
PICTURES = Features({"image": Image(), "n": Value("int64")})


def bytes_of(data: bytes) -> dict[str, Any]:
    """A cell that holds a file."""
    return {"bytes": data, "path": None}


def uuids(number: int) -> pa.Array:
    """Some UUIDs, which `datasets` 5.2 has no type for."""
    storage: Any = pa.array([bytes([one]) * 16 for one in range(number)], pa.binary(16))
    return pa.ExtensionArray.from_storage(pa.uuid(), storage)


def first_group_empty() -> bytes:
    """A Parquet file whose first row group has no rows."""
    table = pa.table({"n": [4, 5], "t": ["d", "e"]})
    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, table.schema) as writer:
        writer.write_table(table.slice(0, 0))
        writer.write_table(table)
    return buffer.getvalue()


DECLARED = card(
    "dataset_info:\n  features:\n  - {name: n, dtype: int64}\n  - {name: t, dtype: string}\n  splits:\n  - {name: train, num_bytes: 1, num_examples: 3}\n"
)
WIDE = parquet({f"c{number}": [number] for number in range(1_001)})
GROUP = pa.array([b"x" * 2_000, b"y" * 2_000], pa.large_binary())
LARGE_GROUP = 3_000
"""What counts as a large row group for `large-row-group` alone: the real one takes 300 MB."""


def talk(*turns: tuple[str, str], **more: Any) -> bytes:
    """JSON Lines with a conversation in the second of two rows."""
    good = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    odd = [{"role": role, "content": content} for role, content in turns]
    if more:
        odd[-1] |= more
    return "".join(json.dumps({"n": number, "messages": one}) + "\n" for number, one in enumerate((good, odd))).encode()


SESSION = "".join(
    json.dumps(line) + "\n"
    for line in (
        {"type": "session", "harness": "my-agent", "id": "55555555-5555-4555-8555-555555555555", "name": "x", "cwd": "/home/user/p"},
        {"type": "message", "message": {"role": "user", "content": "What time is it?", "timestamp": 1772798400000}},
        {"type": "message", "message": {"role": "assistant", "content": "Late.", "timestamp": 1772798401000, "model": "m"}},
    )
)  # fmt: skip
"""A session in the Hub's own format."""


BROKEN: dict[str, Broken] = {
    "leakage-input": Broken({"train.csv": "n,text,label\n1,a long enough sentence to be an input,x\n2,another sentence that is as long,y\n", "test.csv": "n,text,label\n9,a long enough sentence to be an input,x\n"}, {"split": "test", "row": 0}),
    "leakage-input all": Broken({"train.csv": "n,text,label\n1,a long enough sentence to be an input,x\n2,another sentence that is as long,y\n", "test.csv": "n,text,label\n9,a long enough sentence to be an input,x\n"}, {"split": "test", "row": 0}, all_rows=True),
    "label-conflict": Broken({"a.csv": "n,text,label\n1,a long enough sentence to be an input,x\n2,another sentence that is as long,y\n3,a long enough sentence to be an input,y\n"}, {"row": 2}),
    "label-conflict all": Broken({"a.parquet": parquet({"n": [1, 2, 3], "text": ["a long enough sentence to be an input", "another sentence as long", "a long enough sentence to be an input"], "label": [0, 1, 1]})}, {"row": 2}, all_rows=True),
    "secret": Broken({"a.csv": "n,t\n1,a\n2,token hf_" + "kVqZxWbTnLpRsGdF" + "hJmYcUoEaXwQzKtVbN here\n"}, {"row": 1, "column": "t"}),
    "pii": Broken({"a.csv": "n,t\n1,a\n2,write to jane.doe@mail-provider.org please\n"}, {"row": 1, "column": "t"}),
    "annotation-orphan": Broken({"a.png": picture(), "b.coco.json": json.dumps({"images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 6}], "annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [0, 0, 1, 1]}, {"id": 2, "image_id": 77, "category_id": 3, "bbox": [0, 0, 1, 1]}], "categories": [{"id": 3, "name": "cat"}]})}, {"file": "b.coco.json"}, others=("library-differs",)),
    "annotation-orphan of a category": Broken({"a.png": picture(), "b.coco.json": json.dumps({"images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 6}], "annotations": [{"id": 1, "image_id": 1, "category_id": 4, "bbox": [0, 0, 1, 1]}], "categories": [{"id": 3, "name": "cat"}]})}, {"file": "b.coco.json"}, others=("library-differs",)),
    "annotation-orphan of yolo": Broken({"images/a.png": picture(), "labels/a.txt": "0 .5 .5 .2 .2\n", "labels/b.txt": "0 .5 .5 .2 .2\n", "data.yaml": "names: [cat]\n"}, {"file": "labels/b.txt"}, others=("library-differs",)),
    "broken-line": Broken({"a.jsonl": SESSION + '{"type":"message","message":{"role":"us\n'}, {"file": "a.jsonl", "line": 4}, others=("library-differs",)),
    "turn-role-unknown": Broken({"a.jsonl": talk(("user", "a"), ("narrator", "b"), ("user", "c"), ("assistant", "d"))}, {"file": "a.jsonl", "line": 2, "row": 1, "column": "messages"}),
    "turn-empty": Broken({"a.jsonl": talk(("user", " "), ("assistant", "b"))}, {"line": 2, "row": 1}),
    "turn-order": Broken({"a.jsonl": talk(("user", "a"), ("user", "b"), ("assistant", "c"))}, {"row": 1}),
    "tool-result-orphan": Broken({"a.jsonl": talk(("user", "a"), ("tool", "b"), ("assistant", "c"))}, {"row": 1}),
    "system-prompt-repeated": Broken({"a.jsonl": talk(("system", "a"), ("user", "b"), ("system", "c"), ("assistant", "d"))}, {"row": 1}),
    "conversation-unfinished": Broken({"a.jsonl": talk(("user", "a"), ("assistant", "b"), ("user", "c"))}, {"row": 1}),
    "load-failed": Broken({"a.parquet": GOOD[:-30]}, {"split": "train"}),
    "load-failed among others": Broken({"a.parquet": parquet({"n": [1]}), "b.parquet": GOOD[:50], "c.parquet": parquet({"n": [2]})}, {"file": "b.parquet"}),
    "load-failed jsonl": Broken({"a.jsonl": '{"n": 1}\n{"n": 2\n'}, {"file": "a.jsonl", "line": 2}),
    "load-failed csv": Broken({"a.csv": "a,b\n1,2\n3,4,5\n"}, {"file": "a.csv", "line": 3}, others=("ragged-row",)),
    "unread-files": Broken({"a.parquet": GOOD, "b.log": "x", "c/d.log": "y", "e.bin": "z"}, {}),
    "ragged-row": Broken({"a.csv": 'a,b\n1,2\n\n3\n4,"x\ny"\n5\n'}, {"file": "a.csv", "line": 4}),
    "library-differs delimiter": Broken({"a.csv": "a;b\n1;2\n3;4\n"}, {"file": "a.csv", "line": 1}),
    "library-differs decimal commas": Broken({"a.csv": "a;b\n1,5;2\n3,5;4\n"}, {"file": "a.csv", "line": 1}),
    "library-differs utf-16": Broken({"a.csv": "a,b\n1,2\n3,4\n".encode("utf-16")}, {"file": "a.csv", "line": 1}),
    "no-data": Broken({"README.md": "hello"}, {}),
    "readme-unreadable": Broken({"README.md": "---\nconfigs:\n\t- x\n---\n", "a.parquet": GOOD}, {"line": 3}),
    "script": Broken({"d.py": "print()", "a.parquet": GOOD}, {}),
    "pickle": Broken({"a.parquet": GOOD, "model.pkl": b"x"}, {"file": "model.pkl"}),
    "outside-file": Broken(
        {"README.md": card("configs:\n- config_name: default\n  data_files: ../x.parquet\n"), "a.parquet": GOOD}, {}
    ),
    "pattern-without-files": Broken(
        {"README.md": card("configs:\n- config_name: x\n  data_files:\n  - {split: train, path: a.parquet}\n  - {split: test, path: tset/*}\n"), "a.parquet": GOOD},
        {"config": "x", "split": "test", "file": "README.md", "line": 6},
    ),
    "missing-shard": Broken({"data/train-00000-of-00003.parquet": GOOD, "data/train-00002-of-00003.parquet": parquet({"n": [4, 5, 6], "t": ["d", "e", "f"]})}, {"file": "data/train-00000-of-00003.parquet"}),
    "unused-file": Broken({"data/train-00000-of-00001.parquet": GOOD, "more.parquet": GOOD}, {"file": "more.parquet"}),
    "bad-name": Broken(
        {"README.md": card("configs:\n- config_name: a/b\n  data_files: a.parquet\n"), "a.parquet": GOOD},
        {"config": "a/b", "file": "README.md", "line": 3},
    ),
    "bad-name split": Broken(
        {"README.md": card("configs:\n- config_name: x\n  data_files:\n  - {split: a-b, path: a.parquet}\n"), "a.parquet": GOOD},
        {"split": "a-b", "line": 5},
    ),
    "files-disagree": Broken({"a.parquet": GOOD, "b.parquet": parquet({"n": ["x"], "t": ["y"]})}, {"file": "b.parquet"}),
    "files-disagree columns": Broken({"a.csv": "a,b\n1,2\n", "b.csv": "a,c\n3,4\n"}, {"split": "train"}, all_rows=True),
    "library-refuses": Broken({"a.parquet": parquet({"n": [1, 2], "u": uuids(2)})}, {"file": "a.parquet", "column": "u"}),
    "library-refuses maps": Broken({"a.parquet": parquet({"m": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int64())), "n": [1, 2, 3]})}, {"column": "m"}),
    "library-refuses first group": Broken({"a.parquet": GOOD, "b.parquet": first_group_empty()}, {"file": "b.parquet"}),
    "library-differs": Broken({"a.csv": "id,text\n10,cat,\n20,dog,\n"}, {"file": "a.csv", "line": 2}),
    "files-disagree splits": Broken({"train.csv": "a\n1\n2\n", "test.csv": "a\n1\n2.5\n"}, {"split": "test", "file": "test.csv", "row": 1}),
    "info-features": Broken({"README.md": DECLARED, "a.parquet": parquet({"n": [1, 2, 3], "u": ["a", "b", "c"]})}, {"file": "README.md"}),
    "info-rows": Broken({"README.md": DECLARED, "a.parquet": parquet({"n": [1, 2], "t": ["a", "b"]})}, {"file": "README.md", "line": 7, "split": "train"}),
    "info-bytes": Broken({"README.md": DECLARED.replace("  splits:", "  download_size: 5\n  splits:"), "a.parquet": GOOD}, {"line": 6}),
    "duplicate-column": Broken({"a.csv": "id,text,id\n1,a,2\n3,b,4\n"}, {"file": "a.csv", "column": "id"}),
    "similar-column": Broken({"a.parquet": parquet({"Text": ["a", "b"], "text": ["c", "d"]})}, {"column": "text"}),
    "label-out-of-range": Broken({"a.parquet": of(LABELS, {"label": [0, 1, 2, -1], "n": [1, 2, 3, 4]})}, {"row": 2, "column": "label"}),
    "undecodable-image": Broken(
        {"a.parquet": of(PICTURES, {"image": [bytes_of(picture(size=(99, 99))), bytes_of(b"no picture")], "n": [1, 2]})}, {"row": 1, "column": "image"}
    ),
    "undecodable-image cut off": Broken({"a.png": picture(), "b.jpg": picture(size=(500, 500), kind="JPEG")[:900]}, {"row": 1}),
    "undecodable-audio": Broken({"a.wav": sound(), "b.wav": b"RIFFxxxxWAVE"}, {"row": 1, "column": "audio"}),
    "undecodable-file": Broken(
        {"a.parquet": of(Features({"pdf": Pdf(), "n": Value("int64")}), {"pdf": [bytes_of(b"%PDF-1.4"), bytes_of(b"none")], "n": [1, 2]})}, {"row": 1}
    ),
    "missing-media": Broken(
        {"a.png": picture(), "b.png": picture(), "metadata.csv": "file_name,n\na.png,1\nc.png,2\n"}, {"row": 1, "column": "image"}, others=("unused-file",)
    ),
    "invalid-utf8": Broken({"a.csv": b"a,b\n1,caf\xe9\n2,x\n"}, {"split": "train"}),
    "invalid-utf8 parquet": Broken(
        {"a.parquet": parquet({"t": pa.array([b"a", b"\xff"]).view(pa.binary()).cast(pa.string(), safe=False), "n": [1, 2]})},
        {"row": 1, "column": "t", "file": "a.parquet"}, all_rows=True,
    ),
    "mojibake": Broken({"a.csv": "a,b\n1,caf\u00c3\u00a9\n2,x\n"}, {"row": 0, "column": "b", "file": "a.csv"}),
    "null-as-text": Broken({"a.jsonl": '{"t": "a"}\n{"t": "null"}\n{"t": "b"}\n'}, {"row": 1, "column": "t", "file": "a.jsonl", "line": 2}),
    "mixed-types": Broken({"a.jsonl": '{"t": 1}\n{"t": "one"}\n{"t": 2}\n'}, {"column": "t", "line": 2}),
    "empty-split": Broken({"a.parquet": parquet({"n": pa.array([], pa.int64())})}, {"split": "train"}),
    "null-column": Broken({"a.parquet": parquet({"n": [1, 2], "x": pa.nulls(2, pa.string())})}, {"column": "x"}),
    "constant-column": Broken({"a.parquet": parquet({"n": [1, 2, 3], "v": ["x"] * 3})}, {"column": "v"}),
    "duplicate-rows": Broken({"a.parquet": parquet({"n": [1, 2, 1], "t": ["a", "b", "a"]})}, {"row": 2, "file": "a.parquet"}),
    "duplicate-rows far apart": Broken({"a.parquet": parquet({"n": [*range(5_000), 7]})}, {"row": 5_000}, all_rows=True),
    "leakage": Broken({"train.parquet": GOOD, "test.parquet": parquet({"n": [9, 2], "t": ["z", "b"]})}, {"row": 1, "split": "test"}),
    "leakage far apart": Broken(
        {"train.jsonl": "".join(json.dumps({"n": n}) + "\n" for n in range(3_000)), "test.jsonl": '{"n": -1}\n{"n": 2999}\n'},
        {"row": 1, "split": "test"}, all_rows=True,
    ),
    "large-row-group": Broken({"a.parquet": parquet({"x": GROUP, "n": [1, 2]}, compression="snappy", use_dictionary=False)}, {"file": "a.parquet"}),
    "viewer-limit": Broken({"a.parquet": WIDE}, {"file": "a.parquet"}),
    "viewer-limit splits": Broken(
        {
            "README.md": card("configs:\n- config_name: x\n  data_files:\n" + "".join(f"  - {{split: s{n}, path: {n}.parquet}}\n" for n in range(31))),
            **{f"{n}.parquet": parquet({"n": [n]}) for n in range(31)},
        },
        {"config": "x"},
    ),
}  # fmt: skip


def make(name: str, folder: Path) -> Path:
    """The dataset of that name, in a folder called `d`."""
    return write(folder / "d", BROKEN[name].files)
