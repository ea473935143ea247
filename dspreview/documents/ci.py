"""What `check` found, for the pages of a CI service: annotations and the summary of a GitHub job, GitLab's code quality."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from dspreview.check.dataset import Report
from dspreview.check.findings import Finding
from dspreview.documents.findings import sentence
from dspreview.documents.plain import harmless, markdown
from dspreview.models import Json

GITHUB_WORDS = {"error": "error", "warning": "warning", "info": "notice"}
GITHUB_MOST = 10
"""Annotations of a kind that GitHub shows of a step; it drops the others."""
GITLAB_WORDS = {"error": "critical", "warning": "minor", "info": "info"}
SUMMARY_MOST = 100
"""Findings in a summary, whose file has a limit of 1 MiB."""
COUNTED = re.compile(r": [\d,]+ of [\d,]+ rows \(.*\)$")
"""How often a rule is broken, at the end of its message."""


def github_lines(report: Report, folder: str) -> Iterator[str]:
    """The findings as commands of a GitHub workflow, which shows them at their file and line; those beyond its limit in one."""
    for severity, word in GITHUB_WORDS.items():
        found = [one for one in report.findings if one.severity == severity]
        shown = found if len(found) <= GITHUB_MOST else found[: GITHUB_MOST - 1]
        for one in shown:
            place = {
                "file": f"{folder}{one.file}" if one.file else None,
                "line": one.line,
                "title": f"{one.code} in {report.asked}",
            }
            yield command(word, place, f"{sentence(one)}. {one.remedy}")
        if rest := found[len(shown) :]:
            listed = ", ".join(f"{code} ({number})" for code, number in Counter(one.code for one in rest).items())
            yield command(
                word, {"title": f"{len(rest)} more in {report.asked}"}, f"{listed}; all are in the job's summary"
            )


def command(word: str, place: dict[str, Json], text: str) -> str:
    """A command of a workflow."""
    told = ",".join(f"{key}={escaped(str(value), ',:')}" for key, value in place.items() if value is not None)
    return f"::{word} {told}::{escaped(text)}"


def escaped(text: str, more: str = "") -> str:
    """Text that ends no command of a workflow."""
    return harmless("".join(f"%{ord(sign):02X}" if sign in "%\r\n" + more else sign for sign in text))


def step_summary(reports: Sequence[Report]) -> str:
    """All reports as Markdown, for the summary of a job."""
    lines: list[str] = []
    for report in reports:
        counts = ", ".join(
            f"{number} {severity}{'s' * (number > 1)}" for severity, number in report.summary().items() if number
        )
        lines += [f"### {markdown(report.asked)}: {counts or 'in order'}", ""]
        if report.findings:
            lines += ["| severity | finding | where | what | remedy |", "|---|---|---|---|---|"]
            lines += [row_of(one) for one in report.findings[:SUMMARY_MOST]]
            if (left := len(report.findings) - SUMMARY_MOST) > 0:
                lines.append(f"| | | | … and {left} more | |")
            lines.append("")
    return "\n".join(lines) + "\n"


def row_of(finding: Finding) -> str:
    """A row of a table in Markdown."""
    cells = (finding.severity, finding.code, finding.place, finding.message, finding.remedy)
    return "| " + " | ".join(markdown(cell).replace("|", "\\|") for cell in cells) + " |"


def code_quality(reports: Sequence[Report], folders: Sequence[str]) -> list[dict[str, Json]]:
    """All findings in the form of GitLab's code quality reports."""
    return [
        {
            "description": f"{sentence(one)}. {one.remedy}",
            "check_name": one.code,
            "fingerprint": hashlib.blake2b(repr((report.asked, *mark_of(one), one.row)).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest(),
            "severity": GITLAB_WORDS[one.severity],
            "location": {"path": f"{folder}{one.file or 'README.md'}", "lines": {"begin": one.line or 1}},
        }
        for report, folder in zip(reports, folders, strict=True)
        for one in report.findings
    ]  # fmt: skip


def mark_of(finding: Finding) -> tuple[Json, ...]:
    """What a finding is told by when it is met again, wherever its row stands by then."""
    kind = ""
    if finding.code == "rule":  # its numbers and rows change
        kind = COUNTED.sub("", finding.message)
    elif finding.code in {"secret", "pii"}:
        kind = finding.message.removeprefix(f"{finding.column}: ").partition(" ")[0]
    return finding.code, finding.config, finding.split, finding.file, finding.column, kind
