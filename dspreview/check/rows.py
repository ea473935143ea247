"""Rows that are the same, within a split or in two: by their values where few are looked at, by hashes where all are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from dspreview.arrow.values import to_python
from dspreview.check.findings import Finding, found
from dspreview.models import FeatureTree, SplitId
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.query.compare.row_hashes import RowHashes

Names = SplitId


class Group(NamedTuple):
    """Equal rows of one split."""

    row: int
    """The first of them."""
    other: int | None
    """The second."""


class SampleRows:
    """Finds equal rows among a few of each split."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[str, dict[str, Group]]] = {}
        """The rows of each config by their values and their split."""

    def add(self, names: Names, first_row: int, table: pa.Table) -> None:
        """The next rows of a split."""
        config, split = names
        if not table.num_columns:
            return
        seen = self.seen.setdefault(config, {})
        for number, text in enumerate(row_texts(table)):
            groups = seen.setdefault(text, {})
            known = groups.get(split)
            if known is None:
                groups[split] = Group(first_row + number, None)
            elif known.other is None:
                groups[split] = Group(known.row, first_row + number)

    def findings(self) -> Iterator[Finding]:
        """What was found: the first of each kind, and how many there are."""
        for config, seen in self.seen.items():
            pairs: dict[tuple[str, str], list[tuple[int, int]]] = {}
            for groups in seen.values():
                splits = list(groups)
                for split in splits:
                    if (other := groups[split].other) is not None:
                        pairs.setdefault((split, split), []).append((groups[split].row, other))
                for one, other_split in combinations(splits, 2):
                    pairs.setdefault((one, other_split), []).append((groups[one].row, groups[other_split].row))
            for (one, other_split), rows in pairs.items():
                row, other_row = min(rows)
                yield told(config, (one, row), (other_split, other_row), len(rows))


def row_texts(table: pa.Table) -> Iterator[str]:
    """Each row as text, its columns by their names: files may have them in another order."""
    ordered = [table.column(name) for name in sorted(table.column_names)]
    columns = [to_python(column) for column in ordered]
    for number in range(table.num_rows):
        yield repr([column[number] for column in columns])


class ParquetFiles(NamedTuple):
    """A split as plain Parquet files on this machine."""

    paths: list[str]
    rows: list[int]
    """Of each file."""
    order: list[int]
    """The places of its columns, by their names."""
    names: list[str]
    kinds: list[str]
    """The types of its columns."""
    distinct: int
    """Rows that differ."""
    columns: list[tuple[str, FeatureTree]]
    """Its columns with their features."""


class AllRows:
    """Finds equal rows among all of them."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        self.hashes: dict[str, RowHashes] = {}
        """Of each config with a split that is no such files."""
        self.splits: dict[str, list[str]] = {}
        self.files: dict[str, dict[str, ParquetFiles]] = {}
        self.texts: set[Names] = set()
        """Splits with a type that DuckDB does not know; their rows are compared as texts."""

    def add_files(self, names: Names, files: ParquetFiles) -> None:
        """All rows of a split."""
        self.files.setdefault(names[0], {})[names[1]] = files

    def add(self, names: Names, first_row: int, table: pa.Table) -> None:
        """The next rows of a split."""
        import duckdb

        if not table.num_columns:
            return
        hashes, number = self.hashes_of(names[0]), self.number(names)
        if names not in self.texts:
            try:
                hashes.add(number, first_row, table.select(sorted(table.column_names)))
            except (duckdb.NotImplementedException, duckdb.InvalidInputException, duckdb.BinderException):
                self.texts.add(names)
        if names in self.texts:
            hashes.add(number, first_row, pa.table({"row": pa.array(list(row_texts(table)), pa.string())}))

    def number(self, names: Names) -> int:
        """The number of a split among those of its config."""
        known = self.splits.setdefault(names[0], [])
        if names[1] not in known:
            known.append(names[1])
        return known.index(names[1])

    def hashes_of(self, config: str) -> RowHashes:
        """The hashes of a config."""
        from dspreview.query.compare.row_hashes import RowHashes

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
                number, first = self.number(SplitId(config, split)), 0
                for path, rows in zip(files.paths, files.rows, strict=True):
                    hashes.add_file(number, first, path, files.order)
                    first += rows
        for config, hashes in self.hashes.items():
            names = self.splits.get(config, [])
            for one in hashes.equal_rows():
                yield told(config, (names[one.split], one.row), (names[one.other_split], one.other_row), one.groups)
            hashes.close()

    def all_differ(self, splits: list[ParquetFiles]) -> bool:
        """Whether no two rows of some splits are the same."""
        if any(split.distinct < sum(split.rows) for split in splits):
            return False
        if len(splits) == 1 or any(
            split.names != splits[0].names or split.kinds != splits[0].kinds for split in splits
        ):
            return len(splits) == 1
        from dspreview.query.compare.sieve import count_distinct

        paths = [path for split in splits for path in split.paths]
        place = self.folder / "distinct"
        place.mkdir(exist_ok=True)
        return count_distinct(paths, len(splits[0].names), place, self.settings) == sum(
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
