"""Random folders of text and Parquet files as people make them, with what goes wrong in them: other columns, other types, README features."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

VALUES: dict[str, list[Any]] = {
    "int": [0, 1, -5, 42, 2**31, 2**53 + 1],
    "big": [2**63, 2**64, -(2**63), 1],
    "float": [0.5, 1.0, -2.25, 1e300, 3.14159265358979],
    "text": ["a", "word two", "", "NA", "null", "1", "1.50", "007", "2020-01-01", "True", "x,y", 'q"uote', "é"],
    "bool": [True, False],
    "date": ["2020-01-01", "2021-12-31"],
    "stamp": ["2020-01-01T10:00:00", "2021-12-31T00:00:00Z", "2021-12-31 01:02:03"],
    "null": [None],
    "list": [[1, 2], [], [3]],
    "object": [{"b": 1}, {"b": 2, "c": "x"}, {}],
    "objects": [[{"r": "u", "c": "x"}], [{"r": "a"}], []],
    "mixed": [1, "x", [1], {"k": 1}, None, True],
}
FLAT = ["int", "big", "float", "text", "bool", "date", "stamp", "null"]
DTYPES = ["int64", "string", "float64", "bool", "int32", "uint8", "uint64", "date32", "timestamp[s]", "float32", "null"]
OPTIONS = {
    "csv": ["sep: ';'", "header: null", "skiprows: 1", "names: [p, q]", "encoding: latin-1", "na_values: ['a']", "index_col: 0", "decimal: ','", "nrows: 2"],
    "tsv": ["header: null", "names: [p, q]", "keep_default_na: false", "skip_blank_lines: false", "on_bad_lines: skip"],
    "json": ["field: data", "field: a"],
    "jsonl": ["chunksize: 10", "encoding: latin-1"],
    "parquet": ["columns: [a]", "columns: [zzz]", "batch_size: 1"],
}  # fmt: skip


def random_folder(seed: str, folder: Path) -> None:
    """Write the folder of a seed."""
    lot = random.Random(seed)
    folder.mkdir(parents=True)
    form = lot.choice(["csv", "csv", "jsonl", "jsonl", "json", "tsv", "parquet"])
    names = lot.sample(["a", "b", "c", "id", "text"], lot.randint(1, 3))
    kinds = {name: lot.choice(FLAT if form in {"csv", "tsv"} else list(VALUES)) for name in names}
    splits = lot.choice([["train"], ["train"], ["train", "test"]])
    number = lot.choice([1, 1, 2, 3])
    for split in splits:
        for shard in range(number):
            rows = some_rows(lot, columns_of(lot, names), shifted(lot, kinds))
            suffix = f"-{shard}" if number > 1 else ""
            write(lot, folder / f"{split}{suffix}.{form}", rows)
    told = [features(lot, names)] if lot.random() < 0.3 else []
    if lot.random() < 0.15:
        files = "\n".join(f"  - split: {split}\n    path: {split}*.{form}" for split in splits)
        told.append(f"configs:\n- config_name: default\n  data_files:\n{files}\n  {lot.choice(OPTIONS[form])}")
    if told:
        (folder / "README.md").write_text("---\n" + "\n".join(told) + "\n---\n", encoding="utf-8")


def columns_of(lot: random.Random, names: list[str]) -> list[str]:
    """The columns of a file: now and then one less, one more, or in another order."""
    found = list(names)
    if lot.random() < 0.12:
        found = found[:-1] or found
    if lot.random() < 0.08:
        found.append("extra")
    if lot.random() < 0.06:
        lot.shuffle(found)
    return found


def shifted(lot: random.Random, kinds: dict[str, str]) -> dict[str, str]:
    """The kinds of values of a file: now and then those of a column are others."""
    other = {lot.choice(list(kinds)): lot.choice(FLAT)} if lot.random() < 0.2 else {}
    return kinds | other


def some_rows(lot: random.Random, columns: list[str], kinds: dict[str, str]) -> list[dict[str, Any]]:
    """Some rows, or none."""
    rows = []
    for _ in range(lot.choice([0, 1, 2, 3, 5])):
        row = {name: lot.choice(VALUES[kinds.get(name, "int")]) for name in columns}
        if lot.random() < 0.1:
            row[lot.choice(columns)] = None
        if lot.random() < 0.05:
            row[lot.choice(columns)] = lot.choice(VALUES[lot.choice(FLAT)])
        rows.append(row)
    return rows


def features(lot: random.Random, names: list[str]) -> str:
    """What a README declares, right or wrong."""
    told = []
    for name in names:
        kind, dtype = lot.random(), lot.choice(DTYPES)
        if kind < 0.15:
            told.append(f"  - name: {name}\n    dtype:\n      class_label:\n        names: {{'0': a, '1': b}}")
        elif kind < 0.25:
            told.append(f"  - name: {name}\n    list: {dtype}")
        else:
            told.append(f"  - name: {name}\n    dtype: {dtype}")
    return "dataset_info:\n  features:\n" + "\n".join(told)


def write(lot: random.Random, path: Path, rows: list[dict[str, Any]]) -> None:
    """Rows as a file of the format that its name says."""
    names = list(rows[0]) if rows else ["a"]
    if path.suffix == ".parquet":
        try:
            pq.write_table(pa.Table.from_pylist(rows) if rows else pa.table({"a": [1]}), path)
        except (pa.ArrowException, OverflowError):
            pq.write_table(pa.table({name: [json.dumps(row[name]) for row in rows] for name in names}), path)
        return
    if path.suffix in {".csv", ".tsv"}:
        sign = "," if path.suffix == ".csv" else "\t"
        lines = [sign.join(names), *(sign.join(field(row[name], sign) for name in names) for row in rows)]
        if rows and lot.random() < 0.03:
            lines[-1] += f"{sign}9"
        text = "\n".join(lines) + ("\n" if lot.random() < 0.9 else "")
    elif path.suffix == ".jsonl" or lot.random() < 0.4:
        text = "".join(json.dumps(row) + "\n" for row in rows)
    elif lot.random() < 0.7:
        text = json.dumps(rows, indent=lot.choice([None, 1]))
    else:
        text = json.dumps({name: [row.get(name) for row in rows] for name in names})
    path.write_text(text, encoding="utf-8")


def field(value: Any, sign: str) -> str:
    """A value as a field of a CSV."""
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if sign in text or '"' in text else text
