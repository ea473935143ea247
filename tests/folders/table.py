"""The table of the sixty folders in docs/formats.md: `python -m tests.folders.table [--check|--write]`."""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path

from tests.folders.case import Healthy, Ill
from tests.folders.layouts import LAYOUTS

PAGE = Path(__file__).parent.parent.parent / "docs" / "formats.md"
TITLE = "## Sixty folders"
INTRODUCTION = """
`tests/folders` makes thirty layouts with their own writers, each healthy after an ordinary life, and each ill in one way. Of the
healthy, `rows` gives the splits, types and values that the format's own reader gives, and `check --all-rows` finds nothing, but for
the information (`library-differs`) that `datasets` takes some layouts for something else. `python -m tests.folders.table --write`
writes this table. *exit* is that of `rows`; the codes are findings of `check --all-rows`.

| layout | written by | healthy: rows | ill: what is wrong → what is said |
|---|---|---|---|
"""
VERSION = re.compile(r"(?<=[A-Za-z0-9]) \d+(?:\.\w+)+")
"""A version behind the name of its package."""


def rows_cell(healthy: Healthy) -> str:
    """What happened to a healthy folder, and the rows of each split."""
    several = len({config for config, _ in healthy.rows}) > 1
    counts = [f"{config}/{split} {n}" if several else f"{split} {n}" for (config, split), n in healthy.rows.items()]
    return f"{healthy.life}: {', '.join(counts)}"


def ill_cell(ill: Ill) -> str:
    """What is wrong with an ill folder, and what is said."""
    return f"{ill.what} → {', '.join([f'exit {ill.exit}', *(f'`{code}`' for code in dict.fromkeys(ill.findings))])}"


def section() -> str:
    """The section with the table, with the versions that are installed here."""
    lines = [f"| {one.name} | {one.writer.words} | {rows_cell(one.healthy)} | {ill_cell(one.ill)} |" for one in LAYOUTS]
    return f"{TITLE}\n{INTRODUCTION}" + "\n".join(lines) + "\n"


def parts(page: str) -> tuple[str, str]:
    """A page before the section, and the section, which is its last."""
    before, title, after = page.partition(f"{TITLE}\n")
    return before, title + after


def differences() -> list[str]:
    """The lines in which the page is not what the layouts say, whatever the versions."""
    _, written = parts(PAGE.read_text(encoding="utf-8"))
    there, here = (VERSION.sub("", text).splitlines() for text in (written, section()))
    return list(difflib.unified_diff(there, here, "docs/formats.md", "tests/folders", lineterm="", n=0))


def main(words: list[str]) -> int:
    """Write the table, check the page, or print the section."""
    if words == ["--write"]:
        before, _ = parts(PAGE.read_text(encoding="utf-8"))
        PAGE.write_text(f"{before.rstrip()}\n\n{section()}", encoding="utf-8")
        return 0
    told = differences() if words == ["--check"] else [section()]
    sys.stdout.write("\n".join(told))
    return int(words == ["--check"] and bool(told))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
