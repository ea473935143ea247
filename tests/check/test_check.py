"""`check`: each kind of finding by a dataset that has it and nothing else, none in healthy ones, and all formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from dspreview.check import splits
from dspreview.check.dataset import DatasetCheck, Report
from dspreview.check.findings import KINDS, at_least
from dspreview.extract.extractor import Extractor
from dspreview.local import identify
from tests.check import broken, healthy
from tests.support.data import parquet, write
from tests.support.program import Program


class HereExtractor(Extractor):
    """One that leaves the libraries of this process as they are: the fence around the network cannot be taken off."""

    def prepare(self) -> None:
        """Nothing."""


def check(dataset: Path, settings: Any, folder: Path, sample: int | None) -> Report:
    """A check in this process."""
    folder.mkdir()
    return DatasetCheck(
        HereExtractor(settings()), identify(str(dataset)), folder, sample=sample, progress=lambda *_: None
    ).run()


ELSEWHERE = {"drift", "rule", "near-duplicate", "croissant-missing", "croissant-differs"}
"""Those that are looked for with an option: test_lock.py, rules, leaks, croissant."""


def test_each_kind_has_a_broken_dataset() -> None:
    assert {name.split()[0] for name in broken.BROKEN} == set(KINDS) - ELSEWHERE  # test_lock.py, rules/, leaks/


@pytest.fixture
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A broken dataset, with the one limit lowered that only a large file would meet."""
    found = str(request.param)
    if found == "large-row-group":
        monkeypatch.setattr(splits, "LARGE_GROUP", broken.LARGE_GROUP)
    return found


@pytest.mark.parametrize("name", broken.BROKEN, indirect=True)
def test_a_broken_dataset_has_its_finding_and_no_other(name: str, tmp_path: Path, settings: Any) -> None:
    case, code = broken.BROKEN[name], name.split(maxsplit=1)[0]
    for sample in (None,) if case.all_rows else (100, None):
        report = check(broken.make(name, tmp_path / str(sample)), settings, tmp_path / f"work-{sample}", sample)
        found = [one for one in report.findings if one.code == code]
        assert found, report.findings
        assert {one.code for one in report.findings} - {code} <= set(case.others), report.findings
        for key, value in case.place.items():
            assert value in {getattr(one, key) for one in found}, (key, found)
        assert all(one.remedy and one.message for one in found)


@pytest.mark.parametrize("name", healthy.NAMES)
def test_a_healthy_dataset_has_no_error_and_no_warning(name: str, tmp_path: Path, settings: Any) -> None:
    dataset = healthy.make(name, tmp_path)
    for sample in (100, None):
        report = check(dataset, settings, tmp_path / f"work-{sample}", sample)
        assert not at_least(report.findings, "warning"), report.findings
        assert report.splits_checked >= 1
        assert report.rows_read >= 1


def test_there_are_120_healthy_datasets() -> None:
    assert len(set(healthy.NAMES)) >= 120


def test_the_examples_are_healthy(dspreview: Program) -> None:
    examples = Path(__file__).parent.parent.parent / "docs" / "examples"
    folders = [folder for folder in sorted(examples.iterdir()) if folder.is_dir()]
    assert folders
    result = dspreview("check", *folders, "--all-rows", "--fail-on", "warning")
    assert result.code == 0, result.out
    assert "in order" in result.out


def test_check_goes_on_after_each_failure(dspreview: Program, tmp_path: Path) -> None:
    files = {"one/a.parquet": b"PAR1", "two/a.parquet": healthy.NUMBERS, "three/a.csv": b"a\n\xff\n"}
    head = "".join(f"- config_name: {name}\n  data_files: {name}/*\n" for name in ("one", "two", "three"))
    folder = write(tmp_path / "d", {"README.md": broken.card(f"configs:\n{head}"), **files})
    result = dspreview("check", folder, "--json")
    assert result.code == 1
    assert {(one["code"], one["config"]) for one in result.json["findings"]} == {
        ("load-failed", "one"),
        ("invalid-utf8", "three"),
    }
    assert result.json["splits_checked"] == 3
    assert result.json["rows_read"] == 3
    assert result.json["summary"] == {"error": 2, "warning": 0, "info": 0}


