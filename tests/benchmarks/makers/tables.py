"""`python -m tests.benchmarks.makers.tables FOLDER ROWS PICTURES`: large files of the same rows in three formats, and a folder of pictures."""

from __future__ import annotations

import csv
import json
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image


def big_table(rows: int) -> pa.Table:
    """Twelve columns of mixed types, about 100 bytes a row."""
    pick = random.Random(7)
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    base = [pick.random() for _ in range(10_000)]
    start = datetime(2020, 1, 1)
    return pa.table(
        {
            "id": pa.array(range(rows), pa.int64()),
            "category": pa.array([words[i % 8] for i in range(rows)]),
            "score": pa.array([base[i % 10_000] for i in range(rows)]),
            "price": pa.array([base[(i * 7) % 10_000] * 100 for i in range(rows)]),
            "count": pa.array([(i * 31) % 1000 for i in range(rows)], pa.int32()),
            "flag": pa.array([i % 3 == 0 for i in range(rows)]),
            "when": pa.array([start + timedelta(seconds=i) for i in range(rows)], pa.timestamp("s")),
            "text": pa.array([f"{words[i % 8]} {words[(i // 8) % 8]} {base[i % 997]:.12f}" for i in range(rows)]),
            "ratio": pa.array([base[(i * 3) % 10_000] for i in range(rows)], pa.float32()),
            "code": pa.array([f"{(i * 2654435761) % 2**32:08x}" for i in range(rows)]),
            "small": pa.array([i % 100 for i in range(rows)], pa.int8()),
            "note": pa.array([None if i % 5 else words[i % 8] for i in range(rows)]),
        }
    )


def make_files(folder: Path, rows: int) -> None:
    """The same rows as Parquet, CSV and JSON Lines."""
    table = big_table(rows)
    files = {kind: folder / f"big.{kind}" for kind in ("parquet", "csv", "jsonl")}
    pq.write_table(table, files["parquet"], row_group_size=50_000, compression="none")
    with files["csv"].open("w", newline="") as plain, files["jsonl"].open("w") as lines:
        writer = csv.writer(plain)
        writer.writerow(table.column_names)
        for batch in table.to_batches(max_chunksize=50_000):
            for row in batch.to_pylist():
                writer.writerow(row.values())
                lines.write(json.dumps(row, default=str) + "\n")


def make_pictures(folder: Path, number: int) -> None:
    """JPEG files of 256 x 256 pixels."""
    folder.mkdir()
    pick = random.Random(7)
    for place in range(number):
        small = Image.frombytes("RGB", (8, 8), pick.randbytes(192))
        small.resize((256, 256)).save(folder / f"{place:05d}.jpg")


if __name__ == "__main__":
    make_files(Path(sys.argv[1]), int(sys.argv[2]))
    make_pictures(Path(sys.argv[1]) / "big.pictures", int(sys.argv[3]))
