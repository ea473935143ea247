"""Asks each command about a dataset, and says where two answers contradict each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.forking import Forked
from tests.support.program import Result

COMPARED = re.compile(
    r"u?int\d+|float\d+|(large_)?string|bool|date\d+(\[\w+\])?|time\d+\[\w+\]|timestamp\[.*\]|decimal\d+\(([12]?\d|3[0-8]), .*\)"
)
"""Types with an order; decimals of more digits than DuckDB's have none, and say so."""
WORD = re.compile(r"[^\W_]{3,}")
PAGE = 100
TROUBLE = {70, 1}
"""Exit codes that no question about rows may end with: 70 is a bug, 1 has no meaning there."""


class Page(NamedTuple):
    """What a command shows of a split."""

    rows: dict[int, dict[str, Any]]
    special: list[tuple[int, str, str, str]]
    features: dict[str, Any]
    total: int | None
    order: list[int]


def page_of(answer: Result) -> Page:
    """The page in a command's answer."""
    page = answer.json
    rows = {row["row_idx"]: row["row"] for row in page["rows"]}
    special = sorted(
        (one["row_idx"], one["column"], json.dumps(one["path"]), one["value"]) for one in page.get("special_cells", ())
    )
    features = {one["name"]: one["type"] for one in page["features"]}
    return Page(rows, special, features, page.get("num_rows_total"), [row["row_idx"] for row in page["rows"]])


