"""Which config and split are meant."""

from __future__ import annotations

import pytest

from dspreview import errors
from dspreview.choice import choose
from dspreview.models import ConfigListing, Kind, Listing, Resolved, SplitListing


def listing(marked: str | None = None, /, **configs: list[str]) -> Listing:
    listed = tuple(
        ConfigListing(name, tuple(SplitListing(split) for split in splits)) for name, splits in configs.items()
    )
    return Listing(Resolved(Kind.HUB, "a/b", "r"), listed, marked)


@pytest.mark.parametrize(
    ("given", "config", "split", "chosen"),
    [
        (listing(only=["train"]), None, None, ("only", "train")),
        (listing(only=["train", "test"]), None, "test", ("only", "test")),
        (listing(only=["train", "test"]), "test", None, ("only", "test")),
        (listing(a=["train"], default=["train"]), None, None, ("default", "train")),
        (listing("b", a=["train"], b=["test"]), None, None, ("b", "test")),
        (listing(a=["x"], b=["x"]), "b", None, ("b", "x")),
        (listing("b", a=["x"], b=["y", "z"]), "z", None, ("b", "z")),
        (listing(a=["x"], b=["x"]), None, None, ("a", "x")),
        (listing(a=["x", "train", "y"]), None, None, ("a", "train")),
        (listing(a=["x", "y"]), None, None, ("a", "x")),
        (listing(a=["x"], b=["y"]), "x", None, ("a", "x")),
    ],
)
def test_what_is_left_out_is_the_only_choice_or_the_default(
    given: Listing, config: str | None, split: str | None, chosen: tuple[str, str]
) -> None:
    assert choose(given, config, split, "a/b").names == chosen


@pytest.mark.parametrize(
    ("given", "config", "split", "error", "told"),
    [
        (
            listing(ax=["x"], cola=["x"]),
            "Ax",
            None,
            errors.ConfigNotFoundError,
            "no config 'Ax'; did you mean 'ax'? 2 configs: ax, cola",
        ),
        (
            listing(a=["test"]),
            "a",
            "tset",
            errors.SplitNotFoundError,
            "no split 'tset'; did you mean 'test'? 1 split: test",
        ),
        (listing(a=[]), None, None, errors.DatasetError, "no splits"),
    ],
)
def test_what_cannot_be_chosen_lists_the_choices(
    given: Listing, config: str | None, split: str | None, error: type[Exception], told: str
) -> None:
    with pytest.raises(error) as caught:
        choose(given, config, split, "a/b")
    assert told in str(caught.value)


def test_a_choice_says_what_else_there_is() -> None:
    found = choose(listing(None, **{f"c{n}": ["x", "y"] for n in range(20)}), None, None, "a/b")
    told = "a/b: this is c0/x; there are 20 configs: c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, and 8 more; 2 splits: x, y"
    assert found.words("a/b") == told
    assert found.document == {"choices": {"configs": [f"c{n}" for n in range(20)], "splits": ["x", "y"]}}


def test_a_name_that_was_given_is_no_choice() -> None:
    found = choose(listing(a=["x", "y"], b=["x"]), "a", "y", "a/b")
    assert (found.words("a/b"), found.document) == ("", {})
    assert choose(listing(a=["x", "y"], b=["x"]), "y", None, "a/b").document == {"choices": {"configs": ["a", "b"]}}