def test_a_broken_file_hides_no_other(tmp_path: Path, settings: Any) -> None:
    folder = broken.make("load-failed among others", tmp_path)
    (folder / "d.parquet").write_bytes(parquet({"n": ["x"]}))
    for sample in (100, None):
        report = check(folder, settings, tmp_path / f"work-{sample}", sample)
        assert {(one.code, one.file) for one in report.findings} == {
            ("load-failed", "b.parquet"),
            ("files-disagree", "d.parquet"),
        }
        assert report.rows_read == 3


def test_the_json_is_that_of_the_contract(dspreview: Program, tmp_path: Path) -> None:
    folder = broken.make("mixed-types", tmp_path)
    result = dspreview("check", folder, "--json")
    assert result.code == 0
    assert list(result.json) == ["dataset", "revision", "findings", "summary", "splits_checked", "rows_read"]
    (finding,) = result.json["findings"]
    assert list(finding) == [
        "code",
        "severity",
        "message",
        "remedy",
        "config",
        "split",
        "file",
        "line",
        "row",
        "column",
    ]
    assert finding["file"] == "a.jsonl"
    assert (finding["line"], finding["row"], finding["column"]) == (2, 1, "t")


@pytest.mark.parametrize(
    ("options", "code"),
    [((), 0), (("--fail-on", "warning"), 1), (("--fail-on", "warning", "--ignore", "mixed-types"), 0),
     (("--fail-on", "info", "--select", "null-as-text,leakage"), 0), (("--fail-on", "warning", "--select", "mixed-types"), 1)],
)  # fmt: skip
def test_fail_on_select_and_ignore(options: tuple[str, ...], code: int, dspreview: Program, tmp_path: Path) -> None:
    folder = broken.make("mixed-types", tmp_path)
    assert dspreview("check", folder, *options).code == code


def test_the_same_in_a_setting_file(dspreview: Program, tmp_path: Path) -> None:
    folder = broken.make("mixed-types", tmp_path)
    dspreview.cwd = tmp_path
    (tmp_path / "dspreview.toml").write_text('CHECK_FAIL_ON = "warning"\n')
    assert dspreview("check", folder).code == 1
    (tmp_path / "dspreview.toml").write_text('CHECK_FAIL_ON = "warning"\nCHECK_IGNORE = ["mixed-types", "leakage"]\n')
    assert dspreview("check", folder).code == 0
    (tmp_path / "dspreview.toml").write_text('CHECK_IGNORE = ["mixed"]\n')
    result = dspreview("check", folder)
    assert result.code == 2
    assert "did you mean 'mixed-types'" in result.err


def test_wrong_use_and_what_cannot_be_told(dspreview: Program, tmp_path: Path) -> None:
    folder = broken.make("mixed-types", tmp_path)
    assert dspreview("check", folder, "--split-sample", "5", "--all-rows").code == 2
    assert dspreview("check").code == 2
    assert dspreview("check", tmp_path / "nothing").code == 3
    assert dspreview("check", "me/data", "--offline").code == 5
    assert dspreview("check", folder, "--format", "csv").code == 2


def test_several_datasets_and_the_worst_code(dspreview: Program, tmp_path: Path) -> None:
    good = healthy.make("csv", tmp_path / "good")
    bad = broken.make("load-failed", tmp_path / "bad")
    result = dspreview("check", good, bad, "--json")
    assert result.code == 1
    assert [one["summary"]["error"] for one in result.documents] == [0, 1]
    result = dspreview("check", good, bad, tmp_path / "none", "--json")
    assert result.code == 3
    assert len(result.documents) == 3
    assert dspreview("check", "--from", "-", stdin=f"{good}\n{bad}\n").code == 1


