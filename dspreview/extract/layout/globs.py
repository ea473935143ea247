"""Patterns of files as fsspec has them, and the names that they are tried on."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from dspreview import local

if TYPE_CHECKING:
    from dspreview.extract.hub.description import Description

SET = re.compile(r"\[[-\w. ]+\]")
WORD = re.compile(rf"(\*|\?|{SET.pattern})")
WILD = {"*": "[^/]*", "?": "[^/]"}
MANY_FILES = 500_000
"""Names of more files than that are not held in memory."""


@lru_cache(maxsize=512)
def expression(pattern: str) -> re.Pattern[str]:
    """What a pattern of names, `*`, `**`, `?` and `[0-9]` matches: as fsspec has it, whose import takes 20 ms.

    Raises ValueError where `**` is not a whole part.
    """
    *folders, last = pattern.split("/")
    told = "".join("(?:.+/)?" if part == "**" else f"{segment(part)}/" for part in folders)
    return re.compile(f"(?s:{told}{'.*' if last == '**' else segment(last)})\\Z")


def literal(pattern: str) -> str:
    """The longest run of a pattern that stands in every name that it matches: what many names lack is not tried on each."""
    return max(re.split(r"\*|\?|\[[^\]]*\]|/", pattern), key=len)


def segment(part: str) -> str:
    """The expression of one part of a pattern."""
    if "**" in part:
        raise ValueError(f"{part}: ** can only be a whole part of a pattern")
    if part == "*":
        return "[^/]+"
    return "".join(WILD.get(word) or (word if SET.fullmatch(word) else re.escape(word)) for word in WORD.split(part))


def names_below(folder: str) -> list[str] | None:
    """The files below a local folder; None where they are many, or a link leads to another folder."""
    names: list[str] = []
    folders = [""]
    while folders:
        prefix = folders.pop()
        with os.scandir(os.path.join(folder, prefix)) as entries:
            for entry in entries:
                if entry.is_file():
                    names.append(prefix + entry.name)
                elif not entry.is_dir():
                    continue  # a pipe, or a link to nowhere
                elif entry.is_symlink():
                    return None
                else:
                    folders.append(f"{prefix}{entry.name}/")
        if len(names) > MANY_FILES:
            return None
    return names


def names_within(names: Collection[str], folder: str | None) -> list[str] | None:
    """Those of a repository's files that lie in a folder of it; None where they are many."""
    if len(names) > MANY_FILES:
        return None
    prefix = f"{folder.strip('/')}/" if folder else ""
    return [name.removeprefix(prefix) for name in names if name.startswith(prefix)]


def names_of(description: Description) -> frozenset[str] | None:
    """The names of the files of a dataset; None where a local folder has many, or a link leads to another one."""
    dataset = description.dataset
    if dataset.is_remote:
        return description.files
    if local.is_pattern(dataset.name):
        root = local.root_of(dataset).rstrip("/")
        return frozenset(path[len(root) + 1 :] for path in local.matched(dataset.name))
    if not os.path.isdir(dataset.name):
        return frozenset({os.path.basename(dataset.name)})
    below = names_below(dataset.name)
    return None if below is None else frozenset(below)
