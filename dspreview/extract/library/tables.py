"""The tables of a split's files as one: cast where the types are declared, merged where they are guessed."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from datasets import Features
from datasets.table import table_cast

from dspreview.arrow.arrays import beyond_floats
from dspreview.arrow.settled import empty_table, filled, micro, plain, settled_table, target, visible
from dspreview.errors import DeclaredTypesError, DisagreeingFilesError
from dspreview.extract.library.exact import with_json_columns
from dspreview.extract.library.failures import shorten
from dspreview.extract.library.features import features_of
from dspreview.extract.library.readers import NamedTable
from dspreview.extract.library.source import Source

UNLIKE = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError)
"""What pyarrow raises for types that do not go together."""


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
            if not parts:
                return empty_table(schema_of(features)), features
            if not from_readme:
                features = in_microseconds(features, [part for _, part in parts])
            tables = [self.cast(parts[0][0], name, part, features, from_readme=from_readme) for name, part in parts]
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
        if not from_readme and strange:
            raise self.disagreement(first, schema, name, table.schema, "columns")
        if table.num_rows and absent and len(absent) == len(schema):
            raise DeclaredTypesError(
                f"{self.where}: {shorten(name, self.source)} has none of the declared columns "
                f"({', '.join(schema.names[:10])}) but {', '.join(table.column_names[:10])}"
            )
        for field in absent:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        try:
            return table_cast(without_hidden(table.select(schema.names), schema), schema)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError, TypeError, KeyError) as error:
            if not from_readme and name != first:
                raise self.disagreement(first, schema, name, table.schema, "types") from error
            file = shorten(name, self.source) or "its data"
            told = ": ".join(str(error).splitlines()[:2])
            raise DeclaredTypesError(f"{self.where}: {file} does not have the declared types: {told}") from error

    def merge(self, parts: list[NamedTable]) -> pa.Table:
        """Tables of guessed types as one; a CSV must have the columns of the first, JSON may add and leave out."""
        first, merged = parts[0]
        for name, table in parts[1:]:
            part = table
            if self.same_columns:
                if not set(part.column_names) <= set(merged.column_names):
                    raise self.disagreement(first, merged.schema, name, part.schema, "columns")
                part = filled(part, merged.schema)
            try:
                merged = pa.concat_tables(
                    [compatible(merged, part), compatible(part, merged)], promote_options="permissive"
                )
            except UNLIKE as error:
                cast = cast_to(part, merged.schema)
                if cast is None:
                    raise self.disagreement(first, merged.schema, name, part.schema, "types") from error
                merged = pa.concat_tables([merged, cast], promote_options="permissive")
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


def in_microseconds(features: Features, tables: list[pa.Table]) -> Features:
    """Features with microseconds where a file has years that nanoseconds do not reach: those of INT96 differ by file."""
    changed = dict(features)
    for name in features:
        kinds = {table.schema.field(name).type for table in tables if name in table.column_names}
        if len(kinds) == 2 and len({target(kind, micro) for kind in kinds}) == 1:
            changed[name] = features_of(pa.schema([pa.field(name, target(kinds.pop(), micro))]))[name]
    return Features(changed)


def without_hidden(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table without what lies behind lists that are null: the cast of `datasets` shows it in the row before."""
    for place, (field, wanted) in enumerate(zip(table.schema, schema, strict=True)):
        if field.type != wanted.type:
            column = settled_table(table.select([place]), plain).column(0)
            if pa.types.is_nested(column.type):
                column = pa.chunked_array([visible(chunk) for chunk in column.chunks], column.type)
            table = table.set_column(place, field.with_type(column.type), column)
    return table


def cast_to(table: pa.Table, schema: pa.Schema) -> pa.Table | None:
    """A table in the types of earlier rows, as `datasets` casts them; None where it does not."""
    kept = pa.schema([field for field in schema if field.name in table.column_names])
    others = table.drop_columns(kept.names)
    try:
        cast = table_cast(without_hidden(table.select(kept.names), kept), kept)
    except (*UNLIKE, ValueError, TypeError, KeyError):
        return None
    for name in others.column_names:
        cast = cast.append_column(others.schema.field(name), others.column(name))
    return cast


def schema_of(features: Features) -> pa.Schema:
    """The Arrow schema of features; empty where they hold a type that `datasets` has no word for."""
    try:
        return features.arrow_schema
    except (AttributeError, TypeError):
        return pa.schema([])


def compatible(table: pa.Table, other: pa.Table) -> pa.Table:
    """A table whose columns take the other's side where they know less.

    One without values does (an empty CSV column is guessed to be a number, and stays one beside numbers); so does one of
    numbers where the other has integers beyond 64 bits.
    """
    for place, field in enumerate(table.schema):
        if field.name not in other.column_names:
            continue
        theirs = other.schema.field(field.name).type
        is_bare = table.num_rows and table.column(place).null_count == table.num_rows
        if is_bare and not (is_number(field.type) and is_number(theirs)):
            table = table.set_column(place, field.name, pa.nulls(table.num_rows))
        elif is_number(field.type) and (theirs == pa.json_() or lose_digits(table, other, field.name)):
            table = with_json_columns(table, [field.name])
    return table


def lose_digits(one: pa.Table, other: pa.Table, name: str) -> bool:
    """Whether one column holds integers that the floats of the other do not tell apart."""
    columns = one.column(name), other.column(name)
    whole = [column for column in columns if pa.types.is_integer(column.type)]
    return len(whole) == 1 and any(pa.types.is_floating(column.type) for column in columns) and beyond_floats(whole[0])


def is_number(kind: pa.DataType) -> bool:
    """Whether the values of a type are numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
