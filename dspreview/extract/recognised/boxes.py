"""Pictures with boxes: the annotations of COCO and the labels of YOLO, a row a picture."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from typing import Any

import pyarrow as pa

from dspreview.errors import UnreadableDataError
from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.plain import FILE, Columns
from dspreview.extract.recognised.signs import PICTURES, coco_files, yolo_description
from dspreview.feature import asset_tree, label_tree, list_tree, value_tree
from dspreview.models import FeatureTree, Json

SPLITS = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
}
KNOWN: dict[str, tuple[pa.DataType, FeatureTree]] = {
    "id": (pa.int64(), value_tree("int64")), "bbox": (pa.list_(pa.float64()), list_tree(value_tree("float64"))),
    "area": (pa.float64(), value_tree("float64")), "iscrowd": (pa.int64(), value_tree("int64")), "caption": (pa.string(), value_tree("string")),
    "keypoints": (pa.list_(pa.float64()), list_tree(value_tree("float64"))), "num_keypoints": (pa.int64(), value_tree("int64")),
}  # fmt: skip
"""What an annotation of COCO holds (https://cocodataset.org/#format-data); anything else is kept as the text of its JSON."""
TEXT: tuple[pa.DataType, FeatureTree] = (pa.string(), value_tree("string"))
LABEL = "category"


def split_of(name: str) -> str:
    """The split that the name of a file or a folder tells: `instances_val2017.json` is validation."""
    for part in reversed(name.lower().split("/")):
        for word, split in SPLITS.items():
            if any(piece.rstrip("0123456789") == word for piece in part.replace("-", "_").replace(".", "_").split("_")):
                return split
    return "train"


def pictures_by_name(folder: Folder) -> dict[str, list[str]]:
    """The pictures of a dataset by the last parts of their names."""
    found = defaultdict(list)
    for name in folder.names:
        if name.rpartition(".")[2].lower() in PICTURES:
            found[os.path.basename(name)].append(name)
    return found


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


def coco_split(folder: Folder, name: str) -> SplitRows:
    """The pictures of a file of annotations."""
    with folder.open(name) as stream:
        told = json.load(stream)
    if not isinstance(told, dict) or not all(
        isinstance(told.get(key, []), list) for key in ("images", "annotations", "categories")
    ):
        raise UnreadableDataError(
            f"{folder.asked}: {name}: no annotations of COCO: they are lists of images, annotations and categories"
        )
    categories = [one for one in told.get("categories", []) if isinstance(one, dict) and "id" in one]
    places = {one["id"]: place for place, one in enumerate(categories)}
    names = [str(one.get("name", one["id"])) for one in categories]
    boxes: dict[Json, list[dict[str, Json]]] = defaultdict(list)
    for one in told.get("annotations", []):
        boxes[one.get("image_id")].append(one)
    keys = dict.fromkeys(
        key for one in told.get("annotations", []) for key in one if key not in {"image_id", "category_id"}
    )
    labelled = bool(names) and len(set(names)) == len(names)
    fields = {key: KNOWN.get(key, TEXT) for key in keys}
    if any("category_id" in one for one in told.get("annotations", [])):
        fields[LABEL] = (pa.int64(), label_tree(names) if labelled else value_tree("int64"))
    where = pictures_by_name(folder)
    rows = []
    for image in told.get("images", []):
        objects = [
            {key: cell(one.get(key), kind[0]) for key, kind in fields.items() if key != LABEL}
            | ({LABEL: places.get(one.get("category_id"))} if LABEL in fields else {})
            for one in boxes.get(image.get("id"), [])
        ]
        path = found_picture(where, str(image.get("file_name", "")), name)
        rows.append([picture(folder, path), image.get("id"), image.get("width"), image.get("height"), objects])
    return split_rows(folder, (name,), rows, fields, ["image", "image_id", "width", "height", "objects"])


def cell(value: Json, kind: pa.DataType) -> Json:
    """A value of an annotation in its column."""
    if pa.types.is_string(kind) and value is not None and not isinstance(value, str):
        return json.dumps(value)
    return value


def found_picture(where: dict[str, list[str]], told: str, beside: str) -> str:
    """The picture that a file of annotations means: the one with that name nearest to it, by folders and by the split's word."""
    known = [name for name in where.get(os.path.basename(told), []) if name.endswith(told)] or where.get(
        os.path.basename(told), []
    )
    if not known:
        return os.path.join(os.path.dirname(beside), told)
    here, split = os.path.dirname(beside), split_of(beside)
    return min(known, key=lambda name: (os.path.dirname(name) != here, split_of(name) != split, name))


def picture(folder: Folder, name: str) -> dict[str, Any]:
    """A picture as a cell has it."""
    return {"bytes": None, "path": f"{folder.root}/{name}"}


def split_rows(
    folder: Folder,
    files: Sequence[str],
    rows: list[list[Any]],
    fields: dict[str, tuple[pa.DataType, FeatureTree]],
    names: list[str],
) -> SplitRows:
    """Rows of pictures with their objects."""
    kind = pa.list_(pa.struct([(key, one[0]) for key, one in fields.items()]))
    tree = list_tree({key: one[1] for key, one in fields.items()})
    types = {"image": FILE, "objects": kind}
    trees = {"image": asset_tree("Image"), "objects": tree}
    schema = pa.schema([(name, types.get(name, pa.int64())) for name in names])
    columns: Columns = [(name, trees.get(name, value_tree("int64"))) for name in names]
    named = (row[0]["path"].removeprefix(f"{folder.root}/") for row in rows)
    used = [name for name in named if name in folder.known]
    return SplitRows((*files, *used), partial(read_rows, files[0] if files else "", rows, schema), len(rows), columns)


def read_rows(name: str, rows: list[list[Any]], schema: pa.Schema, batch: int) -> Iterator[NamedTable]:
    """Rows as tables."""
    for start in range(0, max(len(rows), 1), batch):
        part = rows[start : start + batch]
        yield (
            name,
            pa.Table.from_arrays(
                [pa.array([row[n] for row in part], kind) for n, kind in enumerate(schema.types)], schema=schema
            ),
        )


def yolo_configs(folder: Folder) -> Configs:
    """The pictures of each split, with the boxes of the text file that each has beside it."""
    classes = yolo_classes(folder)
    names = list(classes.values())
    fields: dict[str, tuple[pa.DataType, FeatureTree]] = {
        LABEL: (
            pa.int64(),
            label_tree(names) if names and list(classes) == list(range(len(names))) else value_tree("int64"),
        ),
        "bbox": KNOWN["bbox"],
        "polygon": KNOWN["bbox"],
    }
    by_split: dict[str, list[str]] = defaultdict(list)
    for name in folder.names:
        if "images" in name.split("/")[:-1] and name.rpartition(".")[2].lower() in PICTURES:
            by_split[split_of(os.path.dirname(name))].append(name)
    found = {}
    for split in sorted(by_split, key=["train", "validation", "test"].index):
        labels = {name: label_of(name) for name in by_split[split]}
        here = [name for name in labels.values() if name in folder.known]
        read = partial(yolo_rows, folder, labels, fields)
        tree: Columns = [
            ("image", asset_tree("Image")),
            ("objects", list_tree({key: one[1] for key, one in fields.items()})),
        ]
        found[split] = SplitRows((*by_split[split], *here), read, len(labels), tree)
    return {"default": found}


def yolo_classes(folder: Folder) -> dict[int, str]:
    """The names of classes by their numbers."""
    import yaml  # 20 ms

    name = yolo_description(folder) or ""
    with folder.open(name) as stream:
        told = yaml.safe_load(stream)
    names = told.get("names") if isinstance(told, dict) else None
    if isinstance(names, list):
        return dict(zip(count(), map(str, names), strict=False))
    return {int(key): str(value) for key, value in names.items()} if isinstance(names, dict) else {}


def label_of(name: str) -> str:
    """The text file of a picture: the last folder `images` of its path is `labels` there."""
    head, _, tail = f"/{name}".rpartition("/images/")
    return f"{head}/labels/{tail.rpartition('.')[0]}.txt".lstrip("/")


def yolo_rows(
    folder: Folder, labels: dict[str, str], fields: dict[str, tuple[pa.DataType, FeatureTree]], batch: int
) -> Iterator[NamedTable]:
    """The pictures with their boxes: centre, width and height, as parts of the picture's own."""
    kind = pa.list_(pa.struct([(key, one[0]) for key, one in fields.items()]))
    names = list(labels)
    for start in range(0, max(len(names), 1), batch):
        part = names[start : start + batch]
        objects = [objects_in(folder, labels[name]) for name in part]
        images = pa.array([picture(folder, name) for name in part], FILE)
        yield "", pa.table({"image": images, "objects": pa.array(objects, kind)})


def objects_in(folder: Folder, name: str) -> list[dict[str, Json]]:
    """The lines of a file of labels; a picture without one has no objects. Raises UnreadableDataError."""
    if name not in folder.known:
        return []
    found = []
    with folder.open(name) as stream:
        for number, line in enumerate(stream.read().decode("utf-8", "replace").splitlines(), 1):
            if not (words := line.split()):
                continue
            try:
                label, values = int(float(words[0])), [float(word) for word in words[1:]]
            except ValueError:
                raise UnreadableDataError(
                    f"{name}, line {number}: not a class and its numbers: {line[:80]!a}"
                ) from None
            box = values if len(values) in {4, 5} else None
            found.append({LABEL: label, "bbox": box[:4] if box else None, "polygon": None if box else values})
    return found
