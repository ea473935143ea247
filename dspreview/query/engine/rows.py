"""Rows of a table by their positions, as the cells of a page.

Plain values come from DuckDB; columns that it would change on the way (decimals, durations, odd names in structs) are
read by pyarrow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from dspreview.feature import BINARY, FLOATS, INTEGERS, JSON, LABEL, LIST, TEXTS, TIMESTAMP, Feature
from dspreview.models import FeatureTree
from dspreview.page.iso import day, moment
from dspreview.page.pages import Cells
from dspreview.query.language.exactly import instant
from dspreview.query.table import READ, by_part, quoted

if TYPE_CHECKING:
    from dspreview.query.engine.engine import Engine


class Output(NamedTuple):
    """How the values of a column leave DuckDB."""

    sql: str
    convert: Callable[[Any], Any] | None = None


def rows_at(engine: Engine, places: list[int]) -> list[Cells]:
    """The cells of the rows at some positions, in that order."""
    table = engine.table
    outputs = [output(f"c{number}", column.feature) for number, column in enumerate(table.columns)]
    if engine.cautious:  # DuckDB would read all rows to find some by their positions
        return to_cells(engine, [None for _ in outputs], [(place,) for place in places])
    return to_cells(engine, outputs, fetch(engine, places, [one.sql for one in outputs if one is not None]))


def to_cells(engine: Engine, outputs: list[Output | None], found: list[tuple[Any, ...]]) -> list[Cells]:
    """Rows as they came from DuckDB, each behind its position, as cells; what did not come from there is read now."""
    table = engine.table
    exact: Iterator[Cells] = iter(())
    if None in outputs:
        from dspreview.query.engine.arrow import take  # pyarrow, 0.1 s

        places = [row[0] for row in found]
        exact = iter(take(engine, places, [number for number, one in enumerate(outputs) if one is None]))
    cells = []
    taken = 1
    for column, one in zip(table.columns, outputs, strict=True):
        if one is None:
            cells.append(next(exact))
            continue
        values = [row[taken] for row in found]
        taken += 1
        if one.convert is not None:
            values = [None if value is None else one.convert(value) for value in values]
        cells.append(
            Cells(column.name, column.feature, values, plain=is_plain(column.feature, values), declared=table.declared)
        )
    return cells


def fetch(engine: Engine, places: list[int], wanted: list[str]) -> list[tuple[Any, ...]]:
    """Some expressions of the rows at some positions, each behind the row's position; one query a file."""
    table = engine.table
    rows: dict[int, tuple[Any, ...]] = {}
    for part, inner in by_part(table, places).items():
        listed = ", ".join(["t.file_row_number", *wanted])
        names = ", ".join(f"c{number}" for number in range(len(table.columns)))
        source = f"read_parquet([{quoted(engine.paths[part])}], {READ}) t({names})"
        rule = f"t.file_row_number BETWEEN {min(inner)} AND {max(inner)}"
        if max(inner) - min(inner) + 1 != len(inner):
            rule = f"t.file_row_number IN ({', '.join(str(one) for one in inner)})"
        for row in engine.rows(f"SELECT {listed} FROM {source} WHERE {rule}", []):
            place = table.starts[part] + row[0]
            rows[place] = (place, *row[1:])
    return [rows[place] for place in places]


def output(sql: str, feature: FeatureTree) -> Output | None:
    """How a column leaves DuckDB unchanged; None where it does not."""
    if dtype := Feature(feature).value:
        if dtype in {"date32", "date32[day]"}:
            return Output(f"({sql} - DATE '1970-01-01')", day)
        if found := TIMESTAMP.fullmatch(dtype):
            unit, zone = found[1], found[2]
            if unit == "ns" and zone is not None:
                return None
            unit = "ns" if unit == "ns" else "us"
            return Output(instant(sql, unit), lambda count: moment(count, unit, zone))
    return Output(sql) if leaves_unchanged(Feature(feature)) else None


def leaves_unchanged(feature: Feature) -> bool:
    """Whether DuckDB hands out the values of a feature as they are."""
    if dtype := feature.value:
        return dtype == "bool" or bool(INTEGERS.fullmatch(dtype)) or dtype in FLOATS | TEXTS | BINARY
    if feature.kind in {LABEL, JSON, "Image", "Audio", "Video", "Pdf"}:
        return True
    if feature.kind == LIST:
        return leaves_unchanged(feature.item)
    if not feature.is_struct:
        return False
    fields = feature.fields
    odd = len({name.lower() for name in fields}) < len(fields) or "" in fields  # DuckDB gives such fields other names
    return not odd and all(leaves_unchanged(inner) for inner in fields.values())


def is_plain(feature: FeatureTree, values: list[Any]) -> bool:
    """Whether values are JSON as they are."""
    if Feature(feature).kind == LABEL:
        return True
    if dtype := Feature(feature).value:
        if dtype in FLOATS:
            return all(value is None or math.isfinite(value) for value in values)
        return dtype not in BINARY and not any(isinstance(value, float) for value in values)
    return False
