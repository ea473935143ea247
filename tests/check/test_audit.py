"""Faults that were found by trying: healthy data that was blamed, broken data that was not, places that were wrong."""

from __future__ import annotations

import decimal
import json
import math
import os
import signal
import stat
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from datasets import ClassLabel, Features, Image, Sequence, Value

from dspreview.check.texts import is_mojibake
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
    "text",
    [
        "Le « café\u00a0» du coin",
        "LE CAFÉ\u00a0: x",
        "“Quiero café…”",
        "„ja, da ä…“",
        "você…”",
        "naïve",
        "Ærøskøbing",
        "Où ça ?",
        "100 µm²",
        "Ångström",
    ],
)
def test_european_text_is_no_mojibake(text: str) -> None:
    assert not is_mojibake(text)


@pytest.mark.parametrize("text", ["café", "“quoted”", "Привет", "日本語のテキスト", "naïve – dash", "€ 5", "Ελληνικά"])
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_text_that_was_decoded_wrongly_is_found(text: str, encoding: str) -> None:
    assert is_mojibake(text.encode().decode(encoding, "replace"))


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
    (finding,) = check(folder, settings, tmp_path / "work", 100).findings
    assert (finding.code, finding.file, finding.line) == ("load-failed", "a.csv", None)


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


NUMBERS = {
    "large integers": pa.array([2**60 + 1, 3]), "unsigned": pa.array([2**64 - 1, 1], pa.uint64()), "half floats": pa.array(np.array([1, 2], np.float16)),
    "not a number": pa.array([1.0, math.nan]), "infinities": pa.array([math.inf, -math.inf]), "nothing but NaN": pa.array([math.nan] * 2),
    "views": pa.array(["a", "b"], pa.string_view()), "decimals": pa.array([decimal.Decimal("1.5"), None], pa.decimal256(50, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_values_of_all_sorts_can_be_locked_and_compared(name: str, dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"k": [1, 2], "x": NUMBERS[name]})})
    assert dspreview("lock", folder).code == 0
    result = dspreview("diff", folder, folder, "--key", "k", "--json")
    assert (result.code, result.json["differ"]) == (0, False)


def test_the_mean_of_large_numbers_does_not_depend_on_blocks(dspreview: Program, tmp_path: Path) -> None:
    times = {"t": 1_600_000_000_000.25 + np.arange(100_001) * 977}
    one = write(tmp_path / "a", {"x.parquet": parquet(times, row_group_size=999)})
    other = write(tmp_path / "b", {"x.parquet": parquet(times, row_group_size=100_000)})
    assert dspreview("diff", one, other).code == 0


def test_pictures_are_compared_by_what_is_in_them(dspreview: Program, tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"train/a/1.png": picture(), "train/b/2.png": picture(size=(9, 9))}
    one, other = write(tmp_path / "a", files), write(tmp_path / "b", files)
    assert dspreview("diff", one, other).code == 0
    (other / "train/b/2.png").write_bytes(picture(mode="L", size=(9, 9)))
    assert dspreview("diff", one, other).code == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [([["x", None], []], [["x", None], None]), ([None, [1]], [[None], [1]]), ([[[]], [[1]]], [[], [[1]]]), ([0.0, 1.0], [-0.0, 1.0]), ([None, {"a": 1}], [{"a": None}, {"a": 1}])],
)  # fmt: skip
def test_small_changes_are_changes(one: list[Any], other: list[Any], dspreview: Program, tmp_path: Path) -> None:
    a, b = (
        write(tmp_path / name, {"x.parquet": parquet({"k": [1, 2], "v": values})})
        for name, values in (("a", one), ("b", other))
    )
    rows = dspreview("diff", a, b, "--key", "k", "--json").json["rows"]["default/train"]
    assert rows["changed"] == 1


def test_columns_of_one_side_change_no_row_and_splits_of_one_side_need_no_key(
    dspreview: Program, tmp_path: Path
) -> None:
    one = write(tmp_path / "a", {"train.parquet": parquet({"id": [1, 2], "v": [1, 2]})})
    other = write(
        tmp_path / "b",
        {"train.parquet": parquet({"id": [1, 2], "w": [0, 0], "v": [1, 3]}), "test.parquet": parquet({"z": [1]})},
    )
    rows = dspreview("diff", one, other, "--key", "id", "--json").json["rows"]["default/train"]
    assert (rows["changed"], rows["examples"]["changed"]) == (1, ["2"])


