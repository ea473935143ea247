"""`python -m tests.support.bounded DATASET WARM BYTES`: reads a page with so many bytes of memory beyond what is held by then.

WARM is a small dataset of the same format, read before: libraries take their own part when they read for the first time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from dspreview import errors
from dspreview.extract import memory
from dspreview.extract.library.rows import read_rows
from dspreview.extract.library.source import make_plan
from dspreview.extract.library.splits import open_dataset
from dspreview.local import identify
from dspreview.settings import resolve


def main() -> None:
    """Read, and print how it ended."""
    dataset, warm, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
    settings = resolve({"DSPREVIEW_DATABASE": "/dev/null"}, {"HOME": tempfile.gettempdir()}, folder=False)
    for name in (warm, dataset):
        source = open_dataset(identify(name), settings)
        plan = make_plan(source, source.card.configs[0])
        if name is dataset:
            memory.HEADROOM = 0
            memory.bound(limit)
        with tempfile.TemporaryDirectory() as place:
            staging, work = Path(place) / "staging", Path(place) / "work"
            staging.mkdir()
            work.mkdir()
            try:
                read_rows(source, plan, "train", staging, work, settings)
            except errors.PreviewError as error:
                sys.stdout.write(f"{type(error).__name__} {error}\n")
            else:
                sys.stdout.write("read\n")


if __name__ == "__main__":
    main()
