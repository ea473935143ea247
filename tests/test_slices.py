"""Slices of splits mean what `datasets` makes of them."""

from __future__ import annotations

import pytest
from datasets import ReadInstruction
from hypothesis import given
from hypothesis import strategies as st

from dspreview.errors import UsageError
from dspreview.slices import is_slice, parse

ENDS = st.one_of(st.just(""), st.integers(-120, 120).map(str), st.sampled_from(["1_0", "-0", "007"]))
LENGTHS = {"train": st.integers(0, 1_000), "test.clean": st.integers(0, 50)}


@st.composite
def pieces(draw: st.DrawFn) -> str:
    """One piece, with or without ends, percents, a rounding."""
    text = draw(st.sampled_from(list(LENGTHS)))
    if draw(st.booleans()):
        text += f"[{draw(ENDS)}{draw(st.sampled_from(['', '%']))}:{draw(ENDS)}{draw(st.sampled_from(['', '%']))}]"
    return text + draw(st.sampled_from(["", "", "(closest)", "(pct1_dropremainder)", "(other)"]))


@given(st.lists(pieces(), min_size=1, max_size=3).map(" + ".join), st.fixed_dictionaries(LENGTHS))
def test_the_rows_are_those_of_the_library(text: str, lengths: dict[str, int]) -> None:
    def ours() -> list[tuple[str, int, int]] | None:
        try:
            return [(one.split, *one.bounds(lengths[one.split])) for one in parse(text)]
        except UsageError:
            return None

    def theirs() -> list[tuple[str, int, int]] | None:
        try:
            found = ReadInstruction.from_spec(text).to_absolute(lengths)
        except (ValueError, AssertionError):
            return None
        return [(one.splitname, one.from_, max(one.from_, one.to)) for one in found]

    assert ours() == theirs()


@pytest.mark.parametrize("text", ["train[5]", "train[:5", "train[1:2:3]", "train+", "+train", "train[a:b]", "[1:2]", "train[1.5:]"])  # fmt: skip
def test_what_is_no_slice_is_refused_with_examples(text: str) -> None:
    assert is_slice(text)
    with pytest.raises(UsageError, match="is no split: write train, train\\[10:20\\]"):
        parse(text)


def test_a_plain_name_is_none() -> None:
    assert not is_slice("train.clean-100")
