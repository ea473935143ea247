"""Pictures with boxes, a row a picture: what the annotations of COCO and the labels of YOLO have in common."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dspreview.extract.folder import Folder
from dspreview.feature import list_tree, value_tree
from dspreview.models import FeatureTree

Fields = dict[str, tuple[pa.DataType, FeatureTree]]
"""What an object in a picture has: types and features by names."""
NUMBERS: tuple[pa.DataType, FeatureTree] = (pa.list_(pa.float64()), list_tree(value_tree("float64")))
TEXT: tuple[pa.DataType, FeatureTree] = (pa.string(), value_tree("string"))
INTEGER: tuple[pa.DataType, FeatureTree] = (pa.int64(), value_tree("int64"))
LABEL = "category"
SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
}
"""The split that a word tells."""
ORDER = ["train", "validation", "test"]


def split_of(name: str) -> str:
    """The split that a name tells, or else train."""
    return told_split(name) or "train"


def told_split(name: str) -> str | None:
    """The split that the name of a file or a folder tells: `instances_val2017.json` is validation."""
    for part in reversed(name.lower().split("/")):
        for word, split in SPLITS.items():
            if any(piece.rstrip("0123456789") == word for piece in part.replace("-", "_").replace(".", "_").split("_")):
                return split
    return None


def picture(folder: Folder, name: str) -> dict[str, Any]:
    """A picture as a cell has it."""
    return {"bytes": None, "path": f"{folder.root}/{name}"}


def object_type(fields: Fields) -> pa.DataType:
    """The type of the objects in a picture."""
    return pa.list_(pa.struct([(key, one[0]) for key, one in fields.items()]))


def object_tree(fields: Fields) -> FeatureTree:
    """Their feature."""
    return list_tree({key: one[1] for key, one in fields.items()})
