"""The annotations of COCO: a row a picture, its boxes with the names of their categories."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

import pyarrow as pa

from dspreview.errors import UnreadableDataError
from dspreview.extract.folder import Configs, Flaw, Folder, NamedTable, SplitRows
from dspreview.extract.plain import FILE, Columns
from dspreview.extract.recognised.annotated import coco_files, is_picture
from dspreview.extract.recognised.boxes import (  # fmt: skip
    INTEGER,
    LABEL,
    NUMBERS,
    TEXT,
    Fields,
    object_tree,
    object_type,
    picture,
    split_of,
    told_split,
)
from dspreview.feature import asset_tree, label_tree, value_tree
from dspreview.models import FeatureTree, Json

KNOWN: Fields = {
    "id": INTEGER, "bbox": NUMBERS, "area": (pa.float64(), value_tree("float64")), "iscrowd": INTEGER, "caption": TEXT,
    "keypoints": NUMBERS, "num_keypoints": INTEGER,
}  # fmt: skip
"""What an annotation holds (https://cocodataset.org/#format-data); anything else is kept as the text of its JSON."""
LISTS = ("images", "annotations", "categories")


def coco_configs(folder: Folder) -> Configs:
    """A config a kind of annotations, where several files have the same split; else one config."""
    files = coco_files(folder)
    by_split = defaultdict(list)
    for name in files:
        by_split[split_of(name)].append(name)
    if all(len(group) == 1 for group in by_split.values()):
        return {"default": {split: coco_split(folder, group[0]) for split, group in by_split.items()}}
    found: dict[str, dict[str, SplitRows]] = {}
    for name in files:
        stem = os.path.basename(name).rpartition(".")[0]
        kind = stem.partition("_")[0]
        config = kind if split_of(name) not in found.get(kind, {}) else stem
        found.setdefault(config, {})[split_of(name)] = coco_split(folder, name)
    return found


def read_annotations(folder: Folder, name: str) -> dict[str, list[dict[str, Json]]]:
    """The lists of a file of annotations. Raises UnreadableDataError."""
    with folder.open(name) as stream:
        told = json.load(stream)
    if not isinstance(told, dict):
        raise UnreadableDataError(f"{folder.asked}: {name}: no annotations of COCO: they are an object of lists")
    found = {key: told.get(key) or [] for key in LISTS}
    for key, entries in found.items():
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            raise UnreadableDataError(
                f"{folder.asked}: {name}: {key} is no list of objects, as annotations of COCO have it"
            )
    return found


def coco_split(folder: Folder, name: str) -> SplitRows:
    """The pictures of a file of annotations."""
    told = read_annotations(folder, name)
    names, places = categories_of(told)
    boxes: dict[Json, list[dict[str, Json]]] = defaultdict(list)
    for one in told["annotations"]:
        boxes[one.get("image_id")].append(one)
    keys = dict.fromkeys(key for one in told["annotations"] for key in one if key not in {"image_id", "category_id"})
    fields = {key: field_of(key, [one.get(key) for one in told["annotations"]]) for key in keys}
    if any("category_id" in one for one in told["annotations"]):
        fields[LABEL] = (pa.int64(), label_tree(names) if names else value_tree("int64"))
    where = pictures_by_name(folder)
    columns = {key: [image.get(key) for image in told["images"]] for key in ("id", "width", "height")}
    columns["image_id"] = columns.pop("id")
    types = {key: field_of("id", values) for key, values in columns.items()}
    rows = []
    for number, image in enumerate(told["images"]):
        objects = [
            {key: cell(one.get(key), kind[0]) for key, kind in fields.items() if key != LABEL}
            | ({LABEL: places.get(one.get("category_id")) if names else one.get("category_id")} if LABEL in fields else {})
            for one in boxes.get(image.get("id"), [])
        ]  # fmt: skip
        path = found_picture(where, str(image.get("file_name", "")).replace("\\", "/"), name)
        known = {key: cell(values[number], types[key][0]) for key, values in columns.items()}
        rows.append([picture(folder, path), known["image_id"], known["width"], known["height"], objects])
    return split_rows(folder, name, rows, fields, types)


def categories_of(told: dict[str, list[dict[str, Json]]]) -> tuple[list[str], dict[Json, int]]:
    """The names of the categories, and the place of each id in them; an id that no category has is its own name."""
    named = {one["id"]: str(one.get("name", one["id"])) for one in told["categories"] if hashable(one.get("id"))}
    used = (one.get("category_id") for one in told["annotations"])
    for found in used:
        if hashable(found):
            named.setdefault(found, str(found))
    if not told["categories"] or len(set(named.values())) < len(named):
        return [], {}
    return list(named.values()), {key: place for place, key in enumerate(named)}


def hashable(value: Json) -> bool:
    """Whether a value is an id: a number or a text."""
    return isinstance(value, (int, float, str))


def field_of(key: str, values: list[Json]) -> tuple[pa.DataType, FeatureTree]:
    """The type of what annotations hold under a key: the usual one where all values are of it, else the text of their JSON."""
    kind, tree = KNOWN.get(key, TEXT)
    try:
        pa.array([cell(value, kind) for value in values], kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return TEXT
    return kind, tree


def cell(value: Json, kind: pa.DataType) -> Json:
    """A value of an annotation in its column."""
    if pa.types.is_string(kind) and value is not None and not isinstance(value, str):
        return json.dumps(value)
    return int(value) if isinstance(value, bool) and pa.types.is_integer(kind) else value


def pictures_by_name(folder: Folder) -> dict[str, list[str]]:
    """The pictures of a dataset by the last parts of their names."""
    found = defaultdict(list)
    for name in filter(is_picture, folder.names):
        found[os.path.basename(name)].append(name)
    return found


def found_picture(where: dict[str, list[str]], told: str, beside: str) -> str:
    """The picture that a file of annotations means: the one with that name nearest to it, by folders and by the split's word."""
    named = where.get(os.path.basename(told), [])
    known = [name for name in named if f"/{name}".endswith(f"/{told}")] or named
    here, split = os.path.dirname(beside), split_of(beside)
    if told_split(beside) is not None:  # those of another split are other pictures, whatever they are called
        known = [name for name in known if told_split(os.path.dirname(name)) in {None, split}]
    if not known:
        return os.path.join(os.path.dirname(beside), told)
    return min(known, key=lambda name: (os.path.dirname(name) != here, split_of(name) != split, name))


def split_rows(folder: Folder, file: str, rows: list[list[Any]], fields: Fields, types: Fields) -> SplitRows:
    """Rows of pictures with their objects."""
    known = [("image_id", types["image_id"]), ("width", types["width"]), ("height", types["height"])]
    schema = pa.schema([("image", FILE), *((key, one[0]) for key, one in known), ("objects", object_type(fields))])
    columns: Columns = [
        ("image", asset_tree("Image")), *((key, one[1]) for key, one in known), ("objects", object_tree(fields)),
    ]  # fmt: skip
    named = (row[0]["path"].removeprefix(f"{folder.root}/") for row in rows)
    used = [name for name in named if name in folder.known]
    return SplitRows((file, *used), partial(read_rows, file, rows, schema), len(rows), columns)


def read_rows(name: str, rows: list[list[Any]], schema: pa.Schema, batch: int) -> Iterator[NamedTable]:
    """Rows as tables."""
    for start in range(0, max(len(rows), 1), batch):
        part = rows[start : start + batch]
        cells = [pa.array([row[n] for row in part], kind) for n, kind in enumerate(schema.types)]
        yield name, pa.Table.from_arrays(cells, schema=schema)


def coco_flaws(folder: Folder) -> Iterator[Flaw]:
    """Annotations of images and of categories that are not there; of each file the first, and how many there are."""
    for name in coco_files(folder):
        told = read_annotations(folder, name)
        for key, owners in (("image_id", "images"), ("category_id", "categories")):
            known = {json.dumps(one.get("id")) for one in told[owners]}
            used = (one[key] for one in told["annotations"] if one.get(key) is not None)
            orphans = [value for value in used if json.dumps(value) not in known]
            if orphans and (known or key == "image_id"):
                more = f", and {len(orphans) - 1:,} more annotations are like it" if len(orphans) > 1 else ""
                yield Flaw(
                    "annotation-orphan",
                    name,
                    f"an annotation has {key} {json.dumps(orphans[0])[:80]}, and none of its {owners} has this id{more}",
                )
