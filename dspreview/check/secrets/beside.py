"""Looks for keys in the texts beside the data, which are published with it: the README, scripts, notebooks, settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator

import pyarrow as pa

from dspreview import local
from dspreview.check.findings import Finding, found
from dspreview.check.secrets.scan import SECRET, Hit, hits_in, suspects
from dspreview.errors import UnsafePathError

ENDINGS = (
    ".md", ".py", ".ipynb", ".r", ".jl", ".js", ".ts", ".sh", ".sql", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".env", ".json", ".html",
)  # fmt: skip
NAMES = ("Dockerfile", "Makefile", ".env")
LARGEST, MOST = 1_000_000, 1_000
"""Bytes of a file that is looked at; how many such files."""


def look_beside(
    root: str, names: Collection[str], used: Collection[str], spares: Callable[[str, str, str], bool]
) -> Iterator[Finding]:
    """The keys in files of a dataset that hold no rows, each kind once a file, and in the names of all files.

    Args:
        root: the folder of the dataset.
        names: its files.
        used: those that hold rows.
        spares: says of a code, a column and a value that it is allowed.

    """
    listed = sorted(name.encode("utf-8", "replace").decode() for name in names)
    for name in (listed[place] for place in suspects(pa.array(listed, pa.string()), "")):
        for hit in hits_in(name):
            if hit.code == SECRET and not spares(SECRET, "", name[hit.start : hit.end]):
                yield found(SECRET, f"the name of a file holds {hit.kind} {hit.masked(name)}")
    wanted = sorted(name for name in set(names) - set(used) if is_text(name))
    for name in wanted[:MOST]:
        text = text_of(root, name)
        kinds: dict[str, list[Hit]] = {}
        for hit in hits_in(text):
            if hit.code == SECRET and not spares(SECRET, "", text[hit.start : hit.end]):
                kinds.setdefault(hit.kind, []).append(hit)
        for kind, hits in kinds.items():
            line = text.count("\n", 0, hits[0].start) + 1
            more = f" ({len(hits)} such)" if len(hits) > 1 else ""
            yield found(SECRET, f"{kind} {hits[0].masked(text)}{more}", file=name, line=line)


def is_text(name: str) -> bool:
    """Whether a file is one that people write, and none of a folder that is not published."""
    *folders, last = name.split("/")
    hidden = any(one.startswith(".") for one in folders)
    return not hidden and (last.lower().endswith(ENDINGS) or last.startswith(NAMES))


def text_of(root: str, name: str) -> str:
    """The text of a file; nothing of one that is large, lies elsewhere or cannot be read."""
    path = os.path.join(root, name)
    try:
        local.guard(path, root, root)
        with local.open_regular(path) as file:
            data = file.read(LARGEST + 1)
    except (OSError, UnsafePathError):
        return ""
    return data.decode("utf-8", "replace") if len(data) <= LARGEST else ""
