"""`dspreview check`: whether datasets are in order, and if not, where."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dspreview import errors, local
from dspreview.cli.batch import run_targets
from dspreview.cli.call import Call
from dspreview.cli.commands.checking.examining import (
    NEAR,
    Baseline,
    Nearness,
    Told,
    examine,
    with_croissant,
    write_report,
)
from dspreview.cli.commands.is_valid import chosen
from dspreview.cli.options import FromOption, format_option, with_common
from dspreview.cli.render.reports import EACH, TOGETHER, Located, write, write_summary, write_together
from dspreview.models import DatasetRef, Json

if TYPE_CHECKING:
    from dspreview.check.findings import Finding

    ReportFormat = str
else:
    ReportFormat = format_option([*EACH, *TOGETHER], "report")

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
SampleOption = Annotated[
    int | None,
    typer.Option("--split-sample", metavar="N", min=1, help="Rows of each split that are looked at; 100 by default."),
]
AllRowsOption = Annotated[bool, typer.Option("--all-rows", help="Look at every row.")]


@app.command(
    help="Check every config and split of datasets, and report each problem with its location. "
    "Exit 0: no finding at or above --fail-on. Exit 1: at least one. "
    "If a dataset could not be checked, the exit code is another one. docs/check.md explains each finding."
)
@with_common
def check(  # noqa: PLR0913 - options are many
    call: Call,
    datasets: Annotated[
        list[str] | None, typer.Argument(metavar="DATASET...", help="Hub ids or local paths.", show_default=False)
    ] = None,
    *,
    from_file: FromOption = None,
    split_sample: SampleOption = None,
    all_rows: AllRowsOption = False,
    select: Annotated[
        list[str] | None, typer.Option(metavar="CODES", help="Only findings of these codes. [env: CHECK_SELECT]")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="CODES", help="No findings of these codes. [env: CHECK_IGNORE]")
    ] = None,
    fail_on: Annotated[
        Literal["error", "warning", "info"] | None,
        typer.Option(help="The lowest severity that exits 1. [env: CHECK_FAIL_ON; default: error]", show_default=False),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A lock file of `dspreview lock`. Differences from it are reported, too."),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The rules that columns must keep; those of ./dspreview.toml by default."),
    ] = None,
    near_duplicates: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            min=0.5,
            max=1.0,
            help="Find texts that have that share of their words in common, as 0.8; and pictures and sounds that are nearly the same.",
        ),
    ] = None,
    against_data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATASET[:CONFIG[/SPLIT]]",
            help="Find texts, pictures and sounds that stand in this dataset, too, such as a benchmark; repeatable.",
        ),
    ] = None,
    croissant: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Hold a Croissant document against the data: what is missing, what is not so."
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --croissant: also what a venue asks for: neurips-2026."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="What `check --json` said before: only findings that are not in there count."
        ),
    ] = None,
    report_to: Annotated[
        str | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write findings, splits, columns, statistics and rows as one HTML file, too.",
        ),
    ] = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit 0 whatever is found; other failures keep their codes.")
    ] = False,
    format_: ReportFormat = "table",
) -> int:
    """Answer `check`."""
    del format_  # it is in the call
    from dspreview.check.findings import at_least, codes
    from dspreview.extract.extractor import Extractor

    told = call.settings.sources
    selected = codes(
        select or [call.settings.check_select], "--select" if select else f"CHECK_SELECT (from {told['CHECK_SELECT']})"
    )
    ignored = codes(
        ignore or [call.settings.check_ignore], "--ignore" if ignore else f"CHECK_IGNORE (from {told['CHECK_IGNORE']})"
    )
    level = fail_on or call.settings.check_fail_on
    wanted = list(chosen(datasets or [], from_file))
    many = from_file is not None or len(wanted) > 1
    if against is not None and many:
        raise errors.UsageError("--against is for one dataset: a lock file describes one")
    sample = sample_of(split_sample, all_rows=all_rows)
    extractor = Extractor(call.settings)
    said = Told(call, rules)
    share = near_duplicates if near_duplicates is not None else NEAR if against_data else None
    if report_to is not None and many:
        raise errors.UsageError("--report is for one dataset")
    if profile is not None and croissant is None:
        raise errors.UsageError("--profile is for --croissant FILE")
    if croissant is not None and many:
        raise errors.UsageError("--croissant is for one dataset: a document describes one")
    if rules is not None and against is not None:
        raise errors.UsageError("give either --rules or --against")
    known = Baseline(call, baseline)
    reports: list[Located] = []

    def answer(ref: DatasetRef, config: str | None, split: str | None, named: dict[str, Json]) -> int:
        del named
        refuse_cached(call, ref)
        if config is not None or split is not None:
            raise errors.UsageError(f"{ref.asked}: check looks at whole datasets; name no config and no split")
        report = examine(call, extractor, ref, sample, against, said, Nearness(share, tuple(against_data or ())))
        if croissant is not None:
            report = report._replace(findings=with_croissant(call, extractor, ref, report, croissant, profile))
        report = said.without_allowed(report)
        report = report._replace(findings=known.new(kept(report.findings, selected, ignored), ref.asked))
        reports.append(Located(report, folder_of(ref)))
        write(call, reports[-1])
        if report_to is not None:
            write_report(call, extractor, ref, report, report_to)
        for one in report.missing:
            call.warn(f"not checked: {one}")
        if at_least(report.findings, level) and not exit_zero:
            return errors.EXIT_NO
        return errors.MissingPackageError.exit_code if report.missing else errors.EXIT_OK

    code = run_targets(call, wanted, answer, many=many)
    write_together(call, reports)
    write_summary(call, reports)
    return code


def sample_of(split_sample: int | None, *, all_rows: bool) -> int | None:
    """How many rows of each split are looked at; None for all. Raises UsageError."""
    if split_sample is not None and all_rows:
        raise errors.UsageError("--split-sample and --all-rows contradict each other; give one")
    return None if all_rows else split_sample or 100


def refuse_cached(call: Call, ref: DatasetRef) -> None:
    """Raise UsageError where data of the Hub is to be read, and the options forbid that."""
    if call.cached and ref.is_remote:
        raise errors.UsageError(f"{ref.asked}: this reads the data itself, which --cached forbids; use a local copy")


def kept(findings: list[Finding], select: frozenset[str], ignore: frozenset[str]) -> list[Finding]:
    """The findings that count."""
    from dspreview.check import findings as kinds

    return kinds.chosen(findings, select, ignore)


def folder_of(ref: DatasetRef) -> str:
    """Where a local dataset lies, seen from here, with a slash at its end: a CI job shows findings at files of its repository."""
    if ref.is_remote:
        return ""
    folder = local.folder_of(ref.name)
    near = os.path.relpath(folder)
    return "" if near == "." else f"{folder if near.startswith('..') else near}/"
