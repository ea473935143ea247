"""docs/performance.md, a part of which each measurement writes, leaving the others as they are."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.measure import Line

PAGE = Path(__file__).parent.parent.parent / "docs" / "performance.md"


def report(measure: Callable[[Path, dict[str, str]], list[Line]], part_of: Callable[[list[Line]], str]) -> int:
    """Measure in a folder of its own, print and write the part; the exit code says whether all limits hold."""
    with tempfile.TemporaryDirectory() as name:
        lines = measure(Path(name), {"PATH": os.environ["PATH"], "HOME": name, "HF_HUB_OFFLINE": "1"})
    part = part_of(lines)
    print(part)
    put(part)
    return 0 if all(one.holds for one in lines) else 1


def put(part: str) -> None:
    """Put a part, which begins with its heading, in its place; at the end where there was none."""
    parts = sections(PAGE.read_text(encoding="utf-8"))
    heading = part.partition("\n")[0]
    kept = [one for one in parts if one.partition("\n")[0] != heading]
    place = next((number for number, one in enumerate(parts) if one.partition("\n")[0] == heading), len(kept))
    kept.insert(place, part)
    PAGE.write_text("\n\n".join(one.strip() for one in kept) + "\n", encoding="utf-8")


def sections(text: str) -> list[str]:
    """The parts of a page: each begins with a heading of the first or second level."""
    found: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith(("# ", "## ")):
            found.append([])
        found[-1].append(line)
    return ["\n".join(lines) for lines in found]
