"""A dataset that is one Parquet file on this machine, without `datasets`, whose import takes 0.7 to 2 s.

What is not understood completely here is None, and read the long way; the answers are the same.
"""

from __future__ import annotations

import os

import pyarrow as pa

from dspreview.extract import local
from dspreview.extract.footers import ParquetSplit, local_footer
from dspreview.extract.keys import key_of, local_key
from dspreview.models import ConfigListing, DatasetRef, FeatureTree, Kind, Listing, Resolved, SplitListing

PLAIN = (
    pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
    pa.date32(), pa.date64(), pa.binary(), pa.large_binary(), pa.string(), pa.large_string(),
)  # fmt: skip
FLOATS = {pa.float16(): "float16", pa.float32(): "float32", pa.float64(): "float64"}
DATES = {pa.date32(): "date32", pa.date64(): "date64"}


def is_quick(kind: Kind, name: str) -> bool:
    """Whether a dataset is one Parquet file on this machine."""
    return kind is Kind.LOCAL and name.endswith(".parquet") and os.path.isfile(name)


def quick_listing(ref: DatasetRef) -> Listing | None:
    """The config and the split of one Parquet file. Raises PreviewError."""
    if not is_quick(ref.kind, ref.name):
        return None
    dataset = local.resolve(ref)
    files = [(ref.name.removeprefix(local.folder_of(ref.name)), local_key(ref.name))]
    split = SplitListing("train", data_key=key_of("parquet", {}, None, "train", (None, None), files))
    return Listing(dataset, (ConfigListing("default", (split,)),), "default")


def quick_parquet(dataset: Resolved) -> ParquetSplit | None:
    """One Parquet file as a split, where its types are plain. Raises what pyarrow raises."""
    if not is_quick(dataset.kind, dataset.name):
        return None
    footer = local_footer(dataset.name)
    names = footer.schema.names
    if b"huggingface" in (footer.schema.metadata or {}) or len(set(names)) < len(names):
        return None
    trees = [(field.name, tree_of(field.type)) for field in footer.schema]
    return ParquetSplit((footer,), trees) if all(tree is not None for _, tree in trees) else None


def tree_of(kind: pa.DataType) -> FeatureTree:
    """The feature of an Arrow type in the form of `datasets`; None for a type that is not plain."""
    if pa.types.is_list(kind):
        inner = tree_of(kind.value_type)
        return None if inner is None else {"feature": inner, "_type": "List"}
    if pa.types.is_struct(kind):
        fields = {kind.field(number).name: tree_of(kind.field(number).type) for number in range(kind.num_fields)}
        return None if None in fields.values() or len(fields) < kind.num_fields else fields
    dtype = FLOATS.get(kind) or DATES.get(kind) or (str(kind) if kind in PLAIN or pa.types.is_timestamp(kind) else None)
    return None if dtype is None else {"dtype": dtype, "_type": "Value"}
