"""Tables of a split for tests of the query room: real Parquet files, and the engine on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dspreview.extract.library.own_parquet import parquet_of
from dspreview.query.engine.engine import Engine, TableFiles
from dspreview.query.engine.files import LocalFile
from dspreview.query.engine.filter import positions, resolve
from dspreview.query.table import Part, Table, TableColumn
from dspreview.settings import Settings
from dspreview.settings import resolve as settings_of


def unopened(name: str) -> Any:
    """No file is remote here."""
    raise AssertionError(name)


def write_table(folder: Path, rows: pa.Table, cuts: list[int], row_group_size: int = 1_000) -> Table:
    """A table as files that end at `cuts`."""
    folder.mkdir(parents=True, exist_ok=True)
    edges = [0, *sorted(cuts), rows.num_rows]
    names = []
    for number, (start, end) in enumerate(pairwise(edges)):
        names.append(str(folder / f"{number}.parquet"))
        pq.write_table(rows.slice(start, end - start), names[-1], row_group_size=row_group_size)
    found = parquet_of(names, None, unopened)
    assert found is not None
    parts = tuple(Part(one.path, one.num_rows, one.size) for one in found.footers)
    return Table(parts, tuple(TableColumn(*one) for one in found.features), "own")


@contextmanager
def engine_on(table: Table, spill: Path, settings: Settings | None = None) -> Iterator[Engine]:
    """The engine on a table."""
    files = TableFiles(lambda number: LocalFile(table.parts[number].path))
    with Engine(table, settings or settings_of({}, {"HOME": str(spill)}), "d default/train", files, spill) as engine:
        yield engine


def matching(engine: Engine, where: str = "", orderby: str = "", offset: int = 0, length: int = 1_000) -> list[int]:
    """The positions of the rows that match, in their order."""
    question = resolve(engine.table, where, orderby)
    if not question.where and not question.keys:
        length = min(length, engine.table.num_rows - offset)
    return positions(engine, question, offset, length)
