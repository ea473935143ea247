"""`dspreview check`: whether datasets are in order, and if not, where."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from dspreview import errors
from dspreview.cli.batch import run_targets
from dspreview.cli.call import Call
from dspreview.cli.commands.is_valid import chosen
from dspreview.cli.options import FromOption, format_option, with_common
from dspreview.cli.render.progress import working
from dspreview.cli.render.reports import EACH, TOGETHER, Located, write, write_summary, write_together
from dspreview.models import DatasetRef, FeatureTree, Json, Kind, SplitId
from dspreview.preview import Preview
from dspreview.preview.queries import Queries
from dspreview.preview.telling import Telling
from dspreview.store import Store

if TYPE_CHECKING:
    from dspreview.check.dataset import Report
    from dspreview.check.findings import Finding
    from dspreview.check.leaks.roles import Roles
    from dspreview.extract.extractor import Extractor
    from dspreview.query.engine.engine import Engine

    ReportFormat = str
else:
    ReportFormat = format_option([*EACH, *TOGETHER], "report")

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
NEAR = 0.8
"""What texts have in common that count as nearly the same, where nobody says so."""
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
            metavar="SHARE", min=0.5, max=1.0, help="Find texts that have that share of their words in common, as 0.8."
        ),
    ] = None,
    against_data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATASET[:CONFIG[/SPLIT]]",
            help="Find texts that stand in this dataset, too, such as a benchmark; repeatable.",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="What `check --json` said before: only findings that are not in there count."
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
        report = report._replace(findings=known.new(kept(report.findings, selected, ignored), ref.asked))
        reports.append(Located(report, folder_of(ref)))
        write(call, reports[-1])
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
    if call.cached and ref.kind is Kind.HUB:
        raise errors.UsageError(f"{ref.asked}: this reads the data itself, which --cached forbids; use a local copy")


class Baseline:
    """The findings that were known before."""

    def __init__(self, call: Call, path: str | None) -> None:
        """Read what `check --json` wrote, a document a line. Raises UsageError."""
        from dspreview.check.findings import Finding
        from dspreview.documents.ci import mark_of

        self.call, self.mark_of, self.marks = call, mark_of, set[tuple[Json, ...]]()
        try:
            text = Path(path).read_text(encoding="utf-8") if path is not None else ""
            for line in filter(str.strip, text.splitlines()):
                for one in json.loads(line)["findings"]:
                    self.marks.add(mark_of(Finding(**{key: one.get(key) for key in Finding._fields if key != "rows"})))
        except OSError as error:
            raise errors.UsageError(
                f"--baseline {path}: {error.strerror}; write it with: dspreview check DATASET --json"
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise errors.UsageError(f"--baseline {path}: not what `dspreview check --json` writes") from error

    def new(self, findings: list[Finding], asked: str) -> list[Finding]:
        """Those that were not known."""
        found = [one for one in findings if self.mark_of(one) not in self.marks]
        if left := len(findings) - len(found):
            self.call.warn(f"{asked}: {left} finding{'s' * (left > 1)} of the baseline left out")
        return found


class Nearness(NamedTuple):
    """How texts are compared."""

    share: float | None = None
    """What they must have in common; None compares none."""
    against: tuple[str, ...] = ()
    """Other datasets."""


class Told:
    """What a settings file says of the data: its rules, and which columns are the input."""

    def __init__(self, call: Call, path: str | None = None) -> None:
        """Read a file, or that of the working folder. Raises UsageError, SettingsError."""
        from dspreview.check.rules.book import read_book
        from dspreview.folders import folder_file, read_toml

        found = path if path is not None else folder_file() if call.folder else None
        self.path = str(found) if found is not None else ""
        book = read_book(self.path) if self.path else None
        if path is not None and book is not None and not book.rules:
            raise errors.UsageError(f'{path} has no rules, such as [rules."default/train".text]')
        self.book = book if book is not None and book.rules else None
        self.input: Json = read_toml(Path(self.path)).get("input") if self.path else None

    def roles(self, names: SplitId, columns: list[tuple[str, FeatureTree]]) -> Roles | None:
        """What the columns of a split are for."""
        from dspreview.check.leaks import roles

        found = roles.told(self.input, names.config, columns, self.path) if isinstance(self.input, dict) else None
        return found if found is not None else roles.guessed(columns)


def examine(
    call: Call, extractor: Extractor, ref: DatasetRef, sample: int | None, against: str | None, said: Told | None = None,
    near: Nearness = Nearness(),  # noqa: B008 - a value
) -> Report:  # fmt: skip
    """Check one dataset. Raises PreviewError."""
    from dspreview.check.dataset import DatasetCheck, in_order

    with (
        working(f"checking {ref.asked}", quiet=call.quiet) as told,
        tempfile.TemporaryDirectory(prefix="dspreview-") as name,
    ):
        if against is not None:
            from dspreview.check.lock import check_against, read_lock

            return check_against(extractor, ref, Path(name), read_lock(against), progress=told.show)
        said = said or Told(call)
        looking = partial(DatasetCheck, extractor, ref, Path(name), sample=sample, progress=told.show, roles=said.roles)
        if said.book is None and near.share is None:
            return looking().run()
        with Store(call.settings) as store:
            preview = Preview(store, call.settings, cached=call.cached, warn=call.warn, extractor=extractor)
            queries = Queries(preview, Telling(told.show, call.warn), agreed=True)
            report = looking(book=said.book, opened=partial(rows_of, queries, ref)).run()
            if near.share is None:
                return report
            from dspreview.cli.nearly import near_findings

            opened_of = partial(partial, rows_of, queries)
            found = near_findings(
                call, queries, opened_of, ref, report, said.roles, near.share, near.against, Path(name)
            )
            return report._replace(findings=in_order([*report.findings, *found]))


@contextmanager
def rows_of(queries: Queries, ref: DatasetRef, names: SplitId) -> Iterator[Engine]:
    """All rows of a split, for its rules."""
    target = queries.target(ref, *names)
    with queries.tables.open(target.ref, target.entry, target.split) as found, queries.engine(target, found) as engine:
        yield engine


def kept(findings: list[Finding], select: frozenset[str], ignore: frozenset[str]) -> list[Finding]:
    """The findings that count."""
    from dspreview.check import findings as kinds

    return kinds.chosen(findings, select, ignore)


def folder_of(ref: DatasetRef) -> str:
    """Where a local dataset lies, seen from here, with a slash at its end: a CI job shows findings at files of its repository."""
    if ref.kind is Kind.HUB:
        return ""
    folder = ref.name if os.path.isdir(ref.name) else os.path.dirname(ref.name)
    near = os.path.relpath(folder)
    return "" if near == "." else f"{folder if near.startswith('..') else near}/"
