"""The tables of a split's files as one: cast where the types are declared, merged where they are guessed."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from datasets import Features
from datasets.table import table_cast

from dspreview.errors import DisagreeingFilesError
from dspreview.extract.exact import with_json_columns
from dspreview.extract.failures import shorten
from dspreview.extract.features import features_of
from dspreview.extract.readers import NamedTable
from dspreview.extract.source import Source


@dataclass(frozen=True, slots=True)
class Joiner:
    """Joins the tables of one split."""

    source: Source
    where: str
    """Dataset, config and split, for messages."""
    same_columns: bool
    """Whether files of guessed types must agree on their columns."""

    def join(
        self, parts: list[NamedTable], features: Features | None, *, from_readme: bool
    ) -> tuple[pa.Table, Features]:
        """One table and its features.

        Args:
            features: the README's or the first file's own; None where only the values tell.
            from_readme: the README fills in columns that a file lacks; else files must have the same ones.

        Raises:
            DisagreeingFilesError: names the files that do not fit together.

        """
        if features is not None:
            tables = [self.cast(parts[0][0], name, part, features, from_readme=from_readme) for name, part in parts]
            if not tables:
                return schema_of(features).empty_table(), features
            return pa.concat_tables(tables, promote_options="permissive"), features
        if not parts:
            return pa.table({}), Features({})
        merged = self.merge(parts)
        return merged, features_of(merged.schema.remove_metadata())

    def cast(self, first: str, name: str, table: pa.Table, features: Features, *, from_readme: bool) -> pa.Table:
        """A table with the known columns in their order; what the README promises and a file lacks is null."""
        schema = schema_of(features)
        if table.schema.equals(schema) or len(schema) != len(features):
            return table
        absent = [field for field in schema if field.name not in table.column_names]
        strange = [column for column in table.column_names if column not in schema.names]
        if not from_readme and (absent or strange):
            raise self.disagreement(first, schema, name, table.schema, "columns")
        if table.num_rows and absent and len(absent) == len(schema):
            raise DisagreeingFilesError(
                f"{self.where}: {shorten(name, self.source)} has none of the declared columns "
                f"({', '.join(schema.names[:10])}) but {', '.join(table.column_names[:10])}"
            )
        for field in absent:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        try:
            return table_cast(table.select(schema.names), schema)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError, TypeError, KeyError) as error:
            if not from_readme and name != first:
                raise self.disagreement(first, schema, name, table.schema, "types") from error
            file = shorten(name, self.source) or "its data"
            told = ": ".join(str(error).splitlines()[:2])
            raise DisagreeingFilesError(f"{self.where}: {file} does not have the declared types: {told}") from error

    def merge(self, parts: list[NamedTable]) -> pa.Table:
        """Tables of guessed types as one; a CSV must have the columns of the first, JSON may add and leave out."""
        first, merged = parts[0]
        for name, table in parts[1:]:
            part = table
            if self.same_columns:
                if set(part.column_names) != set(merged.column_names):
                    raise self.disagreement(first, merged.schema, name, part.schema, "columns")
                part = part.select(merged.column_names)
            try:
                merged = pa.concat_tables(
                    [compatible(merged, part), compatible(part, merged)], promote_options="permissive"
                )
            except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
                raise self.disagreement(first, merged.schema, name, part.schema, "types") from error
        return merged

    def disagreement(
        self, one: str, mine: pa.Schema, other: str, theirs: pa.Schema, what: str
    ) -> DisagreeingFilesError:
        """Two files, and what they say differently."""
        if what == "columns":
            detail = f"{', '.join(mine.names[:20])} and {', '.join(theirs.names[:20])}"
        else:
            shared = [name for name in mine.names if name in theirs.names]
            unlike = [name for name in shared if mine.field(name).type != theirs.field(name).type]
            detail = "; ".join(
                f"{name} is {mine.field(name).type} and {theirs.field(name).type}" for name in unlike[:5]
            )
        if one == other:
            return DisagreeingFilesError(
                f"{self.where}: {shorten(one, self.source) or 'its data'} has other {what} in its later rows than in its first: {detail}; "
                "declare the types in the README (dataset_info)"
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


def compatible(table: pa.Table, other: pa.Table) -> pa.Table:
    """A table whose columns take the other's side where they know less.

    One without values does (an empty CSV column is guessed to be a number); so does one of numbers where the other
    has integers beyond 64 bits.
    """
    for place, field in enumerate(table.schema):
        if field.name not in other.column_names:
            continue
        if table.num_rows and table.column(place).null_count == table.num_rows:
            table = table.set_column(place, field.name, pa.nulls(table.num_rows))
        elif is_number(field.type) and other.schema.field(field.name).type == pa.json_():
            table = with_json_columns(table, [field.name])
    return table


def is_number(kind: pa.DataType) -> bool:
    """Whether the values of a type are numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
