"""Ctrl-C at any moment: one line and 130. The moments are imports, counted, so that they are the same on any machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.data import write
from tests.support.program import Program

ROOT = Path(__file__).parent.parent.parent
PLACES = 50


@pytest.mark.parametrize("words", [("filter", "--where", "a > 0"), ("rows",)])
def test_an_interrupt_at_fifty_places_is_one_line(words: tuple[str, ...], tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {"a.csv": "a\n1\n"})
    dspreview.env["PYTHONPATH"] = f"{ROOT}/tests/support/lowered:{ROOT}"
    command, *rest = words
    count = tmp_path / "count"
    whole = dspreview(command, data, *rest, "--json", INTERRUPT=f"0,{count}")
    assert whole.code == 0
    total = count.stat().st_size
    assert total > 500
    for place in range(PLACES):
        for path in dspreview.home.glob("cache/*.sqlite*"):
            path.unlink()
        result = dspreview(command, data, *rest, "--json", INTERRUPT=f"{1 + place * total // PLACES},{tmp_path / 'x'}")
        assert (result.code, result.err) == (130, "dspreview: interrupted\n"), place
        assert result.out in {"", whole.out}  # never a part of it
    assert not list(dspreview.assets.glob(".staging/*"))
