"""A dataset on one screen: what it is, its splits, and its columns with what is missing, how many values differ, and an example."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from dspreview import errors
from dspreview.choice import choose
from dspreview.extract.layout.readme import local_card
from dspreview.feature import Feature
from dspreview.models import DatasetRef, FeatureTree, Json, Kind, SplitId
from dspreview.page.row_lines import RowLines
from dspreview.preview.opening import again_converted
from dspreview.preview.queries import Queries
from dspreview.query.language.fields import kind_of

COUNTED = 200_000
ORDERED = frozenset({"int", "float", "decimal", "date", "timestamp"})
"""Kinds of columns that have a smallest and a largest value."""


class ColumnFacts(NamedTuple):
    """What is said of a column."""

    name: str
    feature: FeatureTree
    missing: int | None
    """Null values; None where only the first rows are known."""
    distinct: int | None
    """Different values: counted up to COUNTED rows, about so many beyond."""
    least: Json
    most: Json
    example: Json


class Described(NamedTuple):
    """A dataset on one screen."""

    revision: str
    taken_for: str
    """What it was recognised for, and by what; empty where `datasets` reads it."""
    card: dict[str, Json]
    splits: list[dict[str, Json]]
    shown: SplitId
    """The split whose columns follow."""
    num_rows: int | None
    columns: list[ColumnFacts]
    about: list[Json] = []  # noqa: RUF012 - never changed
    """What its files say of themselves beside their rows."""


def describe(queries: Queries, ref: DatasetRef, config: str | None, split: str | None) -> Described:
    """What a dataset is; of a split that is not Parquet, no more than its first rows are read. Raises PreviewError."""
    preview = queries.preview
    listing = preview.splits(ref)
    entry = preview.dataset(ref)
    if not any(one.splits for one in listing.configs):
        raise errors.EmptyDatasetError(f"{ref.asked} has no split")
    names = choose(listing, config, split, ref.asked).names
    answer = preview.page(ref, *names)
    features = [(one["name"], one["type"]) for one in json.loads(answer.page.features)]
    rows = [row["row"] for row in RowLines.parse(answer.page.rows)]
    facts = column_facts(queries, ref, names, exact=(answer.page.num_rows_total or COUNTED + 1) <= COUNTED)
    columns = []
    for name, tree in features:
        missing, distinct, least, most = facts.get(name, (None, None, None, None))
        example = next((row[name] for row in rows if row.get(name) is not None), None)
        columns.append(ColumnFacts(name, tree, missing, distinct, least, most, example))
    found = preview.extractor.recognised(ref, entry.dataset) if not preview.cached and ref.kind is Kind.LOCAL else None
    taken = f"{found.recognition.name} ({found.recognition.reason})" if found is not None else ""
    splits = [
        {"config": one.config, "split": part.split, "num_rows": part.num_examples, "num_bytes": part.num_bytes}
        for one in listing.configs
        for part in one.splits
    ]
    for part in splits:
        if (part["config"], part["split"]) == names and part["num_rows"] is None:
            part["num_rows"] = answer.page.num_rows_total
    return Described(
        entry.dataset.revision,
        taken,
        card_of(queries, ref),
        splits,
        names,
        answer.page.num_rows_total,
        columns,
        found.about() if found is not None else [],
    )


def card_of(queries: Queries, ref: DatasetRef) -> dict[str, Json]:
    """The YAML of the README, where it can be read without asking anybody anew."""
    try:
        if ref.kind is Kind.LOCAL:
            return local_card(ref.name, ref.asked) if os.path.isdir(ref.name) else {}
        return {} if queries.preview.cached else queries.preview.extractor.describe(ref).card
    except errors.PreviewError:
        return {}


@again_converted
def column_facts(queries: Queries, ref: DatasetRef, names: SplitId, *, exact: bool) -> dict[str, tuple[Any, ...]]:
    """Of each column: nulls, different values, the smallest, the largest; nothing where the split would have to be converted."""
    if queries.preview.cached or ref.is_remote:
        return {}
    target = queries.target(ref, *names)
    with queries.tables.open_known(ref, target.entry, target.split, convert=False) as found:
        if found is None or not found.table.columns:
            return {}
        with queries.engine(target, found) as engine:
            wanted = []
            for number, column in enumerate(found.table.columns):
                kind = kind_of(Feature(column.feature))[0]
                ends = f"min(c{number})::VARCHAR, max(c{number})::VARCHAR" if kind in ORDERED else "NULL, NULL"
                if kind == "float":
                    ends = ", ".join(
                        f"{what}(c{number}) FILTER (isfinite(c{number}))::VARCHAR" for what in ("min", "max")
                    )
                count = (
                    (
                        f"count(DISTINCT c{number})"
                        if exact
                        else f"least(approx_count_distinct(c{number}), count(c{number}))"
                    )
                    if kind in ORDERED | {"text", "bool", "label"}
                    else "NULL"
                )
                wanted.append(f"count(*) - count(c{number}), {count}, {ends}")
            (row,) = engine.rows(f"SELECT {', '.join(wanted)} FROM {engine.source}", [])
            columns = found.table.columns
            return {column.name: tuple(row[4 * n : 4 * n + 4]) for n, column in enumerate(columns)}
