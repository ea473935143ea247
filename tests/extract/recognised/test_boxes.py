"""Pictures with boxes as training and labelling tools write them: COCO and YOLO."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dspreview import errors
from tests.support.recognised import Seen, picture, without_sources, write

INSTANCES = {
    "info": {"description": "x"},
    "images": [{"id": 7, "file_name": "a.png", "width": 4, "height": 3}, {"id": 9, "file_name": "b.png", "width": 4, "height": 3}],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 90, "bbox": [0, 1, 2, 1.5], "area": 3.0, "iscrowd": 0, "segmentation": [[0, 0, 1, 1]]},
        {"id": 2, "image_id": 7, "category_id": 3, "bbox": [1, 1, 1, 1], "area": 1.0, "iscrowd": 1, "segmentation": []},
    ],
    "categories": [{"id": 3, "name": "cat"}, {"id": 90, "name": "tooth brush"}],
}  # fmt: skip


def test_coco_is_a_row_a_picture(tmp_path: Path, settings: Any) -> None:
    place = tmp_path / "d"
    for split in ("train2017", "val2017"):
        write(place / "annotations" / f"instances_{split}.json", INSTANCES)
        picture(place / split / "a.png")
        picture(place / split / "b.png")
    seen = Seen(place, settings())
    assert seen.taken_for == "COCO dataset"
    assert seen.splits == {"default": ["train", "validation"]}
    assert without_sources(seen.rows()) == [
        {"image": (4, 3), "image_id": 7, "width": 4, "height": 3, "objects": [
            {"id": 1, "bbox": [0.0, 1.0, 2.0, 1.5], "area": 3.0, "iscrowd": 0, "segmentation": "[[0, 0, 1, 1]]", "category": 1},
            {"id": 2, "bbox": [1.0, 1.0, 1.0, 1.0], "area": 1.0, "iscrowd": 1, "segmentation": "[]", "category": 0},
        ]},
        {"image": (4, 3), "image_id": 9, "width": 4, "height": 3, "objects": []},
    ]  # fmt: skip
    objects = seen.page().features[-1]["type"]["feature"]
    assert objects["category"] == {"names": ["cat", "tooth brush"], "_type": "ClassLabel"}


def test_coco_as_labelling_tools_export_it(tmp_path: Path, settings: Any) -> None:
    place = tmp_path / "d"
    for split in ("train", "valid", "test"):
        write(place / split / "_annotations.coco.json", INSTANCES)
        picture(place / split / "a.png")
        picture(place / split / "b.png")
    seen = Seen(place, settings())
    assert seen.splits == {"default": ["test", "train", "validation"]}
    assert [len(row["objects"]) for row in seen.rows(split="validation")] == [2, 0]


def test_a_picture_that_is_missing_is_noted(tmp_path: Path, settings: Any) -> None:
    place = tmp_path / "d"
    write(place / "_annotations.coco.json", INSTANCES)
    picture(place / "a.png")
    page = Seen(place, settings()).page()
    assert [note["row_idx"] for note in page.extra["cell_errors"]] == [1]


def test_a_missing_picture_hides_no_answer(tmp_path: Path, dspreview: Any) -> None:
    place = tmp_path / "d"
    write(place / "_annotations.coco.json", INSTANCES)
    picture(place / "a.png")
    for words in (["stats"], ["filter", "--where", "image_id > 0"], ["check", "--all-rows", "--fail-on", "info"]):
        assert dspreview(words[0], place, *words[1:]).code in {0, 1}
    found = dspreview("export", place, "--to", tmp_path / "x.parquet")
    assert found.code == 0
    assert "1 file could not be read" in found.err
    assert [row["image"]["path"] for row in pq.read_table(tmp_path / "x.parquet").to_pylist()] == ["a.png", "b.png"]


def test_a_link_out_of_the_folder_tells_nothing(tmp_path: Path, settings: Any) -> None:
    write(tmp_path / "elsewhere.yaml", "names: [a]")
    place = tmp_path / "d"
    picture(place / "images" / "a.png")
    write(place / "labels" / "a.txt", "0 0 0 1 1")
    (place / "data.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert Seen(place, settings()).taken_for == ""


def test_yolo_is_a_row_a_picture(tmp_path: Path, settings: Any) -> None:
    place = tmp_path / "d"
    write(place / "data.yaml", "path: .\ntrain: images/train\nval: images/val\nnames:\n  0: cat\n  1: dog\n")
    for name in ("train/a", "train/b", "val/c"):
        picture(place / "images" / f"{name}.png")
    write(place / "labels/train/a.txt", "1 0.5 0.5 0.25 0.5\n\n0 0.1 0.1 0.2 0.1 0.2 0.2\n")
    write(place / "labels/val/c.txt", "")
    seen = Seen(place, settings())
    assert seen.taken_for == "YOLO dataset"
    assert seen.splits == {"default": ["train", "validation"]}
    assert without_sources(seen.rows()) == [
        {"image": (4, 3), "objects": [
            {"category": 1, "bbox": [0.5, 0.5, 0.25, 0.5], "polygon": None},
            {"category": 0, "bbox": None, "polygon": [0.1, 0.1, 0.2, 0.1, 0.2, 0.2]},
        ]},
        {"image": (4, 3), "objects": []},
    ]  # fmt: skip
    assert seen.page().features[1]["type"]["feature"]["category"]["names"] == ["cat", "dog"]
    write(place / "labels/train/b.txt", "1 x")
    with pytest.raises(errors.UnreadableDataError, match=r"labels/train/b\.txt, line 1"):
        Seen(place, settings()).page()


BOX = "0 0.5 0.5 0.25 0.5\n"
SEEN = {"category": 0, "bbox": [0.5, 0.5, 0.25, 0.5], "polygon": None}


def labelled(place: Path, *names: str) -> Path:
    """Pictures below `images` with a box each below `labels`."""
    for name in names:
        picture(place / "images" / f"{name}.png")
        write(place / "labels" / f"{name}.txt", BOX)
    return place


def objects(seen: Seen, split: str = "train") -> list[Any]:
    return [row["objects"] for row in seen.rows(split=split)]


def test_keypoints_stand_beside_their_box(tmp_path: Path, settings: Any) -> None:
    """https://docs.ultralytics.com/datasets/pose/: class, box, then x, y and visibility of each point."""
    place = labelled(tmp_path / "d", "train/a", "train/b")
    write(place / "data.yaml", "train: images/train\nkpt_shape: [2, 3]\nnames: [person]\n")
    write(place / "labels/train/a.txt", "0 0.5 0.5 0.2 0.2 0.1 0.1 2 0.3 0.3 2\n")
    assert objects(Seen(place, settings())) == [
        [{"category": 0, "bbox": [0.5, 0.5, 0.2, 0.2], "keypoints": [0.1, 0.1, 2.0, 0.3, 0.3, 2.0]}],
        [{"category": 0, "bbox": [0.5, 0.5, 0.25, 0.5], "keypoints": None}],
    ]
    write(place / "labels/train/a.txt", "0 0.5 0.5 0.2 0.2 0.1\n")
    with pytest.raises(
        errors.UnreadableDataError, match=r"a\.txt, line 1: 5 numbers after the class; expected 4 of a box and 6"
    ):
        Seen(place, settings()).page()


