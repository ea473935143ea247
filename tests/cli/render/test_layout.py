"""What a table shows in a width: properties that hold for any columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspreview.cli.render.cell_text import cell_text, number_text
from dspreview.cli.render.layout import GAP, Measured, Need, fitting, named
from dspreview.cli.render.table import UNCUT, Grid, draw

NAMES = st.text("abcXYZ_ .", min_size=1, max_size=40)
COLUMNS = st.lists(
    st.tuples(NAMES, st.one_of(
        st.lists(st.one_of(st.none(), st.integers(-(10**18), 10**18)), min_size=3, max_size=3),
        st.lists(st.one_of(st.none(), st.text("ab ", max_size=60)), min_size=3, max_size=3),
        st.just([None, None, None]),
    )),
    min_size=1,
    max_size=15,
)  # fmt: skip


def grid(columns: list[tuple[str, list[int | str | None]]]) -> Grid:
    values = [list(row) for row in zip(*(cells for _, cells in columns), strict=True)]
    texts = [[cell_text(value, {"type": "STRING"}) for value in row] for row in values]
    kinds = ["number" if any(isinstance(cell, int) for cell in cells) else "" for _, cells in columns]
    return Grid([name for name, _ in columns], texts, values, kinds, ["integer" if kind else "text" for kind in kinds])


@given(COLUMNS, st.integers(20, 200))
def test_a_number_is_whole_or_not_there(columns: list[tuple[str, list[int | str | None]]], width: int) -> None:
    drawn = draw(grid(columns), width, color=False)
    for place, size in zip(drawn.places, drawn.widths, strict=True):
        assert all(len(str(cell)) <= size for cell in columns[place][1] if isinstance(cell, int))


@given(COLUMNS, st.integers(20, 200))
def test_a_table_keeps_to_its_width_and_names_what_is_left_out(
    columns: list[tuple[str, list[int | str | None]]], width: int
) -> None:
    drawn = draw(grid(columns), width, color=False)
    assert len(drawn.places) == 1 or all(len(line) <= width for line in drawn.text.split("\n"))
    assert [name for place, (name, _) in enumerate(columns) if place not in drawn.places] == drawn.hidden


@given(COLUMNS)
def test_nothing_is_cut_where_nobody_looks(columns: list[tuple[str, list[int | str | None]]]) -> None:
    drawn = draw(grid(columns), UNCUT, color=False)
    assert (drawn.cut_cells, drawn.hidden) == (0, [])
    for _, cells in columns:
        assert all(cell.strip() in drawn.text for cell in cells if isinstance(cell, str))


def test_texts_give_way_before_a_column_is_left_out() -> None:
    long = Measured()
    long.add("x" * 500, "x" * 500)
    number = Measured()
    number.add("134966411", 134966411)
    needs = [long.need("text", "text"), number.need("US Gross", "integer"), number.need("Worldwide Gross", "integer")]
    assert fitting(needs, 40).places == [0, 1, 2]
    assert sum(fitting(needs, 40).widths) == 40 - 2 * GAP
    assert fitting(needs, 38 - GAP).places == [0, 1]


def test_an_empty_column_takes_its_name_only() -> None:
    empty = Measured()
    empty.add("null", None)
    assert empty.need("n", "category of 5") == Need(4, 4, 4, 4)


@pytest.mark.parametrize(
    ("name", "width", "lines"),
    [
        ("Running Time min", 8, ("Running", "Time min")),
        ("release_date", 8, ("release_", "date")),
        ("releaseDate", 8, ("release", "Date")),
        ("name", 8, ("name", "")),
        ("indivisible", 5, ("indivisible", "")),
    ],
)
def test_a_name_breaks_where_its_words_meet(name: str, width: int, lines: tuple[str, str]) -> None:
    assert named(name, width) == lines


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (134966411.123456, "134966411.1"),
        (999999.5, "999999.5"),
        (0.30000000000000004, "0.3"),
        (1e300, "1e+300"),
        (1.2345678901234e-9, "1.23457e-09"),
        (-12345.678901234567, "-12345.7"),
    ],
)
def test_a_long_float_keeps_its_magnitude(value: float, text: str) -> None:
    assert number_text(value) == text


def test_null_looks_unlike_the_text() -> None:
    column = {"type": "STRING"}
    shown = [cell_text(value, column) for value in (None, "null", "NULL", "", "x")]
    assert shown == ["null", '"null"', '"NULL"', '""', "x"]


def test_nested_values_read_like_data() -> None:
    value = [{"role": "user", "content": "Hi", "more": {"n": 1}}, None, ["a", 2]]
    assert cell_text(value, {"type": "JSON"}) == "[{role: user, content: Hi, more: {n: 1}}, null, [a, 2]]"
    assert cell_text(value[0], {"type": "JSON"}) == "role: user, content: Hi, more: {n: 1}"
