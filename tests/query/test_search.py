"""Search: letters of any script, phrases, damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from dspreview.query.search.words import spaced
from tests.support.data import parquet, write
from tests.support.program import Program


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("елка", "Ёлка"), ("محمد", "مُحَمَّد"), ("שלום", "שָׁלוֹם"), ("lodz", "Łódź"), ("ore", "Øre"), ("full", "ＦＵＬＬ"), ("fine", "ﬁne"), ("strasse", "Straße"),
        ("👍", "good👍day"), ("мой", "мой"),
    ],
)  # fmt: skip
def test_letters_are_found_however_they_are_written(tmp_path: Path, dspreview: Program, query: str, text: str) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"t": ["other", text]})})
    found = dspreview("search", folder, query, "--json").json
    assert [row["row_idx"] for row in found["rows"]] == [1]
    assert spaced("мой") != spaced("мои")


def test_phrases_stay_within_a_text(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"t": [["alpha", "beta"], ["alpha beta"]]})})
    found = dspreview("search", folder, "alpha beta", "--match", "phrase", "--json").json
    assert [row["row_idx"] for row in found["rows"]] == [1]
    nothing = dspreview("search", folder, "***", "--json")
    assert (nothing.code, "no word to search for" in nothing.err) == (0, True)


def test_damage_is_told_by_search_too(tmp_path: Path, dspreview: Program) -> None:
    data = bytearray(parquet({"t": [f"x{n}" for n in range(2_000)]}, compression="snappy", use_dictionary=False))
    data[10:2_000] = b"\xfe" * 1_990
    folder = write(tmp_path / "d", {"a.parquet": bytes(data)})
    found = dspreview("search", folder, "x1", "--json")
    assert (found.code, found.json["exception"]) == (6, "UnreadableDataError"), found.err
    good = write(tmp_path / "e", {"a.parquet": parquet({"t": ["x"]})})
    far = dspreview("search", good, "x", "--offset", "99999999999999999999", "--json")
    assert (far.code, far.json["rows"]) == (0, [])
