"""Plain features: what Arrow types, the metadata of a Parquet file, or a README say, without `datasets`.

What is not understood completely here is None, and is for `datasets`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import pyarrow as pa

from dspreview.arrow.geometry import geometry_of
from dspreview.feature import STRUCT, TYPE, Feature, asset_tree, label_tree, list_tree, value_tree, word_of
from dspreview.models import FeatureTree, Json

Columns = list[tuple[str, FeatureTree]]
"""Each column with its feature."""
PLAIN = (
    pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
    pa.date32(), pa.date64(), pa.binary(), pa.large_binary(), pa.string(), pa.large_string(),
)  # fmt: skip
FLOATS = {pa.float16(): "float16", pa.float32(): "float32", pa.float64(): "float64"}
DATES = {pa.date32(): "date32", pa.date64(): "date64"}
DTYPES = frozenset({*(str(kind) for kind in PLAIN if kind not in DATES), *FLOATS.values(), *DATES.values()})
TIMESTAMP = re.compile(r"timestamp\[(?:s|ms|us|ns)(?:, tz=[\w/+:-]+)?\]")
FILE = pa.struct({"bytes": pa.binary(), "path": pa.string()})
METADATA = b"huggingface"
"""Where `datasets` writes the features of a file."""
DEFAULTS: dict[str, dict[str, Json]] = {
    "Value": {},
    "ClassLabel": {},
    "List": {"length": -1},
    "Sequence": {"length": -1},
    "Image": {"decode": True},
    "Audio": {"decode": True, "mono": True},
}
"""What older versions spelled out, and today's leave away."""


def features_of(schema: pa.Schema) -> Columns | None:
    """The features of a file: those that `datasets` wrote into it, else those of its types."""
    names = schema.names
    if len(set(names)) < len(names) or any("\0" in name for name in names):
        return None
    if (written := (schema.metadata or {}).get(METADATA)) is None:
        found = [(field.name, tree_of_field(field)) for field in schema]
    else:
        try:
            declared = json.loads(written)["info"]["features"]
            if not isinstance(declared, dict) or set(declared) != set(names):
                return None
            found = [(name, normal(declared[name])) for name in names]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
    return found if holds(schema, found) else None


def holds(schema: pa.Schema, columns: Columns) -> bool:
    """Whether a file holds just these columns in their order, each stored the way its feature is."""
    return schema.names == [name for name, _ in columns] and all(
        tree is not None and fits(tree, field.type) for (_, tree), field in zip(columns, schema, strict=True)
    )


def fits(tree: FeatureTree, kind: pa.DataType) -> bool:
    """Whether values of an Arrow type are those of a feature, as they are."""
    if tree is None:
        return False
    name = word_of(tree)
    if name is None:
        fields = [kind.field(number) for number in range(kind.num_fields)] if pa.types.is_struct(kind) else []
        same = bool(fields) and list(tree) == [field.name for field in fields]
        return same and all(fits(tree[field.name], field.type) for field in fields)
    if name == "List":
        return pa.types.is_list(kind) and fits(tree["feature"], kind.value_type)
    if name in {"Image", "Audio"}:
        return bool(kind == FILE)
    if name == "ClassLabel":
        return bool(kind == pa.int64())
    return bool({key: value for key, value in tree.items() if key != "geometry"} == tree_of(kind))


def normal(declared: Json) -> FeatureTree:
    """A feature in the form of `datasets`, of any version, as today's writes it; None where it is not plain."""
    if not isinstance(declared, dict) or not declared:
        return None
    name = word_of(declared)
    if name is None:
        fields = {key: normal(inner) for key, inner in declared.items()}
        return None if TYPE in declared or None in fields.values() else fields
    if name not in DEFAULTS or declared.get("id") is not None:
        return None
    said = {key: value for key, value in declared.items() if value is not None and key not in {TYPE, "id"}}
    known = {key: value for key, value in said.items() if DEFAULTS[name].get(key) != value}
    if name == "Value" and set(known) == {"dtype"}:
        return value_of(known["dtype"])
    if name == "ClassLabel" and set(known) - {"num_classes"} == {"names"}:
        return label_of(known["names"], known.get("num_classes"))
    if name in {"List", "Sequence"} and set(known) == {"feature"}:
        struct = Feature(known["feature"]).kind == STRUCT
        inner = normal(known["feature"])
        return None if inner is None or (struct and name == "Sequence") else list_tree(inner)
    if name == "Image" and not known:
        return asset_tree(name)
    return asset_tree(name, **known) if name == "Audio" and sampled(known) else None


