"""A dataset that is one Parquet (or JSON Lines) file on this machine, without `datasets`, whose import takes 0.7 to 2 s.

What is not understood completely here is None, and read the long way; the answers are the same.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from dspreview import local
from dspreview.extract.formats.plain_pages import plain_page
from dspreview.extract.layout.keys import key_of, local_key
from dspreview.extract.parquet.footers import ParquetSplit, local_footer
from dspreview.extract.parquet.rowgroups import parquet_tables
from dspreview.extract.parquet.schemafiles import SchemaFiles
from dspreview.extract.plain import features_of
from dspreview.models import ConfigListing, DatasetRef, Kind, Listing, Page, Resolved, SplitListing
from dspreview.settings import Settings


def is_quick(kind: Kind, name: str) -> bool:
    """Whether a dataset is one Parquet file on this machine."""
    return kind is Kind.LOCAL and name.endswith(".parquet") and os.path.isfile(name)


def quick_listing(ref: DatasetRef) -> Listing | None:
    """The config and the split of one Parquet or JSON Lines file. Raises PreviewError."""
    if not local.may_be_quick(ref.kind, ref.name) or not os.path.isfile(ref.name):
        return None
    dataset = local.resolve(ref)
    files = [(ref.name.removeprefix(local.folder_of(ref.name)), local_key(ref.name))]
    module = "parquet" if ref.name.endswith(".parquet") else "json"
    split = SplitListing("train", data_key=key_of(module, {}, None, "train", (None, None), files))
    return Listing(dataset, (ConfigListing("default", (split,)),), "default")


def quick_parquet(dataset: Resolved) -> ParquetSplit | None:
    """One Parquet file as a split, where its types are plain. Raises what pyarrow raises."""
    if not is_quick(dataset.kind, dataset.name):
        return None
    footer = local_footer(dataset.name)
    features = features_of(footer.schema)
    return None if features is None or footer.foreign else ParquetSplit((footer,), features)


def quick_page(asked: str, dataset: Resolved, names: tuple[str, str], staging: Path, settings: Settings) -> Page | None:
    """The first rows of one Parquet file; its assets lie in `staging`. Raises what pyarrow raises."""
    if not is_quick(dataset.kind, dataset.name) or names != ("default", "train"):
        return None
    files = SchemaFiles([dataset.name], partial(open, mode="rb"), parquet_tables)
    return plain_page(files, None, asked, dataset, names, staging, settings)
