"""What a user would type instead: the first 100 rows of a local file through `datasets`, as JSON."""

from __future__ import annotations

import json
import sys

import datasets

kind, path = sys.argv[1:]
rows = datasets.load_dataset(kind, data_files=path, split="train", streaming=True).take(100)
print(json.dumps(list(rows), default=str))
