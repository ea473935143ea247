"""What a user would write instead of `warm`: the first 100 rows of each dataset of a list through `datasets`, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import datasets

for name in Path(sys.argv[1]).read_text().split():
    for split, rows in datasets.load_dataset(name, streaming=True).items():
        print(json.dumps({"dataset": name, "split": split, "rows": list(rows.take(100))}, default=str))
