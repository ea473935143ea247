"""The datasets of a call: the one of its arguments, or those of `--from`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from dspreview import errors
from dspreview.addresses import parse
from dspreview.local import LOCAL_STARTS


class CallTarget(NamedTuple):
    """One dataset of a call, perhaps with config and split."""

    dataset: str
    config: str | None = None
    split: str | None = None
    problem: str | None = None
    """What is wrong with the line it was read from."""


def targets(dataset: str | None, config: str | None, split: str | None, from_file: str | None) -> Iterator[CallTarget]:
    """The datasets of a call: the one of its arguments, or those of `--from`. Raises UsageError."""
    if from_file is None:
        if dataset is None:
            raise errors.UsageError("name a DATASET, or give a file of them with --from")
        yield addressed(dataset, config, split)
        return
    if dataset is not None:
        raise errors.UsageError("give either a DATASET or --from, not both")
    for line in read_lines(from_file):
        words = line.split("\t") if "\t" in line else [line] if is_path(line) else line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) > 3:
            told = f"{line!r} is not DATASET [CONFIG [SPLIT]]; separate names that hold spaces by tabs"
            yield CallTarget(line, problem=told)
            continue
        name, config, split = (*(word or None for word in words), None, None)[:3]
        try:
            yield addressed(str(name), config, split)
        except errors.UsageError as error:
            yield CallTarget(line, problem=str(error))


def addressed(dataset: str, config: str | None, split: str | None) -> CallTarget:
    """A dataset, and what an address says of it beside. Raises UsageError."""
    if "://" not in dataset:
        return CallTarget(dataset, config, split)
    found = parse(dataset)
    if config is None and split is None:
        return CallTarget(*found)
    return CallTarget(found.word, config, split)


def is_path(line: str) -> bool:
    """Whether a line is a path that is there, spaces and all."""
    return " " in line and line.startswith(LOCAL_STARTS) and os.path.exists(os.path.expanduser(line))


def read_lines(path: str) -> Iterator[str]:
    """The lines of a file, or of stdin. Raises UsageError."""
    try:
        with open(
            0 if path == "-" else path, encoding="utf-8-sig", errors="surrogateescape", closefd=path != "-"
        ) as file:
            for line in file:
                yield line.strip()
    except OSError as error:
        raise errors.UsageError(f"--from {path}: {error.strerror}") from error
