"""All rows of CSV and JSON Lines without `datasets`: the Parquet that is made through it, or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given

from dspreview.extract.conversion import convert
from dspreview.extract.formats.single_file import ONLY, SingleFile
from dspreview.extract.library.reader import Library
from dspreview.extract.reader import NOT_MINE, Reader, WholeTables
from dspreview.extract.text import csv_tables
from dspreview.local import identify, resolve
from tests.extract.test_heads import CSV, JSON, RANDOM, TABLES, csv_text, of, rows_of_json
from tests.extract.test_quickjson import lines
from tests.support.data import parquet, write
from tests.support.extraction import opening

BEYOND_A_BLOCK = {
    "floats among integers": "a,b\n" + "1,x\n" * 11_000 + "2.5,y\n",
    "nothing among integers": "a,b\n" + "1,x\n" * 11_000 + ",y\n",
    "nothing among texts": "a,b\n" + "1,x\n" * 11_000 + "2,NA\n",
    "a quote far behind": "a,b\n" + "1,x\n" * 11_000 + '2,"y\nz"\n3,w\n',
    "both": "a,b\n" + "1,2\n" * 11_000 + '0.5,\n3,"4"\n',
}
DECLINED = {
    "one column": ("a.csv", "a\n1\n\n2\n"),
    "a text among integers": ("a.csv", "a,b\n" + "1,x\n" * 11_000 + "z,y\n"),
    "an integer beyond 64 bits": ("a.csv", "a,b\n" + "1,x\n" * 11_000 + f"{2**64},y\n"),
    "an integer that a float rounds": ("a.csv", "a,b\n" + "0.5,x\n" * 11_000 + f"{2**53 + 1},y\n"),
    "too many fields": ("a.csv", "a,b\n" + "1,x\n" * 11_000 + "1,x,3\n"),
    "too few fields": ("a.csv", "a,b\n" + "1,x\n" * 11_000 + "1\n"),
    "no UTF-8": ("a.csv", "a,b\n" + "1,x\n" * 11_000 + "1,\udcff\n"),
    "a lone carriage return": ("a.csv", "a,b\n" + "1,x\n" * 11_000 + "1,x\ry\n"),
    "a new key": ("a.jsonl", lines([{"a": 1, "t": "x" * 1_000}] * 11_000 + [{"a": 1, "z": 2}])),
    "another kind": ("a.jsonl", lines([{"a": 1, "t": "x" * 1_000}] * 11_000 + [{"a": "y"}])),
    "an integer that is rounded": ("a.jsonl", lines([{"a": 0.5, "t": "x" * 1_000}] * 11_000 + [{"a": 2**53 + 1}])),
    "beyond 64 bits": ("a.jsonl", lines([{"a": 5, "t": "x" * 1_000}] * 11_000 + [{"a": 2**64}])),
    "no date": ("a.jsonl", lines([{"a": "2020-01-01", "t": "x" * 1_000}] * 11_000 + [{"a": "soon"}])),
}  # fmt: skip


def converted(reader: Reader, folder: Path) -> Any:
    """The columns of the table that is made of a file, and its rows; None where the reader declines."""
    folder.mkdir()

    def use(whole: WholeTables) -> Any:
        for piece in folder.iterdir():
            piece.unlink()
        table = convert(whole, folder, 1 << 40, lambda _: None)
        return table.columns, table.declared, table.partial, pq.read_table(table.path).to_pylist()

    found = reader.whole(ONLY, str(folder), use)
    return None if found is NOT_MINE else found


def agrees(path: Path, data: str, settings: Any) -> bool:
    """Whether a file was converted without `datasets`; if so, to the same."""
    path.write_bytes(data.encode("utf-8", "surrogateescape"))
    opened = opening(path, settings, resolve(identify(str(path))))
    quick = converted(SingleFile(opened), path.parent / "quick")
    if quick is None:
        return False
    assert repr(quick) == repr(converted(Library(opened), path.parent / "long"))
    return True


@pytest.mark.parametrize("block", [40, 4 << 20])
@pytest.mark.parametrize("name", [name for name in CSV if name not in {"many", "wide"}])
def test_csv(name: str, block: int, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_tables, "BLOCK", block)
    quick = agrees(tmp_path / "a.csv", CSV[name], settings())
    assert (
        quick or name in {"short rows", "numbers"} or block == 40 or len(CSV[name].partition("\n")[0].split(",")) == 1
    )


@pytest.mark.parametrize("name", BEYOND_A_BLOCK)
def test_types_of_csv_become_wider(name: str, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_tables, "BLOCK", 10_000)
    assert agrees(tmp_path / "a.csv", BEYOND_A_BLOCK[name], settings())


@pytest.mark.parametrize("name", JSON)
def test_json_lines(name: str, tmp_path: Path, settings: Any) -> None:
    assert agrees(tmp_path / "a.jsonl", lines(JSON[name]), settings())


@pytest.mark.parametrize("name", DECLINED)
def test_what_later_rows_do_not_hold_is_declined(name: str, tmp_path: Path, settings: Any) -> None:
    file, data = DECLINED[name]
    assert not agrees(tmp_path / file, data, settings())


@given(table=TABLES)
@RANDOM
def test_random_csv(table: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("random")
    agrees(folder / "a.csv", csv_text(table), of(folder))


@given(rows=rows_of_json())
@RANDOM
def test_random_json_lines(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("random")
    agrees(folder / "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows), of(folder))


@pytest.mark.parametrize("words", [["rows"], ["filter", "--where", "j IS NOT NULL"]])
def test_half_of_a_sign_in_json_is_an_escape(words: list[str], tmp_path: Path, dspreview: Any) -> None:
    """RFC 8259, section 8.2: such an escape is grammatical, and UTF-8 has no bytes for it."""
    card = "---\ndataset_info:\n  features:\n  - name: j\n    dtype: json\n---\n"
    files: dict[str, bytes | str] = {"README.md": card, "a.parquet": parquet({"j": ['{"é":"\\ud83d x"}', '{"b":1}']})}
    data = write(tmp_path / "d", files)
    for found in (dspreview(words[0], data, *words[1:], "--json") for _ in range(2)):
        assert found.code == 0, found.err
        assert '{"é":"\\ud83d x"}' in found.out
        assert [row["row"]["j"] for row in found.json["rows"]] == [{"é": "\ud83d x"}, {"b": 1}]
