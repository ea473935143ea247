"""What a dataset holds does nothing to a terminal, an editor or a spreadsheet, whatever the format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.support.data import write
from tests.support.program import Program

OBEYED = [
    *map(chr, range(0x7F, 0xA0)), "\u061c", "\u200e", "\u200f", *map(chr, range(0x2028, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
]  # fmt: skip
TEXT = "".join(OBEYED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset with all of these in a value, a name of a column, and a finding."""
    rows = [{f"a{TEXT}": TEXT, "n": 1}, {f"a{TEXT}": f" {TEXT} ", "n": 1}]
    return write(tmp_path / "d", {"a.jsonl": "".join(json.dumps(row) + "\n" for row in rows), "unused\u202e.bin": b"x"})


@pytest.mark.parametrize(
    "words",
    [
        ("rows", "--json"), ("rows", "--format", "jsonl"), ("rows",), ("filter", "--json"), ("stats", "--json"), ("stats",),
        ("splits", "--json"), ("check", "--json"), ("check", "--format", "sarif"), ("check", "--format", "junit"),
        ("check", "--format", "github"), ("check",), ("lock",), ("rows", "--where-not", "\u202e"),
    ],
)  # fmt: skip
def test_no_format_writes_what_a_terminal_obeys(words: tuple[str, ...], folder: Path, dspreview: Program) -> None:
    command, *rest = words
    result = dspreview(command, folder, *rest)
    assert not [sign for sign in OBEYED if sign in result.out + result.err]
    if "--json" in rest or "sarif" in rest:
        json.loads(result.out)
    if "junit" in rest:
        ET.fromstring(result.out)
    if words == ("rows", "--json"):
        assert result.row_values[0] == {f"a{TEXT}": TEXT, "n": 1}  # escaped, and the same to who reads it


def test_csv_is_the_data_as_it_is(folder: Path, dspreview: Program) -> None:
    (header, first, _) = csv.reader(io.StringIO(dspreview("rows", folder, "--format", "csv").out, newline=""))
    assert (header[0], first[0]) == (f"a{TEXT}", TEXT)


CELLS = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "plain", "'=1", " =1", ""]


def test_safe_csv_holds_no_formula(tmp_path: Path, dspreview: Program) -> None:
    rows = [{"=t": cell, "n": -1.5} for cell in CELLS]
    folder = write(tmp_path / "d", {"a.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    for words in (("rows",), ("filter",), ("filter", "--length", "all")):
        command, *rest = words
        plain, safe = (
            list(csv.reader(io.StringIO(dspreview(command, folder, *rest, "--format", "csv", *more).out, newline="")))
            for more in ((), ("--safe-csv",))
        )
        assert plain == [["=t", "n"], *([cell, "-1.5"] for cell in CELLS)]
        assert safe == [
            ["'=t", "n"],
            *([f"'{cell}" if cell[:1] in tuple("=+-@\t\r") else cell, "-1.5"] for cell in CELLS),
        ]
    wrong = dspreview("rows", folder, "--safe-csv")
    assert (wrong.code, "--format csv" in wrong.err) == (2, True)


@pytest.mark.parametrize("text", ["a\rb", "\r", "a\r\nb", "a\nb", 'a"b', "a,b"])
def test_a_line_break_in_a_cell_is_quoted(text: str, tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.jsonl": json.dumps({"t": text, f"h{text}": 1}) + "\n"})
    out = dspreview("rows", folder, "--format", "csv").out
    assert list(csv.reader(io.StringIO(out, newline=""))) == [["t", f"h{text}"], [text, "1"]]
    assert out.endswith(",1\n")
