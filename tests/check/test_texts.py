"""Findings about texts: a new one is a line, and nothing passes it by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from dspreview.check.findings import KINDS, FindingKind
from dspreview.check.texts import TEXT_FINDINGS, First, TextFinding, first_of
from tests.check.test_check import check
from tests.support.data import parquet, write

ROWS = [f"row {number}" for number in range(300)]
ROWS[250] = "a secret"


def first_secret(texts: pa.Array) -> First | None:
    """The first text with the word in it."""
    return first_of(texts, pc.match_substring(texts, "secret"))


@pytest.mark.parametrize("suspects", ["", "contains({}, 'secret')"], ids=["looks at all", "says what it looks at"])
@pytest.mark.parametrize("name", ["train.parquet", "train.csv"])
@pytest.mark.parametrize("sample", [None, 300])
def test_a_new_finding_fires_wherever_texts_are_read(
    sample: int | None, name: str, suspects: str, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, Any] = {"suspects": suspects} if suspects else {}
    monkeypatch.setitem(KINDS, "secret", FindingKind("secret", "warning", "a secret", "a secret", "keep it"))
    TEXT_FINDINGS.append(TextFinding("secret", "{!r} is no text for a dataset", first_secret, **told))
    try:
        data: bytes | str = parquet({"t": ROWS}) if name.endswith("parquet") else "t\n" + "\n".join(ROWS) + "\n"
        report = check(write(tmp_path / "d", {name: data}), settings, tmp_path / "work", sample)
    finally:
        TEXT_FINDINGS.pop()
    assert [(one.code, one.row, one.column, one.message) for one in report.findings] == [
        ("secret", 250, "t", "t: 'a secret' is no text for a dataset")
    ]
