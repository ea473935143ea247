"""All rows of a split as Arrow tables, with the features that they have together."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from datasets import Features

from dspreview.arrow.settled import empty_table
from dspreview.extract.library.failures import explain
from dspreview.extract.library.features import features_of, trees
from dspreview.extract.library.readers import NamedTable, SplitReader
from dspreview.extract.library.source import Plan, Source
from dspreview.extract.library.tables import UNLIKE, Joiner, cast_to, compatible, is_number, schema_of
from dspreview.extract.plain import Columns
from dspreview.settings import Settings

ALL = 2**62


class WholeSplit:
    """Reads a split from a row on to its end, once."""

    def __init__(
        self, source: Source, plan: Plan, split: str, settings: Settings, folder: str, *, streaming: bool
    ) -> None:
        """`folder` takes what the normal mode downloads."""
        self.source, self.plan, self.settings = source, plan, settings
        self.where = f"{source.asked} {plan.config.name}/{split}"
        self.reader = SplitReader(source, plan, split, folder, settings, streaming=streaming)
        self.joiner = Joiner(source, self.where, same_columns=plan.format.is_delimited)
        self.first = ""
        """The file that the first rows came from, for messages."""
        self.bare: set[str] | None = None
        """Columns of guessed types without a value by now: the next rows tell what they are."""

    @property
    def features(self) -> Features | None:
        """Those of the README or of the files; None where only the values tell."""
        return self.reader.features

    def tables(self, skip: int = 0) -> Iterator[NamedTable]:
        """Its tables in order, with the declared types where there are some. Raises PreviewError."""
        try:
            for name, table in self.reader.tables(skip, ALL):
                self.first = self.first or name
                if self.features is None:
                    yield name, table
                else:
                    readme = self.plan.features is not None
                    yield name, self.joiner.cast(self.first, name, table, self.features, from_readme=readme)
        except Exception as error:  # noqa: BLE001 - readers fail in a hundred ways; `explain` raises bugs of ours again
            failure = explain(error, self.where, self.source, self.settings)
            raise failure from (None if failure is error else error)

    def unified(self, schema: pa.Schema, name: str, table: pa.Table) -> pa.Schema:
        """The schema that earlier rows and these have together. Raises DisagreeingFilesError."""
        if self.features is not None:
            return schema
        known = self.settled(schema, table)
        if table.schema.equals(schema):
            return schema
        if self.joiner.same_columns and schema.names and not set(table.column_names) <= set(schema.names):
            raise self.joiner.disagreement(self.first, schema, name, table.schema, "columns")
        try:
            return with_schema(table, known).schema
        except UNLIKE as error:
            raise self.joiner.disagreement(self.first, schema, name, table.schema, "types") from error

    def settled(self, schema: pa.Schema, table: pa.Table) -> pa.Schema:
        """The schema of earlier rows, without a type where none of these has a value and the next ones tell one; numbers stay floats."""
        empty = {name for name in table.column_names if table.column(name).null_count == table.num_rows}
        told = {name for name in self.bare or () if name in table.column_names and name not in empty}
        self.bare = empty if self.bare is None else self.bare - told
        for place, field in enumerate(schema):
            if field.name in told and not is_number(table.schema.field(field.name).type):
                schema = schema.set(place, field.with_type(pa.null()))
        return schema

    def opening(self, schema: pa.Schema) -> pa.Schema:
        """The schema of the declared features, or that of the first table where there are none."""
        declared = schema_of(self.features) if self.features is not None else None
        return declared if declared is not None and len(declared) else schema

    def fitted(self, table: pa.Table, schema: pa.Schema) -> pa.Table:
        """A table in a schema of all. Raises ArrowInvalid."""
        return with_schema(table, schema)

    def columns(self, schema: pa.Schema) -> Columns:
        """The columns with their features."""
        return trees(self.features if self.features is not None else features_of(schema.remove_metadata()))


def with_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table in the order of a schema, with the types that hold the values of both. Raises ArrowInvalid."""
    empty = empty_table(schema)
    if not table.num_rows:
        table = table.select([])
    mine = compatible(table, empty)
    try:
        return pa.concat_tables([json_where(empty, mine), mine], promote_options="permissive")
    except UNLIKE:
        cast = cast_to(mine, schema)
        if cast is None:
            raise
        return pa.concat_tables([empty, cast], promote_options="permissive")


def json_where(empty: pa.Table, table: pa.Table) -> pa.Table:
    """An empty table whose columns are JSON where the other's are."""
    for place, field in enumerate(empty.schema):
        if field.name in table.column_names and table.schema.field(field.name).type == pa.json_():
            empty = empty.set_column(place, field.name, pa.chunked_array([], pa.json_()))
    return empty
