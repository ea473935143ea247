"""Tables as people see them, at 80 and at 200 columns; each line was read by eye when it was written."""

from __future__ import annotations

import re
from pathlib import Path

import datasets as hf
import pytest

from tests.support.data import picture, sound, write
from tests.support.program import Program

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def every_kind(tmp_path: Path) -> Path:
    """A column of each kind that a table shows in its own way."""
    features = hf.Features(
        {
            "id": hf.Value("int64"),
            "text": hf.Value("string"),
            "label": hf.ClassLabel(names=["entailment", "neutral", "contradiction"]),
            "score": hf.Value("float64"),
            "ok": hf.Value("bool"),
            "when": hf.Value("timestamp[s]"),
            "tags": hf.List(hf.Value("string")),
            "nested": {"a": hf.Value("int8"), "b": {"c": hf.Value("string")}},
            "picture": hf.Image(),
            "sound": hf.Audio(),
            "日本": hf.Value("string"),
        }
    )
    long = "The quick brown fox jumps over the lazy dog, and then it does so once more, because nobody had looked."
    rows = [
        [
            1,
            long,
            0,
            0.5,
            True,
            "2020-01-02T03:04:05",
            ["a", "b"],
            {"a": 1, "b": {"c": "x"}},
            True,
            True,
            "日本語の文字",
        ],
        [-20, "two\nlines\tand a tab", -1, 1e-9, False, None, [], {"a": None, "b": None}, None, None, None],
        [300, "", 2, 12345.678901234567, None, "1999-12-31T23:59:59", None, None, True, None, "é"],
    ]
    import pyarrow as pa
    import pyarrow.parquet as pq

    png, wav = {"bytes": picture(size=(640, 480)), "path": "cat.png"}, {"bytes": sound(), "path": "bird.wav"}
    records = []
    for values in rows:
        record = dict(zip(features, values, strict=True))
        record["picture"] = png if record["picture"] else None
        record["sound"] = wav if record["sound"] else None
        records.append(record)
    schema = features.arrow_schema
    columns = [
        pa.array([record[field.name] for record in records], type=field.type if field.name != "when" else pa.string())
        for field in schema
    ]
    columns[5] = columns[5].cast(pa.timestamp("s"))
    (tmp_path / "kinds").mkdir()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), tmp_path / "kinds" / "a.parquet")
    return tmp_path / "kinds"


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_table_of_every_kind(width: int, every_kind: Path, dspreview: Program) -> None:
    dspreview.cwd = every_kind.parent
    out = dspreview("rows", "./kinds", COLUMNS=str(width)).out
    shown = re.sub(r"revision [0-9a-f]{7}", "revision 1234567", out)
    assert shown == (GOLDEN / f"kinds-{width}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_table_keeps_to_its_width(width: int, every_kind: Path, tmp_path: Path, dspreview: Program) -> None:
    from rich.cells import cell_len

    wide = write(
        tmp_path / "wide",
        {"a.csv": ",".join(f"column_{n}" for n in range(100)) + "\n" + ",".join("x" * n for n in range(100)) + "\n"},
    )
    footers = []
    for data in (every_kind, wide):
        table, _, footer = dspreview("rows", data, COLUMNS=str(width)).out.partition("\n\n")
        assert max(cell_len(line) for line in table.splitlines()) <= width
        footers.append(footer)
    assert ["3 rows of 3" in footers[0], "1 row of 1" in footers[1], "more columns" in footers[1]] == [True] * 3


def test_a_card_shows_all_of_a_row(every_kind: Path, dspreview: Program) -> None:
    card = dspreview("rows", every_kind, "--row", "0").out
    assert "because nobody had looked." in card
    assert "0 entailment" in card
    assert "cat.png 640x480" in card
    assert "bird.wav 0.5 s" in card
    assert dspreview("rows", every_kind, "--row", "7").out.count("no row 7") == 1
