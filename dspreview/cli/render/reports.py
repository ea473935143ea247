"""Reports of `check`: a table of formats, a writer each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dspreview.documents.stdout import write_text
from dspreview.models import dump

if TYPE_CHECKING:
    from dspreview.check.dataset import Report
    from dspreview.cli.call import Call


class Located(NamedTuple):
    """A report, and where its dataset lies, seen from here: a CI job shows findings at files of its repository."""

    report: Report
    folder: str


def as_json(_: Call, found: Located) -> str:
    """One document a dataset, a line each."""
    from dspreview.documents.findings import as_document

    return dump(as_document(found.report)) + "\n"


def as_annotations(_: Call, found: Located) -> str:
    """Annotations of a GitHub workflow."""
    from dspreview.documents.ci import github_lines

    return "".join(f"{line}\n" for line in github_lines(found.report, found.folder))


def as_text(call: Call, found: Located) -> str:
    """The report for people."""
    return "".join(f"{line}\n" for line in lines(call, found.report))


def as_junit(reports: Sequence[Located]) -> str:
    """All datasets as one JUnit file."""
    from dspreview.documents.findings import junit

    return junit([one.report for one in reports])


def as_sarif(reports: Sequence[Located]) -> str:
    """All datasets as one run of SARIF."""
    from dspreview.documents.findings import sarif

    return dump(sarif([one.report for one in reports], [one.folder for one in reports])) + "\n"


def as_code_quality(reports: Sequence[Located]) -> str:
    """All datasets as one code quality report of GitLab."""
    from dspreview.documents.ci import code_quality

    return dump(code_quality([one.report for one in reports], [one.folder for one in reports])) + "\n"


EACH: dict[str, Callable[[Call, Located], str]] = {"table": as_text, "json": as_json, "github": as_annotations}
"""The formats that have a document for each dataset, which is written when it is known."""
TOGETHER: dict[str, Callable[[Sequence[Located]], str]] = {
    "sarif": as_sarif,
    "junit": as_junit,
    "gitlab": as_code_quality,
}
"""Those that have one for all, written at the end."""


SUMMED = frozenset({"github"})
"""Those beside which a job's summary is written."""


def write(call: Call, found: Located) -> None:
    """Write one report, in a format that has a document for each."""
    if call.format in EACH:
        write_text(EACH[call.format](call, found))


def write_together(call: Call, reports: Sequence[Located]) -> None:
    """Write all reports, in a format that has one document for all."""
    if call.format in TOGETHER:
        write_text(TOGETHER[call.format](reports))


def write_summary(call: Call, reports: Sequence[Located]) -> None:
    """Add the reports to the summary of a GitHub job, where one is kept; a file that cannot be written is told."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path or call.format not in SUMMED:
        return
    from dspreview.documents.ci import step_summary

    try:
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(step_summary([one.report for one in reports]))
    except OSError as error:
        call.warn(f"GITHUB_STEP_SUMMARY={path}: {error.strerror}; the job has no summary")


def lines(call: Call, report: Report) -> Iterator[str]:
    """A report for people: a line for the dataset, two for each finding."""
    from dspreview.cli.render.table import use_color
    from dspreview.documents.findings import sentence
    from dspreview.documents.plain import harmless

    counts = [f"{number} {severity}{'s' * (number > 1)}" for severity, number in report.summary().items() if number]
    looked = f"{report.splits_checked} split{'s' * (report.splits_checked != 1)}, {report.rows_read:,} rows looked at"
    verdict = "not checked" if report.missing else "in order"
    yield f"{harmless(report.asked)}: {', '.join(counts) or verdict} ({looked})"
    colors = {"error": "31", "warning": "33", "info": "36"} if use_color(call.color) else {}
    for one in report.findings:
        word = f"{one.severity:8}"
        word = f"\x1b[{colors[one.severity]}m{word}\x1b[0m" if colors else word
        yield f"  {word} {one.code:22} {harmless(sentence(one))}"
        yield f"  {'':8} {'':22} → {one.remedy}"