@pytest.mark.parametrize("name", broken.BROKEN, indirect=True)
def test_sarif_junit_and_github_of_each_broken_dataset(name: str, tmp_path: Path, settings: Any) -> None:
    from dspreview.documents.ci import github_lines
    from dspreview.documents.findings import junit, sarif

    case = broken.BROKEN[name]
    report = check(broken.make(name, tmp_path), settings, tmp_path / "work", None if case.all_rows else 100)
    run = sarif([report], ["data/"])["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(run["results"]) == len(report.findings)
    for result, finding in zip(run["results"], report.findings, strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"] == finding.code
        assert result["level"] == {"error": "error", "warning": "warning", "info": "note"}[finding.severity]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"].startswith("data/")
        assert place.get("region", {}).get("startLine") == finding.line
    tree = ET.fromstring(junit([report]))
    errors = [one for one in report.findings if one.severity == "error"]
    assert bool(tree.findall(".//failure")) == bool(errors)
    assert int(tree[0].get("failures", "")) == len(tree.findall(".//failure"))
    lines = list(github_lines(report, "data/"))
    assert len(lines) == len(report.findings)
    assert all("\n" not in line and line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)


def test_sarif_has_what_its_schema_requires(dspreview: Program, tmp_path: Path) -> None:
    dspreview.cwd = tmp_path
    broken.make("null-as-text", tmp_path)
    result = dspreview("check", "./d", "--format", "sarif")
    document = json.loads(result.out)
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert run["tool"]["driver"]["name"] == "dspreview"
    (one,) = run["results"]
    assert one["message"]["text"]
    assert one["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "d/a.jsonl"},
        "region": {"startLine": 2},
    }


def test_names_of_a_hostile_dataset_end_no_command_and_no_tag(dspreview: Program, tmp_path: Path) -> None:
    column = "a::error file=x::\n\x1b[31m<b>%0A&"
    write(tmp_path / "d", {"a.jsonl": json.dumps({column: "null"}) + "\n" + json.dumps({column: "x"}) + "\n"})
    lines = dspreview("check", tmp_path / "d", "--format", "github").out.splitlines()
    assert len(lines) == 1
    assert "\x1b" not in lines[0]
    _, command, *_ = lines[0].split("::")
    assert command.startswith("warning ")
    assert command.count("file=") == 1
    assert ET.fromstring(dspreview("check", tmp_path / "d", "--format", "junit").out).tag == "testsuites"
    assert "\x1b" not in dspreview("check", tmp_path / "d").out


def test_a_dataset_of_too_many_splits_is_refused_with_the_limit(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {f"data/s{number}-00000-of-00001.csv": "a\n1\n" for number in range(4)})
    assert dspreview("check", data, "--json", CHECK_MAX_SPLITS="4").json["splits_checked"] == 4
    refused = dspreview("check", data, "--json", CHECK_MAX_SPLITS="3")
    assert (refused.code, len(refused.err.splitlines())) == (2, 1)
    assert "CHECK_MAX_SPLITS (3)" in refused.err


def test_a_package_that_is_missing_here_is_a_note(tmp_path: Path, dspreview: Program) -> None:
    readme = "---\nconfigs:\n- {config_name: a, data_files: a.csv}\n- {config_name: b, data_files: b.tsfile}\n---\n"
    data = write(tmp_path / "d", {"a.csv": "x\n1\n2\n", "b.tsfile": b"x", "README.md": readme})
    found = dspreview("check", data, "--json")
    assert found.code == 8
    assert "not checked" in found.err
    assert "pip install tsfile" in found.err
    assert not any(one["config"] == "b" for one in found.json["findings"])
    (data / "a.csv").write_text("x,y\n1\n2,3,4\n")
    assert dspreview("check", data, "--json").code == 1
    assert dspreview("rows", data, "b").code == 8
    assert dspreview("rows", data, "b", "--cached").code == 3  # it was not stored
