"""What tells pictures with boxes: the annotations of COCO, and the labels of YOLO as training and labelling tools write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dspreview.extract.folder import Folder
from dspreview.extract.recognised.signs import LOOKED_AT, PICTURES, begins, peek

COCO_NAME = re.compile(r"annotation|instances|coco|captions|keypoints|labels", re.IGNORECASE)
"""Names of files of annotations; a few others are looked at, too, where a look costs no request."""
PIECE = 1 << 22
"""Bytes that are looked through at a time."""
LABEL_LINE = re.compile(rb"\s*\d+(?:\.0+)?(?:[ \t]+-?[\d.]+(?:[eE][-+]?\d+)?){4,}\s*(?:\n|$)")
"""The first line of a file of labels: a class and at least four numbers."""


def is_picture(name: str) -> bool:
    """Whether a file is a picture, by its name."""
    return name.rpartition(".")[2].lower() in PICTURES


def coco(folder: Folder) -> str | None:
    """COCO's annotations: a JSON file of images, annotations and categories, beside pictures."""
    found = coco_files(folder)
    return f"its {found[0]}" if found else None


def coco_files(folder: Folder) -> list[str]:
    """The files of annotations in the form of COCO."""
    if "json" not in folder.endings or not folder.endings & PICTURES:
        return []
    names = [name for name in folder.names if name.endswith(".json")]
    likely = [name for name in names if COCO_NAME.search(name)]
    others = [] if folder.dataset.is_remote else [name for name in names if name not in likely][:LOOKED_AT]
    if not any(map(is_picture, folder.names)):
        return []
    return [name for name in names if (name in likely or name in others) and is_coco(folder, name)]


def is_coco(folder: Folder, name: str) -> bool:
    """Whether a file has the keys of COCO's annotations; where these are sorted, images come late."""
    text = peek(folder, name, end=True)
    if text is None:
        return False
    annotated = b'"annotations"' in text
    if b'"images"' in text:
        return annotated or b'"categories"' in text
    return annotated and b'"image_id"' in text and not folder.dataset.is_remote and holds_images(folder, name)


def holds_images(folder: Folder, name: str) -> bool:
    """Whether a file has the key of images anywhere: the answers to questions about images have annotations, too."""
    with folder.open(name) as stream:
        end = b""
        while part := stream.read(PIECE):
            if b'"images"' in end + part:
                return True
            end = part[-len('"images"') :]
    return False


class YoloLabels(NamedTuple):
    """The labels of YOLO in a dataset."""

    description: str
    """The file that names the classes: YAML, or a name a line."""
    files: dict[str, str]
    """The file of labels of each picture; one that is not there means no objects."""


def yolo(folder: Folder) -> str | None:
    """YOLO's labels: a text file for each picture, in a folder `labels` beside `images` or beside it, and a file with the classes."""
    found = yolo_labels(folder)
    return f"its {found.description}, and the labels of its pictures" if found is not None else None


def yolo_labels(folder: Folder) -> YoloLabels | None:
    """The pictures and their labels; None where it is no such dataset."""
    if "txt" not in folder.endings or not folder.endings & PICTURES:
        return None
    files = dict(labelled_pictures(folder))
    if not files or (description := class_file(folder)) is None:
        return None
    in_folders = any(label_in_folder(name) == label for name, label in files.items())
    if not in_folders or not description.endswith((".yaml", ".yml")):  # captions lie beside pictures, too
        first = next((name for name in files.values() if name in folder.known and peek(folder, name)), "")
        if LABEL_LINE.match(peek(folder, first) or b"" if first else b"") is None:
            return None
    return YoloLabels(description, files)


def labelled_pictures(folder: Folder) -> Iterator[tuple[str, str]]:
    """Each picture of the folders in which some have labels, with the file of its own."""
    pictures = [name for name in folder.names if is_picture(name) and not name.startswith(".")]
    for way in (label_in_folder, label_beside):
        named = {name: label for name in pictures if (label := way(name)) is not None}
        if any(label in folder.known for label in named.values()):
            if way is label_beside:
                holding = {name.rpartition("/")[0] for name, label in named.items() if label in folder.known}
                named = {name: label for name, label in named.items() if name.rpartition("/")[0] in holding}
            yield from named.items()
            return


def label_in_folder(name: str) -> str | None:
    """The file of labels of a picture: the last folder `images` of its path is `labels` there; None where there is none."""
    head, found, tail = f"/{name}".rpartition("/images/")
    return f"{head}/labels/{tail.rpartition('.')[0]}.txt".lstrip("/") if found else None


def label_beside(name: str) -> str:
    """The file of labels beside a picture."""
    return f"{name.rpartition('.')[0]}.txt"


def class_file(folder: Folder) -> str | None:
    """The file that names the classes."""
    top = [name for name in folder.names if name.count("/") <= 1 and not name.startswith(".")]
    told = [name for name in top if name.endswith((".yaml", ".yml")) and "/" not in name]
    found = next((name for name in told if begins(folder, name, b"names:")), None)
    listed = [name for name in top if re.fullmatch(r"(?:.*/)?(?:classes\.txt|[^/]+\.names)", name)]
    return found or next(iter(listed), None)
