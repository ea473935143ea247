"""What a template draws: a table of rows, and where it stands among others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode

from dspreview.documents.outlines import Outlines
from dspreview.documents.page import Selection, narrowed
from dspreview.documents.plain import harmless
from dspreview.documents.words import counted, plain_type, type_text
from dspreview.errors import PreviewError
from dspreview.models import Json, Status
from dspreview.page.row_lines import RowLines
from dspreview.preview import PageAnswer
from dspreview.serve.cells import Cell, Painter
from dspreview.store import overview

SORTABLE = frozenset({"INT", "FLOAT", "STRING", "BOOL", "CLASS_LABEL", "TIMESTAMP", "IMAGE_URL"})
"""Types of columns that have an order."""


class PageQuery(NamedTuple):
    """What of a split is asked for; all of it stands in the address."""

    whose: dict[str, str]
    """Dataset, config and split."""
    words: str = ""
    """Rows that hold these words, best first."""
    where: str = ""
    orderby: str = ""
    columns: str = ""
    """Those that are shown, as `--columns` has them; none are named where all are."""

    @property
    def some(self) -> bool:
        """Whether it is not simply the rows of the split."""
        return bool(self.words or self.where or self.orderby)

    @property
    def plain(self) -> dict[str, str]:
        """The parameters of the same columns of all rows."""
        return self.whose | ({"columns": self.columns} if self.columns else {})

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of its address."""
        order = "" if self.words else self.orderby
        told = {"q": self.words, "where": self.where, "orderby": order, "columns": self.columns}
        return self.whose | {name: value for name, value in told.items() if value}

    def sorting(self, name: str) -> tuple[str, str]:
        """Where a click on the head of a column leads: its order, then the other way round, then none; and how it is sorted now."""
        rising = '"' + name.replace('"', '""') + '"'
        falling = f"{rising} DESC"
        following = {rising: falling, falling: ""}.get(self.orderby, rising)
        now = {rising: "ascending", falling: "descending"}.get(self.orderby, "")
        return link("/view", **self._replace(orderby=following, words="").parameters), now


def quoted(name: str) -> str:
    """A column as a list with commas names it."""
    return '"' + name.replace('"', '""') + '"' if re.search(r'[",]|^\s|\s$|^$', name) else name


class PageTable:
    """Rows of a page, ready to be drawn."""

    def __init__(
        self, answer: PageAnswer, offset: int, length: int, painter: Painter, asked: PageQuery | None = None
    ) -> None:
        """`asked` is what the heads of the columns sort; None where there is nothing to sort."""
        page = answer.page
        wanted = asked.columns if asked is not None and asked.columns else None
        self.answer, self.selection = answer, Selection.make(wanted, offset, length)
        columns, features = json.loads(page.columns), json.loads(page.features)
        self.all = [(quoted(column["name"]), harmless(column["name"])) for column in columns]
        """All columns of the split, as they are named in an address and for people."""
        known = [column["name"] for column in columns]
        chosen = [name for name in self.selection.columns or known if name in known] or known
        self.shown = set(map(quoted, chosen))
        self.unknown = [name for name in self.selection.columns or () if name not in known]
        columns = [columns[known.index(name)] for name in chosen]
        features = [features[known.index(name)] for name in chosen]
        self.columns = [
            {"name": harmless(column["name"]), "key": column["name"], "type": plain_type(feature["type"]), "exactly": type_text(feature["type"]),
             "numeric": column["type"] in {"INT", "FLOAT"},
             "sort": asked.sorting(column["name"]) if asked is not None and column["type"] in SORTABLE else ("", "")}
            for column, feature in zip(columns, features, strict=True)
        ]  # fmt: skip
        self.extra: dict[str, Json] = narrowed(json.loads(page.extra), answer, self.selection)
        reasons = {
            (note["row_idx"], note["column"]): note["message"]
            for note in self.extra.get("cell_errors", ())
            if not note["path"]
        }
        special = {
            (note["row_idx"], note["column"]): note["value"]
            for note in self.extra.get("special_cells", ())
            if not note["path"]
        }
        self.rows = []
        trees = {one["name"]: one["type"] for one in json.loads(page.features)}
        outlines = Outlines(trees, (row["row"] for row in RowLines.parse(page.rows)))
        for row in self.selection.rows(answer):
            cells = []
            for column, feature in zip(columns, features, strict=True):
                name = column["name"]
                reason = reasons.get((row["row_idx"], name))
                drawn = painter.cell(row["row"].get(name), feature["type"], column)
                if name == outlines.picture:
                    drawn = drawn.outlined(outlines.of(row["row"]))
                if (row["row_idx"], name) in special:
                    drawn = Cell("number", special[row["row_idx"], name])
                elif reason is not None:
                    drawn = drawn._replace(kind="bad", text=harmless(reason))
                elif name in row["truncated_cells"]:
                    drawn = (
                        drawn._replace(note=drawn.note or "cut") if drawn.kind != "text" else drawn._replace(kind="cut")
                    )
                cells.append(drawn)
            self.rows.append({"place": row["row_idx"], "cells": cells})

    def told(self) -> list[str]:
        """What the table does not show."""
        page, lines = self.answer.page, []
        made = f"cached at {page.created_at}" if page.created_at else "read now"
        if page.stalled:
            lines.append(f"The data has changed since these rows were read; they are {made}.")
        if self.unknown:
            lines.append(f"There is no column {', '.join(map(harmless, self.unknown[:5]))}.")
        if page.partial:
            lines.append("Only the first part of the split was searched (PARQUET_MAX_BYTES).")
        if "omitted_columns" in self.extra:
            lines.append(f"{counted(self.extra['omitted_columns'], 'column')} left out by ROWS_MAX_BYTES.")
        if notes := self.extra.get("cell_errors"):
            lines.append(f"{counted(len(notes), 'cell')} of these rows cannot be shown.")
        return lines


