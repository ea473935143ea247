"""The labels of YOLO: a row a picture, with the boxes, polygons and keypoints of the text file that each has."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import count
from typing import NamedTuple

import pyarrow as pa

from dspreview.errors import UnreadableDataError
from dspreview.extract.folder import Configs, Flaw, Folder, NamedTable, SplitRows
from dspreview.extract.plain import FILE, Columns
from dspreview.extract.recognised.annotated import LABEL_LINE, YoloLabels, yolo_labels
from dspreview.extract.recognised.boxes import (  # fmt: skip
    LABEL,
    NUMBERS,
    ORDER,
    SPLITS,
    Fields,
    object_tree,
    object_type,
    picture,
    split_of,
)
from dspreview.extract.recognised.signs import peek
from dspreview.feature import asset_tree, label_tree, value_tree
from dspreview.models import Json

BOX = 4
CONFIDENT_BOX = 5
POLYGON = 6
"""Numbers of a box, of one with its confidence, and of the smallest polygon."""


class LabelDescription(NamedTuple):
    """What a dataset says of its labels."""

    classes: dict[int, str]
    """Their names by their numbers."""
    splits: dict[str, list[str]]
    """The places of pictures of each split: folders, or files with a picture a line."""
    keypoints: int = 0
    """How many numbers the keypoints of an object have; 0 where it has none (https://docs.ultralytics.com/datasets/pose/)."""


def yolo_configs(folder: Folder) -> Configs:
    """The pictures of each split, with the objects in each."""
    labels = yolo_labels(folder)
    if labels is None:
        raise UnreadableDataError(f"{folder.asked}: no labels of YOLO beside its pictures")
    description = described(folder, labels.description)
    fields: Fields = {LABEL: (pa.int64(), classes_tree(description.classes)), "bbox": NUMBERS, "polygon": NUMBERS}
    if description.keypoints:
        fields = {LABEL: fields[LABEL], "bbox": NUMBERS, "keypoints": NUMBERS}
    tree: Columns = [("image", asset_tree("Image")), ("objects", object_tree(fields))]
    found = {}
    for split, names in splits_of(folder, labels, description.splits).items():
        told = {name: labels.files[name] for name in names}
        here = [name for name in told.values() if name in folder.known]
        read = partial(yolo_rows, folder, told, fields, description.keypoints)
        found[split] = SplitRows((*names, *here), read, len(names), tree)
    return {"default": found}


def classes_tree(classes: Mapping[int, str]) -> Json:
    """The feature of a class: a label where the names are those of the first numbers."""
    names = list(classes.values())
    numbered = bool(names) and list(classes) == list(range(len(names)))
    return label_tree(names) if numbered and len(set(names)) == len(names) else value_tree("int64")


def described(folder: Folder, name: str) -> LabelDescription:
    """What the file with the classes says, and the one beside it that Darknet reads."""
    with folder.open(name) as stream:
        text = stream.read().decode("utf-8-sig", "replace")
    if name.endswith((".yaml", ".yml")):
        return described_in_yaml(folder, name, text)
    lines = [line.strip() for line in text.splitlines()]
    classes = dict(enumerate(line for line in lines if line))
    options: dict[str, str] = {}
    for other in folder.names:
        if other.endswith(".data") and os.path.dirname(other) == os.path.dirname(name):
            with folder.open(other) as stream:
                pairs = (line.partition("=") for line in stream.read().decode("utf-8", "replace").splitlines())
                options |= {key.strip(): value.strip() for key, _, value in pairs if value.strip()}
    return LabelDescription(classes, {SPLITS[key]: [value] for key, value in options.items() if key in SPLITS})


def described_in_yaml(folder: Folder, name: str, text: str) -> LabelDescription:
    """What a description in YAML says (https://docs.ultralytics.com/datasets/detect/). Raises UnreadableDataError."""
    import yaml  # 20 ms

    told = yaml.safe_load(text)
    if not isinstance(told, dict):
        raise UnreadableDataError(f"{folder.asked}: {name}: no description of classes: it is no mapping")
    names, shape = told.get("names"), told.get("kpt_shape")
    classes: dict[int, str] = {}
    if isinstance(names, list):
        classes = dict(zip(count(), map(str, names), strict=False))
    elif isinstance(names, dict):
        classes = {int(key): str(value) for key, value in names.items()}
    splits = {}
    for key in ("train", "val", "test"):
        places = told.get(key)
        places = [places] if isinstance(places, str) else places
        if isinstance(places, list) and places:
            splits[SPLITS[key]] = [os.path.join(str(told.get("path") or ""), str(one)) for one in places]
    numbers = shape if isinstance(shape, list) and all(isinstance(one, int) for one in shape) else []
    return LabelDescription(classes, splits, numbers[0] * numbers[1] if len(numbers) == 2 else 0)


def splits_of(folder: Folder, labels: YoloLabels, told: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The pictures of each split: as the dataset says, else as the names of folders tell."""
    found = {split: [name for place in places for name in pictures_at(folder, labels, place)] for split, places in told.items()}  # fmt: skip
    if not any(found.values()):
        found = defaultdict(list)
        for name in labels.files:
            found[split_of(os.path.dirname(name))].append(name)
    return {split: list(dict.fromkeys(found[split])) for split in ORDER if found.get(split)}


def pictures_at(folder: Folder, labels: YoloLabels, place: str) -> list[str]:
    """The pictures of a folder, or of a file that names one a line; paths are those of the machine that wrote them."""
    if place.endswith(".txt"):
        if (listed := nearest(place, folder.known)) is None:
            return []
        with folder.open(listed) as stream:
            lines = stream.read().decode("utf-8", "replace").splitlines()
        named = (
            nearest(os.path.join(os.path.dirname(listed), line.strip()), labels.files) for line in lines if line.strip()
        )
        return [name for name in named if name is not None]  # fmt: skip
    folders = {"", *(above for name in labels.files for above in parents(name))}
    found = nearest(place, folders)
    return [] if found is None else [name for name in labels.files if not found or name.startswith(f"{found}/")]


def parents(name: str) -> Iterator[str]:
    """The folders of a file, without the dataset's own."""
    while name := name.rpartition("/")[0]:
        yield name


def nearest(path: str, known: Mapping[str, str] | frozenset[str] | set[str]) -> str | None:
    """The longest end of a path that is known; a path that is the folder itself is ``."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    ends = ("/".join(parts[first:]) for first in range(len(parts)))
    found = next((end for end in ends if end in known), None)
    return "" if found is None and not parts and "" in known else found


def yolo_rows(
    folder: Folder, labels: dict[str, str], fields: Fields, keypoints: int, batch: int
) -> Iterator[NamedTable]:
    """The pictures with their objects: a box is centre, width and height, as parts of the picture's own."""
    kind, names = object_type(fields), list(labels)
    for start in range(0, max(len(names), 1), batch):
        part = names[start : start + batch]
        objects = [objects_in(folder, labels[name], keypoints) for name in part]
        images = pa.array([picture(folder, name) for name in part], FILE)
        yield "", pa.table({"image": images, "objects": pa.array(objects, kind)})


def objects_in(folder: Folder, name: str, keypoints: int) -> list[dict[str, Json]]:
    """The lines of a file of labels; a picture without one has no objects. Raises UnreadableDataError."""
    if name not in folder.known:
        return []
    with folder.open(name) as stream:
        lines = stream.read().decode("utf-8-sig", "replace").splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        if not (words := line.split()):
            continue
        try:
            label, values = int(float(words[0])), [float(word) for word in words[1:]]
        except ValueError:
            raise UnreadableDataError(f"{name}, line {number}: not a class and its numbers: {line[:80]!a}") from None
        if (one := object_of(values, keypoints)) is None:
            wanted = (
                f"{BOX} of a box and {keypoints} of its keypoints"
                if keypoints
                else f"{BOX} of a box, or the pairs of a polygon"
            )
            raise UnreadableDataError(
                f"{name}, line {number}: {len(values)} numbers after the class; expected {wanted}"
            )
        found.append({LABEL: label} | one)
    return found


def object_of(values: list[float], keypoints: int) -> dict[str, Json] | None:
    """What the numbers of a line tell; None where they are too few or too many."""
    if keypoints:
        if len(values) not in {BOX, BOX + keypoints}:
            return None
        return {"bbox": list(values[:BOX]), "keypoints": list(values[BOX:]) or None}
    if len(values) in {BOX, CONFIDENT_BOX}:
        return {"bbox": list(values[:BOX]), "polygon": None}
    return {"bbox": None, "polygon": list(values)} if len(values) >= POLYGON and len(values) % 2 == 0 else None


def yolo_flaws(folder: Folder) -> Iterator[Flaw]:
    """Files of labels whose picture is not there: the first, and how many there are."""
    labels = yolo_labels(folder)
    used = set(labels.files.values()) if labels is not None else set()
    places = {os.path.dirname(name) for name in used}
    alone = [
        name for name in folder.names if name.endswith(".txt") and os.path.dirname(name) in places and name not in used
    ]
    orphans = [name for name in alone if LABEL_LINE.match(peek(folder, name) or b"")]
    if orphans:
        more = f", nor have {len(orphans) - 1:,} more" if len(orphans) > 1 else ""
        yield Flaw("annotation-orphan", orphans[0], f"labels whose image is not there{more}")
