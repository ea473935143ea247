"""docs/performance.md, a part of which each measurement writes, leaving the others as they are."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "performance.md"


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
