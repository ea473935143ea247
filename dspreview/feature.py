"""What a column holds: a feature in the form of `datasets`, and what follows from it. No other module knows that form.

A feature is a tree of JSON, `{"dtype": "string", "_type": "Value"}`, nested in dicts and lists; it is stored and answered as it
stands. `Feature` wraps one and says what it is. The form is that of `Features.to_dict` of datasets 5.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from dspreview.models import FeatureTree

TYPE = "_type"
VALUE, LABEL, LIST, STRUCT, JSON = "Value", "ClassLabel", "List", "Struct", "Json"
"""Kinds of features, in the words of `datasets`; a struct has none there. Any other kind is the word itself."""
LISTS = frozenset({"List", "LargeList", "Sequence"})
ASSETS = frozenset({"Image", "Audio", "Video", "Pdf", "Nifti", "Mesh", "BioSequence", "BioStructure"})
"""Kinds whose cells are files."""
INTEGERS = re.compile(r"u?int(8|16|32|64)")
FLOATS = frozenset({"float16", "float32", "float64", "float", "double"})
TEXTS = frozenset({"string", "large_string", "string_view"})
BINARY = frozenset({"binary", "large_binary", "binary_view"})
DATES = frozenset({"date32", "date64", "date32[day]", "date64[ms]"})
TIMESTAMP = re.compile(r"timestamp\[(s|ms|us|ns)(?:, tz=(.+))?\]")
ARROW_JSON = "arrow.json"
"""What stands in Arrow's own name of its JSON type."""


class Feature:
    """A feature; it never changes, and what was asked of it once is known."""

    def __init__(self, tree: FeatureTree) -> None:
        self.tree = tree

    @cached_property
    def kind(self) -> str:
        """`Value`, `ClassLabel`, `List` (of whatever length), `Struct`, `Json`, `Image` and so on; empty where it is unknown."""
        if isinstance(self.tree, list):
            return LIST
        if not isinstance(self.tree, dict):
            return ""
        word = self.tree.get(TYPE)
        if not isinstance(word, str):
            return STRUCT
        return LIST if word in LISTS else word

    @property
    def dtype(self) -> str:
        """The Arrow type of a value, or of an array's items; empty for anything else."""
        found = self.tree.get("dtype") if isinstance(self.tree, dict) else None
        return found if isinstance(found, str) and isinstance(self.tree.get(TYPE), str) else ""

    @property
    def value(self) -> str:
        """The Arrow type of a plain value; empty for anything else."""
        return self.dtype if self.kind == VALUE else ""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of classes, by their numbers."""
        return tuple(map(str, self.tree.get("names") or ())) if self.kind == LABEL else ()

    @property
    def shape(self) -> tuple[Any, ...]:
        """The lengths of an array's dimensions."""
        return tuple(self.tree.get("shape") or ()) if self.kind.startswith("Array") else ()

    @cached_property
    def is_geometry(self) -> bool:
        """Whether its bytes are a geometry."""
        return isinstance(self.tree, dict) and self.kind == VALUE and self.tree.get("geometry") is not None

    @cached_property
    def holds_json_text(self) -> bool:
        """Whether its cells are the text of JSON, as `datasets` or as Arrow has it."""
        return self.kind == JSON or ARROW_JSON in self.value

    @cached_property
    def asset(self) -> str | None:
        """`Image`, `Audio` and so on where a cell is a file; else None."""
        return self.kind if self.kind in ASSETS else None

    @cached_property
    def item(self) -> Feature:
        """What a list holds."""
        if isinstance(self.tree, list):
            return Feature(self.tree[0] if self.tree else None)
        return Feature(self.tree.get("feature") if self.kind == LIST else None)

    @cached_property
    def fields(self) -> dict[str, Feature]:
        """What a struct holds, in its order on disk; a translation is a struct of texts."""
        if self.kind == "Translation":
            return {str(name): Feature(value_tree("string")) for name in self.tree.get("languages") or ()}
        return {str(name): Feature(inner) for name, inner in self.tree.items()} if self.kind == STRUCT else {}

    @property
    def is_struct(self) -> bool:
        """Whether it has fields on disk."""
        return self.kind in {STRUCT, "Translation"}

    def part(self, name: str | None) -> Feature:
        """The field of a struct (in a list, too), or (`None`) the items of a list."""
        if name is None:
            return self.item
        return self.item.part(name) if self.kind == LIST else self.fields.get(name, Feature(None))

    def inside(self) -> Iterator[Feature]:
        """The features one level down."""
        if self.kind == LIST:
            yield self.item
        elif self.kind == STRUCT:
            yield from self.fields.values()

    def assets(self) -> Iterator[str]:
        """The kinds of the files anywhere inside."""
        if self.asset is not None:
            yield self.asset
        for one in self.inside():
            yield from one.assets()

    def holds_assets(self) -> bool:
        """Whether there is a file anywhere inside."""
        return any(self.assets())

    def holds_text(self) -> bool:
        """Whether there is text anywhere inside."""
        if self.value in TEXTS or self.kind in {"Translation", "TranslationVariableLanguages", JSON}:
            return True
        return any(one.holds_text() for one in self.inside())

    def needs_cells(self) -> bool:
        """Whether there is JSON, or a struct without fields, anywhere inside: their values are not what is stored."""
        return self.tree == {} or self.holds_json_text or any(one.needs_cells() for one in self.inside())

    @cached_property
    def is_conversation(self) -> bool:
        """Whether it is a list of turns: who speaks, and what is said. JSON may be one, too, which only its values tell."""
        fields = self.item.fields.keys() if self.kind == LIST else ()
        return {"role", "content"} <= set(fields) or {"from", "value"} <= set(fields)

    def words(self) -> str:
        """The type in a word: `int64`, `label of 3`, `list<string>`, `{a, b}`; names come as they are, harmless or not."""
        kind = self.kind
        if kind == VALUE:
            return self.dtype
        if kind == LABEL:
            return f"label of {len(self.labels)}"
        if kind == LIST:
            return f"list<{self.item.words()}>" if self.item.tree is not None else "list"
        if kind == STRUCT:
            return "{" + ", ".join(self.fields) + "}"
        if kind.startswith("Array"):
            return f"{self.dtype}[{', '.join(map(str, self.shape))}]"
        return kind.lower() or "?"

    def plain_words(self) -> str:
        """The type in the words of people: `text`, `integer`, `category of 3`, `list of text`, `{a, b}`."""
        kind = self.kind
        if kind == VALUE:
            return plain_value(self.dtype)
        if kind == LABEL:
            return f"category of {len(self.labels)}"
        if self.is_conversation:
            return "conversation"
        if kind == LIST:
            return f"list of {self.item.plain_words()}" if self.item.tree is not None else "list"
        if kind.startswith("Array"):
            return f"{' x '.join(map(str, self.shape))} of {plain_value(self.dtype)}"
        return self.words() if kind != JSON else "JSON"


