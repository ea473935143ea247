"""Verdicts: healthy data is in order, broken data is not, and places and messages are right."""

from __future__ import annotations

import decimal
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from datasets import ClassLabel, Features, Image, Sequence, Value

from tests.check.broken import bytes_of, card
from tests.check.test_check import check
from tests.support.data import parquet, picture, write
from tests.support.hub import Hub
from tests.support.program import Program


def codes(files: dict[str, Any], tmp_path: Path, settings: Any, sample: int | None = None) -> list[str]:
    """What is found in some files, but for what is harmless."""
    folder = write(tmp_path / f"d{sample}", files)
    found = check(folder, settings, tmp_path / f"work{sample}", sample).findings
    return [one.code for one in found if one.severity != "info"]


@pytest.mark.parametrize(
    "files",
    [
        {"a.parquet": parquet(pa.table({"l": [[bytes_of(picture())]], "n": [1]}, schema=Features({"l": Sequence(Image(), length=1), "n": Value("int64")}).arrow_schema))},
        {"a.jsonl": '{"tokens": ["None", "of", "us"]}\n{"tokens": ["eat", "nan"]}\n'},
        {"a.txt": "one\nNone\n"},
        {"a.parquet": parquet({"n": [1], "t": ["a"]}), "b.parquet": parquet({"n": [2], "t": pa.nulls(1)})},
        {"a.parquet": parquet({"t": pa.array(["a", "b"], pa.string_view())})},
        {"train/a.png": picture(), "test/b.png": picture(size=(9, 9))},
        {"train.parquet": parquet({"a": [1, 2, 3], "b": [7, 8, 9]}), "test.parquet": parquet({"b": [1, 40], "a": [7, 4]})},
    ],
    ids=["fixed-size lists of pictures", "words", "a line", "a column of nulls", "string views", "labels of folders", "another order of columns"],
)  # fmt: skip
@pytest.mark.parametrize("sample", [100, None])
def test_healthy_data_that_was_blamed(files: dict[str, Any], sample: int | None, tmp_path: Path, settings: Any) -> None:
    assert codes(files, tmp_path, settings, sample) == []


LABELS = Features({"l": Sequence(ClassLabel(names=["a", "b"]), length=2)})


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.parquet": parquet(pa.table({"l": [[0, 9]]}, schema=LABELS.arrow_schema))}, "label-out-of-range"),
        ({"a.jsonl": '{"t": "a"}\n', "b.jsonl": '{"u": "b"}\n'}, "files-disagree"),
        ({"a.parquet": parquet({"d": pa.array([decimal.Decimal(n) for n in (1, 2, 1)], pa.decimal256(50, 2))})}, "duplicate-rows"),
        ({"train.parquet": parquet({"a": [1, 2], "b": [2, 1]}), "test.parquet": parquet({"b": [1], "a": [2]})}, "leakage"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sample", [100, None])
def test_broken_data_that_was_not_blamed(
    files: dict[str, Any], expected: str, sample: int | None, tmp_path: Path, settings: Any
) -> None:
    folder = write(tmp_path / "d", files)
    assert expected in {one.code for one in check(folder, settings, tmp_path / "work", sample).findings}


def test_a_sample_and_all_rows_say_the_same_of_equal_rows(tmp_path: Path, settings: Any) -> None:
    files = {
        "train.parquet": {"a": [1, 1, 1, 2]},
        "test.parquet": {"a": [1, 1, 5]},
        "validation.parquet": {"a": [1, 5]},
    }
    folder = write(tmp_path / "d", {name: parquet(columns) for name, columns in files.items()})
    one, other = (check(folder, settings, tmp_path / f"work{sample}", sample).findings for sample in (100, None))
    assert {(found.code, found.split, found.row) for found in one} == {
        (found.code, found.split, found.row) for found in other
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"t":"a"}\n\n\n{"t":"null"}\n{"t":"c"}\n', 4),
        ('{"t":\n"a"}\n{"t":"null"}\n', None),
        ('{"t":"null"}\n{"t":"x"}\n', 1),
    ],
)
def test_lines_are_those_of_the_file_or_none(text: str, line: int | None, tmp_path: Path, settings: Any) -> None:
    folder = write(tmp_path / "d", {"a.jsonl": text})
    (finding,) = [one for one in check(folder, settings, tmp_path / "work", 100).findings if one.code == "null-as-text"]
    assert finding.line == line


