"""Completion of the names of datasets, configs, splits and columns from the cache: no network, nothing heavy, never an error."""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from dspreview.documents.stdout import write_text
from dspreview.errors import EXIT_OK, PreviewError, UsageError
from dspreview.settings import resolve

SHOW = "--show-completion"
PLACES = "dataset", "config", "split"
"""The arguments that name rows, in their order."""


def query(statement: str, values: tuple[str, ...]) -> Iterator[str]:
    """The first column of a query on the cache, if there is one."""
    try:
        path = resolve({}).dspreview_database
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.05)
    except (PreviewError, sqlite3.Error):
        return
    try:
        for (name,) in connection.execute(statement, values):
            yield str(name)
    except sqlite3.Error:
        return
    finally:
        connection.close()


def typed(ctx: Any) -> dict[str, str]:
    """Dataset, config and split as they were typed; where Click gave up at an option that lacks its value, as the words of the line say."""
    if ctx.params.get("dataset"):
        return {name: str(ctx.params.get(name) or "") for name in PLACES}
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    try:
        words = shlex.split(line)[2:]
    except ValueError:  # a quote that is not closed yet
        return dict.fromkeys(PLACES, "")
    named = list(takewhile(lambda word: not word.startswith("-"), words))
    return dict(zip(PLACES, [*named, "", "", ""], strict=False))


def ours(ctx: Any) -> str:
    """The dataset that was typed, as the cache names it."""
    dataset = typed(ctx)["dataset"]
    return (
        os.path.realpath(os.path.expanduser(dataset))
        if dataset.startswith(("/", ".", "~"))
        else dataset.partition("@")[0]
    )


def datasets(incomplete: str) -> list[str]:
    """Ids of the Hub in the cache; paths are the shell's own affair."""
    found = query("SELECT DISTINCT alias FROM aliases WHERE alias NOT LIKE '/%' ORDER BY alias", ())
    return [name for name in found if name.startswith(incomplete)]


def configs(ctx: Any, incomplete: str) -> list[str]:
    """The configs of the dataset that was typed."""
    found = query(
        "SELECT DISTINCT c.config FROM aliases a JOIN configs c ON c.dataset_id = a.dataset_id WHERE a.alias = ?"
        " ORDER BY c.position",
        (ours(ctx),),
    )
    return [name for name in found if name.startswith(incomplete)]


def splits(ctx: Any, incomplete: str) -> list[str]:
    """The splits of the config that was typed."""
    found = query(
        "SELECT DISTINCT s.split FROM aliases a JOIN configs c ON c.dataset_id = a.dataset_id"
        " JOIN splits s ON s.config_id = c.id WHERE a.alias = ? AND c.config = ? ORDER BY s.position",
        (ours(ctx), str(ctx.params.get("config") or "")),
    )
    return [name for name in found if name.startswith(incomplete)]


def column_names(ctx: Any) -> list[str]:
    """The columns of the split that was typed, else of the first one whose rows are in the cache."""
    names = typed(ctx)
    found = query(
        "SELECT r.columns FROM aliases a JOIN configs c ON c.dataset_id = a.dataset_id JOIN splits s ON s.config_id = c.id"
        " JOIN rows r ON r.split_id = s.id WHERE a.alias = ? AND ? IN ('', c.config) AND ? IN ('', s.split)"
        " ORDER BY c.position, s.position LIMIT 1",
        (ours(ctx), names["config"], names["split"]),
    )
    try:
        return [str(one["name"]) for text in found for one in json.loads(text)]
    except (ValueError, TypeError, KeyError):  # a cache that somebody else wrote
        return []


def columns(ctx: Any, incomplete: str) -> list[str]:
    """One column of the split that was typed."""
    return [name for name in column_names(ctx) if name.startswith(incomplete)]


def column_lists(ctx: Any, incomplete: str) -> list[str]:
    """The same at the end of a list with commas."""
    before, comma, last = incomplete.rpartition(",")
    given = before.split(",")
    return [f"{before}{comma}{name}" for name in column_names(ctx) if name.startswith(last) and name not in given]


def for_shell(option: str, shell: str) -> int:
    """Install, or show, the completion of the shell that was named. Raises UsageError."""
    from typer._completion_shared import Shells, get_completion_script, install

    known = [one.value for one in Shells]
    if shell not in known:
        raise UsageError(f"{option} {shell}: there is completion for {', '.join(known)}")
    names = {"prog_name": "dspreview", "complete_var": "_DSPREVIEW_COMPLETE"}
    if option == SHOW:
        write_text(get_completion_script(shell=shell, **names) + "\n")
    else:
        _, path = install(shell=shell, **names)
        write_text(f"{shell} completion installed in {path}; open a new shell\n")
    return EXIT_OK
