"""Guards of `check` and `lock`: each of these conditions could once be left out, and no test noticed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tomlkit
from datasets import ClassLabel, Features, List

from dspreview.check.lock import settle
from tests.check.broken import of
from tests.check.test_check import check
from tests.support.data import parquet, write

LABELS = ClassLabel(names=["no", "yes"])


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_a_sample_ends_where_it_ends(name: str, tmp_path: Path, settings: Any) -> None:
    values = [f"text {number}" for number in range(100)] + ["NULL"] + [f"more {number}" for number in range(400)]
    lines = "".join(f'{{"t": "{value}"}}\n' for value in values)
    folder = write(tmp_path / "d", {name: parquet({"t": values}) if name == "a.parquet" else lines})
    for sample, codes in ((100, []), (101, ["null-as-text"])):
        found = check(folder, settings, tmp_path / f"work{sample}", sample)
        assert (found.rows_read, [one.code for one in found.findings]) == (sample, codes)


def test_files_with_repeated_names_of_columns_are_told_as_such(tmp_path: Path, settings: Any) -> None:
    table = pa.Table.from_arrays([pa.array([1, 2]), pa.array(["x", "y"])], names=["a", "a"])
    folder = write(tmp_path / "d", {f"{name}.parquet": parquet(table) for name in "bc"})
    for sample in (100, None):
        found = check(folder, settings, tmp_path / f"work{sample}", sample).findings
        assert ("duplicate-column", "b.parquet", "a") in {(one.code, one.file, one.column) for one in found}
        assert "files-disagree" not in {one.code for one in found}
        assert "load-failed" not in {one.code for one in found}


@pytest.mark.parametrize("sample", [100, None])
def test_the_row_of_a_value_in_a_list_of_lists_is_that_of_the_outer_one(
    sample: int | None, tmp_path: Path, settings: Any
) -> None:
    cells = [[[0], [1, 0]], [], [[1], [0], [0, 1]], [[0], [1, 7]], [[1]]]
    folder = write(tmp_path / "d", {"a.parquet": of(Features({"x": List(List(LABELS))}), {"x": cells})})
    found = [one for one in check(folder, settings, tmp_path / "work", sample).findings if one.severity != "info"]
    assert [(one.code, one.row, one.column) for one in found] == [("label-out-of-range", 3, "x")]


def test_any_name_is_toml_in_a_lock_file() -> None:
    for sign in [*map(chr, range(0xA1)), "\u2028", "\ufeff", "\U0001f600"]:
        name = f"x{sign}y"
        document, told = tomlkit.document(), {"a": {name: {"b": name, name: 1}}}
        settle(document, told)
        assert tomllib.loads(tomlkit.dumps(document)) == told, ascii(name)


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_a_column_that_changes_late_is_not_constant(name: str, tmp_path: Path, settings: Any) -> None:
    for last, codes in (("same", ["constant-column"]), ("other", [])):
        values = ["same"] * 200 + [last]
        lines = "".join(f'{{"n": {number}, "t": "{value}"}}\n' for number, value in enumerate(values))
        data = parquet({"n": range(201), "t": values}) if name == "a.parquet" else lines
        folder = write(tmp_path / last, {name: data})
        sample = 201 if name == "a.parquet" else None
        found = check(folder, settings, tmp_path / f"work-{last}", sample).findings
        assert [one.code for one in found] == codes
