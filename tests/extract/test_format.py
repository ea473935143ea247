"""A new format is one file and one line: found in folders and READMEs, read, asked, checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dspreview.extract.extractor import Extractor
from dspreview.extract.format import FORMATS, Format, format_of
from dspreview.extract.library.registry import register
from dspreview.extract.reader import WantedBlocks, Window
from dspreview.local import identify
from dspreview.models import SplitId
from dspreview.page.staging import Staging
from tests.check.test_check import HereExtractor, check
from tests.support.data import write

TRAIN = SplitId("default", "train")


def rows_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """A file whose lines are JSON arrays, the first of them the names of its columns."""
    names = json.loads(stream.readline())
    rows = [json.loads(line) for line in stream]
    columns = {name: pa.array([row[place] for row in rows]) for place, name in enumerate(names)}
    table = pa.table(columns)
    for start in range(0, max(1, table.num_rows), batch_size):
        yield table.slice(start, batch_size)


@pytest.fixture
def rows_format(monkeypatch: pytest.MonkeyPatch) -> Format:
    """That format, with its line in the table."""
    one = Format("rowsfile", ("rows",), tables=f"{__name__}:rows_tables", is_ours=True)
    monkeypatch.setitem(FORMATS, one.name, one)
    register(one.name, one.extensions, {})
    return one


def text(number: int, first: int = 0) -> str:
    """A file of that format."""
    lines = [["n", "t"], *([n, f"text {n}"] for n in range(first, first + number))]
    return "".join(json.dumps(line) + "\n" for line in lines)


@pytest.mark.usefixtures("rows_format")
@pytest.mark.parametrize(
    "files",
    [
        {"train.rows": text(300), "test.ROWS": text(2)},
        {"a/x.rows": text(300), "b.rows": text(2), "README.md": "---\nconfigs:\n- config_name: default\n  data_files:\n  - {split: train, path: a/*.rows}\n  - {split: test, path: b.rows}\n---\n"},
    ],
    ids=["by its name", "by a README"],
)  # fmt: skip
def test_a_new_format_is_found_and_read(files: dict[str, str], tmp_path: Path, settings: Any) -> None:
    data = write(tmp_path / "d", files)
    ref, extractor = identify(str(data)), HereExtractor(settings())
    listing = extractor.list(ref)
    assert [(one.config, [split.split for split in one.splits]) for one in listing.configs] == [
        ("default", ["train", "test"])
    ]
    staging = Staging(tmp_path / "s", tmp_path / "w")
    for place in staging:
        place.mkdir()
    page = extractor.page(ref, listing.dataset, TRAIN, staging)
    assert (page.num_rows, [(one.name, one.type) for one in page.columns]) == (100, [("n", "INT"), ("t", "STRING")])
    late = extractor.page(ref, listing.dataset, TRAIN, staging, Window(250, 3))
    assert [row["row"]["n"] for row in json.loads(late.rows)] == [250, 251, 252]
    blocks = list(extractor.blocks(ref, listing.dataset, TRAIN, WantedBlocks(str(staging.work), skip=100)))
    assert sum(block.table.num_rows for block in blocks) == 200
    report = check(data, settings, tmp_path / "check", None)
    assert [one.code for one in report.findings if one.severity != "info"] == ["leakage"]  # rows 0 and 1 of test


def test_any_other_format_of_datasets_has_no_line_and_is_read_as_it_is() -> None:
    assert format_of("fits") == Format("fits")
    assert isinstance(Extractor.ways, tuple)
