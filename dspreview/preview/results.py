"""What a statement gives: its columns with features for DuckDB's types, and its values as answers show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dspreview.feature import Feature, asset_tree, value_tree
from dspreview.models import Column, Json
from dspreview.page.pages import Cells
from dspreview.query.table import Table

if TYPE_CHECKING:
    import pyarrow as pa


class Result(NamedTuple):
    """The rows that a statement gives, on their way."""

    columns: list[tuple[str, Json]]
    """Their names, and their features."""
    tables: Iterator[pa.Table]
    """The rows as Arrow; at first an empty table, which has the types."""
    partial: list[str]
    """Views of which only a part was converted."""
    left_out: list[str]
    """Columns of files, which are not fetched."""
    table: Callable[[], pa.Table]
    """All rows at once as Arrow, where nobody took some of them before."""


def as_json(table: pa.Table, columns: list[tuple[str, Json]]) -> pa.Table:
    """A table whose columns of JSON are such in Arrow, too."""
    import pyarrow as pa

    for place, (name, tree) in enumerate(columns):
        if Feature(tree).holds_json_text:
            texts = [
                pa.ExtensionArray.from_storage(pa.json_(), one.cast(pa.string())) for one in table.column(place).chunks
            ]
            table = table.set_column(place, name, pa.chunked_array(texts, pa.json_()))
    return table


def batches(found: Result) -> Iterator[list[Cells]]:
    """The rows of an answer as cells, some at a time."""
    from dspreview.arrow.arrays import cells_of

    for table in found.tables:
        if table.num_rows:
            cells = cells_of(table, found.columns, declared=True)
            yield [as_shown(one, kind, found.left_out) for one, kind in zip(cells, table.schema.types, strict=True)]


def as_shown(cells: Cells, kind: pa.DataType, left_out: list[str]) -> Cells:
    """A column as an answer has it: no files, and whole numbers that came as decimals as such."""
    if cells.name in left_out:
        return cells._replace(values=[None] * len(cells.values), plain=True)
    if is_huge(kind, cells.feature):
        return cells._replace(values=[None if one is None else int(one) for one in cells.values], plain=True)
    return cells


def is_huge(kind: pa.DataType, tree: Json) -> bool:
    """Whether a column is of integers of 128 bits, which sums of integers are: they come as decimals."""
    import pyarrow.types as pt

    return bool(pt.is_decimal(kind)) and Feature(tree).value == "int64"


class Sources:
    """What the views of a statement hold that types of DuckDB do not tell."""

    def __init__(self, tables: Sequence[Table]) -> None:
        columns = [column for table in tables for column in table.columns]
        self.media = any(Feature(one.feature).holds_assets() for one in columns)
        self.geometries = {one.name: one.feature for one in columns if Feature(one.feature).is_geometry}

    def columns(self, schema: pa.Schema, types: list[str]) -> list[tuple[str, Json]]:
        """The columns of an answer, each name once, with their features; `types` are what DuckDB calls theirs."""
        from dspreview.extract.parquet.rowgroups import unique_names

        names = unique_names(list(schema.names))
        kinds = zip(names, schema.types, types, strict=True)
        return [(name, self.feature(name, kind, word)) for name, kind, word in kinds]

    def feature(self, name: str, kind: pa.DataType, word: str) -> Json:
        """The feature of a column."""
        from dspreview.extract.plain import tree_of

        if word == "JSON":
            return asset_tree("Json")
        if word.startswith("GEOMETRY"):
            return value_tree("binary") | {"geometry": "OGC:CRS84"}
        if word == "BLOB" and name in self.geometries:
            return self.geometries[name]
        tree = value_tree("int64") if word == "HUGEINT" else tree_of(kind)
        return value_tree(str(kind)) if tree is None else tree

    def files(self, columns: list[tuple[str, Json]]) -> list[str]:
        """The columns of media, which `datasets` stores as bytes and a path."""
        if not self.media:
            return []
        return [name for name, tree in columns if sorted(Feature(tree).fields) == ["bytes", "path"]]


def column_types(columns: list[tuple[str, Json]]) -> list[Column]:
    """The columns of an answer in the form of a page."""
    from dspreview.page.columns import make_column

    return [make_column(name, tree, declared=True, values=[]) for name, tree in columns]