@pytest.mark.parametrize("line", ["0", "0 0.5 0.5", "0 1 2 3 4 5 6 7"])
def test_a_line_of_another_length_is_no_box_and_no_polygon(line: str, tmp_path: Path, settings: Any) -> None:
    place = labelled(tmp_path / "d", "a", "b")
    write(place / "data.yaml", "names: [cat]\n")
    write(place / "labels/b.txt", BOX + line)
    with pytest.raises(errors.UnreadableDataError, match=r"labels/b\.txt, line 2: \d numbers after the class"):
        Seen(place, settings()).page()


@pytest.mark.parametrize(
    ("told", "names", "splits"),
    [
        ("path: .\ntrain: train.txt\nval: val.txt\n", ["0", "1", "2", "3"], {"train": 3, "validation": 1}),
        ("path: .\ntrain: images/fold1\nval: images/fold2\n", ["fold1/a", "fold1/b", "fold2/c"], {"train": 2, "validation": 1}),
        ("path: .\ntrain: [images/fold1, images/fold2]\ntest: images/fold3\n", ["fold1/a", "fold2/c", "fold3/d"], {"train": 2, "test": 1}),
        ("path: ../datasets/d\ntrain: images/training\ntest: images/testing\n", ["training/a", "training/b", "testing/c"], {"train": 2, "test": 1}),
        ("train: ../images/one\nval: /content/d/images/two\n", ["one/a", "two/b", "two/c"], {"train": 1, "validation": 2}),
        ("train: elsewhere\n", ["training/a", "testing/b"], {"train": 1, "test": 1}),
    ],
)  # fmt: skip
def test_splits_are_those_of_the_description(told: str, names: list[str], splits: dict[str, int], tmp_path: Path, settings: Any) -> None:  # fmt: skip
    place = labelled(tmp_path / "d", *names)
    write(place / "train.txt", "./images/0.png\n./images/1.png\n./images/2.png\n")
    write(place / "val.txt", "/home/somebody/d/images/3.png\n")
    write(place / "data.yaml", told + "names: [cat]\n")
    seen = Seen(place, settings())
    assert {split: len(seen.rows(split=split)) for split in seen.splits["default"]} == splits


