"""The jobs of docs/ci.md, step by step in a shell: on a healthy dataset they pass, on a broken one they fail."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.check import broken
from tests.support.data import write
from tests.support.program import Program

ROOT = Path(__file__).parent.parent.parent
GITHUB, GITLAB, PRE_COMMIT = map(
    yaml.safe_load, re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "ci.md").read_text(), re.DOTALL)
)
STEPS = {
    "github": [step["run"] for step in GITHUB["jobs"]["check"]["steps"] if "run" in step],
    "gitlab": GITLAB["dataset"]["script"],
    "pre-commit": [PRE_COMMIT["repos"][0]["hooks"][0]["entry"]],
}


def run(steps: list[str], program: Program, folder: Path) -> list[int]:
    """The exit codes of the steps, up to the first that fails. The program is installed already."""
    codes = []
    for step in steps:
        if step.startswith("python -m pip install"):
            continue
        command = step.replace("dspreview check", f"{sys.executable} -m dspreview check")
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=folder,
            env=program.environment(),
            capture_output=True,
            check=False,
        )
        codes.append(done.returncode)
        if done.returncode:
            break
    return codes


@pytest.mark.parametrize("job", STEPS)
def test_a_healthy_dataset_passes(job: str, dspreview: Program, tmp_path: Path) -> None:
    folder = tmp_path / "signals"
    shutil.copytree(ROOT / "docs" / "examples" / "signals", folder)
    codes = run(STEPS[job], dspreview, folder)
    assert codes
    assert set(codes) == {0}
    reports = {path.name: path.read_text() for path in folder.glob(".dspreview*")}
    if job == "github":
        assert json.loads(reports[".dspreview.sarif"])["version"] == "2.1.0"
        assert {step.get("with", {}).get("sarif_file") for step in GITHUB["jobs"]["check"]["steps"]} >= {
            ".dspreview.sarif"
        }
    if job == "gitlab":
        assert ET.fromstring(reports[GITLAB["dataset"]["artifacts"]["reports"]["junit"]]).tag == "testsuites"


@pytest.mark.parametrize("job", STEPS)
def test_a_broken_dataset_fails_with_its_report_written(job: str, dspreview: Program, tmp_path: Path) -> None:
    folder = broken.make("load-failed jsonl", tmp_path)
    codes = run(STEPS[job], dspreview, folder)
    assert codes[-1] == 1
    assert set(codes[:-1]) <= {0}
    if job == "github":
        (result,) = json.loads((folder / ".dspreview.sarif").read_text())["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": "a.jsonl"},
            "region": {"startLine": 2},
        }


def test_what_nobody_could_tell_is_no_finding(dspreview: Program, tmp_path: Path) -> None:
    steps = [step.replace("check .", "check ./nothing") for step in STEPS["github"]]
    assert run(steps, dspreview, tmp_path) == [1]  # `test` fails where the code is not 1


def test_ci_of_this_repository_checks_its_examples() -> None:
    session = (ROOT / "noxfile.py").read_text().partition("def examples(")[2].partition("@nox.session")[0]
    assert all(word in session for word in ("docs/examples/*/README.md", '"--all-rows", "--fail-on", "warning"'))
    steps = (ROOT / ".ci" / "run").read_text().split()
    assert "examples" in steps[steps.index("nox") :]


def messy(folder: Path, number: int) -> Path:
    """A dataset with so many warnings of a kind."""
    head = ",".join(f"c{place}" for place in range(number))
    folder.mkdir()
    (folder / "a.csv").write_text(f"{head}\n" + f"{','.join(['NaN'] * number)}\n" + f"{','.join(['x'] * number)}\n" * 2)
    return folder


def test_annotations_are_as_many_as_are_shown(dspreview: Program, tmp_path: Path) -> None:
    (tmp_path / "summary.md").write_text("before\n")
    data = messy(tmp_path / "d", 30)
    (data / "b.csv").write_text("c0,c1\n1,2,3\n1,2,3,4\n")
    found = dspreview("check", data, "--format", "github", GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
    report = dspreview("check", data, "--json").json
    lines = found.out.splitlines()
    for severity, word in (("error", "error"), ("warning", "warning"), ("info", "notice")):
        number = sum(one["severity"] == severity for one in report["findings"])
        shown = [line for line in lines if line.startswith(f"::{word} ")]
        assert len(shown) == min(number, 10)
        if number > 10:
            assert f"title={number - 9} more in " in shown[-1]
    text = (tmp_path / "summary.md").read_text()
    assert text.startswith("before\n### ")
    assert sum(line.startswith(("| error", "| warning", "| info")) for line in text.splitlines()) == min(
        len(report["findings"]), 100
    )
    assert (
        dspreview("check", data, "--format", "github", GITHUB_STEP_SUMMARY=str(tmp_path / "no" / "x.md")).code
        == found.code
    )


def test_code_quality_of_gitlab(dspreview: Program, tmp_path: Path) -> None:
    data = broken.make("ragged-row", tmp_path)
    found = json.loads(dspreview("check", data, "--format", "gitlab").out)
    assert found
    for one in found:
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in {"info", "minor", "critical"}
        assert one["location"]["path"].endswith("a.csv")
    assert {one["location"]["lines"]["begin"] for one in found} >= {4}
    assert len({one["fingerprint"] for one in found}) >= 1


def test_a_baseline_keeps_what_was_known(dspreview: Program, tmp_path: Path) -> None:
    data = broken.make("load-failed jsonl", tmp_path)
    first = dspreview("check", data, "--json")
    assert first.code == 1
    (tmp_path / "baseline.json").write_text(first.out)
    again = dspreview("check", data, "--json", "--baseline", tmp_path / "baseline.json")
    assert (again.code, again.json["findings"]) == (0, [])
    assert "of the baseline left out" in again.err
    (data / "b.parquet").write_bytes(b"PAR1")
    assert dspreview("check", data, "--baseline", tmp_path / "baseline.json").code == 1
    assert dspreview("check", data, "--exit-zero").code == 0
    assert dspreview("check", tmp_path / "nothing", "--exit-zero").code == 3
    (tmp_path / "baseline.json").write_text("[1]")
    assert dspreview("check", data, "--baseline", tmp_path / "baseline.json").code == 2


def test_a_baseline_keeps_one_kind_of_key_and_one_rule(dspreview: Program, tmp_path: Path) -> None:
    """Another kind of personal data, or another rule, in the same column of the same file is new."""
    rows: list[dict[str, str | None]] = [{"text": f"row {number}", "label": "a"} for number in range(9)]
    (tmp_path / "r.toml").write_text('[rules."*".label]\nin = ["a"]\nnot_null = true\n')

    def check(*words: str | Path) -> list[tuple[str, int]]:
        data = write(tmp_path / "d", {"train.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
        found = dspreview("check", data, "--json", "--rules", tmp_path / "r.toml", *words)
        (tmp_path / "last.json").write_text(found.out)
        return sorted((one["code"], one["row"]) for one in found.json["findings"])

    rows[1]["label"], rows[2]["text"] = "z", "jane.roe@mail-provider.org"
    assert check() == [("pii", 2), ("rule", 1)]
    (tmp_path / "last.json").rename(tmp_path / "baseline.json")
    assert check("--baseline", tmp_path / "baseline.json") == []
    rows[4]["text"], rows[5]["label"] = "call +44 20 7946 0958", None
    rows[6]["label"], rows[7]["text"] = "z", "joan.doe@mail-provider.org"
    assert check("--baseline", tmp_path / "baseline.json") == [("pii", 4), ("rule", 5)]
