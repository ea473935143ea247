"""Derived files: what they depend on, who uses them, what damages them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from dspreview.errors import ChangedDataError
from tests.support.data import parquet, write
from tests.support.program import Program
from tests.support.tables import write_table


def test_limits_are_part_of_what_is_kept(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "id\n" + "".join(f"{n}\n" for n in range(40_000))})
    small = dspreview("stats", folder, "--json", PARQUET_MAX_BYTES="100_000").json
    whole = dspreview("stats", folder, "--json").json
    assert small["num_examples"] < whole["num_examples"] == 40_000
    assert dspreview("filter", folder, PARQUET_MAX_BYTES="0").code == 2


def test_what_is_in_use_is_not_removed(tmp_path: Path, dspreview: Program) -> None:
    rows = "".join(json.dumps({"t": f"word {n} {n * 7919}"}) + "\n" for n in range(20_000))
    folder = write(tmp_path / "d", {"a.jsonl": rows})
    dspreview.env["DERIVED_MAX_BYTES"] = "1_000"
    assert dspreview("filter", folder, "--length", "0").code == 0
    found = dspreview("search", folder, "word", "--json")
    assert (found.code, found.json["num_rows_total"]) == (0, 20_000), found.err
    assert dspreview("stats", folder).code == 0


def test_damaged_derived_files_are_seen_and_made_again(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "t\nx y\nz\n"})
    dspreview("search", folder, "x", "--index")
    dspreview("stats", folder)
    for name in ("index.sqlite", "data.parquet", "statistics.json"):
        (file,) = dspreview.assets.glob(f".derived/*/{name}")
        file.write_bytes(b"")
        verified = dspreview("cache", "verify", "--json")
        assert (verified.code, verified.json["findings"][0]["code"]) == (1, "derived")
        assert dspreview("search", folder, "x", "--index", "--json").json["num_rows_total"] == 1
        assert dspreview("stats", folder, "--json").json["num_examples"] == 2
        assert dspreview("cache", "verify").code == 0


def test_a_source_that_moves_poisons_nothing(tmp_path: Path) -> None:
    from dspreview.preview.opening import SplitTable

    table = write_table(tmp_path / "d", pa.table({"n": [1, 2, 3]}), [])
    found = SplitTable(table, lambda number: None, None)  # type: ignore[arg-type]
    found.check("d")
    Path(table.parts[0].path).write_bytes(parquet({"n": [1]}))
    with pytest.raises(ChangedDataError):
        found.check("d")
