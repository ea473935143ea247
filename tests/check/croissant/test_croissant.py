"""Croissant documents: valid for mlcroissant on every healthy dataset, and the same rows through it; contradictions are found."""

from __future__ import annotations

import datetime as dt
import json
import logging
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import Audio, ClassLabel, Features, Image, List, Value

from tests.check import broken, healthy
from tests.support.data import parquet, picture, sound, write
from tests.support.program import Program

SETTINGS = """
[croissant]
name = "A name"
description = "What it is."
url = "https://data.example/d"
license = "https://spdx.org/licenses/MIT"
creator = ["Jane Doe", {"@type" = "sc:Organization", name = "Example Lab"}]
date_published = 2026-01-02
version = "1.0.0"
cite_as = "@misc{d}"
[croissant.rai]
dataLimitations = ["small"]
dataBiases = "none known"
personalSensitiveInformation = "none"
dataUseCases = "tests"
dataSocialImpact = "none"
hasSyntheticData = true
[croissant.prov]
wasDerivedFrom = [{"@id" = "https://data.example/source"}]
wasGeneratedBy = [{"@type" = "prov:Activity", "prov:label" = "Collection"}]
"""
LOSES = {
    "NaN and null are one", "int64 beside null goes through a float", "text that looks like numbers", "dates are time stamps",
}  # fmt: skip
"""What mlcroissant 1.1.1 itself loses: such values are left out of the comparison."""


def described(dspreview: Program, folder: Path, *words: str) -> Path:
    (folder.parent / "dspreview.toml").write_text(SETTINGS)
    dspreview.cwd = folder.parent
    path = (folder if folder.is_dir() else folder.parent) / ".croissant.json"
    done = dspreview("croissant", f"./{folder.name}", "-o", path, *words)
    assert done.code == 0, done.err
    return path


def opened(path: Path) -> Any:
    mlc = pytest.importorskip("mlcroissant")
    logging.getLogger("absl").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = mlc.Dataset(jsonld=str(path))
    assert (set(found.metadata.ctx.issues.errors), set(found.metadata.ctx.issues.warnings)) == (set(), set())
    return found


def records(dataset: Any, name: str) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [{key.rpartition("/")[2]: value for key, value in row.items()} for row in dataset.records(name)]


