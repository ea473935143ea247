"""What `[[allow]]` of dspreview.toml takes away, and what it refuses to be told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import write

ROWS = [
    {"text": "ask jane.roe@mail-provider.org", "note": "a"}, {"text": "ask help-desk@our-company.org", "note": "null"},
    {"text": "nothing", "note": "b"}, {"text": "nobody", "note": "c"},
]  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two addresses in one column, a missing value written as text in another."""
    return write(tmp_path / "d", {"train.jsonl": "".join(json.dumps(row) + "\n" for row in ROWS)})


def told(found: Any) -> list[tuple[str, int]]:
    return sorted((one["code"], one["row"]) for one in found.json["findings"])


@pytest.mark.parametrize("words", [[], ["--all-rows"]])
@pytest.mark.parametrize(
    ("table", "left"),
    [
        ("", [("null-as-text", 1), ("pii", 0)]),
        ('[[allow]]\ncode = "pii"\nreason = "they agreed"', [("null-as-text", 1)]),
        ('[[allow]]\ncode = "pii"\ncolumn = "note"\nreason = "another column"', [("null-as-text", 1), ("pii", 0)]),
        ('[[allow]]\ncode = "pii"\nvalue = "jane[.]roe@.*"\nreason = "she agreed"', [("null-as-text", 1), ("pii", 1)]),
        ('[[allow]]\ncode = "pii"\nvalue = "jane"\nreason = "a part is not the whole"', [("null-as-text", 1), ("pii", 0)]),
        ('[[allow]]\ncode = "pii"\nvalue = ".*@.*org"\nsplit = "default/train"\nreason = "x"', [("null-as-text", 1)]),
        ('[[allow]]\ncode = "pii"\nsplit = "default/test"\nreason = "x"', [("null-as-text", 1), ("pii", 0)]),
        ('[[allow]]\ncode = "null-as-text"\nreason = "the name of a person"', [("pii", 0)]),
    ],
)  # fmt: skip
def test_what_is_allowed_is_no_finding(
    table: str, left: list[tuple[str, int]], words: list[str], data: Path, tmp_path: Path, dspreview: Any
) -> None:
    (tmp_path / "r.toml").write_text(table or '[rules."*".note]\nnot_null = true')
    found = dspreview("check", data, "--json", "--rules", tmp_path / "r.toml", *words)
    assert told(found) == left
    taken = 2 - len(left)
    assert (f"allowed by {tmp_path / 'r.toml'}" in found.err) == bool(taken and "value" not in table)


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ('code = "pii"', 3, "needs a reason"), ('reason = "x"', 3, "needs a code"), ('code = "pi"\nreason = "x"', 3, "did you mean 'pii'"),
        ('code = "pii"\nreason = ""', 3, "reason must be text"), ('code = "pii"\nreason = "x"\ncolum = "a"', 3, "did you mean 'column'"),
        ('code = "pii"\nreason = "x"\nvalue = "("', 3, "no regular expression"), ('code = "mojibake"\nreason = "x"\nvalue = "a"', 3, "value is for secret and pii"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_place(
    table: str, line: int, words: str, data: Path, tmp_path: Path, dspreview: Any
) -> None:
    (tmp_path / "r.toml").write_text(f"# what we know\n\n[[allow]]\n{table}\n")
    found = dspreview("check", data, "--rules", tmp_path / "r.toml")
    assert (found.code, f"r.toml:{line}: [[allow]]" in found.err, words in found.err) == (2, True, True), found.err
