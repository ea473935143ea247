"""`python -m tests.benchmarks.makers.deep FOLDER`: texts with pairs that are nearly the same, ordinary texts, and rows that break rules.

Another process makes them: Linux counts the memory of whoever starts a process as that process's own peak.
"""

from __future__ import annotations

import base64
import hashlib
import random
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TEXTS, SOME, ROWS = 1_000_000, 100_000, 2_000_000
LENGTH, EVERY = 200, 100
"""Characters of a text; each hundredth has another that is nearly the same, at the other end."""


def near_texts(number: int) -> list[str]:
    """Texts of words as frequent as those of a language, a pair in a hundred."""
    draw, letters = np.random.default_rng(1), "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(draw.choice(list(letters), draw.integers(2, 9))) for _ in range(20_000)]
    ranks = np.minimum((draw.pareto(1.0, size=(number, 36)) * 30).astype(int), len(words) - 1)
    texts = [" ".join(words[one] for one in row)[:LENGTH] for row in ranks]
    for one in range(number // EVERY):
        texts[number - 1 - one] = texts[one].rpartition(" ")[0] + " changed"
    return texts


def ordinary_texts(number: int) -> list[str]:
    """What is in ordinary columns of text: words, code, links, hashes, base64, logs."""
    draw = random.Random(1)
    words = ["the", "model", "return", "value", "user", "data", "token", "password", "secret", "key", "of", "and", "in"]
    found = []
    for row in range(number):
        digest = hashlib.sha256(str(row).encode()).hexdigest()
        prose = " ".join(draw.choices(words, k=40))
        found.append(
            draw.choice(
                [
                    prose,
                    f"{prose}. See https://example.org/{digest[:12]}/page?id={row}",
                    f"def f{row}(key, value):\n    return hash(key) == '{digest}' and value\n# {prose}",
                    f"2024-05-01 10:00:{row % 60:02} INFO request {row} took {row % 977} ms, id {digest[:32]} {prose}",
                    f"{prose} {base64.b64encode(digest.encode()).decode()}",
                ]
            )
        )
    return found


def main(folder: Path) -> None:
    """Write all of it."""
    for name, number in (("many", TEXTS), ("some", SOME)):
        pq.write_table(
            pa.table({"id": range(number), "text": near_texts(number)}),
            folder / f"{name}.parquet",
            row_group_size=100_000,
        )
    pq.write_table(pa.table({"text": ordinary_texts(400_000)}), folder / "ordinary.parquet")
    draw = np.random.default_rng(1)
    pq.write_table(
        pa.table({
            "id": np.arange(ROWS) % (ROWS - 3),
            "label": pa.array(draw.choice(["yes", "no", "maybe"], ROWS)),
            "score": draw.random(ROWS) * 2,
            "text": [hashlib.md5(str(one).encode(), usedforsecurity=False).hexdigest() for one in range(ROWS)],
        }),
        folder / "rules.parquet",
        row_group_size=200_000,
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