def test_drift_is_told_where_another_split_cannot_be_read(dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"train.parquet": parquet({"n": [1, 2, 3]}), "test.parquet": parquet({"n": [4]})})
    assert dspreview("lock", folder, "-o", tmp_path / "x.lock").code == 0
    write(folder, {"train.parquet": parquet({"n": [1]}), "test.parquet": parquet({"n": [4]})[:-20]})
    result = dspreview("check", folder, "--against", tmp_path / "x.lock", "--select", "drift", "--json")
    told = {one["message"] for one in result.json["findings"]}
    assert result.code == 1
    assert any("it had 3 rows, and has 1" in one for one in told)
    assert any("cannot be read any more" in one for one in told)


def test_the_lock_file_is_a_file_like_any_other(dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"n": [1]})})
    (tmp_path / "plain").touch()
    usual = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for name in ("new.lock", "link"):
        assert dspreview("lock", folder, "-o", tmp_path / name).code == 0
    assert stat.S_IMODE((tmp_path / "new.lock").stat().st_mode) == usual
    assert (tmp_path / "link").is_symlink()
    assert "fingerprint" in (tmp_path / "target").read_text()
    before = sorted(os.listdir(tmp_path))
    assert dspreview("lock", folder, "-o", tmp_path / "d").code == 2
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize(
    ("line", "new"),
    [("num_rows = 1", "num_rows = inf"), ("num_rows = 1", "num_rows = true"), ('rows_read = "all"', "rows_read = -5"), ('rows_read = "all"', "rows_read = 99999999999999999999"),
     ("rows = 0.0", "rows = nan"), ("rows = 0.0", "rows = -1"), ("rows = 0.0", "row = 0.0"), ("null_rate = 0.0", 'null_rate = "x"'), ("num_rows = 1", f"num_rows = {'9' * 5_000}"),
     ("version = 1", f"version = 1\nx = {'[' * 5_000}{']' * 5_000}")],
)  # fmt: skip
def test_lock_files_that_somebody_broke(line: str, new: str, dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"n": [1]})})
    path = tmp_path / "x.lock"
    assert dspreview("lock", folder, "-o", path).code == 0
    assert line in path.read_text()
    path.write_text(path.read_text().replace(line, new))
    result = dspreview("check", folder, "--against", path)
    assert result.code == 2, result.err
    assert len(result.err.splitlines()) == 1


def test_labels_without_a_name_are_not_taken_for_those_with_one(dspreview: Program, tmp_path: Path) -> None:
    import tomllib

    features = Features({"stars": ClassLabel(names=["1", "2", "3", "4", "5"])})
    folder = write(
        tmp_path / "d", {"a.parquet": parquet(pa.table({"stars": [0, 1, 5, 5]}, schema=features.arrow_schema))}
    )
    column = tomllib.loads(dspreview("lock", folder).out)["configs"]["default"]["train"]["columns"]["stars"]
    assert column["labels"] == {"1": 0.25, "2": 0.25, "3": 0.0, "4": 0.0, "5": 0.0, "(5)": 0.5}


def test_what_reads_the_data_is_no_business_of_the_cache(dspreview: Program) -> None:
    for words in (("check", "me/data"), ("lock", "me/data"), ("diff", "me/data", "me/other")):
        assert dspreview(*words, "--cached").code == 2


def test_yaml_that_the_hub_says_nothing_about(online: Program, hub: Hub) -> None:
    hub.add("me/yaml", {"README.md": "---\nconfigs:\n\t- x\n---\n", "a.parquet": parquet({"n": [1]})})
    (finding,) = online("check", "me/yaml", "--json").json["findings"]
    assert (finding["code"], finding["file"], finding["line"]) == ("readme-unreadable", "README.md", 3)
    hub.add("me/plain", {"README.md": "no head at all", "a.parquet": parquet({"n": [1]})})
    assert online("check", "me/plain").code == 0
