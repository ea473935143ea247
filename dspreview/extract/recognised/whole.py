"""All rows of a recognised split in one schema, for its conversion."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from dspreview.arrow.settled import logical, settled_table
from dspreview.errors import DisagreeingFilesError
from dspreview.extract.folder import BATCH, NamedTable, SplitRows
from dspreview.extract.plain import Columns
from dspreview.extract.plain import features_of as plain_features


class WholeRows:
    """Reads a split from a row on to its end, once."""

    def __init__(self, rows: SplitRows, where: str) -> None:
        self.rows, self.where = rows, where

    @property
    def features(self) -> Columns | None:
        """Those that the data has; None where only the values tell."""
        return None if self.rows.guessed else self.rows.columns or []

    def tables(self, skip: int = 0, batch: int = BATCH) -> Iterator[NamedTable]:
        """Its tables in order."""
        for name, table in self.rows.read(batch):
            first = min(skip, table.num_rows)
            skip -= first
            yield name, settled_table(table.slice(first), logical)

    def unified(self, schema: pa.Schema, name: str, table: pa.Table) -> pa.Schema:
        """The schema that earlier rows and these have together. Raises DisagreeingFilesError."""
        if table.schema.equals(schema) or not schema.names:
            return table.schema if not schema.names else schema
        from dspreview.extract.library.tables import UNLIKE  # `datasets`, 0.7 s
        from dspreview.extract.library.whole import with_schema

        try:
            return with_schema(table, schema).schema
        except UNLIKE as error:
            if self.rows.guessed:
                return mixed(table, schema)
            raise DisagreeingFilesError(
                f"{self.where}: {name}: its columns are not those of the files before it: {error}"
            ) from error

    def opening(self, schema: pa.Schema) -> pa.Schema:
        """The schema of the first table."""
        return schema

    def fitted(self, table: pa.Table, schema: pa.Schema) -> pa.Table:
        """A table in a schema of all. Raises ArrowInvalid."""
        if table.schema.equals(schema):
            return table
        from dspreview.extract.library.whole import with_schema

        return with_schema(in_json(table, schema) if self.rows.guessed else table, schema)

    def columns(self, schema: pa.Schema) -> Columns:
        """The columns with their features."""
        return columns_of(self.rows, schema)


def mixed(table: pa.Table, schema: pa.Schema) -> pa.Schema:
    """The schema that rows of guessed types have together with earlier ones: a column whose values are of several kinds is JSON."""
    from dspreview.extract.library.tables import UNLIKE
    from dspreview.extract.library.whole import with_schema

    fields = {field.name: field for field in schema}
    for field in table.schema:
        known = fields.setdefault(field.name, field)
        try:
            fields[field.name] = with_schema(table.select([field.name]), pa.schema([known])).schema.field(0)
        except UNLIKE:
            fields[field.name] = pa.field(field.name, pa.json_())
    return pa.schema(fields.values())


def in_json(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table whose columns are JSON where those of a schema are."""
    from dspreview.extract.formats.values import as_json

    for place, field in enumerate(table.schema):
        if field.type != pa.json_() and field.name in schema.names and schema.field(field.name).type == pa.json_():
            values = as_json(table.column(place).to_pylist())
            table = table.set_column(place, pa.field(field.name, pa.json_()), values)
    return table


def columns_of(rows: SplitRows, schema: pa.Schema) -> Columns:
    """The features of rows of a schema: those that the data has, else those of the types."""
    if rows.columns is not None:
        return rows.columns
    if (found := plain_features(schema.remove_metadata())) is not None:
        return found
    from dspreview.extract.library.features import features_of, trees  # `datasets`, 0.7 s

    return trees(features_of(schema.remove_metadata()))