def test_yolo_as_label_studio_exports_it(tmp_path: Path, settings: Any) -> None:
    place = labelled(tmp_path / "d", "a", "b")
    write(place / "classes.txt", "cat\ndog\n")
    write(place / "notes.json", {"categories": [{"id": 0, "name": "cat"}], "info": {}})
    seen = Seen(place, settings())
    assert seen.taken_for == "YOLO dataset"
    assert objects(seen) == [[SEEN], [SEEN]]
    assert seen.page().features[1]["type"]["feature"]["category"]["names"] == ["cat", "dog"]


def test_yolo_as_cvat_exports_it(tmp_path: Path, settings: Any) -> None:
    """https://docs.cvat.ai/docs/dataset_management/formats/format-yolo/"""
    place = tmp_path / "d"
    for name in ("obj_train_data/0", "obj_train_data/1", "obj_validation_data/2"):
        picture(place / f"{name}.png")
        write(place / f"{name}.txt", BOX)
    write(place / "obj.names", "cat\n")
    write(place / "obj.data", "classes = 1\ntrain = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names\n")
    write(place / "train.txt", "data/obj_train_data/0.png\ndata/obj_train_data/1.png\n")
    write(place / "valid.txt", "data/obj_validation_data/2.png\n")
    seen = Seen(place, settings())
    assert seen.splits == {"default": ["train", "validation"]}
    assert (objects(seen), objects(seen, "validation")) == ([[SEEN], [SEEN]], [[SEEN]])


def test_texts_beside_pictures_are_no_labels(tmp_path: Path, settings: Any) -> None:
    for name in ("a", "b"):
        picture(tmp_path / "d" / f"{name}.png")
        write(tmp_path / "d" / f"{name}.txt", "a cat on a mat, 4 0 0 1 1")
    for name in ("classes.txt", "config.yaml"):
        write(tmp_path / "d" / name, "names:\n")
        assert Seen(tmp_path / "d", settings()).taken_for == ""


def test_answers_to_questions_about_images_are_no_annotations_of_coco(tmp_path: Path, settings: Any) -> None:
    picture(tmp_path / "d/0.png")
    answers = [{"question_id": n, "image_id": n, "answer": "x" * 50} for n in range(3_000)]
    write(tmp_path / "d/val_annotations.json", {"annotations": answers, "license": {}})
    assert Seen(tmp_path / "d", settings()).taken_for == ""


