"""A SELECT on a page: the command itself answers it, in a process of its own, which may die of it alone."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import NamedTuple

from dspreview import errors
from dspreview.documents.plain import harmless
from dspreview.documents.words import plain_type, type_text
from dspreview.models import DatasetRef, Json, Listing
from dspreview.serve.cells import Cell, Painter
from dspreview.serve.options import ServeOptions
from dspreview.settings import Settings

MOST = 100
"""Rows of an answer that are shown."""
PATIENCE = 30
"""Seconds that the process gets beside those of the query: for its start, and to say what was too much."""
LONGEST = 20_000
"""Characters of a statement: it stands in an address."""


class StatementAnswer(NamedTuple):
    """Rows that a statement gives, ready to be drawn."""

    columns: list[dict[str, Json]]
    rows: list[list[Cell]]
    told: list[str]
    """What the table does not show."""


def answered(options: ServeOptions, settings: Settings, ref: DatasetRef, text: str) -> StatementAnswer:
    """The rows that a SELECT over the splits of a dataset gives. Raises PreviewError as the command tells it."""
    if len(text) > LONGEST:
        raise errors.UsageError(f"the statement has {len(text):,} characters; {LONGEST:,} is the most here")
    words = ["sql", "--json", "--length", str(MOST), "--offline", "--no-folder-settings", "--no-progress"]
    # the statement comes through stdin: as a word it could name a file of this machine
    command = [sys.executable, "-m", "dspreview", *words, "--", ref.word, "-"]
    try:
        done = subprocess.run(
            command, input=text.encode("utf-8", "replace"), env=options.environment(), capture_output=True, check=False,
            timeout=settings.query_max_seconds + PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise errors.QueryLimitError(
            f"the statement took longer than QUERY_MAX_SECONDS ({settings.query_max_seconds}); ask for less"
        ) from error
    document = json.loads(done.stdout or b"{}")
    if done.returncode != errors.EXIT_OK:
        kind = errors.find_class(str(document.get("exception"))) or errors.UsageError
        raise kind(str(document.get("message") or f"the command ended with {done.returncode}, and said nothing"))
    notes = [line.removeprefix("dspreview: ") for line in done.stderr.decode("utf-8", "replace").splitlines()]
    return drawn(document, [harmless(line) for line in notes])


def drawn(document: dict[str, Json], told: list[str]) -> StatementAnswer:
    """An answer of the command as a page has it."""
    features = [one["type"] for one in document["features"]]
    columns = [one["column"] for one in document["columns"]]
    names = [one["name"] for one in columns]
    painter = Painter()
    rows = [
        [painter.cell(row["row"][name], tree, column) for name, tree, column in zip(names, features, columns, strict=True)]
        for row in document["rows"]
    ]  # fmt: skip
    heads = [
        {"name": harmless(name), "type": plain_type(tree), "exactly": type_text(tree), "numeric": column["type"] in {"INT", "FLOAT"}}
        for name, tree, column in zip(names, features, columns, strict=True)
    ]  # fmt: skip
    return StatementAnswer(heads, rows, told)


def table_names(listing: Listing) -> dict[tuple[str, str], str]:
    """What the splits of a dataset are called in SQL."""
    from dspreview.query.statement.views import word

    default = listing.default_config or (listing.configs[0].config if len(listing.configs) == 1 else None)
    return {
        (one.config, part.split): word(part.split)
        if one.config == default
        else f"{word(one.config)}.{word(part.split)}"
        for one in listing.configs
        for part in one.splits
    }
