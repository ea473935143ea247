"""The same input with another answer, or in two splits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from dspreview.check.findings import Finding, found
from dspreview.check.leaks.roles import Roles
from dspreview.check.rows import ParquetFiles, row_texts
from dspreview.models import FeatureTree, SplitId
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.query.compare.input_hashes import InputHashes

TEMPLATE = 10
"""Rows of a split with one input from which on it is a template, or asked of many annotators."""
TEXT_LEAST = 20
"""Characters that the texts of an input must have together: short ones are the same by chance."""
Columns = list[tuple[str, FeatureTree]]
RolesOf = Callable[[SplitId, Columns], "Roles | None"]
"""Says what the columns of a split are for."""


class KnownRoles:
    """What the columns of a config are for, as its first split tells: a later one may lack the answers, as tests without labels do."""

    def __init__(self, ask: RolesOf) -> None:
        self.ask = ask
        self.known: dict[str, Roles] = {}
        self.unanswered: set[SplitId] = set()
        """Splits without an answer that others have."""

    def of(self, names: SplitId, columns: Columns) -> Roles | None:
        """The roles of a split's columns."""
        there, known = {name for name, _ in columns}, self.known.get(names.config)
        if known is not None and not set(known.answers) <= there and set(known.inputs) <= there:
            self.unanswered.add(names)
            return known._replace(answers=())
        found = self.ask(names, columns)
        if found is not None:
            self.known.setdefault(names.config, found)
        return found

    def may_differ(self, config: str, *splits: str) -> bool:
        """Whether splits have the answers that are compared."""
        return not any(SplitId(config, split) in self.unanswered for split in splits)


class SampleRow(NamedTuple):
    """A row of a sample."""

    place: int
    answer: str
    whole: str


class SampleInputs:
    """Among a few rows of each split."""

    def __init__(self, roles: RolesOf) -> None:
        self.roles = KnownRoles(roles)
        self.seen: dict[str, dict[str, dict[str, list[SampleRow]]]] = {}
        """The rows of each config by their inputs and their split."""

    def add(self, names: SplitId, first_row: int, table: pa.Table, columns: Columns) -> None:
        """The next rows of a split."""
        roles = self.roles.of(names, columns)
        if roles is None or not table.num_rows or not {*roles.inputs, *roles.answers} <= set(table.column_names):
            return
        seen = self.seen.setdefault(names.config, {})
        inputs, answers = row_texts(table.select(list(roles.inputs))), [""] * table.num_rows
        if roles.answers:
            answers = list(row_texts(table.select(list(roles.answers))))
        for number, (key, answer, whole) in enumerate(zip(inputs, answers, row_texts(table), strict=True)):
            if len(key) >= TEXT_LEAST + 4 * len(roles.inputs):
                seen.setdefault(key, {}).setdefault(names.split, []).append(
                    SampleRow(first_row + number, answer, whole)
                )

    def findings(self) -> Iterator[Finding]:
        """What was found: the first of each kind, and how many there are."""
        for config, seen in self.seen.items():
            conflicts: dict[str, list[tuple[int, int, int]]] = {}
            leaks: dict[tuple[str, str], list[tuple[int, int, int, bool]]] = {}
            for splits in seen.values():
                for split, rows in splits.items():
                    other = next((row for row in rows if row.answer != rows[0].answer), None)
                    if other is not None and len(rows) < TEMPLATE:
                        conflicts.setdefault(split, []).append((rows[0].place, other.place, len(rows)))
                for one, two in combinations(splits, 2):
                    if (
                        min(len(splits[one]), len(splits[two])) < TEMPLATE
                        and len({row.whole for row in [*splits[one], *splits[two]]}) > 1
                    ):
                        differs = (
                            self.roles.may_differ(config, one, two)
                            and len({row.answer for row in [*splits[one], *splits[two]]}) > 1
                        )
                        leaks.setdefault((one, two), []).append(
                            (splits[one][0].place, splits[two][0].place, len(splits[two]), differs)
                        )
            roles = self.roles.known[config]
            for split, pairs in conflicts.items():
                yield conflict(config, split, *min(pairs)[:2], sum(pair[2] for pair in pairs), roles)
            for (one, two), found_rows in leaks.items():
                row, other_row, *_ = min(found_rows, key=lambda pair: pair[1])
                number, differs = sum(pair[2] for pair in found_rows), any(pair[3] for pair in found_rows)
                yield leak(config, (one, row), (two, other_row), number, roles, differs=differs)


