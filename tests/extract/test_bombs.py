"""Data that takes more than the limits allow ends in one line. Each limit is lowered, and small, harmless data meets it.

What such data does to other software beyond these limits was seen with pyarrow 26, pandas, zlib, Pillow and PyYAML: gigabytes
are taken, or the process ends. No such data is in this repository.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dspreview import errors
from dspreview.extract.depth import DEPTH, depth, is_deep
from dspreview.extract.layout import readme
from dspreview.extract.layout.readme import nodes, parse_yaml
from dspreview.extract.library import exact, exactjson, readers
from dspreview.page import pictures
from dspreview.page.media import convert
from dspreview.page.media_file import UndecodableError
from dspreview.settings import Settings
from tests.support.data import parquet, picture, write
from tests.support.extraction import extract
from tests.support.program import Program

Make = Callable[..., Settings]
LOWERED = str(Path(__file__).parent.parent / "support" / "lowered")
CELL = random.Random(1).randbytes(8 << 20).hex()
"""A text of 16 MB that packs to no less than half of it."""


def lower(program: Program, **limits: int) -> Program:
    """The program with lower limits; `__` stands for the dots of their names."""
    program.env["PYTHONPATH"] = f"{LOWERED}:{Path(__file__).parent.parent.parent}"
    program.env["LOWERED"] = ",".join(f"dspreview.{name.replace('__', '.')}={value}" for name, value in limits.items())
    return program


def zipped(name: str, data: str) -> bytes:
    """A zip with one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