def test_a_picture_that_no_split_names_is_told(tmp_path: Path, dspreview: Any) -> None:
    place = labelled(tmp_path / "d", "fold1/a", "fold2/b")
    write(place / "data.yaml", "train: images/fold1\nnames: [cat]\n")
    found = dspreview("check", place, "--json").json["findings"]
    assert [one["file"] for one in found if one["code"] == "unused-file"] == ["images/fold2/b.png"]


def coco(number: int, prefix: str = "") -> dict[str, Any]:
    """Pictures with a box each."""
    return {
        "images": [{"id": n, "file_name": f"{prefix}{n}.png", "width": 4, "height": 3} for n in range(number)],
        "annotations": [{"id": n, "image_id": n, "category_id": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0} for n in range(number)],
        "categories": [{"id": 1, "name": "cat"}],
    }  # fmt: skip


def test_coco_as_label_studio_exports_it(tmp_path: Path, settings: Any) -> None:
    for number in range(2):
        picture(tmp_path / "d/images" / f"{number}.png")
    write(tmp_path / "d/result.json", coco(2, "images\\"))
    seen = Seen(tmp_path / "d", settings())
    assert [(row["image"]["width"], len(row["objects"])) for row in seen.rows()] == [(4, 1), (4, 1)]


def test_annotations_are_told_by_their_keys_and_not_by_their_names(tmp_path: Path, settings: Any) -> None:
    for split in ("train", "val"):
        picture(tmp_path / "d" / split / "0.png")
        write(tmp_path / "d" / f"{split}.json", coco(1))
    seen = Seen(tmp_path / "d", settings())
    assert (seen.taken_for, seen.splits) == ("COCO dataset", {"default": ["train", "validation"]})


def test_annotations_whose_keys_are_sorted(tmp_path: Path, settings: Any) -> None:
    picture(tmp_path / "d/0.png")
    told = coco(3_000)
    told["zzz"] = ["x" * 100_000]
    write(tmp_path / "d/instances.json", json.dumps(told, sort_keys=True))
    seen = Seen(tmp_path / "d", settings())
    assert (seen.taken_for, seen.page().num_rows_total) == ("COCO dataset", 3_000)


def test_ids_may_be_texts_and_flags_booleans(tmp_path: Path, settings: Any) -> None:
    picture(tmp_path / "d/0.png")
    told = coco(1)
    told["images"][0]["id"] = told["annotations"][0]["image_id"] = "im0"
    told["annotations"][0] |= {"iscrowd": False, "id": "a0"}
    write(tmp_path / "d/_annotations.coco.json", told)
    (row,) = Seen(tmp_path / "d", settings()).rows()
    assert (row["image_id"], row["objects"]) == ("im0", [{"id": "a0", "bbox": [0.0, 0.0, 1.0, 1.0], "iscrowd": 0, "category": 0}])  # fmt: skip


def test_a_category_that_nothing_names_is_its_id(tmp_path: Path, settings: Any) -> None:
    picture(tmp_path / "d/0.png")
    told = coco(1)
    told["annotations"][0]["category_id"] = 55
    write(tmp_path / "d/_annotations.coco.json", told)
    seen = Seen(tmp_path / "d", settings())
    assert seen.rows()[0]["objects"][0]["category"] == 1
    assert seen.page().features[-1]["type"]["feature"]["category"]["names"] == ["cat", "55"]


@pytest.mark.parametrize("wrong", [{"images": {"a": 1}}, {"annotations": ["x"]}])
def test_lists_that_are_none_are_told(wrong: dict[str, Any], tmp_path: Path, settings: Any) -> None:
    picture(tmp_path / "d/0.png")
    write(tmp_path / "d/_annotations.coco.json", coco(1) | wrong | {"info": {"image_id": 0}})
    with pytest.raises(errors.UnreadableDataError, match=f"{next(iter(wrong))} is no list of objects"):
        Seen(tmp_path / "d", settings())
