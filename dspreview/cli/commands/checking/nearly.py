"""Texts that are nearly the same, for `check`: those of the dataset, and of others that must stay apart from it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from dspreview import errors
from dspreview.check.dataset import Report
from dspreview.check.findings import Finding
from dspreview.check.leaks.near import NearTexts, same_columns
from dspreview.check.leaks.near_media import NearMedia
from dspreview.check.leaks.pairs import ComparedSplit
from dspreview.check.leaks.roles import Roles, guessed, is_written
from dspreview.check.leaks.same import RolesOf
from dspreview.check.rules.keeping import Opened
from dspreview.cli.call import Call
from dspreview.cli.commands.checking.describing import root_of
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
    """Pairs of texts, pictures and sounds that are nearly the same. Raises PreviewError, UsageError where other columns do not fit."""
    own = {names: outcome.columns or columns_of(opened_of(ref), names) for names, outcome in report.outcomes.items()}
    others = [
        (other, names, columns_of(opened_of(other.ref), names))
        for other in (Other(call, text) for text in against)
        for names in other.splits(queries)
    ]
    told = {names: texts(roles(names, columns), columns) for names, columns in own.items()}
    found: list[Finding] = []
    if any(told.values()):
        kinds = {kind for _, kind in media_of(own)}
        written = [  # one without texts is compared by its media, and refused where it has none of those either
            one
            for one in others
            if texts(guessed(one[2]), one[2]) or not kinds & {kind for _, kind in media_of({one[1]: one[2]})}
        ]
        found += near_texts(call, queries, opened_of, ref, told, written, threshold, new_folder(folder, "texts"))
    root = root_of(queries.preview, ref)
    for name, kind in media_of(own):
        search = NearMedia(new_folder(folder, kind), call.settings, kind, queries.telling.progress)
        with ExitStack() as stack:
            for names, columns in own.items():
                if (name, kind) in media_of({names: columns}):
                    fetch = stack.enter_context(fetching(queries, ref, names))
                    search.add(
                        ComparedSplit(
                            f"{names.config}/{names.split}",
                            names,
                            True,
                            (name,),
                            partial(opened_of(ref), names),
                            fetch,
                            root,
                        )
                    )
            for other, names, columns in others:
                same = [one for one, its in media_of({names: columns}) if its == kind]
                if same:
                    fetch = stack.enter_context(fetching(queries, other.ref, names))
                    column = name if name in same else same[0]
                    where = f"{other.ref.asked} {names.config}/{names.split}"
                    search.add(
                        ComparedSplit(where, names, False, (column,), partial(opened_of(other.ref), names), fetch)
                    )
            found += search.findings()
    if not any(told.values()) and not media_of(own):
        call.warn(
            f"{ref.asked}: no column of texts, pictures or sounds to compare; say which with [input] in dspreview.toml"
        )
    return found


def near_texts(
    call: Call, queries: Queries, opened_of: OpenedOf, ref: DatasetRef, told: dict[SplitId, tuple[str, ...]],
    others: list[tuple[Other, SplitId, Columns]], threshold: float, folder: Path,
) -> list[Finding]:  # fmt: skip
    """Pairs of texts that have as much in common. Raises PreviewError, UsageError."""
    search = NearTexts(folder, call.settings, threshold, queries.telling.progress)
    columns: tuple[str, ...] = ()
    for names, inputs in told.items():
        if inputs:
            columns = inputs
            search.add(
                ComparedSplit(f"{names.config}/{names.split}", names, True, inputs, partial(opened_of(ref), names))
            )
    for other, names, known in others:
        same = same_columns(columns, texts(guessed(known), known), [name for name, _ in known], other.text)
        where = f"{other.ref.asked} {names.config}/{names.split}"
        search.add(ComparedSplit(where, names, False, same, partial(opened_of(other.ref), names)))
    return list(search.findings())


def new_folder(folder: Path, name: str) -> Path:
    """An empty folder for what lies on disk."""
    return Path(tempfile.mkdtemp(prefix=name, dir=folder))


def media_of(splits: dict[SplitId, Columns]) -> list[tuple[str, str]]:
    """The columns of pictures and sounds, each once, with their kind."""
    found = {
        (name, str(Feature(tree).asset)): None
        for columns in splits.values()
        for name, tree in columns
        if Feature(tree).asset in {"Image", "Audio"}
    }
    return list(found)


@contextmanager
def fetching(queries: Queries, ref: DatasetRef, names: SplitId) -> Iterator[Callable[[str], bytes]]:
    """What gives the bytes of files that the cells of a split name."""
    target = queries.target(ref, *names)
    with queries.store.assets.staging(elsewhere=not queries.store.writable) as staging:
        fetch = queries.answers.fetcher(target, staging)
        yield lambda path: fetch(path, queries.settings.asset_max_bytes)


def columns_of(opened: Opened, names: SplitId) -> Columns:
    """The columns of a split, as its rows have them. Raises PreviewError."""
    with opened(names) as engine:
        return [(column.name, column.feature) for column in engine.table.columns]


def texts(roles: Roles | None, columns: Columns) -> tuple[str, ...]:
    """The columns of texts among the inputs; of all where nothing tells the input."""
    features = {name: Feature(tree) for name, tree in columns}
    inputs = roles.inputs if roles is not None else tuple(features)
    return tuple(name for name in inputs if name in features and is_written(features[name]))
