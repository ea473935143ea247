"""What a user would type instead: the first 100 rows of a local file, or a folder of pictures, through `datasets`, as JSON."""

from __future__ import annotations

import json
import sys

import datasets

kind, path = sys.argv[1:]
where = {"data_dir": path} if kind == "imagefolder" else {"data_files": path}
rows = datasets.load_dataset(kind, split="train", streaming=True, **where).take(100)
print(json.dumps(list(rows), default=str))
