"""Rows within a budget: the rules of the contract, section 6."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspreview.feature import json_tree, list_tree, value_tree
from dspreview.models import Kind, Resolved
from dspreview.page.pages import Cells, PageMaker
from dspreview.page.row_lines import RowLines
from dspreview.page.truncation import Budget, Row, fit
from dspreview.settings import resolve

WHOSE = {"dataset": "d", "config": "c", "split": "s"}
PREFIX = len(json.dumps(WHOSE, separators=(",", ":"))) - 1


def rows_of(cells: list[dict[str, Any]]) -> list[Row]:
    return [Row(number, dict(one)) for number, one in enumerate(cells)]


def answer_size(rows: list[Row]) -> int:
    """The bytes of the `rows` array as an answer has it, computed by json alone."""
    answer = [{**WHOSE, "row_idx": row.row_idx, "row": row.cells, "truncated_cells": row.truncated} for row in rows]
    return len(json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode())


def test_the_longest_prefix_that_fits_is_kept_whole() -> None:
    cells = [{"a": "x" * 10}] * 20
    whole = answer_size(rows_of(cells[:12]))
    kept, omitted = fit(rows_of(cells), set(), Budget(whole, 10, PREFIX))
    assert (len(kept), omitted) == (12, 0)
    kept, _ = fit(rows_of(cells), set(), Budget(whole - 1, 10, PREFIX))
    assert len(kept) == 11
    assert all(not row.truncated for row in kept)


def test_the_longest_cells_are_cut_first() -> None:
    cells = [{"a": "x" * 300, "b": "y" * 1_000, "c": 5}] * 10
    budget = answer_size(rows_of(cells)) - 900 * 5
    kept, _ = fit(rows_of(cells), set(), Budget(budget, 10, PREFIX))
    assert len(kept) == 10
    assert all(row.cells["a"] == "x" * 300 for row in kept)
    cut = [row for row in kept if row.truncated]
    assert cut and all(row.truncated == ["b"] and row.cells["b"] == "y" * 100 for row in cut)


def test_a_text_is_cut_as_text_and_anything_else_as_its_json() -> None:
    kept, _ = fit(rows_of([{"t": "é" * 200, "l": list(range(200))}]), set(), Budget(400, 10, PREFIX))
    assert kept[0].cells["t"] == "é" * 50
    assert kept[0].cells["l"] == json.dumps(list(range(200)), separators=(",", ":"))[:100]
    assert kept[0].truncated == ["t", "l"]


def test_fewer_rows_where_cut_cells_do_not_fit() -> None:
    cells = [{f"c{n}": "x" * 200 for n in range(10)}] * 10
    kept, omitted = fit(rows_of(cells), set(), Budget(3_000, 10, PREFIX))
    assert 1 <= len(kept) < 10
    assert omitted == 0
    assert answer_size(kept) <= 3_000


def test_assets_are_not_cut_before_the_last_row() -> None:
    asset = {"src": "assets/" + "x" * 300, "height": 1, "width": 1}
    kept, _ = fit(rows_of([{"i": asset, "t": "y" * 900}] * 10), {"i"}, Budget(6_500, 10, PREFIX))
    assert all(row.cells["i"] == asset for row in kept)


def test_in_the_last_row_lists_end_early_then_cells_go_then_columns() -> None:
    assets = [{"src": "assets/" + "x" * 100}] * 20
    kept, omitted = fit(rows_of([{"i": assets}]), {"i"}, Budget(1_000, 10, PREFIX))
    assert 0 < len(kept[0].cells["i"]) < 20
    assert (kept[0].truncated, omitted) == (["i"], 0)
    kept, _ = fit(rows_of([{"u": "http://" + "x" * 2_000}]), {"u"}, Budget(300, 10, PREFIX))
    assert kept[0].cells["u"] is None
    assert kept[0].truncated == ["u"]
    kept, omitted = fit(rows_of([{f"c{n}": n for n in range(500)}]), set(), Budget(1_000, 10, PREFIX))
    assert omitted > 0
    assert list(kept[0].cells) == [f"c{n}" for n in range(500 - omitted)]


def test_no_rows_are_no_problem() -> None:
    assert fit([], set(), Budget(10, 10, PREFIX)) == ([], 0)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a", "b", "image"]),
            st.one_of(st.none(), st.text(max_size=400), st.integers(), st.lists(st.text(max_size=30), max_size=20)),
            min_size=1,
        ),
        min_size=1,
        max_size=15,
    ),
    st.integers(150, 4_000),
    st.integers(1, 12),
)
def test_the_limit_always_holds(cells: list[dict[str, Any]], limit: int, min_rows: int) -> None:
    kept, omitted = fit(rows_of(cells), {"image"}, Budget(limit, min_rows, PREFIX))
    assert len(kept) >= 1
    assert answer_size(kept) <= limit
    for row, original in zip(kept, cells, strict=False):
        for name, value in row.cells.items():
            if name not in row.truncated:
                assert value == original[name]
    if omitted:
        assert len(kept) == 1


@pytest.mark.parametrize(("rows", "limit"), [(3_000, 1_000_000), (100, 5_000)])
def test_many_rows_keep_to_the_limit(rows: int, limit: int) -> None:
    kept, _ = fit(rows_of([{"a": "x" * 50}] * rows), set(), Budget(limit, 10, PREFIX))
    assert answer_size(kept) <= limit


TEXTS = st.one_of(
    st.text(max_size=20), st.builds(lambda sign, count: sign * count, st.text(max_size=4), st.integers(0, 9_000))
)
JSON_VALUES = st.one_of(
    TEXTS, st.none(), st.lists(TEXTS, max_size=5), st.dictionaries(st.text(max_size=3), TEXTS, max_size=3)
)


@given(
    st.lists(
        st.fixed_dictionaries({
            "t": st.none() | TEXTS,
            "j": JSON_VALUES,
            "l": st.none() | st.lists(JSON_VALUES, max_size=40),
            "n": st.integers(0, 9),
        }),
        max_size=14,
    )
)  # fmt: skip
def test_what_is_cut_before_it_is_read_is_cut_alike(rows: list[dict[str, Any]]) -> None:
    """Values that no page has room for are not read whole; the page is the one of rows that were."""
    settings = resolve({"ROWS_MAX_BYTES": "1000", "ROWS_MIN_NUMBER": "3"}, {"HOME": "/nowhere"})

    def column(name: str, tree: Any, value: Callable[[Any], Any]) -> Cells:
        return Cells(name, tree, [value(row[name]) for row in rows], plain=tree["_type"] == "Value", declared=True)

    def text(value: Any) -> str | None:
        return None if value is None else json.dumps(value)

    cells = [
        column("t", value_tree("string"), lambda value: value),
        column("j", json_tree(), text),
        column("l", list_tree(json_tree()), lambda value: None if value is None else list(map(text, value))),
        column("n", value_tree("int64"), lambda value: value),
    ]
    dataset = Resolved(Kind.LOCAL, "/d", "r")
    maker = PageMaker(dataset, "d", "c", "s", settings, Path("/nowhere"), lambda _path, _most: b"")
    page = maker.make(cells, range(len(rows)), whole=False)
    kept, omitted = fit(rows_of([{name: row[name] for name in "tjln"} for row in rows]), set(), maker.budget())
    assert page.rows == RowLines([row.line() for row in kept]).text
    assert page.extra.get("omitted_columns", 0) == omitted
