"""The rows of a slice such as `train[10:20]+test` as one table: whole files as they lie, and a part of a file written once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dspreview import errors, slices
from dspreview.query.table import Part, Stretch, Table
from dspreview.store.about import About
from dspreview.store.entries import DatasetEntry, SplitEntry

if TYPE_CHECKING:
    from dspreview.preview.opening import SplitTable
    from dspreview.slices import Slice

NAME = "rows.parquet"
Derive = Callable[[About, Callable[[Path], None], str], Path]


class Pieces:
    """Puts a slice together from the tables of its splits."""

    def __init__(self, derive: Derive, entry: DatasetEntry, split: SplitEntry, where: str) -> None:
        """`derive` makes folders of the cache; `split` is called as the slice, `where` names it in messages."""
        self.derive, self.entry, self.split, self.where = derive, entry, split, where
        self.parts: list[Part] = []
        self.whose: list[tuple[SplitTable, int]] = []
        """What each part is of, and which of its; -1 for one that was written here."""
        self.pieces: list[Stretch] = []
        self.partial = False

    def add(self, found: SplitTable, wanted: Slice) -> None:
        """Some rows of a split, after those that are there. Raises PreviewError."""
        table = found.table
        if table.partial and wanted.needs_total:
            raise errors.QueryLimitError(
                f"{self.where}: only the first {table.num_rows:,} rows of {wanted.split} were converted, and its end is not known;"
                " raise PARQUET_MAX_BYTES"
            )
        self.partial = self.partial or table.partial
        start, end = wanted.bounds(table.num_rows)
        self.pieces.append(Stretch(wanted.split, start, end - start))
        for number, (part, first) in enumerate(zip(table.parts, table.starts, strict=True)):
            low, high = max(start - first, 0), min(end - first, part.num_rows)
            if low >= high:
                continue
            if high - low == part.num_rows:
                self.parts.append(part)
                self.whose.append((found, number))
            else:
                self.parts.append(self.cut(found, number, (low, high)))
                self.whose.append((found, -1))

    def cut(self, found: SplitTable, number: int, rows: tuple[int, int]) -> Part:
        """Some rows of a file as a file, written where it is not there."""
        dataset, split, part = self.entry.dataset, self.split, found.table.parts[number]
        about = About("slice", dataset.name, dataset.revision, split.config, split.split, f"{part} {rows}")

        def make(folder: Path) -> None:
            write_rows(found.opened(number), part, rows, folder / NAME)

        folder = self.derive(about, make, f"{self.where}: another dspreview writes it; waiting")
        path = folder / NAME
        return Part(str(path), rows[1] - rows[0], path.stat().st_size)

    def open(self, number: int) -> Any:
        """The file of that number: something with `read_at`."""
        found, own = self.whose[number]
        if own >= 0:
            return found.opened(own)
        from dspreview.query.engine.files import LocalFile

        return LocalFile(self.parts[number].path)

    def table(self, found: SplitTable) -> Table:
        """All of it; its columns are those of the first split, and so is the file without a row where there is none."""
        first = found.table
        if not self.parts and first.parts:
            self.parts.append(self.cut(found, 0, (0, 0)))
            self.whose.append((found, -1))
        return first._replace(parts=tuple(self.parts), pieces=tuple(self.pieces), partial=self.partial, lossy=False)


def same_columns(tables: dict[str, Table], where: str) -> None:
    """Raise DatasetError where splits that are put together differ in their columns."""
    (name, first), *others = tables.items()
    for other, table in others:
        if table.columns != first.columns:
            raise errors.DatasetError(f"{where}: {name} and {other} have different columns; ask for one of them")


def splits_of(text: str) -> list[str]:
    """The splits that a slice names, each once. Raises UsageError."""
    return list(dict.fromkeys(one.split for one in slices.parse(text)))


def write_rows(source: Any, part: Part, rows: tuple[int, int], target: Path) -> None:
    """Copy some rows of a Parquet file, as they are stored, in constant memory."""
    import pyarrow.parquet as pq

    from dspreview.query.engine.files import Handle

    file = pq.ParquetFile(Handle(source, part.size), pre_buffer=False)
    with pq.ParquetWriter(target, file.schema_arrow, compression="zstd", store_schema=True) as writer:
        for batch in within(file, rows):
            writer.write_batch(batch)


def within(file: Any, rows: tuple[int, int]) -> Iterator[Any]:
    """The batches of a file from one row up to another."""
    first = 0
    for group in range(file.num_row_groups):
        count = file.metadata.row_group(group).num_rows
        if first < rows[1] and first + count > rows[0]:
            place = first
            for batch in file.iter_batches(1 << 14, row_groups=[group]):
                low, high = max(rows[0] - place, 0), min(rows[1] - place, batch.num_rows)
                if low < high:
                    yield batch.slice(low, high - low)
                place += batch.num_rows
        first += count
