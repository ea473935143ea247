"""Sixty folders: rows, types and values beside the format's own reader, the findings, and the table of them in the docs.

What is made alike before both sides are compared: dates and times are ISO 8601 text, bytes base64, decimals text, NaN null, as
docs/json.md says; rows of tables in stores, which have no order, are sorted. Files are compared by their bytes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.folders import table
from tests.folders.case import File, Healthy, Layout, Place, Row, plain_type, plain_value
from tests.folders.layouts import LAYOUTS
from tests.support.program import Program

each = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
RECOGNISED = ("library-differs", "info")
"""What `check` tells of any folder that it takes for something else than `datasets` does."""


def made(layout: Layout, state: str, home: Path) -> Path:
    """The folder of a layout."""
    folder = home / "d"
    folder.mkdir()
    (layout.healthy if state == "healthy" else layout.ill).make(folder)
    return folder


def in_order(rows: list[Row], healthy: Healthy) -> list[Row]:
    """Rows in the order that they have, or else in any."""
    plain = [plain_value(row) for row in rows]
    return plain if healthy.ordered else sorted(plain, key=lambda row: json.dumps(row, sort_keys=True))


def without_files(row: Row) -> Row:
    """A row as it is printed where files are left out."""
    return {name: None if isinstance(value, File) else value for name, value in row.items()}


def with_files(cell: Any, program: Program) -> Any:
    """A cell of a page; what it refers to, as docs/json.md says, is the file itself."""
    one = cell[0] if isinstance(cell, list) and cell else cell
    if not isinstance(one, dict) or "src" not in one:
        return cell
    with sqlite3.connect(program.database) as store:
        found = store.execute(
            "SELECT file, asset_folder FROM assets JOIN rows USING (split_id) WHERE url = ?", [one["src"]]
        )
        file, folder = found.fetchone()
    store.close()
    (path,) = program.assets.glob(f"*/{folder}/{file}")
    return File(path.read_bytes())


def findings(program: Program, folder: Path) -> tuple[int, list[tuple[str, str]]]:
    """How `check` ends, and the code and severity of each finding."""
    checked = program("check", folder, "--all-rows", "--json")
    assert checked.out, checked.err
    return checked.code, sorted((one["code"], one["severity"]) for one in checked.json["findings"])


def expected_rows(layout: Layout, folder: Path) -> Mapping[Place, list[Row]]:
    """What the format's own reader says, and that it is what was expected of it."""
    own = layout.healthy.own(folder)
    assert {place: len(rows) for place, rows in own.items()} == layout.healthy.rows
    return own


def has_files(rows: list[Row]) -> bool:
    """Whether some cells are files, which only pages have."""
    return any(isinstance(value, File) for row in rows for value in row.values())


def look_at_page(layout: Layout, folder: Path, place: Place, rows: list[Row], program: Program) -> None:
    """The first page of a split: its types, its values with their files, and how many rows there are."""
    page = program("rows", folder, *place, "--json").json
    types = {one["name"]: plain_type(one["type"]) for one in page["features"]}
    assert list(types.items()) == list(layout.healthy.types[place[0]].items())
    assert page["num_rows_total"] in {len(rows), None}
    assert "cell_errors" not in page
    shown = [{name: with_files(cell, program) for name, cell in row["row"].items()} for row in page["rows"]]
    assert in_order(shown, layout.healthy) == rows[: page["num_rows_per_page"]]


@each
def test_rows_types_and_values_of_the_healthy_are_those_of_its_own_reader(
    layout: Layout, tmp_path: Path, dspreview: Program
) -> None:
    folder, healthy = made(layout, "healthy", tmp_path), layout.healthy
    own = expected_rows(layout, folder)
    listed = dspreview("splits", folder, "--json").json["splits"]
    assert {(one["config"], one["split"]) for one in listed} == set(own)
    seen: set[str] = set()
    for place, rows in own.items():
        ran = dspreview("rows", folder, *place, "--length", "all", "--format", "jsonl")
        assert ran.code == 0, ran.err
        expected = in_order(rows, healthy)
        assert in_order(ran.documents, healthy) == in_order([without_files(row) for row in expected], healthy)
        if place[0] not in seen or has_files(rows):  # the types of a config are the same in all of its splits
            look_at_page(layout, folder, place, expected, dspreview)
        seen.add(place[0])


@each
def test_nothing_is_found_in_the_healthy(layout: Layout, tmp_path: Path, dspreview: Program) -> None:
    found = findings(dspreview, made(layout, "healthy", tmp_path))
    assert found == (0, [RECOGNISED] if layout.differs else [])


@each
def test_the_ill_ends_and_is_found_as_it_should(layout: Layout, tmp_path: Path, dspreview: Program) -> None:
    folder, ill = made(layout, "ill", tmp_path), layout.ill
    ran = dspreview("rows", folder, *ill.place, "--json")
    assert ran.code == ill.exit, ran.out + ran.err
    code, found = findings(dspreview, folder)
    told = [one for one in found if one != RECOGNISED]
    assert sorted(name for name, _ in told) == sorted(ill.findings)
    assert code == int(any(severity == "error" for _, severity in told))


def test_there_are_thirty_layouts() -> None:
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS) == 30


def test_the_page_has_the_table_of_them() -> None:
    assert table.differences() == []
