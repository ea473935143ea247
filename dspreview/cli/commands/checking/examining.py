"""A dataset is checked: what the settings say of it, its rules, leaks and documents, and what was known before."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.render.progress import working
from dspreview.models import DatasetRef, FeatureTree, Json, SplitId
from dspreview.preview import Preview
from dspreview.preview.queries import Queries
from dspreview.preview.telling import Telling
from dspreview.store import Store
from dspreview.suggestions import did_you_mean

if TYPE_CHECKING:
    from dspreview.check.dataset import Report
    from dspreview.check.findings import Finding
    from dspreview.check.leaks.roles import Roles
    from dspreview.extract.extractor import Extractor
    from dspreview.query.engine.engine import Engine

NEAR = 0.8
"""What texts have in common that count as nearly the same, where nobody says so."""


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
        from dspreview.check.rules.allowance import Allowance, read_allowance
        from dspreview.check.rules.book import read_book
        from dspreview.folders import folder_file, read_toml

        self.call = call
        found = path if path is not None else folder_file() if call.folder else None
        self.path = str(found) if found is not None else ""
        book = read_book(self.path) if self.path else None
        self.allowance = read_allowance(self.path) if self.path else Allowance()
        if path is not None and book is not None and not (book.rules or self.allowance.tables):
            raise errors.UsageError(f'{path} has no rules, such as [rules."default/train".text]')
        self.book = book if book is not None and book.rules else None
        self.input: Json = read_toml(Path(self.path)).get("input") if self.path else None

    def roles(self, names: SplitId, columns: list[tuple[str, FeatureTree]]) -> Roles | None:
        """What the columns of a split are for."""
        from dspreview.check.leaks import roles

        found = roles.told(self.input, names.config, columns, self.path) if isinstance(self.input, dict) else None
        return found if found is not None else roles.guessed(columns)

    def without_allowed(self, report: Report) -> Report:
        """A report without the findings that are allowed."""
        found = [one for one in report.findings if not self.allowance.takes(one)]
        if left := len(report.findings) - len(found):
            self.call.warn(f"{report.asked}: {left} finding{'s' * (left > 1)} allowed by {self.path}")
        return report._replace(findings=found)

    def heeded(self, report: Report) -> Report:
        """A report, after a warning about the configs that `[input]` names, and that the dataset does not have."""
        configs = sorted({names.config for names in report.outcomes})
        for name in self.input if configs and isinstance(self.input, dict) else ():
            if name != "*" and name not in configs:
                hint = did_you_mean(str(name), configs, ";")
                self.call.warn(
                    f"{self.path}: [input] names {name}, which is no config of {report.asked}{hint} there are {', '.join(configs[:20])}"
                )
        return report


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
        looking = partial(
            DatasetCheck,
            extractor,
            ref,
            Path(name),
            sample=sample,
            progress=told.show,
            roles=said.roles,
            allowance=said.allowance,
        )
        if said.book is None and near.share is None:
            return said.heeded(looking().run())
        with Store(call.settings) as store:
            preview = Preview(store, call.settings, cached=call.cached, warn=call.warn, extractor=extractor)
            queries = Queries(preview, Telling(told.show, call.warn), agreed=True)
            opened = partial(rows_of, queries, ref)
            looked = looking(book=said.book, opened=opened)
            report = said.heeded(looked.run())
            if near.share is None:
                return report
            from dspreview.cli.commands.checking.nearly import near_findings

            opened_of = partial(partial, rows_of, queries)
            found = near_findings(
                call, queries, opened_of, ref, report, said.roles, near.share, near.against, Path(name)
            )
            placed = [looked.placed(one, opened) for one in found]
            return report._replace(findings=in_order([*report.findings, *placed]))


@contextmanager
def rows_of(queries: Queries, ref: DatasetRef, names: SplitId) -> Iterator[Engine]:
    """All rows of a split, for its rules."""
    target = queries.target(ref, *names)
    with queries.tables.open(target.ref, target.entry, target.split) as found, queries.engine(target, found) as engine:
        yield engine


def with_croissant(
    call: Call, extractor: Extractor, ref: DatasetRef, report: Report, path: str, profile: str | None
) -> list[Finding]:
    """The findings, and those about a Croissant document. Raises PreviewError."""
    from dspreview.check.croissant.against import held_against, tally
    from dspreview.check.dataset import in_order
    from dspreview.cli.commands.checking.describing import card_of, files_of, root_of

    with Store(call.settings) as store:
        preview = Preview(store, call.settings, cached=call.cached, warn=call.warn, extractor=extractor)
        found = held_against(path, files_of(preview, ref), root_of(preview, ref), profile, card_of(preview, ref))
        every = in_order([*report.findings, *found])
    if profile is not None:
        call.warn(tally(path, profile))
    return every


def write_report(call: Call, extractor: Extractor, ref: DatasetRef, report: Report, path: str) -> None:
    """Write a report as one HTML file. Raises PreviewError."""
    from dspreview.documents.newfile import write_file
    from dspreview.documents.report import report_html

    with working(f"reading {ref.asked}", quiet=call.quiet) as told, Store(call.settings) as store:
        preview = Preview(store, call.settings, cached=call.cached, warn=call.warn, extractor=extractor)
        page = report_html(Queries(preview, Telling(told.show, call.warn)), ref, report)
    write_file(Path(path), page.encode("utf-8", "backslashreplace"), f"--report {path}")
