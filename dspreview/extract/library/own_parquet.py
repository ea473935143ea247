"""A split that is Parquet already: its files with their rows, and its features, where they can be read as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from datasets import Features

from dspreview.arrow.settled import empty_table
from dspreview.extract.library.features import features_of, trees
from dspreview.extract.library.source import Plan
from dspreview.extract.parquet.footers import ParquetSplit, footers_of, stored_type, uniform
from dspreview.extract.parquet.rowgroups import numbered
from dspreview.extract.parquet.schemafiles import is_remote


def own_parquet(plan: Plan, split: str, opened: Callable[[str], tuple[Any, Callable[[], int]]]) -> ParquetSplit | None:
    """The split's own files, where they hold exactly what its rows are; None where something must be converted.

    Args:
        opened: for a file on the Hub, something that pyarrow can read, and its size once it was read.

    """
    if not plan.format.is_parquet or plan.selects:
        return None
    return parquet_of(plan.files[split], plan.features, opened)


def parquet_of(
    names: list[str], declared: Features | None, opened: Callable[[str], tuple[Any, Callable[[], int]]]
) -> ParquetSplit | None:
    """Files as one split; None where their columns differ, or are not what was declared. Raises what pyarrow raises."""
    if not names or any("::" in name or ("://" in name and not is_remote(name)) for name in names):
        return None
    footers = footers_of(names, opened)
    if any(footer.foreign for footer in footers):
        return None
    footers = uniform(footers)
    schema = numbered(empty_table(footers[0].schema)).schema
    features = declared if declared is not None else features_of(schema)
    if not all(fits(footer.schema, schema, features) for footer in footers):
        return None
    return ParquetSplit(tuple(footers), trees(features))


def fits(schema: pa.Schema, first: pa.Schema, features: Features) -> bool:
    """Whether a file has the columns of the first one, and they are those of the features."""
    named = numbered(empty_table(schema)).schema
    if named.names != first.names or named.names != list(features):
        return False
    try:
        declared = [stored_type(field.type) for field in features.arrow_schema]
    except (AttributeError, TypeError):  # a type that `datasets` has no word for: the files' own
        declared = [stored_type(field.type) for field in first]
    return [stored_type(field.type) for field in named] == declared
