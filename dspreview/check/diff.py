"""How two datasets differ: configs, splits, features, rows, statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from dspreview.check.profile import DatasetProfile, profile
from dspreview.check.verdict import judged
from dspreview.check.widening import common_type, widened
from dspreview.errors import UsageError
from dspreview.extract.extractor import Extractor
from dspreview.models import DatasetRef, FeatureTree, Json, SplitId, dump

Progress = Callable[[str, int, int | None], None]


def diff(
    extractor: Extractor,
    one: DatasetRef,
    other: DatasetRef,
    folder: Path,
    *,
    sample: int | None,
    key: str | None,
    progress: Progress,
) -> dict[str, Json]:
    """The differences of two datasets, as JSON. Raises PreviewError.

    Args:
        sample: rows of each split that are read; None for all.
        key: a column that tells rows apart, by which they are compared one by one.

    """
    keyed: dict[SplitId, Any] = {}
    shared = shared_columns(extractor, one, other, folder, key) if sample is None else {}
    places: Counter[tuple[int, SplitId]] = Counter()

    def look(side: int) -> Callable[[SplitId, pa.Table], None]:
        def add(names: SplitId, table: pa.Table) -> None:
            from dspreview.query.compare.keyed_diff import KeyedRows

            if not shared.get(names):
                return  # a split of one side only, or nothing that both have
            if names not in keyed:
                place = folder / f"keyed-{len(keyed)}"
                place.mkdir()
                keyed[names] = KeyedRows(place, extractor.settings)
            part = widened(table, shared[names])
            if key is not None:
                keyed[names].add(side, key, part)
            else:
                keyed[names].add_whole(side, places[side, names], part)
                places[side, names] += part.num_rows

        return add

    sides = []
    for number, ref in enumerate((one, other)):
        place = folder / f"side-{number}"
        place.mkdir()
        sides.append(profile(extractor, ref, place, sample, progress, look(number) if sample is None else None))
    found = compare(*sides)
    both = [names for names in sides[0].splits if names in sides[1].splits]
    for names in both:
        if names in keyed and key is None:
            found["rows"]["/".join(names)] |= keyed[names].moved()
        elif names in keyed:
            difference = keyed[names].difference()
            found["rows"]["/".join(names)] |= {
                "added": difference.added, "removed": difference.removed, "changed": difference.changed,
                "repeated_keys": difference.repeated, "examples": difference.examples,
            }  # fmt: skip
    return {"a": one.asked, "b": other.asked, "differ": differs(found)} | judged(found) | found


def shared_columns(
    extractor: Extractor, one: DatasetRef, other: DatasetRef, folder: Path, key: str | None
) -> dict[SplitId, dict[str, pa.DataType | None]]:
    """The columns that the splits of both sides have in common, and the type that those have in common that hold more now. Raises UsageError where one of them has no such key."""
    sides: list[dict[SplitId, dict[str, FeatureTree]]] = []
    for number, ref in enumerate((one, other)):
        place = folder / f"columns-{number}"
        place.mkdir()
        found = profile(extractor, ref, place, 1, lambda *_: None)
        sides.append(
            {names: {name: one.tree for name, one in split.columns.items()} for names, split in found.splits.items()}
        )
    shared = {}
    for names in sides[0]:
        if names not in sides[1]:
            continue
        for ref, columns in zip((one, other), (sides[0][names], sides[1][names]), strict=True):
            if key is not None and key not in columns:
                told = ", ".join(list(columns)[:20])
                raise UsageError(f"--key: {ref.asked} {names[0]}/{names[1]} has no column {key!r}; there are {told}")
        left, right = sides[0][names], sides[1][names]
        shared[names] = {name: common_type(left[name], right[name]) for name in left if name in right}
    return shared


def compare(a: DatasetProfile, b: DatasetProfile) -> dict[str, Json]:
    """Two profiles side by side."""
    configs = [list(dict.fromkeys(config for config, _ in side.splits)) for side in (a, b)]
    both = [names for names in a.splits if names in b.splits]
    changed = [names for names in both if a.splits[names].fingerprint() != b.splits[names].fingerprint()]
    return {
        "configs": {
            "added": [name for name in configs[1] if name not in configs[0]],
            "removed": [name for name in configs[0] if name not in configs[1]],
        },
        "splits": {
            "added": [named(names) for names in b.splits if names not in a.splits],
            "removed": [named(names) for names in a.splits if names not in b.splits],
            "changed": [
                named(names) for names in both if a.splits[names].fingerprint() != b.splits[names].fingerprint()
            ],
        },
        "renamed": [one for names in both for one in renamed(names, a, b)],
        "features": [one for names in both for one in features(names, a, b)],
        "rows": {"/".join(names): {"a": a.splits[names].rows, "b": b.splits[names].rows} for names in both},
        "statistics": [one for names in changed for one in statistics(names, a, b)],
    }


def named(names: SplitId) -> dict[str, str]:
    """Config and split."""
    return {"config": names[0], "split": names[1]}


def features(names: SplitId, a: DatasetProfile, b: DatasetProfile) -> list[dict[str, Json]]:
    """The columns whose features differ; null where a side has none."""
    left, right = a.splits[names].columns, b.splits[names].columns
    found = []
    for name in dict.fromkeys([*left, *right]):
        one = left[name].tree if name in left else None
        other = right[name].tree if name in right else None
        if one != other:
            found.append({**named(names), "column": name, "a": one, "b": other})
    return found


def renamed(names: SplitId, a: DatasetProfile, b: DatasetProfile) -> Iterator[dict[str, Json]]:
    """The columns that have another name, and the same type and values."""
    left, right = a.splits[names].columns, b.splits[names].columns
    new = {
        (dump(one.tree), one.digest.hexdigest()): name for name, one in right.items() if name not in left and one.rows
    }
    for name, one in left.items():
        if name not in right and (other := new.pop((dump(one.tree), one.digest.hexdigest()), None)) is not None:
            yield {**named(names), "a": name, "b": other}


def statistics(names: SplitId, a: DatasetProfile, b: DatasetProfile) -> list[dict[str, Json]]:
    """The columns of both sides whose statistics differ, side by side."""
    left, right = a.splits[names].columns, b.splits[names].columns
    return [
        {**named(names), "column": name, "a": left[name].statistics(), "b": right[name].statistics()}
        for name in left
        if name in right and left[name].statistics() != right[name].statistics()
    ]


def differs(found: dict[str, Json]) -> bool:
    """Whether there is any difference."""
    return any([*found["configs"].values(), *found["splits"].values(), found["features"]])