def value_of(dtype: Json) -> FeatureTree:
    """A value of a plain type."""
    good = isinstance(dtype, str) and (dtype in DTYPES or TIMESTAMP.fullmatch(dtype))
    return value_tree(dtype) if good else None


def label_of(names: Json, number: Json) -> FeatureTree:
    """A label by its names."""
    good = isinstance(names, list) and names and all(isinstance(name, str) for name in names)
    alone = good and len(set(names)) == len(names) and (number is None or number == len(names))
    return label_tree(names) if alone else None


def sampled(known: Mapping[str, Json]) -> bool:
    """Whether nothing but a rate is said of a sound."""
    return not known or (set(known) == {"sampling_rate"} and type(known["sampling_rate"]) is int)


def described(features: Json) -> Columns | None:
    """The features that a README declares; None where one is not plain."""
    try:
        return listed(features)
    except RecursionError:
        return None


def listed(features: Json) -> Columns | None:
    """The same, however deep they are. Raises RecursionError."""
    found: Columns = []
    for item in features if isinstance(features, list) else ():
        name, tree = (item.get("name"), of_readme(item)) if isinstance(item, dict) else (None, None)
        if not isinstance(name, str) or tree is None:
            return None
        found.append((name, tree))
    return found if found and len({name for name, _ in found}) == len(found) else None


def of_readme(item: Json) -> FeatureTree:
    """One feature as a README spells it: a name and one more word."""
    words = {key: value for key, value in item.items() if key != "name"} if isinstance(item, dict) else {}
    if len(words) != 1:
        return None
    ((word, told),) = words.items()
    if word == "dtype" and isinstance(told, str):
        return asset_tree(told.capitalize()) if told in {"image", "audio"} else value_of(told)
    if word == "dtype":
        return of_readme(told) if isinstance(told, dict) and len(told) == 1 else None
    if word in {"list", "sequence"}:
        if word == "sequence" and isinstance(told, list):
            return None  # a struct of lists in older versions, and easily taken for the other
        inner = of_readme({"dtype": told}) if isinstance(told, str) else inner_of_readme(told)
        return None if inner is None else list_tree(inner)
    if word == "struct":
        return inner_of_readme(told) if isinstance(told, list) else None
    if word == "class_label" and isinstance(told, dict) and set(told) == {"names"}:
        return label_of(numbered_names(told["names"]), None)
    return asset_tree("Audio", **told) if word == "audio" and isinstance(told, dict) and sampled(told) else None


def inner_of_readme(told: Json) -> FeatureTree:
    """What a list or a struct holds: one feature, or the fields of a struct."""
    if isinstance(told, dict):
        return of_readme(told)
    fields = listed(told)
    return None if fields is None else dict(fields)


def numbered_names(names: Json) -> Json:
    """The names of classes in the order of their numbers, where these have no gap."""
    if not isinstance(names, dict):
        return names
    return [names.get(str(number)) for number in range(len(names))]


def tree_of_field(field: pa.Field) -> FeatureTree:
    """The feature of a column."""
    geometry, tree = geometry_of(field), tree_of(field.type)
    return tree if geometry is None or tree is None else tree | {"geometry": geometry}


def tree_of(kind: pa.DataType) -> FeatureTree:
    """The feature of an Arrow type in the form of `datasets`; None for a type that is not plain."""
    if pa.types.is_list(kind):
        inner = tree_of(kind.value_type)
        return None if inner is None else list_tree(inner)
    if pa.types.is_struct(kind):
        fields = {kind.field(number).name: tree_of(kind.field(number).type) for number in range(kind.num_fields)}
        return None if not fields or None in fields.values() or len(fields) < kind.num_fields else fields
    dtype = FLOATS.get(kind) or DATES.get(kind) or (str(kind) if kind in PLAIN or pa.types.is_timestamp(kind) else None)
    return None if dtype is None else value_tree(dtype)