def literal(value: Any, dtype: str) -> str:
    """A cell as a predicate writes it."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str) and not dtype.startswith("decimal"):
        return "'" + value.replace("'", "''") + "'"
    return str(value) if isinstance(value, str) else json.dumps(value)


def quoted(name: str) -> str:
    """A column as a predicate names it."""
    return '"' + name.replace('"', '""') + '"'


class Net:
    """The questions about one split."""

    def __init__(self, ask: Forked, dataset: Path | str, *where: str) -> None:
        self.ask, self.dataset, self.where = ask, dataset, where
        self.found: list[str] = []

    def say(self, what: str) -> None:
        """Note a contradiction."""
        self.found.append(f"{self.dataset}: {what}")

    def answer(self, command: str, *words: str) -> Result | None:
        """A command's answer; None, with a note, where there is none."""
        result = self.ask(command, self.dataset, *self.where, *words, "--json")
        if result.code:
            self.say(f"{command} {' '.join(words)}: exit {result.code}: {result.err.strip()[-300:]}")
            return None
        return result

    def page(self, command: str, *words: str) -> Page | None:
        """The page that a command shows."""
        result = self.answer(command, *words)
        return None if result is None else page_of(result)

    def run(self, expected: tuple[list[dict[str, Any]], list[Any]] | None = None) -> list[str]:
        """All questions. `expected` are the rows and the special cells, where they are known from elsewhere."""
        first = self.page("rows")
        if first is None:
            return self.found
        if expected is not None:
            rows, special = expected
            self.same("rows", first.rows, dict(enumerate(rows[:PAGE])))
            noted = sorted((row, name, json.dumps(path), value) for row, name, path, value in special if row < PAGE)
            if noted != first.special:
                self.say(f"special cells {first.special[:3]} instead of {noted[:3]}")
        if first.total is not None and first.total <= PAGE and len(first.rows) == first.total:
            self.look_at_pages(first)
            self.look_at_columns(first)
            self.look_at_statistics(first)
            self.look_at_search(first)
        elif expected is not None and (first.total or 0) > PAGE:
            self.look_at_many(expected[0], first.features)
        self.look_at_whole()
        return self.found

    def same(self, what: str, mine: dict[int, Any], theirs: dict[int, Any]) -> None:
        """Note the first row that differs."""
        if mine.keys() != theirs.keys():
            self.say(f"{what}: rows {sorted(mine)[:8]} of {len(mine)}, not {sorted(theirs)[:8]} of {len(theirs)}")
            return
        for row in sorted(mine):
            one, other = told(mine[row]), told(theirs[row])
            if one != other:
                cells = [name for name in theirs[row] if told(mine[row].get(name)) != told(theirs[row][name])]
                shown = [(name, mine[row].get(name), theirs[row][name]) for name in cells[:2]]
                self.say(f"{what}: row {row} is otherwise: {shown or list(mine[row])}")
                return

    def look_at_pages(self, first: Page) -> None:
        """The same rows by other ways."""
        total = first.total or 0
        ways = [
            ("filter",),
            ("rows", "--sample", str(max(total, 1)), "--seed", "1"),
            ("rows", "--offset", str(total // 2)),
        ]
        for command, *words in ways:
            found = self.page(command, *words)
            if found is None:
                continue
            what = " ".join([command, *words])
            part = {row: cells for row, cells in first.rows.items() if "--offset" not in words or row >= total // 2}
            self.same(what, found.rows, part)
            if found.features != first.features:
                self.say(f"{what}: features {found.features} instead of {first.features}")
            special = [one for one in first.special if one[0] in part]
            if found.special != special:
                self.say(f"{what}: special cells {found.special[:3]} instead of {special[:3]}")

    def look_at_many(self, rows: list[dict[str, Any]], features: dict[str, Any]) -> None:
        """Rows that lie far apart, the last ones, and all of them."""
        last = len(rows) - PAGE // 2
        first = next(iter(features))
        name, dtype = quoted(first), str(features[first].get("dtype")) if isinstance(features[first], dict) else ""
        sort = [("filter", "--orderby", f"{name} DESC")] if COMPARED.fullmatch(dtype) else []
        for command, *words in (
            ("rows", "--sample", str(PAGE // 2), "--seed", "1"),
            ("rows", "--offset", str(last)),
            ("filter", "--offset", str(last)),
            *sort,
            ("filter", "--where", f"{name} IS NULL"),
        ):
            found = self.page(command, *words)
            if found is not None:
                self.same(" ".join([command, *words]), found.rows, {row: rows[row] for row in found.order})
        whole = self.ask("rows", self.dataset, *self.where, "--length", "all", "--format", "jsonl")
        shown = dict(enumerate(map(json.loads, whole.out.splitlines())))
        self.same("rows --length all", shown, dict(enumerate(rows)))

    def look_at_columns(self, first: Page) -> None:
        """Nulls, equality and order by each column."""
        for name, feature in first.features.items():
            values = {row: cells[name] for row, cells in first.rows.items() if name in cells}
            marked = {row for row, column, path, _ in first.special if column == name and path == "[]"}
            nulls = [row for row, value in values.items() if value is None and row not in marked]
            if any("error" in name for name in first.features) or len(values) < len(first.rows):
                continue
            self.ask_rows(f"{quoted(name)} IS NULL", nulls)
            dtype = str(feature.get("dtype")) if isinstance(feature, dict) and feature.get("_type") == "Value" else ""
            known = [row for row in values if row not in marked and values[row] is not None]
            if COMPARED.fullmatch(dtype) and known and "geometry" not in feature:
                row = known[len(known) // 2]
                if not re.match(r"[+-]", str(values[row])) or not dtype.startswith(("timestamp", "date")):
                    equal = [one for one in known if same_value(values[one], values[row], dtype)]
                    self.ask_rows(f"{quoted(name)} = {literal(values[row], dtype)}", equal)
                self.look_at_order(name, dtype, values, marked)

    def ask_rows(self, where: str, expected: list[int]) -> None:
        """The rows that match are the expected ones."""
        found = self.page("filter", "--where", where)
        if found is not None and (found.order != sorted(expected) or found.total != len(expected)):
            self.say(f"filter {where}: rows {found.order[:10]}, not {sorted(expected)[:10]}")

    def look_at_order(self, name: str, dtype: str, values: dict[int, Any], marked: set[int]) -> None:
        """Numbers, texts and truths in order: the position in the split is the last key, nulls are last."""
        found = self.page("filter", "--orderby", quoted(name))
        if found is None or marked:
            return
        if dtype.startswith(("int", "uint", "float", "decimal")):
            key = {row: Decimal(str(value)) for row, value in values.items() if value is not None}
        elif dtype.endswith("string"):
            key = {row: value.encode() for row, value in values.items() if value is not None}
        elif dtype == "bool":
            key = {row: value for row, value in values.items() if value is not None}
        else:
            return
        right = sorted(key, key=lambda row: (key[row], row)) + [row for row in values if row not in key]
        if found.order != right:
            self.say(f"filter --orderby {name}: {found.order[:10]}, not {right[:10]}")

    def look_at_statistics(self, first: Page) -> None:
        """Counts and ends."""
        result = self.answer("stats")
        if result is None:
            return
        document = result.json
        if document["num_examples"] != first.total:
            self.say(f"stats: {document['num_examples']} examples, and {first.total} rows")
        for one in document["statistics"]:
            name, kind, said = one["column_name"], one["column_type"], one["column_statistics"]
            values = [cells.get(name) for cells in first.rows.values()]
            marked = [value for _, column, path, value in first.special if column == name and path == "[]"]
            nulls = sum(value is None for value in values) - len(marked)
            if said["null_count"] != nulls:
                self.say(f"stats: {name} has {said['null_count']} nulls, and rows shows {nulls}")
            known = [value for value in values if value is not None]
            if kind in {"int", "float"} and known and not isinstance(known[0], str):
                if (said["min"], said["max"]) != (min(known), max(known)) and not rounded(said, known):
                    self.say(f"stats: {name} from {said['min']} to {said['max']}, not {min(known)} to {max(known)}")
                if kind == "int" and said["distinct_count"] != len(set(known)):
                    self.say(f"stats: {name} has {said['distinct_count']} values, not {len(set(known))}")

    def look_at_search(self, first: Page) -> None:
        """A word of a cell finds its row."""
        for name, feature in first.features.items():
            if not isinstance(feature, dict) or not str(feature.get("dtype")).endswith("string"):
                continue
            for row, cells in first.rows.items():
                words = WORD.findall(cells.get(name) or "") if isinstance(cells.get(name), str) else []
                if words:
                    result = self.ask("search", self.dataset, *self.where, words[0], "--json")
                    if result.code or row not in page_of(result).order:
                        self.say(f"search {words[0]!r}: row {row} is not found ({result.code}) {result.err[-200:]}")
                    return

    def look_at_whole(self) -> None:
        """What reads everything ends well, and finds a dataset to be itself."""
        for words in (("check", self.dataset), ("check", self.dataset, "--all-rows")):
            result = self.ask(*words, "--format", "json")
            if result.code not in {0, 1}:
                self.say(f"{words[0]} {words[2:]}: exit {result.code}: {result.err.strip()[-300:]}")
            failed = [one for one in self.findings(result) if one["code"] == "load-failed"]
            if failed:
                self.say(f"check {words[2:]}: {failed[0]['message']}")
        result = self.ask("diff", self.dataset, self.dataset)
        if result.code:
            self.say(f"diff with itself: exit {result.code}: {result.out[-200:]} {result.err.strip()[-300:]}")

    def findings(self, result: Result) -> Iterator[dict[str, Any]]:
        """The findings of a check."""
        if result.code in {0, 1}:
            document = result.json
            for one in document if isinstance(document, list) else [document]:
                yield from one["findings"]


def told(value: Any) -> str:
    """A cell so that -0.0 is not 0.0, and 1 not 1.0 nor true."""
    return json.dumps(value, sort_keys=True)


def same_value(one: Any, other: Any, dtype: str) -> bool:
    """Whether two cells of a column are equal as a predicate has it."""
    return bool(Decimal(one) == Decimal(other)) if dtype.startswith("decimal") else bool(one == other)


def rounded(said: dict[str, Any], known: list[Any]) -> bool:
    """Whether the ends are those of the values but for the digits that statistics of floats leave out."""
    pairs = ((said["min"], min(known)), (said["max"], max(known)))
    return all(isinstance(real, float) and one == float(f"{real:.5g}") for one, real in pairs)
