"""Rows that are the same, within a split or in two: by their values where few are looked at, by hashes where all are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from dspreview.check.findings import Finding, found
from dspreview.extract.values import to_python
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.query.hashes import RowHashes

Names = tuple[str, str]


class SampleRows:
    """Finds equal rows among a few of each split."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[str, tuple[str, int]]] = {}
        self.pairs: dict[tuple[str, str, str], tuple[int, int, int]] = {}
        """The first two equal rows of a config's two splits (or of one), and how many there are."""

    def add(self, names: Names, first_row: int, table: pa.Table) -> None:
        """The next rows of a split."""
        config, split = names
        seen = self.seen.setdefault(config, {})
        columns = [to_python(column.cast(pa.binary()) if is_text(column.type) else column) for column in table.columns]
        for number in range(table.num_rows):
            text = repr([column[number] for column in columns])
            known = seen.setdefault(text, (split, first_row + number))
            if known != (split, first_row + number):
                key = (config, known[0], split)
                old = self.pairs.get(key)
                self.pairs[key] = (known[1], first_row + number, 1) if old is None else (*old[:2], old[2] + 1)

    def findings(self) -> Iterator[Finding]:
        """What was found."""
        for (config, one, other), (row, other_row, number) in self.pairs.items():
            yield told(config, (one, row), (other, other_row), number)


def is_text(kind: pa.DataType) -> bool:
    """Whether values are texts, which may hold bytes that are none."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


class Files(NamedTuple):
    """A split as plain Parquet files on this machine."""

    paths: list[str]
    rows: list[int]
    """Of each file."""
    columns: int
    distinct: int
    """Rows that differ."""


class AllRows:
    """Finds equal rows among all of them."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        self.hashes: dict[str, RowHashes] = {}
        """Of each config with a split that is no such files."""
        self.splits: dict[str, list[str]] = {}
        self.files: dict[str, dict[str, Files]] = {}
        self.unknown: set[Names] = set()
        """Splits with a type that cannot be hashed."""

    def add_files(self, names: Names, files: Files) -> None:
        """All rows of a split."""
        self.files.setdefault(names[0], {})[names[1]] = files

    def add(self, names: Names, first_row: int, table: pa.Table) -> None:
        """The next rows of a split."""
        import duckdb

        if names in self.unknown or not table.num_columns:
            return
        try:
            self.hashes_of(names[0]).add(self.number(names), first_row, table)
        except (duckdb.NotImplementedException, duckdb.InvalidInputException, duckdb.BinderException):
            self.unknown.add(names)

    def number(self, names: Names) -> int:
        """The number of a split among those of its config."""
        known = self.splits.setdefault(names[0], [])
        if names[1] not in known:
            known.append(names[1])
        return known.index(names[1])

    def hashes_of(self, config: str) -> RowHashes:
        """The hashes of a config."""
        from dspreview.query.hashes import RowHashes

        if config not in self.hashes:
            place = self.folder / f"hashes-{len(self.hashes)}"
            place.mkdir()
            self.hashes[config] = RowHashes(place, self.settings)
        return self.hashes[config]

    def findings(self) -> Iterator[Finding]:
        """What was found."""
        for config, splits in self.files.items():
            if config not in self.hashes and self.all_differ(list(splits.values())):
                continue
            hashes = self.hashes_of(config)
            for split, files in splits.items():
                number, first = self.number((config, split)), 0
                for path, rows in zip(files.paths, files.rows, strict=True):
                    hashes.add_file(number, first, path, files.columns)
                    first += rows
        for config, hashes in self.hashes.items():
            names = self.splits.get(config, [])
            for one in hashes.equal_rows():
                yield told(config, (names[one.split], one.row), (names[one.other_split], one.other_row), one.groups)
            hashes.close()

    def all_differ(self, splits: list[Files]) -> bool:
        """Whether no two rows of some splits are the same."""
        if any(split.distinct < sum(split.rows) for split in splits):
            return False
        if len(splits) == 1 or len({split.columns for split in splits}) > 1:
            return len(splits) == 1
        from dspreview.query.sieve import count_distinct

        paths = [path for split in splits for path in split.paths]
        place = self.folder / "distinct"
        place.mkdir(exist_ok=True)
        return count_distinct(paths, splits[0].columns, place, self.settings) == sum(
            sum(split.rows) for split in splits
        )


def told(config: str, one: tuple[str, int], other: tuple[str, int], number: int) -> Finding:
    """Two equal rows, and how many such there are."""
    more = f" ({number:,} such rows)" if number > 1 else ""
    if one[0] == other[0]:
        return found(
            "duplicate-rows",
            f"rows {one[1]} and {other[1]} are the same{more}",
            config=config,
            split=one[0],
            row=other[1],
        )
    message = f"row {other[1]} of {other[0]} is row {one[1]} of {one[0]}{more}"
    return found("leakage", message, config=config, split=other[0], row=other[1])
