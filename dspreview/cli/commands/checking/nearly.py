"""Texts that are nearly the same, for `check`: those of the dataset, and of others that must stay apart from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from dspreview import errors
from dspreview.check.dataset import Report
from dspreview.check.findings import Finding
from dspreview.check.leaks.near import ComparedSplit, NearTexts, same_columns
from dspreview.check.leaks.roles import Roles, guessed, is_written
from dspreview.check.leaks.same import RolesOf
from dspreview.check.rules.keeping import Opened
from dspreview.cli.call import Call
from dspreview.feature import Feature
from dspreview.models import DatasetRef, FeatureTree, SplitId
from dspreview.preview.queries import Queries

Columns = list[tuple[str, FeatureTree]]
OpenedOf = Callable[[DatasetRef], Opened]
"""Opens the splits of a dataset."""


class Other:
    """A dataset, a config or a split that is compared with."""

    def __init__(self, call: Call, text: str) -> None:
        """`DATASET`, `DATASET:CONFIG` or `DATASET:CONFIG/SPLIT`. Raises PreviewError."""
        name, colon, rest = text.rpartition(":")
        if not colon or rest.startswith("//"):
            name, rest = text, ""
        self.text, self.ref = text, call.ref(name)
        self.config, _, self.split = rest.partition("/")

    def splits(self, queries: Queries) -> list[SplitId]:
        """Its splits. Raises PreviewError."""
        listing = queries.preview.splits(self.ref)
        every = [SplitId(config.config, one.split) for config in listing.configs for one in config.splits]
        wanted = [names for names in every if self.config in {"", names.config} and self.split in {"", names.split}]
        if not wanted:
            there = ", ".join("/".join(names) for names in every[:10])
            raise errors.SplitNotFoundError(f"--against-data {self.text}: there is no such split; there are {there}")
        return wanted


def near_findings(
    call: Call, queries: Queries, opened_of: OpenedOf, ref: DatasetRef, report: Report, roles: RolesOf, threshold: float,
    against: Sequence[str], folder: Path,
) -> list[Finding]:  # fmt: skip
    """Pairs of texts that have as much in common. Raises PreviewError, UsageError where there are no texts."""
    place = folder / "near"
    place.mkdir()
    search = NearTexts(place, call.settings, threshold, queries.telling.progress)
    columns: tuple[str, ...] = ()
    for names, outcome in report.outcomes.items():
        known_here: Columns = outcome.columns or columns_of(opened_of(ref), names)
        if found := texts(roles(names, known_here), known_here):
            columns = found
            told = f"{names.config}/{names.split}"
            search.add(ComparedSplit(told, names, True, found, partial(opened_of(ref), names)))
    if not columns:
        call.warn(f"{ref.asked}: no column of texts to compare; say which with [input] in dspreview.toml")
        return []
    for text in against:
        other = Other(call, text)
        for names in other.splits(queries):
            known = columns_of(opened_of(other.ref), names)
            own = same_columns(columns, texts(guessed(known), known), [name for name, _ in known], text)
            told = f"{other.ref.asked} {names.config}/{names.split}"
            search.add(ComparedSplit(told, names, False, own, partial(opened_of(other.ref), names)))
    return list(search.findings())


def columns_of(opened: Opened, names: SplitId) -> Columns:
    """The columns of a split, as its rows have them. Raises PreviewError."""
    with opened(names) as engine:
        return [(column.name, column.feature) for column in engine.table.columns]


def texts(roles: Roles | None, columns: Columns) -> tuple[str, ...]:
    """The columns of texts among the inputs; of all where nothing tells the input."""
    features = {name: Feature(tree) for name, tree in columns}
    inputs = roles.inputs if roles is not None else tuple(features)
    return tuple(name for name in inputs if name in features and is_written(features[name]))
