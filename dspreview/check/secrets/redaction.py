"""Rows without keys and personal data: each is replaced by its kind, in brackets."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dspreview.arrow.settled import settled_table, spelled_out, target, texts_at_hand
from dspreview.arrow.values import to_python
from dspreview.check.secrets.scan import hits_in, named_by, suspects
from dspreview.models import FeatureTree


class Redaction:
    """Replaces what was found, and counts it."""

    def __init__(self) -> None:
        self.number = 0

    def table(self, table: pa.Table, columns: list[tuple[str, FeatureTree]]) -> pa.Table:
        """A table without; types stay, but dictionaries and views are plain texts."""
        for place, (name, _) in enumerate(columns):
            field = table.schema.field(place)
            if may_hold(target(field.type, texts_at_hand), name):
                column = settled_table(table.select([place]), spelled_out).column(0)
                chunks = [self.array(name, chunk) for chunk in column.chunks]
                table = table.set_column(place, field.with_type(column.type), pa.chunked_array(chunks, column.type))
        return table

    def array(self, name: str, values: pa.Array) -> pa.Array:
        """Some values of a column."""
        kind = values.type
        if isinstance(kind, pa.BaseExtensionType):
            return pa.ExtensionArray.from_storage(kind, self.array(name, values.storage))
        if pa.types.is_integer(kind):
            return self.integers(name, values) if named_by(name) else values
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            places = suspects(values, name)
            if not places:
                return values
            texts = values.to_pylist()
            for place in places:
                texts[place] = self.text(texts[place], name)
            return pa.array(texts, kind)
        if pa.types.is_struct(kind):
            fields = [
                self.array(f"{name}.{kind.field(place).name}", values.field(place)) for place in range(kind.num_fields)
            ]
            return pa.StructArray.from_arrays(fields, fields=list(kind), mask=values.is_null())
        if pa.types.is_nested(kind):
            return pa.array([self.value(one, name) for one in to_python(values)], kind)
        return values

    def integers(self, name: str, values: pa.Array) -> pa.Array:
        """Numbers of a column whose name says what they are: null in place of each that was found."""
        kept = values.to_pylist()
        for place in suspects(values.cast(pa.string()), name):
            kept[place] = self.integer(kept[place], name)
        return pa.array(kept, values.type)

    def integer(self, value: int, name: str) -> int | None:
        """A number; null in its place where the name of its column says what it is, and it was found."""
        hits = hits_in(str(value), name) if named_by(name) else []
        self.number += len(hits)
        return None if hits else value

    def value(self, value: Any, name: str) -> Any:
        """A nested value."""
        if isinstance(value, str):
            return self.text(value, name)
        if isinstance(value, int) and not isinstance(value, bool):
            return self.integer(value, name)
        if isinstance(value, list):
            return [self.value(one, name) for one in value]
        if isinstance(value, dict):
            return {self.value(key, name): self.value(one, f"{name}.{key}") for key, one in value.items()}
        return value

    def text(self, text: str, name: str) -> str:
        """A text."""
        hits = hits_in(text, name)
        self.number += len(hits)
        for hit in reversed(hits):
            text = f"{text[: hit.start]}[{hit.kind}]{text[hit.end :]}"
        return text


def may_hold(kind: pa.DataType, name: str) -> bool:
    """Whether there is text anywhere inside a type, or numbers whose names say that they are personal."""
    if isinstance(kind, pa.BaseExtensionType):
        return may_hold(kind.storage_type, name)
    if pa.types.is_map(kind):
        return may_hold(kind.key_type, name) or may_hold(kind.item_type, name)
    if pa.types.is_struct(kind):
        return any(may_hold(field.type, f"{name}.{field.name}") for field in kind)
    if pa.types.is_nested(kind):
        return any(may_hold(kind.field(place).type, name) for place in range(kind.num_fields))
    if pa.types.is_integer(kind):
        return named_by(name)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
