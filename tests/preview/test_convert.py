"""Splits that are no Parquet, converted once: the same rows, whole or not at all, by one process."""

from __future__ import annotations

import io
import json
import random
import signal
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from tests.support.data import picture, sound, write
from tests.support.program import Program


def places(document: Any) -> list[int]:
    """The row indexes of a page."""
    return [row["row_idx"] for row in document["rows"]]


def derived(program: Program) -> list[Any]:
    """The derived folders."""
    found: list[Any] = program("cache", "stats", "--json").json["derived"]
    return found


def lines(rows: list[Any]) -> str:
    """JSON Lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def zipped(files: dict[str, str]) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    """A tar archive, as WebDataset has them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


LAYOUTS: dict[str, dict[str, bytes | str]] = {
    "csv": {"a.csv": "n,t\n" + "".join(f"{n},x{n}\n" for n in range(30))},
    "two csv": {"a.csv": "n,t\n" + "".join(f"{n},x{n}\n" for n in range(12)), "b.csv": "t,n\n" + "".join(f"x{n},{n}\n" for n in range(12, 30))},
    "json": {"a.json": json.dumps([{"n": n, "t": f"x{n}"} for n in range(30)])},
    "jsonl": {"a.jsonl": lines([{"n": n, "t": f"x{n}"} for n in range(30)])},
    "zipped csv": {"a.csv.zip": zipped({"a.csv": "n,t\n" + "".join(f"{n},x{n}\n" for n in range(30))})},
    "gzip": {"a.jsonl.gz": __import__("gzip").compress(lines([{"n": n, "t": f"x{n}"} for n in range(30)]).encode())},
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_format(tmp_path: Path, dspreview: Program, layout: str) -> None:
    folder = write(tmp_path / "d", LAYOUTS[layout])
    page = dspreview("rows", folder, "--json").json
    found = dspreview("filter", folder, "--where", "n >= 10 AND n < 20", "--json")
    assert found.json["rows"] == page["rows"][10:20], found.err
    assert found.json["features"] == page["features"]
    assert found.json["num_rows_total"] == 10
    assert dspreview("filter", folder, "--where", "\"t\" = 'x29'", "--json").json["num_rows_total"] == 1
    assert [one["kind"] for one in derived(dspreview)] == ["parquet"]


def test_saved_to_disk(tmp_path: Path, dspreview: Program) -> None:
    Dataset.from_dict({"n": list(range(30)), "label": [n % 2 for n in range(30)]}).save_to_disk(str(tmp_path / "d"))
    assert places(dspreview("filter", tmp_path / "d", "--where", "n = 7", "--json").json) == [7]


def test_pictures_in_folders(tmp_path: Path, dspreview: Program) -> None:
    files: dict[str, bytes | str] = {
        f"{kind}/{n}.png": picture(size=(4 + n, 5)) for kind in ("cat", "dog") for n in range(3)
    }
    folder = write(tmp_path / "d", files)
    found = dspreview("filter", folder, "--where", "label = 'dog'", "--orderby", '"image.width" DESC', "--json").json
    assert [row["row"]["image"]["width"] for row in found["rows"]] == [6, 5, 4]
    assert {row["row"]["label"] for row in found["rows"]} == {1}
    (converted,) = [one for one in derived(dspreview) if one["kind"] == "parquet"]
    assert converted["bytes"] < 10_000  # paths, no pictures
    assert dspreview("filter", folder, "--where", "label = 'cow'").code == 2


def test_sounds_with_metadata(tmp_path: Path, dspreview: Program) -> None:
    meta = lines([{"file_name": f"{n}.wav", "age": age} for n, age in enumerate([8, 3])])
    folder = write(tmp_path / "d", {"0.wav": sound(1), "1.wav": sound(2), "metadata.jsonl": meta})
    found = dspreview("filter", folder, "--where", '"age"=3', "--json").json
    (row,) = found["rows"]
    assert row["row"]["audio"][0]["type"] == "audio/wav"
    assert places(dspreview("filter", folder, "--where", '"audio.duration" < 1.5', "--json").json) == [0]


def test_a_tar_of_samples(tmp_path: Path, dspreview: Program) -> None:
    files = {
        name: data
        for n in range(4)
        for name, data in {f"{n}.png": picture(), f"{n}.json": json.dumps({"n": n}).encode()}.items()
    }
    folder = write(tmp_path / "d", {"a.tar": tarred(files)})
    found = dspreview("filter", folder, "--where", '"json"."n" = 2', "--json")
    assert places(found.json) == [2], found.err
    assert found.json["rows"][0]["row"]["png"]["width"] == 8


def test_types_that_widen_late(tmp_path: Path, dspreview: Program) -> None:
    rows = [{"n": n, "text": "x" * 900} for n in range(20_000)]
    rows += [{"n": n + 0.5, "text": None, "late": [1]} for n in range(5_000)]
    folder = write(tmp_path / "d", {"a.jsonl": lines(rows)})
    found = dspreview("filter", folder, "--where", "n > 4998.7 AND late IS NOT NULL", "--json")
    assert found.json["num_rows_total"] == 1, found.err
    assert found.json["rows"][0]["row"] == {"n": 4_999.5, "text": None, "late": [1]}
    assert places(found.json) == [24_999]
    assert dspreview("filter", folder, "--where", "n = 19999", "--json").json["rows"][0]["row"]["late"] is None


def test_files_that_disagree_are_named(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "n,t\n1,x\n", "b.csv": "n,u\n1,x\n"})
    found = dspreview("filter", folder, "--where", "n = 1", "--json")
    assert (found.code, found.json["exception"]) == (6, "DisagreeingFilesError")
    assert "a.csv" in found.err
    assert "b.csv" in found.err
    assert derived(dspreview) == []


