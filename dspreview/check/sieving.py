"""Every row of plain Parquet files on this machine, looked at by DuckDB first: most columns need no closer look."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from dspreview import feature as feature_kinds
from dspreview.arrow.openparquet import OpenParquet
from dspreview.check.columns import Watch
from dspreview.check.reading import FileRows, Reading, workable
from dspreview.check.rows import ParquetFiles
from dspreview.check.secrets.scan import named_by, sql_suspect
from dspreview.check.texts import TEXT_FINDINGS
from dspreview.errors import QueryLimitError
from dspreview.extract.plain import Columns, features_of
from dspreview.extract.reader import WHOLE_BATCH
from dspreview.feature import INTEGERS, Feature
from dspreview.models import FeatureTree, Kind
from dspreview.query.engine.arrow import leaf_columns

if TYPE_CHECKING:
    from dspreview.query.compare.sieve import SieveColumn


def sieved(
    reading: Reading, progress: Callable[[float], None]
) -> tuple[ParquetFiles, dict[str, Watch], Columns] | None:
    """A split as files, what is known of each column by now, and those that need a closer look; None where this is no such split.

    Raises PreviewError.
    """
    files = asked_files(reading)
    if files is None:
        return None
    import duckdb

    from dspreview.query.compare.sieve import sieve

    paths, rows, columns, schema = files
    spill = Path(reading.folder) / "sieve"
    spill.mkdir(exist_ok=True)
    try:
        kinds = [kind_of(name, tree) for name, tree in columns]
        seen = sieve(paths, kinds, spill, reading.settings, progress)
    except (duckdb.Error, QueryLimitError):  # text that is not UTF-8, say: the closer look finds its place
        return None
    if seen is None:
        return None
    watches = {}
    for (name, _), nulls, odd in zip(columns, seen.nulls, seen.odd, strict=True):
        watches[name] = Watch(name, reading.spares)
        if not odd:
            watches[name].rows, watches[name].nulls, watches[name].constant = seen.rows, nulls, False
    closer = [one for one, odd in zip(columns, seen.odd, strict=True) if odd]
    names = [name for name, _ in columns]
    order = sorted(range(len(names)), key=names.__getitem__)
    stored = [str(schema.field(name).type) for name in names]
    return ParquetFiles(paths, rows, order, names, stored, seen.distinct, list(columns)), watches, closer


def asked_files(reading: Reading) -> tuple[list[str], list[int], Columns, pa.Schema] | None:
    """The Parquet files of a split that DuckDB may look at, their rows, columns and schema; None where there are none.

    Raises PreviewError.
    """
    if reading.dataset.kind is not Kind.LOCAL or reading.chosen is None:
        return None
    if not reading.format.is_parquet:
        text = reading.converted
        if text is None or (len(reading.chosen.files) > 1 and any(map(pa.types.is_temporal, text.schema.types))):
            return None  # another split may not be converted, and has hashes of times in another unit
        return [str(text.found.path)], [text.found.num_rows], text.found.columns, text.schema
    if not reading.is_plain():
        return None
    footers = [reading.footer(path) for path in reading.whole_files]
    columns = reading.chosen.features or features_of(footers[0].schema) or []
    if any(footer.foreign or footer.schema.names != [name for name, _ in columns] for footer in footers):
        return None
    paths = [os.path.realpath(path) for path in reading.whole_files]
    return paths, [footer.num_rows for footer in footers], columns, footers[0].schema


def kind_of(name: str, tree: FeatureTree) -> SieveColumn:
    """What a column is looked at for."""
    from dspreview.query.compare.sieve import LABEL, NESTED, OTHER, TEXT, SieveColumn

    feature = Feature(tree)
    if feature.kind == feature_kinds.LABEL:
        return SieveColumn(LABEL, len(feature.labels))
    if not feature.value:
        return SieveColumn(NESTED)
    if feature.value in {"string", "large_string"}:
        return SieveColumn(TEXT, suspects=(*(kind.suspects for kind in TEXT_FINDINGS), sql_suspect(name)))
    return SieveColumn(NESTED if INTEGERS.fullmatch(feature.value) and named_by(name) else OTHER)


def some_columns(reading: Reading, columns: Columns) -> Iterator[FileRows]:
    """All rows of a split, but only some of its columns."""
    if not reading.format.is_parquet and reading.converted is not None:
        yield from reading.converted_parts(reading.converted, columns) if columns else ()
        return
    names = [name for name, _ in columns]
    for path in reading.whole_files if names else ():
        row = 0
        with reading.open(path) as stream:
            file = OpenParquet(stream)
            leaves = leaf_columns(file.stored, [file.schema_arrow.names.index(name) for name in names])
            for group in range(file.num_row_groups):
                for found in file.tables(WHOLE_BATCH, group, leaves):
                    table = workable(found.select(names))
                    yield FileRows(reading.shorten(path), row, table, columns)
                    row += table.num_rows
