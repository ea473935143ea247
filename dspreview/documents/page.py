"""A page in the shape of the contract. The stored rows are text with a row a line, and mostly stay text."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Self

from dspreview.errors import UsageError
from dspreview.models import PAGE_LENGTH, Json, dump
from dspreview.preview import PageAnswer
from dspreview.suggestions import did_you_mean

NOTES = frozenset({"cell_errors", "special_cells"})


class Found(NamedTuple):
    """Rows that a question found: they stand in its order, and each is named by its index."""

    offset: int
    """How many of them were passed over."""
    word: str
    """What they are: `that match`."""


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
        import csv

        names = next(csv.reader([columns], skipinitialspace=True), []) or [""]
        return cls(tuple(dict.fromkeys(names)), offset, length)

    def check(self, known: list[str]) -> None:
        """Raise UsageError for a column that is not there."""
        for name in self.columns or ():
            if name not in known:
                if self.columns == ("",):
                    raise UsageError("--columns: name at least one column")
                hint = did_you_mean(name, known)
                raise UsageError(f"--columns: no column {name!r}{hint}; there are: {', '.join(known[:30])}")

    @property
    def is_whole(self) -> bool:
        """Whether a stored page is wanted as it is."""
        return self.columns is None and self.offset == 0 and self.length is None


def page_document(answer: PageAnswer, selection: Selection, named: dict[str, Json], *, max_bytes: int | None) -> str:
    """The JSON document of a page; its rows stay within `max_bytes` under a longer name, too."""
    page = answer.page
    whose = {"dataset": answer.asked, "config": answer.config, "split": answer.split}
    columns = json.loads(page.columns)
    features, rows = page.features, page.rows
    wrapped = [{**whose, "column_idx": number, "column": column} for number, column in enumerate(columns)]
    if not selection.is_whole:
        selection.check([column["name"] for column in columns])
        lines = select_lines(page.rows, selection.offset, selection.length)
        if selection.columns is not None:
            kept = selection.columns
            wrapped = [one for name in kept for one in wrapped if one["column"]["name"] == name]
            features = dump([one for name in kept for one in json.loads(page.features) if one["name"] == name])
            lines = [project(line, kept) for line in lines]
        rows = "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"
    # each stored row is a line that begins with {"row_idx": and no JSON text holds a line break
    prefix = "{" + dump(whose)[1:-1] + ","
    while max_bytes is not None and rows.count("\n{") > 1 and full_size(rows, prefix) > max_bytes:
        rows = rows[: rows.rindex(",\n{")] + "\n]"
    if rows != "[]":
        rows = "[" + "".join([prefix + line[1:] for line in rows[2:-2].split("\n")]) + "]"
    head = dump(named)[1:-1] + "," if named else ""
    extra = narrowed(json.loads(page.extra), answer, selection) | {"revision": page.revision}
    if page.stalled:
        extra["stalled"] = True
    return (
        "{" + f'{head}"features":{features},"columns":{dump(wrapped)},"rows":{rows}'
        f',"num_rows_total":{dump(page.num_rows_total)},"num_rows_per_page":{PAGE_LENGTH}'
        f',"partial":{dump(page.partial)},{dump(extra)[1:]}'
    )


def narrowed(extra: dict[str, Json], answer: PageAnswer, selection: Selection) -> dict[str, Json]:
    """What is told of the page, its notes about cells only those of the selected ones."""
    if selection.is_whole or not NOTES & set(extra):
        return extra
    lines = select_lines(answer.page.rows, selection.offset, selection.length)
    places = {int(line[len('{"row_idx":') : line.index(",")]) for line in lines}
    for key in NOTES & set(extra):
        extra[key] = [
            note
            for note in extra[key]
            if note["row_idx"] in places and (selection.columns is None or note["column"] in selection.columns)
        ]
    return {key: value for key, value in extra.items() if key not in NOTES or value}


def full_size(rows: str, prefix: str) -> int:
    """Bytes of the rows when each begins with `prefix`."""
    growth = len(prefix.encode()) - len("\n{")
    return len(rows.encode("utf-8", "backslashreplace")) + rows.count("\n{") * growth - 1


def select_lines(rows: str, offset: int, length: int | None) -> list[str]:
    """The lines of the rows from `offset` on, by the row's position in the split."""
    lines = rows[2:-2].split(",\n") if rows != "[]" else []
    if not lines or (offset == 0 and length is None):
        return lines
    first = int(lines[0][len('{"row_idx":') : lines[0].index(",")])
    start = max(0, offset - first)
    return lines[start : start + (PAGE_LENGTH if length is None else length)]


def holds(answer: PageAnswer, offset: int, length: int, *, full: bool) -> bool:
    """Whether a stored page has these rows, as far as there are any, and (`full`) has them whole."""
    page = answer.page
    if full:
        lines = select_lines(page.rows, offset, length)
        if "omitted_columns" in page.extra or any('"truncated_cells":["' in line for line in lines):
            return False
    elif offset == 0:
        return True  # the first page is what the limits allow
    end = offset + length
    return (end if page.num_rows_total is None else min(end, page.num_rows_total)) <= page.num_rows


def project(line: str, columns: tuple[str, ...]) -> str:
    """A row with some of its columns."""
    row = json.loads(line)
    row["row"] = {name: row["row"][name] for name in columns if name in row["row"]}
    row["truncated_cells"] = [name for name in row["truncated_cells"] if name in columns]
    return dump(row)


def page_rows(answer: PageAnswer, selection: Selection) -> tuple[list[str], list[dict[str, Any]], list[str]]:
    """Column names, bare rows, and the columns in which something was cut."""
    known = [column["name"] for column in json.loads(answer.page.columns)]
    selection.check(known)
    names = list(selection.columns) if selection.columns is not None else known
    rows: list[dict[str, Any]] = []
    cut: set[str] = set()
    for line in select_lines(answer.page.rows, selection.offset, selection.length):
        row = json.loads(line)
        rows.append({name: row["row"][name] for name in names if name in row["row"]})
        cut.update(name for name in row["truncated_cells"] if name in names)
    return names, rows, [name for name in names if name in cut]