def plain(value: Any) -> Any:
    """A value of mlcroissant as JSON has it."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key.rpartition("/")[2]: plain(one) for key, one in value.items()}
    return value


@pytest.mark.parametrize("name", healthy.SOME)
def test_a_healthy_dataset_has_a_valid_document(name: str, tmp_path: Path, dspreview: Program) -> None:
    folder = healthy.make(name, tmp_path)
    path = described(dspreview, folder)
    opened(path)
    found = dspreview(
        "check",
        folder,
        "--croissant",
        path,
        "--profile",
        "neurips-2026",
        "--json",
        "--select",
        "croissant-missing,croissant-differs",
    ).json
    told = [one["message"] for one in found["findings"] if one["severity"] == "error"]
    assert [one for one in told if "recordSet is missing" not in one] == []


ROWS: dict[str, list[Any]] = {
    "i": [1, 2, 3], "t": ["a", "b", "ü"], "x": [0.5, 1.5, -2.0], "b": [True, False, True], "label": [0, 1, 0], "tags": [["a"], [], ["b", "c"]],
    "s": [{"p": 1, "q": "x"}, {"p": 2, "q": "y"}, {"p": 3, "q": "z"}], "m": [[{"r": "u", "c": "hi"}], [{"r": "a", "c": "yo"}, {"r": "u", "c": "?"}], [{"r": "a", "c": "!"}]],
}  # fmt: skip
FEATURES = Features(
    {
        "i": Value("int64"), "t": Value("string"), "x": Value("float64"), "b": Value("bool"), "label": ClassLabel(names=["no", "yes"]), "tags": List(Value("string")),
        "s": {"p": Value("int32"), "q": Value("string")}, "m": List({"r": Value("string"), "c": Value("string")}),
    }
)  # fmt: skip


@pytest.mark.parametrize("layout", ["parquet", "splits", "folders", "no pattern"])
def test_the_same_rows_come_through_mlcroissant(layout: str, tmp_path: Path, dspreview: Program) -> None:
    import pyarrow as pa

    table = pa.table(ROWS, schema=FEATURES.arrow_schema)
    parts: dict[str, dict[str, Any]] = {
        "parquet": {"a.parquet": table}, "splits": {"data/train-00000-of-00001.parquet": table.slice(0, 2), "data/test-00000-of-00001.parquet": table.slice(2)},
        "folders": {"train/x.parquet": table.slice(0, 2), "test/y.parquet": table.slice(2)}, "no pattern": {"a/train.parquet": table.slice(0, 2), "b/test.parquet": table.slice(2)},
    }  # fmt: skip
    folder = write(tmp_path / "d", {name: parquet(part) for name, part in parts[layout].items()})
    dataset = opened(described(dspreview, folder))
    names = [one.uuid for one in dataset.metadata.record_sets if not one.uuid.endswith(("-splits", "-classes"))]
    assert len(names) == (2 if layout == "no pattern" else 1)
    found = [plain(row) for name in names for row in records(dataset, name)]
    expected = [{name: ROWS[name][place] for name in ROWS} for place in range(3)]
    assert sorted(({key: row[key] for key in ROWS} for row in found), key=lambda row: row["i"]) == expected
    splits = {row["i"]: row["split"] for row in found}
    assert splits == (dict.fromkeys((1, 2, 3), "train") if layout == "parquet" else {1: "train", 2: "train", 3: "test"})
    classes = next(one.uuid for one in dataset.metadata.record_sets if one.uuid.endswith("-classes"))
    assert [plain(row) for row in records(dataset, classes)] == [
        {"index": 0, "name": "no"},
        {"index": 1, "name": "yes"},
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_text_files_come_through(form: str, tmp_path: Path, dspreview: Program) -> None:
    rows = [{"n": 1, "t": "a", "x": 0.5}, {"n": 2, "t": "b,c", "x": 1.5}]
    text = 'n,t,x\n1,a,0.5\n2,"b,c",1.5\n' if form == "csv" else "".join(json.dumps(row) + "\n" for row in rows)
    folder = write(tmp_path / "d", {f"train.{form}": text, f"test.{form}": text})
    dataset = opened(described(dspreview, folder))
    found = [plain(row) for row in records(dataset, "default")]
    assert sorted({row["split"] for row in found}) == ["test", "train"]
    assert [{key: row[key] for key in ("n", "t", "x")} for row in found] == rows * 2


def test_pictures_and_sounds_come_through(tmp_path: Path, dspreview: Program) -> None:
    import pyarrow as pa

    features = Features({"image": Image(), "sound": Audio(), "n": Value("int64")})
    table = pa.table({"image": [{"bytes": picture(size=(7, 5)), "path": "a.png"}], "sound": [{"bytes": sound(), "path": "a.wav"}], "n": [1]}, schema=features.arrow_schema)  # fmt: skip
    folder = write(tmp_path / "d", {"a.parquet": parquet(table)})
    (row,) = records(opened(described(dspreview, folder)), "default")
    assert (row["image"].size, row["sound"][:4]) == ((7, 5), b"RIFF")
    folder = write(
        tmp_path / "e",
        {"train/cat/a.png": picture(), "train/dog/b.png": picture(size=(9, 9)), "test/cat/c.png": picture(size=(3, 3))},
    )
    found = records(opened(described(dspreview, folder)), "default")
    assert {(plain(row["split"]), plain(row["label"])) for row in found} == {
        ("train", "cat"),
        ("train", "dog"),
        ("test", "cat"),
    }
    assert len(found) == 3


def test_a_column_without_a_word_is_told(tmp_path: Path, dspreview: Program) -> None:
    import pyarrow as pa

    folder = write(tmp_path / "d", {"a.parquet": parquet({"n": [1], "span": pa.array([5], pa.duration("s"))})})
    (tmp_path / "dspreview.toml").write_text(SETTINGS)
    done = dspreview("croissant", folder)
    assert "left out: column span of default" in done.err
    assert "span" not in done.out


def test_nothing_is_invented(tmp_path: Path, dspreview: Program) -> None:
    folder = write(
        tmp_path / "d",
        {
            "a.csv": "n\n1\n",
            "README.md": "---\nlicense: cc-by-4.0\npretty_name: My data\nrai:\n  dataBiases: many\n---\n",
        },
    )
    done = dspreview("croissant", folder)
    document = json.loads(done.out)
    assert (document["name"], document["license"], document["rai:dataBiases"]) == (
        "My data",
        "https://spdx.org/licenses/CC-BY-4.0",
        "many",
    )
    assert not {"creator", "datePublished", "version", "citeAs", "url"} & set(document)
    assert "nobody said: url, creator, datePublished, version, citeAs" in done.err


def test_an_unknown_key_of_the_settings_is_refused(tmp_path: Path, dspreview: Program) -> None:
    write(tmp_path / "d", {"a.csv": "n\n1\n"})
    dspreview.cwd = tmp_path
    for text, told in (
        ("[croissant]\nlicence = 'x'\n", "did you mean 'license'"),
        ("[croissant.rai]\ndataBias = 'x'\n", "did you mean 'dataBiases'"),
    ):
        (tmp_path / "dspreview.toml").write_text(text)
        done = dspreview("croissant", "./d")
        assert (done.code, told in done.err) == (2, True), done.err


def change(path: Path, *keys: Any, value: Any = None) -> None:
    """Another value in a document; none removes it."""
    document = json.loads(path.read_text())
    place = document
    for key in keys[:-1]:
        place = place[key]
    if value is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    path.write_text(json.dumps(document, indent=1))


CHANGES: dict[str, tuple[tuple[Any, ...], Any, str, str]] = {
    "no license": (("license",), None, "croissant-missing", "license is missing"),
    "no version of the format": (("conformsTo",), "http://mlcommons.org/croissant/1.2", "croissant-missing", "conformsTo must be"),
    "a word less": (("@context", "isArray"), None, "croissant-missing", "@context has no 'isArray'"),
    "another schema": (("@context", "sc"), "http://schema.org/", "croissant-differs", "https://schema.org/ only"),
    "another size": (("distribution", 0, "contentSize"), "7 B", "croissant-differs", "contentSize is '7 B'"),
    "another hash": (("distribution", 0, "sha256"), "0" * 64, "croissant-differs", "another sha256"),
    "no hash": (("distribution", 0, "sha256"), None, "croissant-missing", "no sha256"),
    "no file": (("distribution", 0, "contentUrl"), "b.csv", "croissant-differs", "there is no file 'b.csv'"),
    "no files": (("distribution", 1, "includes"), ["x*.csv"], "croissant-differs", "no file fits 'x*.csv'"),
    "another column": (("recordSet", 0, "field", 1, "source", "extract", "column"), "tt", "croissant-differs", "reads the column 'tt', which is not there"),
    "another type": (("recordSet", 0, "field", 1, "dataType"), "sc:Date", "croissant-differs", "holds cr:Int64"),
    "no source": (("recordSet", 0, "field", 1, "source"), None, "croissant-differs", "neither source nor value"),
    "a name twice": (("recordSet", 0, "field", 2, "@id"), "default/n", "croissant-differs", "2 things have the @id 'default/n'"),
    "nothing there": (("recordSet", 0, "field", 1, "source", "fileSet", "@id"), "zzz", "croissant-differs", "there is no 'zzz'"),
    "nearly RAI": (("rai:dataBias",), "x", "croissant-differs", "did you mean 'dataBiases'"),
    "another md5": (("distribution", 0, "md5"), "0" * 32, "croissant-differs", "a.csv has another md5"),
    "another format": (("distribution", 0, "encodingFormat"), "application/json", "croissant-differs", "a.csv is text/csv, and encodingFormat is"),
    "another split": (("recordSet", 0, "field", 0, "value"), "test", "croissant-differs", "and its files are the split train"),
    "a day that is none": (("datePublished",), "yesterday", "croissant-differs", "no date such as"),
    "no address": (("url",), "not a url", "croissant-differs", "no address such as"),
    "nearly a property": (("licence",), "x", "croissant-differs", "did you mean 'license'"),
    "a field twice": (("recordSet", 0, "field", 2, "name"), "n", "croissant-differs", "2 fields of default have the name 'n'"),
    "a venue": (("rai:dataLimitations",), None, "croissant-missing", "rai:dataLimitations is missing, and NeurIPS 2026"),
}  # fmt: skip
"""What is changed in a right document, and what is said."""


@pytest.mark.parametrize("case", CHANGES)
def test_what_is_not_so_is_found_with_its_line(case: str, tmp_path: Path, dspreview: Program) -> None:
    keys, value, code, told = CHANGES[case]
    folder = write(tmp_path / "d", {"a.csv": "n,t\n1,a\n2,b\n"})
    path = described(dspreview, folder)
    words: list[str | Path] = [
        "check",
        folder,
        "--croissant",
        path,
        "--profile",
        "neurips-2026",
        "--json",
        "--select",
        "croissant-missing,croissant-differs",
        "--ignore",
        "unused-file",
    ]
    assert dspreview(*words).json["findings"] == []
    change(path, *keys, value=value)
    found = dspreview(*words)
    assert found.code == 1
    (one, *_) = [one for one in found.json["findings"] if told in one["message"]]
    assert (one["code"], one["file"]) == (code, str(path))
    assert one["line"] is not None


def test_wrong_use_is_said(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "n\n1\n"})
    (tmp_path / "x.json").write_text("[1]")
    for words in (
        ["--croissant", "nothing.json"],
        ["--croissant", str(tmp_path / "x.json")],
        ["--profile", "neurips-2026"],
    ):
        assert dspreview("check", folder, *words).code == 2
    path = described(dspreview, folder)
    assert "neurips-2026" in dspreview("check", folder, "--croissant", path, "--profile", "icml").err
    assert broken.card("x: 1\n")


@pytest.mark.parametrize(("license_", "differs"), [("mit", False), ("apache-2.0", True)])
def test_the_licence_is_that_of_the_readme(license_: str, differs: bool, tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "n,t\n1,a\n2,b\n", "README.md": "---\nlicense: mit\n---\n"})
    path = folder / ".croissant.json"
    dspreview("croissant", folder, "-o", path)
    (folder / "README.md").write_text(f"---\nlicense: {license_}\n---\n")
    found = dspreview("check", folder, "--croissant", path, "--json").json["findings"]
    told = [
        (one["code"], one["line"])
        for one in found
        if "license is" in one["message"] and "README.md says" in one["message"]
    ]
    line = next(
        number for number, text in enumerate(path.read_text().splitlines(), 1) if "spdx.org/licenses/MIT" in text
    )
    assert told == ([("croissant-differs", line)] if differs else [])
