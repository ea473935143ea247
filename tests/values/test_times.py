"""Times of day wherever they lie: in dictionaries, in runs, in structs, in each unit. Expected values: Python's own `datetime.time`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dspreview.arrow.stored import stored_table, unsettled_table
from tests.values.conftest import Places, Show

NOON, LATE = dt.time(12), dt.time(23, 59, 59)
TIMES = [NOON, None, LATE]
UNITS = {"s": pa.time32("s"), "ms": pa.time32("ms"), "us": pa.time64("us"), "ns": pa.time64("ns")}
FORMS: dict[str, Any] = {
    "plain": lambda array: array,
    "dictionary": lambda array: array.dictionary_encode(),
    "runs": lambda array: pa.RunEndEncodedArray.from_arrays([1, 2, 3], array),
    "struct": lambda array: pa.StructArray.from_arrays([array], names=["t"]),
    "struct of a dictionary": lambda array: pa.StructArray.from_arrays([array.dictionary_encode()], names=["t"]),
}


def folder(place: Path, columns: dict[str, Any]) -> Path:
    """An Arrow file, whose split is converted before it is asked."""
    place.mkdir()
    table = pa.table(columns)
    with pa.ipc.new_file(place / "train.arrow", table.schema) as out:
        out.write_table(table)
    return place


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("form", FORMS)
def test_times_compare_in_every_form_and_unit(form: str, unit: str, tmp_path: Path, show: Show, places: Places) -> None:
    inside = form.startswith("struct")
    data = folder(
        tmp_path / "d", {"x": FORMS[form](pa.array(TIMES, UNITS[unit])), "p": pa.array(TIMES, pa.time64("us"))}
    )
    name = "x.t" if inside else "x"
    shown = [row["x"]["t"] if inside else row["x"] for row in show(data)]
    assert [one and one[:8] for one in shown] == ["12:00:00", None, "23:59:59"]
    assert places(data, f"{name} = '12:00:00'") == [0]
    assert places(data, f"{name} > '12:00:00'") == [2]
    assert places(data, f"{name} = p") == [0, 2]
    assert places(data, f"{name} <> p") == []
    assert places(data, f"{name} IS NULL") == [1]
    assert places(data, orderby=f"{name} DESC") == [2, 0, 1]


@pytest.mark.parametrize("form", FORMS)
def test_what_was_stored_is_what_it_was(form: str) -> None:
    table = pa.table({"x": FORMS[form](pa.array(TIMES, pa.time64("us")))})
    again = unsettled_table(stored_table(table), table.schema)
    assert again.schema == table.schema
    assert again.column("x").to_pylist() == table.column("x").to_pylist()