FORMATS: dict[str, Callable[[str], Any]] = {
    "a.csv": lambda cell: f"a,b\n{cell},1\n",
    "a.txt": lambda cell: f"{cell}\n",
    "a.jsonl": lambda cell: json.dumps({"a": cell}) + "\n",
    "a.json": lambda cell: json.dumps([{"a": cell}]),
    "a.txt.gz": lambda cell: gzip.compress(f"{cell}\n".encode(), 1),
    "a.zip": lambda cell: zipped("a.csv", f"a\n{cell}\n"),
    "a.parquet": lambda cell: parquet({"a": [cell] * 3}),
}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no limit of a process's data")
@pytest.mark.parametrize("name", FORMATS)
def test_what_takes_more_memory_than_is_allowed_is_told(name: str, tmp_path: Path) -> None:
    warm, large = (
        write(tmp_path / place, {name: FORMATS[name](cell)}) for place, cell in (("warm", CELL[: 1 << 20]), ("d", CELL))
    )
    command = [sys.executable, "-m", "tests.support.bounded", str(large), str(warm), "20000000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent.parent)
    first, second = done.stdout.splitlines()
    assert first == "read"
    assert second.startswith("TooLargeError")
    assert name in second or name == "a.parquet"  # of which all files were open
    assert "JOB_MAX_MEMORY" in second


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no limit of a process's data")
def test_the_next_dataset_is_read_after_one_that_takes_too_much(dspreview: Program, tmp_path: Path) -> None:
    lower(dspreview, extract__memory__HEADROOM=200_000_000)
    dspreview.env["WARMED"] = "datasets,pandas,pyarrow.parquet,pyarrow.json,dspreview.extract.library.readers"
    bad = write(tmp_path / "bad", {"a.txt": f"{CELL * 4}\n"})
    good = write(tmp_path / "good", {"a.csv": "a\n1\n"})
    result = dspreview("rows", "--from", "-", "--json", stdin=f"{bad}\n{good}\n{bad}\n{good}\n", JOB_MAX_MEMORY="1")
    assert [document.get("exception") for document in result.documents] == [
        "TooLargeError",
        None,
        "TooLargeError",
        None,
    ]
    assert not list(dspreview.assets.glob(".staging/*"))


def test_a_small_file_of_many_rows_is_a_page_without_a_count(
    tmp_path: Path, settings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(tmp_path / "d", {"a.csv.gz": gzip.compress(b"a,b\n" + b"1,2\n" * 30_000)})
    assert extract(data, settings(), tmp_path / "s").page.num_rows_total == 30_000
    monkeypatch.setattr(readers, "COUNTED_UNPACKED", 1_000)
    page = extract(data, settings(), tmp_path / "t").page
    assert (page.num_rows, page.num_rows_total) == (100, None)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize("words", ["rows --json", "check --all-rows", "stats"])
def test_json_nested_too_deep_is_told(name: str, words: str, dspreview: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {name: '{"a": [[[[[1]]]]]}\n'})
    command, *rest = words.split()
    assert dspreview(command, data, *rest).code == 0
    lower(dspreview, extract__depth__DEPTH=4)
    dspreview("cache", "clean", "--yes")
    result = dspreview(command, data, *rest)
    assert (result.code, len(result.err.splitlines())) == ((1, 0) if command == "check" else (6, 1))
    assert "levels deep" in result.out + result.err


def test_json_that_begins_with_null_goes_to_no_reader_that_it_ends(
    tmp_path: Path, settings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard as it is, told to look for another beginning, which does nothing to anybody."""
    monkeypatch.setattr(exactjson, "REFUSED", b'{"b"')
    for number, blanks in enumerate(("", " ", "\n" * 300)):
        write(tmp_path / str(number), {"a.jsonl": f'{blanks}{{"b": 1}}\n'})
        with pytest.raises(errors.UnreadableDataError, match=r"a\.jsonl.*null"):
            extract(tmp_path / str(number), settings(), tmp_path / f"s{number}")


def test_a_picture_of_too_many_pixels_is_a_null_cell_with_the_reason(dspreview: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.png": picture(size=(8, 6)), "b.png": picture(size=(2, 2))})
    page = lower(dspreview, page__pictures__MAX_PIXELS=40)("rows", data, "--json").json
    assert [row["row"]["image"] is None for row in page["rows"]] == [True, False]
    assert "8 x 6 pixels" in page["cell_errors"][0]["message"]


def test_a_picture_too_large_to_convert_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = picture(kind="TIFF")
    assert convert("Image", data, None).facts == {"height": 6, "width": 8}
    monkeypatch.setattr(pictures, "MAX_CONVERTED_PIXELS", 40)
    with pytest.raises(UndecodableError, match="8 x 6"):
        convert("Image", data, None)


@pytest.mark.parametrize("words", ["check --all-rows", "stats"])
def test_a_question_keeps_to_its_memory(words: str, dspreview: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.parquet": parquet({"a": [CELL] * 4, "n": [1, 2, 3, 4]})})
    command, *rest = words.split()
    result = dspreview(command, data, *rest, QUERY_MAX_MEMORY="1")
    assert (result.code, "QUERY_MAX_MEMORY" in result.err) == (2, True)


def test_yaml_aliases_that_stand_for_much_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &a [1, 2, 3, 4]\nb: [*a, *a, *a, *a, *a]\n"
    assert len(parse_yaml(text, "README.md")) == 2
    monkeypatch.setattr(readme, "MOST_NODES", 20)
    with pytest.raises(errors.CardError, match="aliases"):
        parse_yaml(text, "README.md")


def test_values_are_counted_as_often_as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = ["x"] * 9
    assert nodes({"a": shared, "b": [shared, shared]}, {}) == 1 + 2 + 10 + 1 + 20
    monkeypatch.setattr(readme, "MOST_NODES", 100)
    inner: list[Any] = [1]
    assert nodes([inner, inner], {id(inner): 100}) > 100  # what holds itself counts as more than there may be


def test_a_csv_of_too_many_columns_is_told(tmp_path: Path, settings: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "MOST_COLUMNS", 3)
    with pytest.raises(errors.UnreadableDataError, match="4 columns, more than 3"):
        extract(write(tmp_path / "d", {"a.csv": "a,b,c,d\n1,2,3,4\n"}), settings(), tmp_path / "s")


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ('{"a": [1, [2]]}', 3),
        ('"[[[["', 0),
        ('{"a\\"[[": "]]{{"}', 1),
        ("[]" * 50, 1),
        ("]" * 9, 0),
    ],
)
def test_levels_are_those_outside_of_texts(text: str, levels: int) -> None:
    assert depth(text.encode()) == levels
    assert is_deep(b'{"a": 1}\n' + text.encode()) == (levels > DEPTH)


def test_texts_full_of_brackets_are_no_depth() -> None:
    assert not is_deep(json.dumps({"code": "[({" * 10_000}).encode())


def test_the_limit_is_there_while_data_is_read_and_not_for_viewers() -> None:
    code = (
        "import resource, subprocess, sys\nfrom dspreview.extract.memory import HEADROOM, bound, unbounded, used\n"
        "limit = lambda: resource.getrlimit(resource.RLIMIT_DATA)[0]\n"
        "ask = [sys.executable, '-c', 'import resource; print(resource.getrlimit(resource.RLIMIT_DATA)[0])']\n"
        "hard = resource.getrlimit(resource.RLIMIT_DATA)[1]\n"
        "bound(10**9)\nassert 0 < limit() - HEADROOM - 10**9 <= used()\n"
        "held = bytearray(10**8)\nbound(10**9)\nassert limit() > HEADROOM + 11 * 10**8\n"
        "with unbounded():\n    assert int(subprocess.check_output(ask)) == hard\n"
        "assert int(subprocess.check_output(ask)) == limit()\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (2 * 10**9, hard))\nbound(10**10)\nassert limit() == 2 * 10**9\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