def test_a_csv_with_line_breaks_in_cells_has_no_line(tmp_path: Path, settings: Any) -> None:
    folder = write(tmp_path / "d", {"a.csv": 'a,b\n1,"x\ny"\n2,3,4\n'})
    ragged, failed = check(folder, settings, tmp_path / "work", 100).findings
    assert (failed.code, failed.file, failed.line) == ("load-failed", "a.csv", None)
    assert (ragged.code, ragged.file, ragged.line) == ("ragged-row", "a.csv", 4)


@pytest.mark.parametrize("odd", [b"\xea,3,4", b"x" * 3_000_000 + b",3,4"], ids=["no text", "longer than a block"])
def test_a_row_that_is_too_long_is_told_whatever_it_holds(odd: bytes, dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.csv": b"a,b\n1,2\n" + odd + b"\n5,6\n"})
    ran = dspreview("check", str(folder), "--json", "--all-rows")
    places = [(one["code"], one["line"]) for one in ran.json["findings"]]
    assert ("ragged-row", 3) in places
    assert ran.err == ""


def test_messages_are_the_same_in_each_run(tmp_path: Path, settings: Any) -> None:
    folder = write(tmp_path / "d", {"a.png": picture(), "b.png": b"junk"})
    found = [check(folder, settings, tmp_path / f"work{n}", 100).findings for n in range(2)]
    assert found[0] == found[1]
    assert "0x" not in found[0][0].message
    assert found[0][0].file == "b.png"


@pytest.mark.parametrize("splits", ["3", "true", "x", "[1]", "{a: b}"])
def test_odd_descriptions_are_no_bugs(splits: str, dspreview: Program, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "d", {"README.md": card(f"dataset_info:\n  splits: {splits}\n"), "a.parquet": parquet({"n": [1]})}
    )
    result = dspreview("check", folder, "--json")
    assert result.code == 1  # `load_dataset` refuses each of these
    assert "Traceback" not in result.err


def test_names_that_are_no_text_are_told_in_all_formats(dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"n": [1]})})
    (folder / os.fsdecode(b"m\xe9.pkl")).write_bytes(b"x")
    for how in ("table", "json", "sarif", "junit", "github"):
        assert dspreview("check", folder, "--format", how).code == 0, how


@pytest.mark.parametrize("words", [("check", "{}", "--all-rows"), ("diff", "{}", "{}", "--key", "n"), ("lock", "{}")])
def test_an_interrupt_says_nothing_about_the_data(words: tuple[str, ...], dspreview: Program, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet({"n": np.arange(6_000_000), "t": np.arange(6_000_000).astype(str)}))
    (tmp_path / "tmp").mkdir()
    process = dspreview.start(
        *[word.format(tmp_path / "a.parquet") for word in words], env={"TMPDIR": str(tmp_path / "tmp")}
    )
    while not list((tmp_path / "tmp").glob("dspreview-*/*")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130


def test_no_room_is_no_fault_of_the_data(dspreview: Program, tmp_path: Path) -> None:
    import subprocess
    import sys

    lines = "".join(json.dumps({"n": n}) + "\n" for n in range(400_000))
    (tmp_path / "a.jsonl").write_text(lines)
    command = f"trap '' XFSZ; ulimit -f 1000; {sys.executable} -m dspreview check {tmp_path}/a.jsonl --all-rows"
    done = subprocess.run(
        ["bash", "-c", command], env=dspreview.environment(), cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 7, done.stderr
    assert b"Traceback" not in done.stderr


def test_what_reads_the_data_is_no_business_of_the_cache(dspreview: Program) -> None:
    for words in (("check", "me/data"), ("lock", "me/data"), ("diff", "me/data", "me/other")):
        assert dspreview(*words, "--cached").code == 2


def test_yaml_that_the_hub_says_nothing_about(online: Program, hub: Hub) -> None:
    hub.add("me/yaml", {"README.md": "---\nconfigs:\n\t- x\n---\n", "a.parquet": parquet({"n": [1]})})
    (finding,) = online("check", "me/yaml", "--json").json["findings"]
    assert (finding["code"], finding["file"], finding["line"]) == ("readme-unreadable", "README.md", 3)
    hub.add("me/plain", {"README.md": "no head at all", "a.parquet": parquet({"n": [1]})})
    assert online("check", "me/plain").code == 0