class AllInputs:
    """Among all rows."""

    def __init__(self, folder: Path, settings: Settings, roles: RolesOf) -> None:
        self.folder, self.settings, self.roles = folder, settings, KnownRoles(roles)
        self.hashes: dict[str, InputHashes] = {}
        self.splits: dict[str, list[str]] = {}
        self.left_out: set[str] = set()
        """Configs with a type that DuckDB does not know."""

    def begin(self, names: SplitId, columns: Columns) -> tuple[InputHashes, Roles, int] | None:
        """The hashes of a config, what its columns are for, and the number of a split; None where nothing is compared."""
        roles = None if names.config in self.left_out else self.roles.of(names, columns)
        if roles is None:
            return None
        from dspreview.query.compare.input_hashes import InputHashes

        if names.config not in self.hashes:
            place = self.folder / f"inputs-{len(self.hashes)}"
            place.mkdir()
            self.hashes[names.config] = InputHashes(place, self.settings, text_least=TEXT_LEAST, template=TEMPLATE)
        splits = self.splits.setdefault(names.config, [])
        if names.split not in splits:
            splits.append(names.split)
        return self.hashes[names.config], roles, splits.index(names.split)

    def add(self, names: SplitId, first_row: int, table: pa.Table, columns: Columns) -> None:
        """The next rows of a split."""
        import duckdb

        if (begun := self.begin(names, columns)) is None or not table.num_rows:
            return
        hashes, roles, number = begun
        try:
            hashes.add(number, first_row, table, roles.inputs, roles.answers)
        except (duckdb.NotImplementedException, duckdb.InvalidInputException, duckdb.BinderException, KeyError):
            self.left_out.add(names.config)

    def add_files(self, names: SplitId, files: ParquetFiles) -> None:
        """All rows of a split."""
        import duckdb

        if (begun := self.begin(names, files.columns)) is None:
            return
        hashes, roles, number = begun
        first = 0
        try:
            for path, rows in zip(files.paths, files.rows, strict=True):
                hashes.add_file(number, first, path, files.names, roles.inputs, roles.answers)
                first += rows
        except (duckdb.NotImplementedException, duckdb.InvalidInputException, duckdb.BinderException, KeyError):
            self.left_out.add(names.config)

    def findings(self) -> Iterator[Finding]:
        """What was found."""
        for config, hashes in self.hashes.items():
            names, roles = self.splits[config], self.roles.known[config]
            for one in hashes.same_inputs() if config not in self.left_out else ():
                if one.split == one.other_split:
                    yield conflict(config, names[one.split], one.row, one.other_row, one.rows, roles)
                else:
                    pair = (names[one.split], one.row), (names[one.other_split], one.other_row)
                    differs = one.conflict and self.roles.may_differ(config, pair[0][0], pair[1][0])
                    yield leak(config, *pair, one.rows, roles, differs=differs)
            hashes.close()


def conflict(config: str, split: str, row: int, other: int, number: int, roles: Roles) -> Finding:
    """Two rows of a split with one input and two answers."""
    more = f" ({number:,} such rows)" if number > 2 else ""
    answers = ", ".join(roles.answers[:3])
    told = f"rows {row} and {other} have the same {roles.words} and another {answers}{more}"
    return found("label-conflict", told, config=config, split=split, row=other)


def leak(
    config: str, one: tuple[str, int], other: tuple[str, int], number: int, roles: Roles, *, differs: bool
) -> Finding:
    """A row of one split whose input stands in another."""
    more = f" ({number:,} such rows)" if number > 1 else ""
    answer = ", with another answer" if differs and roles.answers else ""
    told = f"row {other[1]} of {other[0]} has the {roles.words} of row {one[1]} of {one[0]}{answer}{more}"
    return found("leakage-input", told, config=config, split=other[0], row=other[1])
