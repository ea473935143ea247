"""`python -m tests.benchmarks.makers.texts FOLDER`: CSV and JSON Lines of what people have in them.

Identifiers, hashes, dates, links, nested messages, nulls, many columns, lines of 1 MB, and texts of 60 words as Parquet. Another process
makes them: Linux counts the memory of whoever starts a process as that process's own peak.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROWS, CHATS, WIDE, TEXTS = 1_000_000, 200_000, 20_000, 300_000


def people(rows: int) -> Iterator[dict[str, Any]]:
    """Rows with numbers, two hashes, a date and a flag."""
    pick = random.Random(7)
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    for number in range(rows):
        one = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()
        other = hashlib.md5(one.encode(), usedforsecurity=False).hexdigest()
        yield {
            "id": number, "category": words[number % 8], "score": pick.random(), "price": round(pick.random() * 100, 2),
            "text": f"{one} {other}", "date": str(date(2020, 1, 1) + timedelta(days=number % 3_000)), "flag": number % 3 == 0,
            "small": number % 100,
        }  # fmt: skip


def chats(rows: int) -> Iterator[dict[str, Any]]:
    """Rows with messages, a link, and a field that is mostly null; a few of 1 MB."""
    for number in range(rows):
        long = "x" * (1 << 20) if number % 40_000 == 39_999 else "word " * (number % 30)
        yield {
            "id": f"chatcmpl-{number:024d}", "source": f"https://example.org/{number}?session=12345678901234567890",
            "messages": [{"role": "user", "content": f"question {number}"}, {"role": "assistant", "content": long}],
            "score": None if number % 5 else number / 7,
        }  # fmt: skip


def words(rows: int) -> list[str]:
    """Texts of 60 words, few of which are most of them."""
    pick = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    known = ["".join(pick.choices(letters, k=pick.randint(2, 9))) for _ in range(50_000)]
    weights = [1 / (place + 1) for place in range(len(known))]
    return [" ".join(pick.choices(known, weights, k=60)) for _ in range(rows)]


def main() -> None:
    """Make the files."""
    folder = Path(sys.argv[1])
    with (folder / "people.csv").open("w", newline="") as plain, (folder / "people.jsonl").open("w") as lines:
        writer = csv.writer(plain)
        for row in people(ROWS):
            if not row["id"]:
                writer.writerow(row)
            writer.writerow(row.values())
            lines.write(json.dumps(row) + "\n")
    with (folder / "chats.jsonl").open("w") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in chats(CHATS))
    with (folder / "wide.csv").open("w", newline="") as plain:
        writer = csv.writer(plain)
        writer.writerow([f"c{place}" for place in range(200)])
        writer.writerows([[number * place % 997 for place in range(200)] for number in range(WIDE)])
    pq.write_table(pa.table({"id": range(TEXTS), "text": words(TEXTS)}), folder / "texts.parquet")


if __name__ == "__main__":
    main()
