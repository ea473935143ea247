"""A dataset that is one Parquet (or JSON Lines) file on this machine, without `datasets`, whose import takes 0.7 to 2 s.

What is not understood completely here is None, and read the long way; the answers are the same.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pyarrow as pa

from dspreview.extract import local
from dspreview.extract.arrays import cells_of
from dspreview.extract.footers import Footer, ParquetSplit, local_footer
from dspreview.extract.keys import key_of, local_key
from dspreview.extract.pages import PageMaker
from dspreview.extract.rowgroups import BATCH, parquet_tables
from dspreview.models import ConfigListing, DatasetRef, FeatureTree, Json, Kind, Listing, Page, Resolved, SplitListing
from dspreview.settings import Settings

PLAIN = (
    pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
    pa.date32(), pa.date64(), pa.binary(), pa.large_binary(), pa.string(), pa.large_string(),
)  # fmt: skip
FLOATS = {pa.float16(): "float16", pa.float32(): "float32", pa.float64(): "float64"}
DATES = {pa.date32(): "date32", pa.date64(): "date64"}
FILE = pa.struct({"bytes": pa.binary(), "path": pa.string()})
METADATA = b"huggingface"
"""Where `datasets` writes the features of a file."""


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
    features = features_of(footer)
    return None if features is None else ParquetSplit((footer,), features)


def quick_page(asked: str, dataset: Resolved, names: tuple[str, str], staging: Path, settings: Settings) -> Page | None:
    """The first rows of one Parquet file; its assets lie in `staging`. Raises what pyarrow raises."""
    found = quick_parquet(dataset)
    if found is None or not found.features or names != ("default", "train"):
        return None  # Arrow forgets the rows of a table without columns
    wanted = settings.rows_max_number
    with open(dataset.name, "rb") as stream:
        tables = [next(parts := parquet_tables(stream, min(wanted + 1, BATCH)))]
        while sum(table.num_rows for table in tables) < wanted and (table := next(parts, None)) is not None:
            tables.append(table)
    plain = [table.replace_schema_metadata(None) for table in tables]
    part = pa.concat_tables(plain).slice(0, wanted)
    beside: list[str] = []

    def refuse(path: str, max_bytes: int) -> bytes:
        """Files beside the Parquet file are for the long way, which knows where they may lie."""
        del max_bytes
        beside.append(path)
        return b""

    maker = PageMaker(dataset, asked, *names, settings, staging, refuse)
    page = maker.make(cells_of(part, found.features, declared=True), range(part.num_rows), whole=False)
    if beside:
        shutil.rmtree(staging)
        staging.mkdir()
        return None
    return page._replace(num_rows_total=found.footers[0].num_rows)


def features_of(footer: Footer) -> list[tuple[str, FeatureTree]] | None:
    """The features of a file: those that `datasets` wrote into it, else those of its types."""
    names = footer.schema.names
    if len(set(names)) < len(names):
        return None
    declared: Json = {}
    if (written := (footer.schema.metadata or {}).get(METADATA)) is not None:
        try:
            declared = json.loads(written)["info"]["features"]
        except (ValueError, KeyError, TypeError):
            return None
        if not isinstance(declared, dict) or set(declared) != set(names):
            return None
    trees = [
        (field.name, declared_tree(declared[field.name], field.type) if declared else tree_of(field.type))
        for field in footer.schema
    ]
    return None if any(tree is None for _, tree in trees) else trees


def declared_tree(declared: Json, kind: pa.DataType) -> FeatureTree:
    """A declared feature as `datasets` would repeat it; None where it is not plain, or not what the file holds."""
    if not isinstance(declared, dict):
        return None
    name = declared.get("_type")
    if not isinstance(name, str):
        return declared_struct(declared, kind)
    known = {key: value for key, value in declared.items() if value is not None}
    if name == "Value" and set(known) == {"dtype", "_type"}:
        tree = tree_of(kind)
        return tree if tree == {"dtype": known["dtype"], "_type": "Value"} else None
    if name == "ClassLabel" and set(known) == {"names", "_type"} and kind == pa.int64():
        good = isinstance(known["names"], list) and all(isinstance(one, str) for one in known["names"])
        return {"names": known["names"], "_type": name} if good and known["names"] else None
    if name == "List" and set(known) == {"feature", "_type"} and pa.types.is_list(kind):
        inner = declared_tree(known["feature"], kind.value_type)
        return None if inner is None else {"feature": inner, "_type": name}
    if name == "Image" and set(known) == {"_type"} and kind == FILE:
        return {"_type": name}
    if name == "Audio" and set(known) <= {"sampling_rate", "_type"} and kind == FILE:
        rate = known.get("sampling_rate")
        return ({} if rate is None else {"sampling_rate": rate}) | {"_type": name}
    return None


def declared_struct(declared: dict[str, Json], kind: pa.DataType) -> FeatureTree:
    """A declared struct; None where a field of it is not plain, or the file has others."""
    if not pa.types.is_struct(kind) or "_type" in declared:
        return None
    fields = [kind.field(number) for number in range(kind.num_fields)]
    if list(declared) != [field.name for field in fields] or not fields:
        return None
    found = {field.name: declared_tree(declared[field.name], field.type) for field in fields}
    return None if None in found.values() else found


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
