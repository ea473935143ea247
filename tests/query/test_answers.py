"""Answers about whole splits: columns that come late, notes, odd paths, narrow terminals."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.data import parquet, picture, write
from tests.support.program import Program

FILES = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def test_late_columns_of_json_lines_in_csv(tmp_path: Path, dspreview: Program) -> None:
    rows = [{"a": n, "pad": "x" * 500} for n in range(30_000)] + [{"a": 1, "late": 7}]
    folder = write(tmp_path / "d", {"a.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    out = dspreview("rows", folder, "--length", "all", "--format", "csv").out.splitlines()
    assert (out[0], out[-1], len(out)) == ("a,pad,late", "1,,7", 30_002)
    chosen = dspreview("rows", folder, "--length", "all", "--format", "jsonl", "--columns", "late", "--offset", "29999")
    assert chosen.documents == [{"late": None}, {"late": 7}]


def test_headers_without_rows(tmp_path: Path, dspreview: Program) -> None:
    header = write(tmp_path / "h", {"a.csv": "a,b\n"})
    assert dspreview("rows", header, "--length", "all", "--format", "csv").out == "a,b\n"
    empty = write(tmp_path / "e", {"a.json": "[]"})
    for command in ("rows", "filter"):
        found = dspreview(command, empty, "--length", "all", "--format", "jsonl")
        assert (found.code, found.out) == (0, ""), found.err


def test_notes_are_about_the_cells_that_are_shown(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"n": [1, 2], "f": [1.0, float("nan")]})})
    assert "special_cells" not in dspreview("rows", folder, "--length", "1", "--json").json
    assert "special_cells" not in dspreview("rows", folder, "--columns", "n", "--json").json
    assert dspreview("rows", folder, "--json").json["special_cells"][0]["row_idx"] == 1


def test_a_csv_that_changes_its_mind_names_the_column(tmp_path: Path, dspreview: Program) -> None:
    text = "a\n" + "".join(f"{n}\n" for n in range(30_000)) + "z\n" * 30_000
    found = dspreview("filter", write(tmp_path / "d", {"late.csv": text}), "--where", "a = 1", "--json")
    assert (found.code, found.json["exception"]) == (6, "DisagreeingFilesError")
    assert "late.csv has other types in its later rows" in found.err


def test_a_line_break_in_a_path_is_refused(tmp_path: Path, dspreview: Program) -> None:
    path = tmp_path / "new\nline.csv"
    path.write_text("a\n1\n")
    assert dspreview("rows", path, "--json").code == 3


def test_statistics_fit_a_narrow_terminal(tmp_path: Path, dspreview: Program) -> None:
    rows = {
        "tiny": [1e-300, 2.69276e-300, None], "large": pa.array([2**64 - 1, 2**64 - 9, None], pa.uint64()),
        "名前" * 30: ["a b", "a\nb", "a\nb"], "when": pa.array([0, 10**15, None], pa.timestamp("us")),
        "labels": ["日本語" * 20, "x", "x"],
    }  # fmt: skip
    folder = write(tmp_path / "d", {"a.parquet": parquet(rows)})
    for width in (40, 80):
        shown = dspreview("stats", folder, COLUMNS=str(width)).out
        from rich.cells import cell_len

        assert max(cell_len(line) for line in shown.splitlines() if "/d " not in line) <= width
        assert "e-300" in shown
        assert "18,446,744,073,709,551,615" in shown
        assert "a\\nb" in shown


def test_folders_whose_names_look_like_patterns(tmp_path: Path, dspreview: Program) -> None:
    info = {"info": {"features": {"im": {"_type": "Image"}, "n": {"dtype": "int64", "_type": "Value"}}}}
    images = pa.array([{"bytes": picture(size=(5 + n, 3)), "path": None} for n in range(3)], FILES)
    table = pa.table({"im": images, "n": [1, 2, 3]}).replace_schema_metadata({"huggingface": json.dumps(info)})
    folder = tmp_path / "a*b"
    folder.mkdir()
    pq.write_table(table, folder / "one [1].parquet")
    dspreview.env["ASSETS_DIRECTORY"] = str(tmp_path / "as [x]{y}?")
    path = folder / "one [1].parquet"
    found = dspreview("filter", path, "--where", '"im.width" > 5 AND n < 3', "--json")
    assert [row["row"]["n"] for row in found.json["rows"]] == [2], found.err
    csv = write(tmp_path / "c", {"it's.csv": "t,n\nx,1\ny,2\n"}) / "it's.csv"
    assert dspreview("filter", csv, "--where", "n = 2", "--json").json["rows"][0]["row_idx"] == 1
    assert dspreview("search", csv, "x", "--json").json["rows"][0]["row_idx"] == 0
    folder = write(tmp_path / "[br] *", {"train.csv": "t,n\nx,1\n", "sub/test.csv": "t,n\ny,2\n"})
    for split, text in (("train", "x"), ("test", "y")):
        found = dspreview("rows", folder, "default", split, "--json")
        assert found.row_values == [{"t": text, "n": 1 if text == "x" else 2}], found.err


def test_rows_far_apart_of_columns_that_pyarrow_reads(tmp_path: Path, dspreview: Program) -> None:
    """Between them lie blocks of rows of which none is asked for."""
    table = pa.table(
        {"id": range(9_000), "price": pa.array([Decimal(n) / 4 for n in range(9_000)], pa.decimal128(9, 2))}
    )
    folder = write(tmp_path / "d", {"a.parquet": parquet(table)})
    found = dspreview("filter", folder, "--where", "id IN (1, 4500, 8999)", "--json")
    assert [row["row"]["price"] for row in found.json["rows"]] == ["0.25", "1125.00", "2249.75"], found.err
