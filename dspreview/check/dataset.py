"""A whole dataset under the glass: every config and split, never stopping at the first failure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from dspreview import errors
from dspreview.check.delimited import header_of
from dspreview.check.failing import of_failure
from dspreview.check.findings import Finding, found
from dspreview.check.info import infos_of, look_at_features, look_at_info, look_at_options, look_at_types
from dspreview.check.leaks.roles import by_names
from dspreview.check.leaks.same import AllInputs, RolesOf, SampleInputs
from dspreview.check.library import LibraryCasts, readme_refusal
from dspreview.check.reading import Reading
from dspreview.check.recognition import look_at_count, look_at_recognition
from dspreview.check.rows import AllRows, SampleRows
from dspreview.check.rules.allowance import Allowance
from dspreview.check.rules.book import Book
from dspreview.check.rules.keeping import Opened, rule_findings
from dspreview.check.secrets.beside import look_beside
from dspreview.check.secrets.scan import hits_in
from dspreview.check.splits import SplitCheck, SplitOutcome
from dspreview.check.structure import README, Made, kind_of, look_at_structure, made_of
from dspreview.extract.extractor import Extractor
from dspreview.extract.layout.readme import OLDER_INFOS, local_card
from dspreview.extract.recognised.reader import Recognised
from dspreview.models import DatasetRef, Json, Listing, SplitId

if TYPE_CHECKING:
    from dspreview.query.engine.engine import Engine

Progress = Callable[[str, int, int | None], None]
"""Takes what is done, how much of it, and out of how much."""


class Report(NamedTuple):
    """What was found in a dataset."""

    asked: str
    revision: str | None
    findings: list[Finding]
    splits_checked: int
    rows_read: int
    outcomes: dict[SplitId, SplitOutcome]
    """What is known of each split that was looked at."""
    missing: tuple[errors.MissingPackageError, ...] = ()
    """Why some splits were not looked at: packages that are not installed here, which says nothing of the data."""

    def summary(self) -> dict[str, int]:
        """How many findings of each severity there are."""
        return {
            severity: sum(one.severity == severity for one in self.findings)
            for severity in ("error", "warning", "info")
        }


class DatasetCheck:
    """Looks at one dataset."""

    def __init__(
        self, extractor: Extractor, ref: DatasetRef, folder: Path, *, sample: int | None, progress: Progress,
        book: Book | None = None, opened: Opened | None = None, roles: RolesOf = by_names,
        allowance: Allowance = Allowance(),  # noqa: B008 - a value
    ) -> None:  # fmt: skip
        """Look at a dataset.

        Args:
            sample: how many rows of each split are looked at; None for all.
            folder: takes what lies around meanwhile.
            book: the rules that are kept.
            opened: opens all rows of a split for them.
            roles: says which columns are the input.
            allowance: says what is no fault.

        """
        self.extractor, self.ref, self.folder, self.sample, self.progress = extractor, ref, folder, sample, progress
        self.allowance = allowance
        self.findings: list[Finding] = []
        self.outcomes: dict[SplitId, SplitOutcome] = {}
        self.rows = AllRows(folder, extractor.settings) if sample is None else SampleRows()
        self.inputs = AllInputs(folder, extractor.settings, roles) if sample is None else SampleInputs(roles)
        self.checks: dict[SplitId, SplitCheck] = {}
        self.used: set[str] = set()
        self.unnamed: set[str] = set()
        self.libraries: dict[str, LibraryCasts] = {}
        """What `datasets` knows of each config from the splits before."""
        self.book, self.opened = book, opened
        self.missing: list[errors.MissingPackageError] = []
        self.done = 0

    def run(self) -> Report:
        """Look. Raises PreviewError for what says nothing about the data: no such dataset, no access, no network."""
        listing, revision = self.list()
        description = self.extractor.describe(self.ref)
        revision = revision or description.dataset.revision
        made, card = Made(description, None, ()), {}
        try:
            made = made_of(description, self.extractor.settings)
            card = self.card(made)
        except (errors.CardError, errors.UnsafePathError) as error:
            unreadable = of_failure(error, {})
            if not any(one.code == unreadable.code for one in self.findings):
                self.findings.append(unreadable)
        if self.book is not None and listing is not None:
            self.book.check(
                self.ref.asked, [SplitId(one.config, split.split) for one in listing.configs for split in one.splits]
            )
        infos = infos_of(card)
        number = sum(len(config.splits) for config in listing.configs) if listing is not None else 0
        if number > (most := self.extractor.settings.check_max_splits):
            raise errors.QueryLimitError(
                f"{self.ref.asked} has {number:,} splits, and each takes some milliseconds: raise CHECK_MAX_SPLITS ({most:,})"
            )
        for config in listing.configs if listing is not None else ():
            assert listing is not None
            if config.error:
                self.findings.append(of_failure(errors.restore(config.error), {"config": config.config}))
                continue
            outcomes = {}
            for split in config.splits:
                try:
                    outcome = self.look_at_split(
                        listing, SplitId(config.config, split.split), made, infos.get(config.config)
                    )
                except errors.MissingPackageError as error:
                    self.missing.append(error)
                    continue
                if outcome is not None:
                    outcomes[split.split] = outcome
            if config.config in infos:
                self.findings += look_at_types(made, infos[config.config], config.config)
                self.findings += look_at_info(made, infos[config.config], config.config, outcomes)
        self.look_at_descriptions(made, card)
        structure = list(look_at_structure(made, card, listing, self.used - self.unnamed))
        self.findings = [one for one in self.findings if not is_explained(one, structure)] + structure
        for one in chain(self.rows.findings(), self.inputs.findings()):
            self.findings.append(self.checks[SplitId(str(one.config), str(one.split))].located(one))
        rows = sum(outcome.rows for outcome in self.outcomes.values())
        found, missing = in_order(map(masked, self.findings)), tuple(self.missing)
        return Report(self.ref.asked, revision, found, len(self.outcomes), rows, self.outcomes, missing)

    def list(self) -> tuple[Listing | None, str | None]:
        """The configs and splits; None where they cannot be listed, which is a finding."""
        try:
            listing = self.extractor.list(self.ref)
        except errors.DatasetError as error:
            self.findings.append(of_failure(error, {}))
            return None, error.dataset.revision if error.dataset is not None else None
        return listing, listing.dataset.revision

    def look_at_descriptions(self, made: Made, card: dict[str, Json]) -> None:
        """What `datasets` does not take of the README, where nothing else is wrong, and of `dataset_infos.json`; keys in texts beside the data."""
        if made.names is not None and not self.ref.is_remote:
            spares = partial(self.allowance.spares, SplitId("", ""))
            self.findings += look_beside(self.ref.name, made.names, self.used, spares)
        if (refused := readme_refusal(card)) is not None and not any(one.severity == "error" for one in self.findings):
            told = f"`datasets` does not take its configs: {refused}"
            self.findings.append(found("readme-unreadable", told, file=README, line=made.line("configs")))
        if OLDER_INFOS in (made.names or ()):
            refused = self.extractor.library(self.ref, made.description.dataset).source.older_refused
            if refused:
                told = f"`datasets` refuses the dataset: {refused}"
                self.findings.append(found("readme-unreadable", told, file=OLDER_INFOS))

    def look_at_recognition(self, reader: Recognised, made: Made) -> None:
        """What `datasets` makes of a dataset that is recognised here; said once."""
        kind = reader.recognition
        if kind.owns is not None:
            self.used.update(filter(kind.owns, made.names or ()))
        if not any(one.code == "library-differs" for one in self.findings):
            self.findings += look_at_recognition(kind, reader.source)

    def card(self, made: Made) -> dict[str, Json]:
        """The YAML of the README. Raises CardError."""
        if self.ref.is_remote:
            return made.description.card
        return local_card(self.ref.name, self.ref.asked) if made.names is not None else {}

    def look_at_rules(self, book: Book, opened: Opened, reading: Reading) -> None:
        """Whether a split keeps its rules: all rows, whatever the sample."""
        with opened(reading.names) as engine:
            self.findings += rule_findings(engine, book, reading.names, opened, partial(file_of, engine, reading))

    def placed(self, finding: Finding, opened: Opened) -> Finding:
        """A finding about a row of a split that was looked at, with its file and line. Raises PreviewError."""
        names = SplitId(str(finding.config), str(finding.split))
        if names not in self.checks or finding.row is None or finding.file is not None:
            return finding
        with opened(names) as engine:
            return file_of(engine, self.checks[names].reading, finding)

    def look_at_split(
        self, listing: Listing, names: SplitId, made: Made, info: dict[str, Json] | None
    ) -> SplitOutcome | None:
        """One split; None where it cannot even be found."""
        place = {"config": names[0], "split": names[1]}
        work = self.folder / f"split-{len(self.outcomes)}"
        work.mkdir()
        self.progress(f"checking {self.ref.asked} {names[0]}/{names[1]}", self.done, None)

        def count(rows: int) -> None:
            self.done += rows
            self.progress(f"checking {self.ref.asked} {names[0]}/{names[1]}, rows", self.done, None)

        def share(part: float) -> None:
            self.progress(f"checking {self.ref.asked} {names[0]}/{names[1]}", round(100 * part), 100)

        try:
            reading = Reading(self.extractor, self.ref, listing.dataset, names, str(work), self.allowance)
            self.used.update(reading.shorten(path) for path in reading.files)
            if reading.recognised is not None:
                self.look_at_recognition(reading.recognised, made)
        except errors.DatasetError as error:
            self.findings.append(of_failure(error, place))
            return None
        if names.config not in self.libraries:
            self.findings += look_at_options(made, reading)
        library = self.libraries.setdefault(names.config, LibraryCasts())
        check = SplitCheck(reading, self.rows, self.inputs, self.sample, count, share, library)
        self.checks[names] = check
        outcome = check.run()
        if check.named and check.ended:  # pictures that no row of the metadata names are left out
            others = {reading.shorten(path) for path in reading.files} - check.named
            self.unnamed |= {name for name in others if kind_of(name) in {kind_of(one) for one in check.named}}
        schema = check.schema or header_schema(reading)
        if info is not None and schema is not None:
            self.findings += look_at_features(made, info, place, schema)
            absent = {name for name, _ in outcome.columns or () if name not in schema.names}
            kept = [one for one in outcome.findings if one.code != "null-column" or one.column not in absent]
            outcome = outcome._replace(findings=kept)
        self.findings += outcome.findings
        if reading.recognised is not None:
            self.findings += look_at_count(names, reading.recognised.rows(names).num_rows, outcome.total)
        if self.book is not None and self.opened is not None and self.book.of(names):
            self.look_at_rules(self.book, self.opened, reading)
        self.outcomes[names] = outcome
        return outcome


def file_of(engine: Engine, reading: Reading, finding: Finding) -> Finding:
    """A finding about a row with its file and line, where these can be told."""
    assert finding.row is not None
    table = engine.table
    if table.origin == "own":
        number = bisect_right(table.starts, finding.row) - 1
        return finding._replace(file=reading.shorten(table.parts[number].path))
    first = 0
    for path in reading.files:
        file = reading.shorten(path)
        count = engine.table.num_rows if len(reading.files) == 1 else reading.count_of(file)
        if count is None:
            break
        if finding.row < first + count:
            return finding._replace(file=file, line=reading.line_of(file, finding.row - first))
        first += count
    return finding


def header_schema(reading: Reading) -> pa.Schema | None:
    """The columns of a CSV, without types."""
    header = header_of(reading, reading.files[0]) if reading.format.is_delimited and reading.files else None
    return None if header is None else pa.schema([(name, pa.null()) for name in dict.fromkeys(header)])


def is_explained(failure: Finding, structure: list[Finding]) -> bool:
    """Whether a config does not load for a reason that is known more exactly."""
    causes = [one for one in structure if one.severity == "error" and failure.config in {None, one.config}]
    known = {one.code for one in causes}
    if failure.split is not None or failure.severity != "error":
        return False
    if "pattern-without-files" in known and failure.code in {"pattern-without-files", "load-failed", "no-data"}:
        return True
    return "bad-name" in known and failure.code in {"load-failed", "readme-unreadable"}


def masked(finding: Finding) -> Finding:
    """A finding whose message tells no key and nothing personal."""
    hits = hits_in(finding.message)
    text = finding.message
    for hit in reversed(hits):
        text = text[: hit.start] + hit.masked(finding.message) + text[hit.end :]
    return finding._replace(message=text) if hits else finding


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first, each once, and otherwise as they were found."""
    rank = {"error": 0, "warning": 1, "info": 2}
    return sorted(dict.fromkeys(findings), key=lambda one: rank[one.severity])
