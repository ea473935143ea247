"""`nox -s corpus`: writes tests/corpus/data and expected.json anew, with the pinned writers.

What is expected is what a writer was handed, never what a reader makes of it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.corpus import by_duckdb, by_fastparquet, by_geo, by_javascript, by_polars, by_text
from tests.corpus.told import Case

HERE = Path(__file__).parent
DATA, EXPECTED = HERE / "data", HERE / "expected.json"
FILE_MAX, TOTAL_MAX = 20_000, 400_000


def made(data: Path, node_modules: Path) -> Iterator[Case]:
    """Each case, after its files were written."""
    for writer in (by_polars, by_duckdb, by_fastparquet, by_geo, by_text):
        yield from writer.cases(data)
    yield from by_javascript.cases(data, node_modules)


def too_large(data: Path) -> list[str]:
    """What is over the limits of size."""
    sizes = {path.relative_to(data): path.stat().st_size for path in data.rglob("*") if path.is_file()}
    found = [f"{path}: {size:,} bytes" for path, size in sizes.items() if size > FILE_MAX]
    return found + [f"all: {sum(sizes.values()):,} bytes"] * (sum(sizes.values()) > TOTAL_MAX)


def main() -> int:
    """Write all of it."""
    parser = argparse.ArgumentParser(prog="corpus")
    parser.add_argument("--javascript", type=Path, required=True, help="a folder with the node_modules of package.json")
    asked = parser.parse_args()
    shutil.rmtree(DATA, ignore_errors=True)
    documents = {case.name: case.document() for case in made(DATA, asked.javascript)}
    lines = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in sorted(documents.items())
    )
    EXPECTED.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    found = too_large(DATA)
    sys.stdout.write("".join(f"too large: {one}\n" for one in found) or f"{len(documents)} cases\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