PLAIN = (
    (re.compile(r"(large_)?string(_view)?"), "text"),
    (re.compile(r"u?int\d+"), "integer"),
    (re.compile(r"float\d*|double|decimal.*"), "number"),
    (re.compile(r"bool"), "boolean"),
    (re.compile(r"date.*"), "date"),
    (re.compile(r"time.*"), "time"),
    (re.compile(r".*binary.*"), "bytes"),
    (re.compile(r"duration.*|.*interval.*"), "duration"),
    (re.compile(r".*json.*"), "JSON"),
)
"""Arrow types in a word."""


def plain_value(dtype: str) -> str:
    """An Arrow type in a word; its own where people have none."""
    return next((word for pattern, word in PLAIN if pattern.fullmatch(dtype)), dtype)


def value_tree(dtype: str) -> FeatureTree:
    """A plain value of an Arrow type."""
    return {"dtype": dtype, TYPE: VALUE}


def label_tree(names: list[str]) -> FeatureTree:
    """Classes by their names."""
    return {"names": names, TYPE: LABEL}


def list_tree(item: FeatureTree) -> FeatureTree:
    """A list."""
    return {"feature": item, TYPE: LIST}


def json_tree() -> FeatureTree:
    """JSON of any shape."""
    return {"decode": True, TYPE: JSON}


def asset_tree(kind: str, **told: Any) -> FeatureTree:
    """Files of a kind, and what is said of them."""
    return {**told, TYPE: kind}


def word_of(tree: FeatureTree) -> str | None:
    """The word of `datasets` for a feature that somebody wrote down; None for a struct."""
    found = tree.get(TYPE) if isinstance(tree, dict) else None
    return found if isinstance(found, str) else None