def test_parquet_whose_files_differ_is_converted(tmp_path: Path, dspreview: Program) -> None:
    from tests.support.data import parquet

    readme = "---\ndataset_info:\n  features:\n  - {name: n, dtype: int64}\n  - name: label\n    dtype: {class_label: {names: {'0': a, '1': b}}}\n---\n"
    import pyarrow as pa

    one = pa.table({"n": pa.array([1, 2], pa.int32()), "label": [0, 1]})
    other = pa.table({"label": pa.array([1], pa.int8()), "n": [3]})
    folder = write(
        tmp_path / "d", {"README.md": readme, "train-0.parquet": parquet(one), "train-1.parquet": parquet(other)}
    )
    found = dspreview("filter", folder, "--where", "label = 'b'", "--json")
    assert [row["row"] for row in found.json["rows"]] == [{"n": 2, "label": 1}, {"n": 3, "label": 1}], found.err
    assert dspreview("rows", folder, "--json").json["rows"][1:] == found.json["rows"]


def test_a_part_says_that_it_is_one(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "n\n" + "".join(f"{n}\n" for n in range(50_000))})
    dspreview.env["PARQUET_MAX_BYTES"] = "100_000"
    found = dspreview("filter", folder, "--where", "n >= 0", "--json").json
    assert found["partial"] is True
    assert 0 < found["num_rows_total"] < 50_000
    table = dspreview("filter", folder, "--where", "n = 1")
    assert "first part" in table.out
    assert dspreview("stats", folder, "--json").json["partial"] is True
    assert "first part" in dspreview("stats", folder).out
    late = dspreview("rows", folder, "--offset", "49990", "--json").json
    assert (len(late["rows"]), late["partial"]) == (10, False)
    assert (
        dspreview("filter", folder, "--where", "n >= 0", "--json", PARQUET_MAX_BYTES="5_000_000_000").json["partial"]
        is False
    )


def slow_csv(folder: Path) -> Path:
    """A CSV that takes seconds to convert."""
    rng = random.Random(0)
    text = "a,b,c,d\n" + "".join(f"{n},{rng.random()},{'x' * 60}{n},{n % 7}\n" for n in range(1_500_000))
    return write(folder, {"a.csv": text})


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_conversion_leaves_nothing(tmp_path: Path, dspreview: Program, how: signal.Signals) -> None:
    folder = slow_csv(tmp_path / "d")
    process = dspreview.start("filter", folder, "--where", "a = 1")
    wait_for(lambda: list(dspreview.assets.glob(".derived/staged-*/piece-*")), process)
    process.send_signal(how)
    assert process.wait(60) == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert derived(dspreview) == []
    small = write(tmp_path / "e", {"a.csv": "n\n1\n"})
    assert places(dspreview("filter", small, "--where", "n = 1", "--json").json) == [0]
    assert list(dspreview.assets.glob(".derived/staged-*")) == []


