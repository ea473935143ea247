"""The text of stored rows, written and taken apart. Expected values: Python's own `json` of the whole text."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from dspreview.page.row_lines import RowLines, row_line

CELLS = st.dictionaries(
    st.sampled_from(["a", "row_idx", "truncated_cells", 'q"', "ü,\n{"]),
    st.none() | st.integers() | st.text(max_size=8) | st.just({"truncated_cells": ["x"]}) | st.just(',\n{"row_idx":9,'),
    max_size=4,
)
ROWS = st.lists(st.tuples(CELLS, st.booleans()), max_size=6)
WHOSE = {"dataset": "d", "config": "c", "split": "s"}


def page(rows: list[tuple[dict[str, object], bool]], first: int = 0) -> RowLines:
    """Some rows; of those that are marked all cells are cut."""
    return RowLines([row_line(first + n, cells, list(cells) if cut else []) for n, (cells, cut) in enumerate(rows)])


@given(ROWS)
def test_what_was_written_comes_back(rows: list[tuple[dict[str, object], bool]]) -> None:
    lines = page(rows)
    again = RowLines.parse(lines.text)
    expected = [
        {"row_idx": n, "row": cells, "truncated_cells": list(cells) if cut else []}
        for n, (cells, cut) in enumerate(rows)
    ]
    assert json.loads(lines.text) == list(again) == expected
    assert (again.places, len(again)) == (list(range(len(rows))), len(rows))
    assert again.is_cut is any(row["truncated_cells"] for row in expected)


@given(ROWS, st.integers(0, 3), st.integers(0, 8), st.integers(0, 8))
def test_rows_are_chosen_by_their_place(
    rows: list[tuple[dict[str, object], bool]], first: int, offset: int, length: int
) -> None:
    found = page(rows, first).select(offset, length).places
    assert found == [n for n in range(first, first + len(rows)) if n >= offset][:length]


@given(ROWS, st.lists(st.sampled_from(["a", "truncated_cells", "absent"]), unique=True))
def test_columns_are_chosen_in_their_order(rows: list[tuple[dict[str, object], bool]], names: list[str]) -> None:
    for row, (cells, cut) in zip(page(rows).project(names), rows, strict=True):
        there = [name for name in names if name in cells]
        assert list(row["row"].items()) == [(name, cells[name]) for name in there]
        assert row["truncated_cells"] == [name for name in cells if name in names and cut]


@given(ROWS, st.none() | st.integers(0, 900))
def test_a_document_has_as_many_rows_as_fit_and_one_at_least(
    rows: list[tuple[dict[str, object], bool]], limit: int | None
) -> None:
    lines = page(rows)
    text = lines.document(WHOSE, limit)
    found = json.loads(text)
    assert found == [WHOSE | row for row in lines][: len(found)]
    assert [*list(found[0])[:4]] == [*WHOSE, "row_idx"] if found else not rows
    if limit is None:
        assert len(found) == len(rows)
    elif len(found) < len(rows):
        longer = len(RowLines(lines.lines[: len(found) + 1]).document(WHOSE, None).encode())
        assert len(found) >= 1
        assert longer > limit
    if limit is not None and len(found) > 1:
        assert len(text.encode()) <= limit
