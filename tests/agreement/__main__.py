"""`nox -s differential -- --seed N --tables N`: random tables in all commands against pyarrow and plain Python."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.agreement.differential import differences
from tests.support.forking import forked


def main() -> int:
    """Try the tables of a seed; print what differs, with the folder that shows it."""
    parser = argparse.ArgumentParser(prog="differential")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first table")
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="differential-"))
    wrong = 0
    with forked(home) as ask:
        for number in range(asked.first, asked.first + asked.tables):
            folder = home / f"{asked.seed}-{number}"
            found = differences(ask, f"{asked.seed}-{number}", folder)
            wrong += bool(found)
            for one in found:
                sys.stdout.write(f"{one}\n")
            if not found:
                shutil.rmtree(folder)
            if number % 20 == 19:
                ask("cache", "clean", "--yes")
                sys.stdout.write(f"{number + 1} tables, {wrong} differ\n")
                sys.stdout.flush()
    if not wrong:
        shutil.rmtree(home)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
