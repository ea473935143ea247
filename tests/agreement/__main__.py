"""`nox -s differential -- --seed N --tables N`: random tables in all commands against pyarrow and plain Python.

With `--folders` instead of `--tables`: random folders, on which `check` and `load_dataset` must be of one mind.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.agreement import verdicts
from tests.agreement.differential import differences
from tests.agreement.verdicts import judging
from tests.support.forking import forked


def main() -> int:
    """Try the tables of a seed; print what differs, with the folder that shows it."""
    parser = argparse.ArgumentParser(prog="differential")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first table")
    parser.add_argument("--folders", type=int, default=0, help="folders that are judged, instead of tables")
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="differential-"))
    wrong = 0
    what, count = ("folders", asked.folders) if asked.folders else ("tables", asked.tables)
    with forked(home) as ask, judging() as judge:
        compare = partial(verdicts.differences, ask, judge) if asked.folders else partial(differences, ask)
        for number in range(asked.first, asked.first + count):
            folder = home / f"{asked.seed}-{number}"
            found = compare(f"{asked.seed}-{number}", folder)
            wrong += bool(found)
            for one in found:
                sys.stdout.write(f"{one}\n")
            if not found:
                shutil.rmtree(folder)
            shutil.rmtree(folder.with_suffix(".cache"), ignore_errors=True)
            if number % 20 == 19:
                ask("cache", "clean", "--yes")
                sys.stdout.write(f"{number + 1} {what}, {wrong} differ\n")
                sys.stdout.flush()
    if not wrong:
        shutil.rmtree(home)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
