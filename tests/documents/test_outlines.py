"""Outlines on pictures. Expected: by hand, from the forms of COCO, Pascal VOC and YOLO."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dspreview.cli.render.images import marked
from dspreview.documents.outlines import Outline, Outlines
from tests.support.data import write
from tests.support.program import Program
from tests.support.server import Server

IMAGE: Any = {"_type": "Image"}
FLOATS: Any = {"feature": {"dtype": "float64", "_type": "Value"}, "_type": "List"}
LABEL: Any = {"names": ["cat", "dog"], "_type": "ClassLabel"}


def listed(feature: Any) -> Any:
    return {"feature": feature, "_type": "List"}


def picture(width: int = 100, height: int = 50) -> Any:
    return {"src": "assets/x", "width": width, "height": height}


def drawn(trees: dict[str, Any], *rows: dict[str, Any]) -> list[list[Any]]:
    found = Outlines(trees, rows)
    return [[(one.points[0], one.points[2] if len(one.points) == 4 else one.points, one.label) for one in found.of(row)] for row in rows]  # fmt: skip


COCO = {
    "image": IMAGE,
    "objects": listed({"id": {"dtype": "int64", "_type": "Value"}, "bbox": FLOATS, "category": LABEL}),
}
COLUMNS = {"image": IMAGE, "objects": {"bbox": listed(FLOATS), "category": listed(LABEL)}}


@pytest.mark.parametrize("trees", [COCO, COLUMNS])
def test_left_top_width_height(trees: Any) -> None:
    boxes, labels = [[10, 5, 20, 10], [90, 40, 10, 10]], [1, 0]
    objects: Any = {"bbox": boxes, "category": labels} if trees is COLUMNS else [{"id": 1, "bbox": box, "category": label} for box, label in zip(boxes, labels, strict=True)]  # fmt: skip
    assert drawn(trees, {"image": picture(), "objects": objects}) == [
        [((0.1, 0.1), (0.3, 0.3), "dog"), ((0.9, 0.8), (1.0, 1.0), "cat")]
    ]


def test_boxes_that_leave_their_pictures_are_corners() -> None:
    """Of one row the form of all follows: the first one alone could be either."""
    rows = [
        {"image": picture(), "objects": [{"id": 1, "bbox": [10, 5, 20, 10], "category": 0}]},
        {"image": picture(), "objects": [{"id": 2, "bbox": [60, 20, 90, 45], "category": 1}]},
    ]
    assert drawn(COCO, *rows) == [[((0.1, 0.1), (0.2, 0.2), "cat")], [((0.6, 0.4), (0.9, 0.9), "dog")]]


def test_centres_and_polygons_of_yolo() -> None:
    trees = {"image": IMAGE, "objects": listed({"category": LABEL, "bbox": FLOATS, "polygon": FLOATS})}
    objects = [
        {"category": 1, "bbox": [0.5, 0.5, 0.5, 0.25], "polygon": None},
        {"category": 0, "bbox": None, "polygon": [0.1, 0.1, 0.2, 0.1, 0.2, 0.2]},
    ]
    assert drawn(trees, {"image": picture(), "objects": objects}) == [
        [((0.25, 0.375), (0.75, 0.625), "dog"), ((0.1, 0.1), ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2)), "cat")]
    ]


@pytest.mark.parametrize(
    ("trees", "row"),
    [
        (COCO, {"image": picture(), "objects": [{"bbox": [0.1, 0.1, 0.5, 0.5], "category": 0}]}),  # shares, of whatever
        (COCO, {"image": picture(), "objects": [{"bbox": [90, 10, 20, 60], "category": 0}]}),  # neither form
        (COCO, {"image": None, "objects": [{"bbox": [1, 1, 2, 2], "category": 0}]}),
        (COCO, {"image": picture(), "objects": [{"bbox": [1, 1, 2], "category": 0}, {"bbox": None}, None]}),
        (COCO, {"image": picture(), "objects": None}),
        (COCO | {"other": IMAGE}, {"image": picture(), "objects": [{"bbox": [1, 1, 2, 2], "category": 0}]}),  # whose?
        ({"image": IMAGE, "n": {"dtype": "int64", "_type": "Value"}}, {"image": picture(), "n": 1}),
    ],
)
def test_nothing_is_drawn_where_it_could_be_wrong(trees: Any, row: Any) -> None:
    assert drawn(trees, row) == [[]]


def test_a_list_of_boxes_alone() -> None:
    trees = {"image": IMAGE, "bbox": listed(FLOATS)}
    assert drawn(trees, {"image": picture(), "bbox": [[10, 5, 20, 10]]}) == [[((0.1, 0.1), (0.3, 0.3), "")]]


def test_a_page_and_a_card_draw_them(tmp_path: Path, dspreview: Program) -> None:
    Image.new("RGB", (100, 50), "white").save(write(tmp_path / "d", {"x.txt": ""}) / "0.png")
    (tmp_path / "d/x.txt").unlink()
    told = {
        "images": [{"id": 1, "file_name": "0.png", "width": 100, "height": 50}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [10, 5, 20, 10]}],
        "categories": [{"id": 7, "name": "<b>cat"}],
    }
    write(tmp_path / "d", {"_annotations.coco.json": json.dumps(told)})
    card = dspreview("rows", tmp_path / "d", "--row", "0", "--images", "always", COLORTERM="truecolor")
    assert re.search("[34]8;2;255;45;85m", card.out), card.err
    text = Server(dspreview).query("/view", dataset=str(tmp_path / "d"), config="default", split="train").text
    assert '<polygon points="100,100 300,100 300,300 100,300"><title>&lt;b&gt;cat</title></polygon>' in text


def test_each_outline_of_a_picture_has_its_colour() -> None:
    square = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))
    image = marked(Image.new("RGB", (21, 21), "white"), [Outline(square, "a"), Outline(tuple((x + 0.5, y + 0.5) for x, y in square), "b")])  # fmt: skip
    assert [image.getpixel(place) for place in ((0, 0), (5, 0), (5, 5), (20, 20))] == [
        (255, 45, 85), (255, 45, 85), (255, 255, 255), (52, 199, 89),
    ]  # fmt: skip
