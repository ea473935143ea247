"""The boxes and polygons of a detection dataset, as outlines on the picture of their row.

The forms in use: COCO's `[left, top, width, height]` in pixels (https://cocodataset.org/#format-data), corners `[left, top, right, bottom]`
in pixels as Pascal VOC has them, and YOLO's centre and size as shares of the picture. A page tells which: boxes that leave their pictures in
the first form are corners. Where neither fits, or shares could be anything, nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from dspreview.feature import Feature
from dspreview.models import FeatureTree, Json

BOXES = ("bbox", "bboxes", "box", "boxes")
LABELS = ("category", "label", "class", "category_name", "name", "category_id", "labels", "categories")
SHARES = frozenset({"polygon", "keypoints"})
"""Beside a box of YOLO's labels."""
CORNERS, SIZES, CENTRES = "corners", "sizes", "centres"
SLACK = 2
"""Pixels by which boxes may leave their picture: they were rounded."""
MOST = 200
"""Outlines that are drawn on a picture."""

Point = tuple[float, float]


class Outline(NamedTuple):
    """A box or a polygon, its points as shares of the picture's width and height."""

    points: tuple[Point, ...]
    label: str


class Marked(NamedTuple):
    """An object of a row."""

    box: list[float] | None
    polygon: list[float] | None
    label: str


class Outlines:
    """What is drawn on the pictures of a page."""

    def __init__(self, trees: Mapping[str, FeatureTree], rows: Iterable[Mapping[str, Json]]) -> None:
        """Finds the picture, its objects and their form; `rows` are the cells of the page."""
        pictures = [name for name, tree in trees.items() if Feature(tree).asset == "Image"]
        found = [name for name, tree in trees.items() if name not in pictures and holds_boxes(name, Feature(tree))]
        self.picture = pictures[0] if len(pictures) == 1 and len(found) == 1 else ""
        self.objects = found[0] if self.picture else ""
        self.feature = Feature(trees[self.objects]) if self.objects else Feature(None)
        self.form = self.form_of(rows) if self.picture else ""

    def of(self, row: Mapping[str, Json]) -> list[Outline]:
        """The outlines on the picture of a row."""
        size = size_of(row.get(self.picture)) if self.form else None
        if size is None:
            return []
        found = []
        for one in list(self.marked(row))[:MOST]:
            if one.box is not None and (points := corners_of(one.box, self.form, size)) is not None:
                found.append(Outline(points, one.label))
            elif one.polygon and self.form == CENTRES:
                pairs = zip(one.polygon[::2], one.polygon[1::2], strict=False)
                found.append(Outline(tuple(pairs), one.label))
        return found

    def form_of(self, rows: Iterable[Mapping[str, Json]]) -> str:
        """How the boxes of a page are written; empty where that is not clear."""
        fields = self.feature.item.fields.keys()
        if SHARES & fields and not {"id", "area"} & fields:  # these are COCO's
            return CENTRES
        seen, fits_sizes, fits_corners = False, True, True
        for row in rows:
            size = size_of(row.get(self.picture))
            for one in self.marked(row) if size is not None else ():
                if one.box is None or size is None:
                    continue
                left, top, third, fourth = one.box
                if max(map(abs, one.box)) <= 1 and min(size) > SLACK:
                    return ""
                seen = True
                fits_sizes &= left + third <= size[0] + SLACK and top + fourth <= size[1] + SLACK
                fits_corners &= left <= third <= size[0] + SLACK and top <= fourth <= size[1] + SLACK
        return "" if not seen else SIZES if fits_sizes else CORNERS if fits_corners else ""

    def marked(self, row: Mapping[str, Json]) -> Iterator[Marked]:
        """The objects of a row: a list of structs, a struct of lists, or a list of boxes alone."""
        value = row.get(self.objects)
        fields = self.feature.item.fields if self.feature.item.is_struct else self.feature.fields
        box_name = next((name for name in BOXES if name in fields), "")
        label_name = next((name for name in LABELS if name in fields), "")
        if isinstance(value, list) and not fields:
            yield from (Marked(numbers(box), None, "") for box in value)
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, dict):
                    label = label_of(one.get(label_name), fields.get(label_name, Feature(None)))
                    yield Marked(numbers(one.get(box_name)), polygon_of(one), label)
        elif isinstance(value, dict) and isinstance(value.get(box_name), list):
            boxes, labels = value[box_name], value.get(label_name)
            told = fields.get(label_name, Feature(None)).item
            for place, box in enumerate(boxes):
                known = labels[place] if isinstance(labels, list) and place < len(labels) else None
                yield Marked(numbers(box), None, label_of(known, told))


def holds_boxes(name: str, feature: Feature) -> bool:
    """Whether a column has boxes: in the structs of a list, in lists within a struct, or alone."""
    if feature.kind == "List" and feature.item.is_struct:
        return any(one in feature.item.fields for one in BOXES)
    if feature.is_struct:
        return any(feature.fields[one].kind == "List" for one in BOXES if one in feature.fields)
    return name in BOXES and feature.kind == "List" and feature.item.kind == "List"


def numbers(box: Json) -> list[float] | None:
    """The four numbers of a box; None where they are others."""
    if not isinstance(box, list) or len(box) != 4:
        return None
    is_box = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in box)
    return [float(one) for one in box] if is_box else None


def polygon_of(one: dict[str, Json]) -> list[float] | None:
    """The points of a polygon, one number after the other."""
    found = one.get("polygon")
    is_one = isinstance(found, list) and len(found) >= 6 and all(isinstance(each, (int, float)) for each in found)
    return found if is_one else None


def label_of(value: Json, feature: Feature) -> str:
    """What an object is."""
    if feature.labels and isinstance(value, int) and 0 <= value < len(feature.labels):
        return feature.labels[value]
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def size_of(value: Json) -> tuple[int, int] | None:
    """The pixels of a picture."""
    if not isinstance(value, dict):
        return None
    width, height = value.get("width"), value.get("height")
    if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
        return width, height
    return None


def corners_of(box: list[float], form: str, size: tuple[int, int]) -> tuple[Point, ...] | None:
    """The four corners of a box, within the picture; None where it lies outside."""
    left, top, third, fourth = box
    if form == CENTRES:
        left, top, right, bottom = left - third / 2, top - fourth / 2, left + third / 2, top + fourth / 2
    else:
        right, bottom = (left + third, top + fourth) if form == SIZES else (third, fourth)
        left, right, top, bottom = left / size[0], right / size[0], top / size[1], bottom / size[1]
    left, top, right, bottom = (min(max(one, 0.0), 1.0) for one in (left, top, right, bottom))
    return ((left, top), (right, top), (right, bottom), (left, bottom)) if left < right and top < bottom else None
