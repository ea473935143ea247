"""Numbers in words. Expected values are worked out by hand."""

from __future__ import annotations

import pytest

from dspreview.documents.words import age_text, bytes_text, counted, fitted, sound_text, type_text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (59.9, "just now"), (60, "1 min ago"), (3_599, "59 min ago"), (3_600, "1 h ago"), (86_399, "23 h ago"), (86_400, "1 d ago")],
)  # fmt: skip
def test_ages(seconds: float, words: str) -> None:
    assert age_text(seconds) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (1_449, "1.4 kB"), (123_400, "123 kB"), (5 * 10**9, "5.0 GB"), (7 * 10**15, "7000 TB")],
)  # fmt: skip
def test_sizes(size: int, words: str) -> None:
    assert bytes_text(size) == words


def test_counts() -> None:
    assert [counted(0, "row"), counted(1, "row"), counted(1_104, "row")] == ["0 rows", "1 row", "1,104 rows"]


def test_sounds_say_what_is_known() -> None:
    assert sound_text({"duration": 2.5, "sampling_rate": 44_100}) == "2.5 s · 44.1 kHz"
    assert sound_text({"duration": 3, "sampling_rate": None}) == "3 s"
    assert sound_text({}) == ""


def test_pictures_shrink_into_a_box_and_never_grow() -> None:
    assert fitted(200, 100, (50, 50)) == (50, 25)
    assert fitted(10, 20, (50, 50)) == (10, 20)
    assert fitted(10_000, 1, (50, 50)) == (50, 1)


def test_names_in_types_do_nothing_to_a_terminal() -> None:
    assert "\x1b" not in type_text({"\x1b[31m": {"dtype": "int8", "_type": "Value"}})
