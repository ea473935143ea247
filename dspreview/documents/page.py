"""A page in the shape of the contract. The stored rows are text with a row a line, and mostly stay text."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, Self

from dspreview.errors import UsageError
from dspreview.models import PAGE_LENGTH, Json, dump
from dspreview.page.row_lines import RowLines
from dspreview.preview import PageAnswer
from dspreview.suggestions import did_you_mean

ITEM = r'(?:[^,"]|"(?:[^"]|"")*")*'
NAME, NAMES = re.compile(rf"(?:^|(?<=,)){ITEM}"), re.compile(rf"{ITEM}(?:,{ITEM})*")
QUOTED = re.compile(r'"(?:[^"]|"")*"')
NOTES = frozenset({"cell_errors", "special_cells"})


def names_in(text: str) -> list[str]:
    """The names in a list with commas: one that holds a comma stands in double quotes, within a path only that part of it."""
    if NAMES.fullmatch(text) is None:  # a quote that never ends is a sign as any other
        return [one.strip() for one in text.split(",")]
    names = [one.strip() for one in NAME.findall(text)]
    return [one[1:-1].replace('""', '"') if QUOTED.fullmatch(one) else one for one in names]


class Found(NamedTuple):
    """Rows that a question found: they stand in its order, and each is named by its index."""

    offset: int
    """How many of them were passed over."""
    word: str
    """What they are: `that match`."""
    goes_on: bool = True
    """Whether more of them can be asked for from an offset on."""


class Selection(NamedTuple):
    """Which part of a page is wanted."""

    columns: tuple[str, ...] | None
    offset: int
    length: int | None

    @classmethod
    def make(cls, columns: str | None, offset: int, length: int | None) -> Self:
        """From the options; a column whose name holds a comma is quoted as in CSV."""
        if columns is None:
            return cls(None, offset, length)
        return cls(tuple(dict.fromkeys(names_in(columns))), offset, length)

    def check(self, known: list[str]) -> None:
        """Raise UsageError for a column that is not there."""
        for name in self.columns or ():
            if name not in known:
                if self.columns == ("",):
                    raise UsageError("--columns: name at least one column")
                hint = did_you_mean(name, known)
                raise UsageError(f"--columns: no column {name!r}{hint}; there are: {', '.join(known[:30])}")

    def rows(self, answer: PageAnswer) -> RowLines:
        """The selected rows of a page, with all their columns."""
        rows = RowLines.parse(answer.page.rows)
        if self.offset == 0 and self.length is None:
            return rows
        return rows.select(self.offset, PAGE_LENGTH if self.length is None else self.length)

    @property
    def is_whole(self) -> bool:
        """Whether a stored page is wanted as it is."""
        return self.columns is None and self.offset == 0 and self.length is None


def page_document(answer: PageAnswer, selection: Selection, named: dict[str, Json], *, max_bytes: int | None) -> str:
    """The JSON document of a page; its rows stay within `max_bytes` under a longer name, too."""
    page = answer.page
    whose = {"dataset": answer.asked, "config": answer.config, "split": answer.split}
    columns = json.loads(page.columns)
    features, rows = page.features, selection.rows(answer)
    wrapped = [{**whose, "column_idx": number, "column": column} for number, column in enumerate(columns)]
    if not selection.is_whole:
        selection.check([column["name"] for column in columns])
        if selection.columns is not None:
            kept = selection.columns
            wrapped = [one for name in kept for one in wrapped if one["column"]["name"] == name]
            features = dump([one for name in kept for one in json.loads(page.features) if one["name"] == name])
            rows = rows.project(kept)
    head = dump(named)[1:-1] + "," if named else ""
    extra = narrowed(json.loads(page.extra), answer, selection) | {"revision": page.revision}
    if page.stalled:
        extra["stalled"] = True
    written = rows.document(whose, max_bytes, answer.splits)
    return (
        "{" + f'{head}"features":{features},"columns":{dump(wrapped)},"rows":{written}'
        f',"num_rows_total":{dump(page.num_rows_total)},"num_rows_per_page":{PAGE_LENGTH}'
        f',"partial":{dump(page.partial)},{dump(extra)[1:]}'
    )


def narrowed(extra: dict[str, Json], answer: PageAnswer, selection: Selection) -> dict[str, Json]:
    """What is told of the page, its notes about cells only those of the selected ones."""
    if selection.is_whole or not NOTES & set(extra):
        return extra
    places = set(selection.rows(answer).places)
    for key in NOTES & set(extra):
        extra[key] = [
            note
            for note in extra[key]
            if note["row_idx"] in places and (selection.columns is None or note["column"] in selection.columns)
        ]
    return {key: value for key, value in extra.items() if key not in NOTES or value}


def special_cells(answer: PageAnswer, selection: Selection) -> dict[tuple[int, str], str]:
    """The cells that JSON has no word for, by row and column: infinite numbers and those that are none."""
    notes = narrowed(json.loads(answer.page.extra), answer, selection).get("special_cells", ())
    return {(note["row_idx"], note["column"]): str(note["value"]) for note in notes if not note["path"]}


def row_names(answer: PageAnswer, places: list[int]) -> list[Any]:
    """How rows are named: by their position, and by their split before it where they are of several."""
    if len(set(answer.splits)) < 2:
        return list(places)
    return [f"{split}:{place}" for split, place in zip(answer.splits, places, strict=False)]


def page_rows(answer: PageAnswer, selection: Selection) -> tuple[list[str], list[dict[str, Any]], list[str]]:
    """Column names, bare rows, and the columns in which something was cut."""
    known = [column["name"] for column in json.loads(answer.page.columns)]
    selection.check(known)
    names = list(selection.columns) if selection.columns is not None else known
    rows: list[dict[str, Any]] = []
    cut: set[str] = set()
    for row in selection.rows(answer):
        rows.append({name: row["row"][name] for name in names if name in row["row"]})
        cut.update(name for name in row["truncated_cells"] if name in names)
    return names, rows, [name for name in names if name in cut]
