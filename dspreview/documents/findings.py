"""What `check` found, in the shapes that others read: JSON, SARIF 2.1.0, JUnit."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from dspreview import DISTRIBUTION
from dspreview.check.dataset import Report
from dspreview.check.findings import KINDS, Finding
from dspreview.documents.plain import harmless
from dspreview.models import Json

SARIF_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_document(report: Report) -> dict[str, Json]:
    """The JSON of one dataset."""
    return {
        "dataset": report.asked,
        "revision": report.revision,
        "findings": [as_record(one) for one in report.findings],
        "summary": report.summary(),
        "splits_checked": report.splits_checked,
        "rows_read": report.rows_read,
    }


def sarif(reports: Sequence[Report], folders: Sequence[str]) -> dict[str, Json]:
    """One run of SARIF.

    Args:
        folders: of each report, the path of the dataset's folder in its repository; empty for one that lies elsewhere.

    """
    from importlib.metadata import version

    used = sorted({one.code for report in reports for one in report.findings})
    rules = [
        {
            "id": code,
            "shortDescription": {"text": KINDS[code].title},
            "help": {"text": KINDS[code].remedy},
            "defaultConfiguration": {"level": SARIF_LEVELS[KINDS[code].severity]},
        }
        for code in used
    ]
    results = [
        sarif_result(report, one, folder, used.index(one.code))
        for report, folder in zip(reports, folders, strict=True)
        for one in report.findings
    ]
    driver = {
        "name": "dspreview",
        "version": version(DISTRIBUTION),
        "informationUri": "https://github.com/dspreview/dspreview",
        "rules": rules,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def as_record(finding: Finding) -> dict[str, Json]:
    """A finding as JSON; several rows where it names them."""
    told = finding._asdict()
    return told if finding.rows else {key: value for key, value in told.items() if key != "rows"}


def sarif_result(report: Report, finding: Finding, folder: str, rule: int) -> dict[str, Json]:
    """One finding."""
    file = finding.file or "README.md"
    physical: dict[str, Json] = {"artifactLocation": {"uri": quote(f"{folder}{file}", errors="surrogateescape")}}
    if finding.line is not None:
        physical["region"] = {"startLine": finding.line}
    names = [report.asked, *(name for name in (finding.config, finding.split, finding.column) if name is not None)]
    location: dict[str, Json] = {
        "physicalLocation": physical,
        "logicalLocations": [{"fullyQualifiedName": "/".join(names)}],
    }
    properties = {key: value for key, value in finding._asdict().items() if key in {"config", "split", "row", "column"}}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": SARIF_LEVELS[finding.severity],
        "message": {"text": f"{sentence(finding)}. {finding.remedy}"},
        "locations": [location],
        "properties": properties | {"dataset": report.asked},
    }


def sentence(finding: Finding) -> str:
    """A finding and its place in one line."""
    return f"{finding.place}: {finding.message}" if finding.place else finding.message


def junit(reports: Sequence[Report]) -> str:
    """A test suite for each dataset, a test for each split, and one for the dataset itself."""
    from xml.etree import ElementTree as ET

    root = ET.Element("testsuites", name="dspreview check")
    for report in reports:
        cases: dict[str, list[Finding]] = {report.asked: []}
        for config, split in report.outcomes:
            cases[f"{config}/{split}"] = []
        for one in report.findings:
            cases.setdefault(f"{one.config}/{one.split}" if one.split is not None else report.asked, []).append(one)
        bad = sum(any(one.severity == "error" for one in found) for found in cases.values())
        suite = ET.SubElement(
            root, "testsuite", name=printable(report.asked), tests=str(len(cases)), failures=str(bad), errors="0"
        )
        for name, found in cases.items():
            case = ET.SubElement(suite, "testcase", classname=printable(report.asked), name=printable(name))
            errors = [one for one in found if one.severity == "error"]
            if errors:
                failure = ET.SubElement(case, "failure", type=errors[0].code, message=printable(sentence(errors[0])))
                failure.text = "\n".join(printable(line_of(one)) for one in errors)
            if others := [one for one in found if one.severity != "error"]:
                ET.SubElement(case, "system-out").text = "\n".join(printable(line_of(one)) for one in others)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def printable(text: str) -> str:
    """A text without the signs that XML has no place for."""
    return "".join(
        sign
        for sign in harmless(text)
        if sign >= " " and not "\ud800" <= sign <= "\udfff" and sign not in "\ufffe\uffff"
    )


def line_of(finding: Finding) -> str:
    """A finding in one line, with its code and its remedy."""
    return f"{finding.severity} {finding.code}: {sentence(finding)} ({finding.remedy})"
