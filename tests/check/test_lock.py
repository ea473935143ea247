"""`lock` and `check --against`: what a dataset was like, and what has drifted."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pyarrow as pa
import pytest
from datasets import ClassLabel, Features, Value

from tests.check.broken import card
from tests.support.data import parquet, write
from tests.support.hub import Hub
from tests.support.program import Program

FEATURES = Features({"n": Value("int64"), "label": ClassLabel(names=["no", "yes"]), "t": Value("string")})
ROWS = {
    "n": list(range(100)),
    "label": [n % 2 for n in range(100)],
    "t": [None if n % 4 == 0 else f"text {n}" for n in range(100)],
}


def rows(**changes: object) -> bytes:
    """The data, with other columns."""
    columns = ROWS | changes
    return parquet(pa.table({name: columns[name] for name in FEATURES}, schema=FEATURES.arrow_schema))


def locked(program: Program, folder: Path) -> Path:
    """A lock file of a dataset."""
    path = folder.parent / "data.lock"
    result = program("lock", folder, "--output", path)
    assert (result.code, result.out) == (0, "")
    return path


def test_the_lock_file_is_toml_and_tells_what_there_is(dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"train.parquet": rows(), "test.parquet": parquet({"n": [1]})})
    text = locked(dspreview, folder).read_text()
    found = tomllib.loads(text)
    train = found["configs"]["default"]["train"]
    assert train["num_rows"] == 100
    assert train["columns"]["label"]["labels"] == {"no": 0.5, "yes": 0.5}
    assert train["columns"]["t"]["null_rate"] == 0.25
    assert train["columns"]["n"]["feature"] == '{"dtype":"int64","_type":"Value"}'
    assert list(found["configs"]["default"]) == ["train", "test"]
    assert dspreview("lock", folder).out == text  # again, and to stdout
    assert max(map(len, text.splitlines())) < 140


def test_nothing_has_drifted(dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.parquet": rows()})
    path = locked(dspreview, folder)
    result = dspreview("check", folder, "--against", path, "--json")
    assert (result.code, result.json["findings"]) == (0, [])
    (folder / "a.parquet").write_bytes(
        parquet(pa.table(ROWS, schema=FEATURES.arrow_schema), row_group_size=7)
    )  # other bytes, same values
    assert dspreview("check", folder, "--against", path, "--json").json["findings"] == []


@pytest.mark.parametrize(
    ("files", "told", "column"),
    [
        ({"a.parquet": rows(n=[*range(99), 7])}, "within the tolerances", None),
        ({"a.parquet": rows(t=[None] * 50 + ["x"] * 50)}, "share of nulls changed from 0.25 to 0.5", "t"),
        ({"a.parquet": rows(label=[0] * 100)}, "the share of yes changed from 0.5 to 0.0", "label"),
        ({"a.parquet": parquet({"n": list(range(100))})}, "the column label is gone", "label"),
        ({"a.parquet": parquet(pa.table(ROWS, schema=FEATURES.arrow_schema).append_column("x", [list(range(100))]))}, "the column x is new", "x"),
        ({"a.parquet": parquet(pa.table(ROWS, schema=FEATURES.arrow_schema).slice(0, 98))}, "the number of rows changed from 100 to 98", None),
        ({"train.parquet": rows(), "test.parquet": parquet({"n": [-1]})}, "default/test is new", None),
    ],
)  # fmt: skip
def test_what_has_drifted(
    files: dict[str, bytes], told: str, column: str | None, dspreview: Program, tmp_path: Path
) -> None:
    folder = write(tmp_path / "d", {"a.parquet": rows()})
    path = locked(dspreview, folder)
    (folder / "a.parquet").unlink()
    write(folder, files)
    result = dspreview("check", folder, "--against", path, "--json", "--select", "drift")
    found = [one for one in result.json["findings"] if told in one["message"]]
    assert found, result.json["findings"]
    assert {one["code"] for one in found} == {"drift"}
    assert column is None or found[0]["column"] == column
    assert result.code == (0 if "tolerances" in told else 1)


def test_tolerances_are_those_of_the_file(dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.parquet": rows()})
    path = locked(dspreview, folder)
    (folder / "a.parquet").write_bytes(parquet(pa.table(ROWS, schema=FEATURES.arrow_schema).slice(0, 98)))
    assert dspreview("check", folder, "--against", path).code == 1
    path.write_text(path.read_text().replace("rows = 0.0", "rows = 0.05"))
    assert dspreview("check", folder, "--against", path).code == 0


def test_a_split_that_is_gone(dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"train.parquet": rows(), "test.parquet": parquet({"n": [1]})})
    path = locked(dspreview, folder)
    (folder / "test.parquet").unlink()
    assert "default/test is gone" in dspreview("check", folder, "--against", path).out


def test_hub_and_local_have_the_same_fingerprint(online: Program, hub: Hub, tmp_path: Path) -> None:
    head = card("configs:\n- config_name: default\n  data_files: a.parquet\n")
    hub.add("me/data", {"README.md": head, "a.parquet": rows()})
    folder = write(tmp_path / "d", {"README.md": head, "a.parquet": rows()})
    here, there = (tomllib.loads(online("lock", name).out) for name in (folder, "me/data"))
    assert here["fingerprint"] == there["fingerprint"]
    assert there["revision"] == hub.repositories["me/data"].commits[-1].sha
    assert online("check", "me/data", "--against", locked(online, folder)).code == 0


@pytest.mark.parametrize("text", ["", "x = [", "version = 9", "version = 1\n[configs.default]\ntrain = 3\n"])
def test_files_that_are_no_lock(text: str, dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.parquet": rows()})
    (tmp_path / "x.lock").write_text(text)
    result = dspreview("check", folder, "--against", tmp_path / "x.lock")
    assert result.code == 2
    assert "Traceback" not in result.err
    assert dspreview("check", folder, "--against", tmp_path / "none.lock").code == 2


def test_a_lock_file_is_written_whole_or_not_at_all(dspreview: Program, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", {"a.parquet": b"PAR1"})
    path = tmp_path / "data.lock"
    path.write_text("as it was")
    assert dspreview("lock", folder, "--output", path).code == 6
    assert path.read_text() == "as it was"
    assert dspreview("lock", write(tmp_path / "e", {"a.parquet": rows()}), "--output", tmp_path / "no" / "x").code == 2


def test_floats_near_the_largest(dspreview: Program, tmp_path: Path) -> None:
    """Their sum has no place in a float."""
    folder = write(tmp_path / "d", {"a.parquet": parquet({"x": [1.7e308, 1.6e308, -1.5e308]})})
    path = locked(dspreview, folder)
    assert tomllib.loads(path.read_text())["configs"]["default"]["train"]["num_rows"] == 3
    assert dspreview("check", folder, "--against", path).code == 0
    assert dspreview("diff", folder, folder).code == 0


def test_comments_and_tolerances_of_a_person_are_kept(tmp_path: Path, dspreview: Program) -> None:
    data, file = write(tmp_path / "d", {"a.csv": "a\n1\n2\n"}), tmp_path / "d.lock.toml"
    assert dspreview("lock", data, "--output", file).code == 0
    text = file.read_text().replace("nulls = 0.01", "nulls = 0.5  # half of them may be missing")
    file.write_text(f"# checked by hand\n{text}")
    write(tmp_path / "d", {"a.csv": "a\n1\n\n3\n", "b.csv": "a\n4\n"})
    assert dspreview("lock", data, "--output", file).code == 0
    again = file.read_text()
    assert again.startswith("# checked by hand\n# A snapshot of this dataset")
    assert "nulls = 0.5  # half of them may be missing\n" in again
    locked = tomllib.loads(again)
    assert locked["configs"]["default"]["train"]["num_rows"] == 3
    assert dspreview("check", data, "--against", file, "--ignore", "null-column").code == 0


@pytest.mark.parametrize("before", ["not TOML = =", "version = 99\n", "[configs]\na = 1\n"])
def test_what_is_no_lock_file_is_written_over(before: str, tmp_path: Path, dspreview: Program) -> None:
    data, file = write(tmp_path / "d", {"a.csv": "a\n1\n"}), tmp_path / "x.toml"
    file.write_text(before)
    assert dspreview("lock", data, "--output", file).code == 0
    assert file.read_text() == dspreview("lock", data).out


def test_only_a_lock_file_is_written_again(dspreview: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"train.csv": "a\n1\n", "other.toml": "[tool]\nname = 'x'\n"})
    for name in ("train.csv", "other.toml"):
        before = (data / name).read_bytes()
        done = dspreview("lock", data, "--update", data / name, "--reason", "a slip")
        assert (done.code, "no lock file" in done.err, (data / name).read_bytes()) == (2, True, before)