def test_two_at_once_do_the_work_once(tmp_path: Path, dspreview: Program) -> None:
    folder = slow_csv(tmp_path / "d")
    first = dspreview.start("filter", folder, "--where", "a = 1")
    wait_for(lambda: list(dspreview.assets.glob(".derived/staged-*/piece-*")), first)
    second = dspreview("filter", folder, "--where", "a = 1499999", "--json")
    assert first.wait(60) == 0
    assert places(second.json) == [1_499_999]
    assert "another dspreview converts it" in second.err
    assert len(derived(dspreview)) == 1


def wait_for(found: Any, process: Any) -> None:
    """Until something is there, while a process lives."""
    while not found():
        assert process.poll() is None
        time.sleep(0.01)


def test_a_broken_file_is_named(tmp_path: Path, dspreview: Program) -> None:
    text = "n,t\n" + "".join(f"{n},x\n" for n in range(30_000)) + '1,"open\n'
    folder = write(tmp_path / "d", {"a.csv": text})
    assert dspreview("rows", folder).code == 0
    found = dspreview("filter", folder, "--where", "n = 1", "--json")
    assert found.code == 6
    assert "a.csv" in found.err
    assert derived(dspreview) == []


def test_no_room_for_what_is_derived(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "n\n" + "".join(f"{n}\n" for n in range(1_000))})
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    found = dspreview("filter", folder, "--where", "n = 1", "--json", "--assets-directory", blocked / "assets")
    assert (found.code, places(found.json)) == (0, [1]), found.err
    assert "not stored" in found.err
    words = dspreview(
        "search", write(tmp_path / "e", {"a.csv": "t\nx y\n"}), "x", "--json", "--assets-directory", blocked / "a"
    )
    assert (words.code, places(words.json)) == (0, [0]), words.err


def test_a_split_of_too_many_files_is_refused_with_the_limit(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {f"{number}.csv": "a\n1\n" for number in range(4)})
    refused = dspreview("filter", data, "--json", PARQUET_MAX_FILES="3")
    assert (refused.code, len(refused.err.splitlines())) == (2, 1)
    assert "PARQUET_MAX_FILES (3)" in refused.err
    assert len(dspreview("filter", data, "--json", PARQUET_MAX_FILES="4").row_values) == 4


@pytest.mark.parametrize(
    ("later", "values", "kind"),
    [
        ("1", 1.0, "float64"), ("1.5", 1.5, "float64"), ("True", True, "bool"), ("t", "t", "large_string"), ("2020-01-01", "2020-01-01", "large_string"),
    ],
)  # fmt: skip
def test_a_column_whose_first_file_has_no_value_is_what_the_next_one_tells(
    later: str, values: Any, kind: str, dspreview: Program, tmp_path: Path
) -> None:
    """A page and a conversion agree; beside numbers it is one of floats, as pandas and `datasets` have it."""
    data = write(tmp_path / "d", {"train-0.csv": "a,b\n,x\n,y\n", "train-1.csv": f"a,b\n{later},x\n{later},y\n"})
    for words in (["rows"], ["filter", "--where", "b IN ('x', 'y')"]):
        found = dspreview(words[0], data, *words[1:], "--json").json
        assert [row["row"]["a"] for row in found["rows"]] == [None, None, values, values]
        assert found["features"][0]["type"]["dtype"] == kind


def test_truths_behind_a_file_without_a_value_are_told(dspreview: Program, tmp_path: Path) -> None:
    """`load_dataset` gives 1.0 for them: its types are those of the first file, and of a column without a value float64."""
    data = write(tmp_path / "d", {"train-0.csv": "a,b\n,x\n,y\n", "train-1.csv": "a,b\nTrue,v\nFalse,w\n"})
    found = dspreview("check", data, "--json").json["findings"]
    assert [(one["code"], one["file"], one["column"]) for one in found] == [("library-differs", "train-1.csv", "a")]
