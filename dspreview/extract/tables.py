"""The tables of a split's files as one: cast where the types are declared, merged where they are guessed."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from datasets import Features
from datasets.table import table_cast

from dspreview.errors import DisagreeingFilesError
from dspreview.extract.failures import shorten
from dspreview.extract.readers import NamedTable, features_of
from dspreview.extract.source import Source


@dataclass(frozen=True, slots=True)
class Joiner:
    """Joins the tables of one split."""

    source: Source
    where: str
    """Dataset, config and split, for messages."""

    def join(
        self, parts: list[NamedTable], features: Features | None, *, same_columns: bool
    ) -> tuple[pa.Table, Features]:
        """One table and its features.

        Args:
            features: the declared ones; None where only the values tell.
            same_columns: files of guessed types must not add or miss a column (CSV); else absent cells are null (JSON).

        Raises:
            DisagreeingFilesError: names the files that do not fit together.

        """
        if features is not None:
            tables = [self.cast(name, part, features) for name, part in parts]
            return (
                pa.concat_tables(tables, promote_options="permissive") if tables else schema_of(features).empty_table()
            ), features
        if not parts:
            return pa.table({}), Features({})
        merged = self.merge(parts, same_columns=same_columns)
        return merged, features_of(merged.schema.remove_metadata())

    def cast(self, name: str, table: pa.Table, features: Features) -> pa.Table:
        """A table with the declared columns in their order: absent ones null, undeclared ones dropped."""
        schema = schema_of(features)
        if table.schema.equals(schema) or len(schema) != len(features):
            return table
        absent = [field for field in schema if field.name not in table.column_names]
        if table.num_rows and len(absent) == len(schema):
            raise DisagreeingFilesError(
                f"{self.where}: {shorten(name, self.source)} has none of the declared columns "
                f"({', '.join(schema.names[:10])}) but {', '.join(table.column_names[:10])}"
            )
        for field in absent:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        try:
            return table_cast(table.select(schema.names), schema)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError, TypeError, KeyError) as error:
            file = shorten(name, self.source) or "its data"
            raise DisagreeingFilesError(
                f"{self.where}: {file} does not have the declared types: {str(error).splitlines()[0]}"
            ) from error

    def merge(self, parts: list[NamedTable], *, same_columns: bool) -> pa.Table:
        """Tables of guessed types as one."""
        first_name, merged = parts[0]
        for name, part in parts[1:]:
            if same_columns and part.column_names != merged.column_names:
                raise self.disagreement(first_name, merged, name, part, "columns")
            try:
                merged = pa.concat_tables([merged, part], promote_options="permissive")
            except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
                raise self.disagreement(first_name, merged, name, part, "types") from error
        return merged

    def disagreement(self, one: str, a: pa.Table, other: str, b: pa.Table, what: str) -> DisagreeingFilesError:
        """Two files, and what they say differently."""
        mine, theirs = a.schema, b.schema
        if what == "columns":
            detail = f"{', '.join(mine.names[:20])} and {', '.join(theirs.names[:20])}"
        else:
            shared = [name for name in mine.names if name in theirs.names]
            unlike = [name for name in shared if mine.field(name).type != theirs.field(name).type]
            detail = "; ".join(
                f"{name} is {mine.field(name).type} and {theirs.field(name).type}" for name in unlike[:5]
            )
        return DisagreeingFilesError(
            f"{self.where}: {shorten(one, self.source)} and {shorten(other, self.source)} have different {what}: {detail}; "
            "give them the same, or list them as two configs in the README"
        )


def schema_of(features: Features) -> pa.Schema:
    """The Arrow schema of features; empty where they hold a type that `datasets` has no word for."""
    try:
        return features.arrow_schema
    except (AttributeError, TypeError):
        return pa.schema([])