class Pager:
    """Where a page stands among others."""

    def __init__(
        self,
        offset: int,
        shown: int,
        total: int | None,
        length: int,
        fixed: dict[str, str],
        path: str,
        *,
        found: bool = False,
    ) -> None:
        self.first, self.last, self.total, self.found = offset, offset + shown - 1, total, found
        self.shown = shown
        more = shown == length if total is None else offset + shown < total
        self.previous = link(path, **fixed, offset=max(0, offset - length)) if offset else ""
        self.next = link(path, **fixed, offset=offset + shown) if more and shown else ""


def link(path: str, **parameters: str | int) -> str:
    """A path with parameters."""
    given = {name: value for name, value in parameters.items() if value not in {"", None}}
    return f"{path}?{urlencode(given, errors='surrogatepass')}" if given else path


def neighbours(asked: PageQuery, place: int, total: int | None) -> dict[str, str]:
    """Where the rows before and behind one of a split lead."""
    there = {"prev": place - 1, "next": place + 1}
    return {
        key: link("/view", row=str(row), **asked.parameters)
        for key, row in there.items()
        if row >= 0 and (total is None or row < total)
    }


def neighbours_found(asked: PageQuery, found: int, page: Callable[[int], PageAnswer]) -> dict[str, str]:
    """The same among the rows that were found; none where they cannot be asked for.

    Args:
        asked: what was asked.
        found: the place of the row among them.
        page: gives those from a place on.

    """
    first = max(found - 1, 0)
    try:
        rows = [row["row_idx"] for row in RowLines.parse(page(first).page.rows)]
    except PreviewError:
        return {}
    return {
        key: link("/view", row=str(rows[one - first]), found=str(one), **asked.parameters)
        for key, one in {"prev": found - 1, "next": found + 1}.items()
        if one >= 0 and one - first < len(rows)
    }


def dataset_link(line: overview.DatasetLine) -> str:
    """Where a dataset of the list is shown."""
    return link("/view", dataset=line.name + (f"@{line.asked_revision}" if line.asked_revision else ""))


def splits_text(counts: dict[str, int]) -> str:
    """`3 splits, 1 error`."""
    told = counted(sum(counts.values()), "split")
    for status, word in ((Status.ERROR, "error"), (Status.STALLED, "stalled"), (Status.EMPTY, "not read yet")):
        if counts.get(status):
            told += f", {counts[status]} {word}"
    return told
