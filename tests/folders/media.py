"""Pictures and sounds in folders and archives: with classes, metadata, boxes."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from tests.folders.case import TEST, TRAIN, File, Healthy, Ill, Layout, Place, Row, Writer

VALIDATION: Place = ("default", "validation")


def picture(path: Path, seed: int, kind: str = "PNG", mode: str = "RGB") -> None:
    """A picture that no other is like."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (6 + seed, 9 + seed % 5, 3), np.uint8)
    Image.fromarray(noise).convert(mode).save(path, kind)


def pictures(folder: Path) -> None:
    """A folder for each class in each split; pictures of several kinds, one turned by its Exif data, one in a folder further down."""
    for split, first in (("train", 0), ("test", 20)):
        picture(folder / split / "cat/a b.png", first, mode="L")
        picture(folder / split / "cat/ä.jpg", first + 1, "JPEG")
        picture(folder / split / "dog/c.webp", first + 2, "WEBP")
        picture(folder / split / "dog/d.gif", first + 3, "GIF", "P")
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(folder / "train/cat/ä.jpg") as opened:
        opened.save(folder / "train/cat/e.jpeg", exif=exif)


def own_pictures(folder: Path) -> dict[Place, list[Row]]:
    """The files by their names; all that Pillow takes for pictures."""
    found: dict[Place, list[Row]] = {}
    for split in ("train", "test"):
        paths = sorted(one for one in (folder / split).rglob("*.*") if one.is_file())
        for path in paths:
            with Image.open(path) as opened:
                opened.verify()
        classes = [("cat", "dog").index(path.relative_to(folder / split).parts[0]) for path in paths]
        found["default", split] = [
            {"image": File(path.read_bytes()), "label": one} for path, one in zip(paths, classes, strict=True)
        ]
    return found


def pictures_cut(folder: Path) -> None:
    """A picture that broke off."""
    pictures(folder)
    path = folder / "train/cat/a b.png"
    path.write_bytes(path.read_bytes()[:60])


SAID = ["good morning", "guten Morgen", "buongiorno", "おはよう"]


def sounds(folder: Path) -> None:
    """Recordings of several kinds, rates and channels, with metadata; one has been added later."""
    for split, first in (("train", 0), ("test", 10)):
        (folder / split).mkdir()
        noise = np.random.default_rng(first).uniform(-0.5, 0.5, (4_000, 2))
        for n, (ending, rate, channels) in enumerate(
            [("wav", 8_000, 1), ("flac", 16_000, 2), ("ogg", 44_100, 1), ("mp3", 22_050, 2)]
        ):
            soundfile.write(folder / split / f"{n}.{ending}", noise[n * 100 :, :channels], rate)
            told = {"file_name": f"{n}.{ending}", "text": f"{SAID[n]} {split}", "speaker": first + n % 2}
            with (folder / split / "metadata.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(told, ensure_ascii=False) + "\n")


def own_sounds(folder: Path) -> dict[Place, list[Row]]:
    """The lines of the metadata, and the files that they name."""
    found: dict[Place, list[Row]] = {}
    for split in ("train", "test"):
        lines = (folder / split / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
        told = [json.loads(line) for line in lines]
        for one in told:
            soundfile.info(folder / split / one["file_name"])
        found["default", split] = [
            {"audio": File((folder / split / one.pop("file_name")).read_bytes()), **one} for one in told
        ]
    return found


def sounds_without_one(folder: Path) -> None:
    """A recording that the metadata names is not there."""
    sounds(folder)
    (folder / "train/1.flac").unlink()


def coco(folder: Path) -> None:
    """Annotations of two splits, whose ids have gaps; a picture without any, one in a folder of its own."""
    (folder / "annotations").mkdir()
    categories = [{"id": 3, "name": "cat", "supercategory": "animal"}, {"id": 7, "name": "tooth brush"}]
    for split, first in (("train2017", 0), ("val2017", 30)):
        names = {first + 1: f"{first}a.png", first + 3: f"{first}b.png", first + 9: f"further/{first}c.jpg"}
        for ident, name in names.items():
            picture(folder / split / name, ident, "JPEG" if name.endswith("jpg") else "PNG")
        images = [
            {"id": ident, "file_name": name, "width": 9 + ident % 5, "height": 6 + ident, "license": 1}
            for ident, name in names.items()
        ]
        boxes = [
            {"id": 11, "image_id": first + 3, "category_id": 7, "bbox": [0, 1, 2.5, 3], "area": 7.5, "iscrowd": 0, "segmentation": [[0, 1, 2.5, 1, 2.5, 4]]},
            {"id": 5, "image_id": first + 1, "category_id": 3, "bbox": [1, 1, 1, 1], "area": 1, "iscrowd": 1, "segmentation": {"counts": [54, 1], "size": [9, 6]}},
            {"id": 12, "image_id": first + 3, "category_id": 3, "bbox": [0, 0, 9, 6], "area": 54, "iscrowd": 0, "segmentation": []},
        ]  # fmt: skip
        told = {
            "info": {"year": 2017},
            "licenses": [],
            "images": images,
            "annotations": boxes,
            "categories": categories,
        }
        (folder / "annotations" / f"instances_{split}.json").write_text(json.dumps(told))


def own_coco(folder: Path) -> dict[Place, list[Row]]:
    """What Python's json reads: each image with its annotations, in their order."""
    found: dict[Place, list[Row]] = {}
    for place, split in ((TRAIN, "train2017"), (VALIDATION, "val2017")):
        told = json.loads((folder / "annotations" / f"instances_{split}.json").read_bytes())
        order = [one["id"] for one in told["categories"]]
        found[place] = [
            {"image": File((folder / split / image["file_name"]).read_bytes()), "image_id": image["id"], "width": image["width"], "height": image["height"],
             "objects": [{"id": one["id"], "bbox": one["bbox"], "area": one["area"], "iscrowd": one["iscrowd"], "segmentation": json.dumps(one["segmentation"]), "category": order.index(one["category_id"])}
                         for one in told["annotations"] if one["image_id"] == image["id"]]}
            for image in told["images"]
        ]  # fmt: skip
    return found


def coco_without_picture(folder: Path) -> None:
    """A picture that the annotations name is not there."""
    coco(folder)
    (folder / "train2017/0b.png").unlink()


def yolo(folder: Path) -> None:
    """Boxes and a polygon, a picture without labels, one whose labels are empty; the splits are those of the description."""
    for name, seed in (("train/a", 1), ("train/b", 2), ("train/c", 3), ("holdout/d", 4), ("holdout/e", 5)):
        picture(folder / "images" / f"{name}.png", seed)
    for name, text in {
        "train/a": "1 0.5 0.5 0.25 0.5\n0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.3\n", "train/b": "", "holdout/d": "0 0.25 0.75 0.5 0.125\n", "holdout/e": "1 0.5 0.5 1 1",
    }.items():  # fmt: skip
        path = folder / "labels" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "data.yaml").write_text(
        "path: ../datasets/pets\ntrain: images/train\nval: images/holdout\nnames:\n  0: cat\n  1: dog\n"
    )


def own_yolo(folder: Path) -> dict[Place, list[Row]]:
    """The numbers of each line: https://docs.ultralytics.com/datasets/detect/, and segment/ for polygons."""
    found: dict[Place, list[Row]] = {}
    for place, split in ((TRAIN, "train"), (VALIDATION, "holdout")):
        found[place] = []
        for path in sorted((folder / "images" / split).iterdir()):
            labels = folder / "labels" / split / f"{path.stem}.txt"
            lines = labels.read_text().splitlines() if labels.exists() else []
            numbers = [[float(word) for word in line.split()] for line in lines]
            objects = [
                {"category": int(label), "bbox": rest if len(rest) == 4 else None, "polygon": None if len(rest) == 4 else rest}
                for label, *rest in numbers
            ]  # fmt: skip
            found[place].append({"image": File(path.read_bytes()), "objects": objects})
    return found


def yolo_with_words(folder: Path) -> None:
    """A file of labels with the name of a class in the place of its number."""
    yolo(folder)
    (folder / "labels/train/b.txt").write_text("0 0.5 0.5 0.5 0.5\ndog 0.5 0.5 0.25 0.5\n")


def sample(archive: tarfile.TarFile, key: str, seed: int) -> None:
    """Put a sample into an archive: the files with its key."""
    noise = np.random.default_rng(seed).integers(0, 255, (6, 9, 3), np.uint8)
    image = io.BytesIO()
    Image.fromarray(noise).save(image, "PNG")
    told = {"score": seed / 4, "tags": ["x", "y"][: seed % 3]}
    members = {
        "cls": str(seed % 2).encode(),
        "json": json.dumps(told).encode(),
        "png": image.getvalue(),
        "txt": f"sample {seed} ß".encode(),
    }
    for ending, data in members.items():
        info = tarfile.TarInfo(f"{key}.{ending}")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))


def archives(folder: Path) -> None:
    """Two shards and one of another split, one of them appended to, keys in folders."""
    for name, first, number in (("train-000000", 0, 3), ("train-000001", 3, 2), ("test-000000", 20, 2)):
        with tarfile.open(folder / f"{name}.tar", "w") as archive:
            for n in range(first, first + number):
                sample(archive, f"part/{n:06d}", n)
    with tarfile.open(folder / "train-000001.tar", "a") as archive:
        sample(archive, "part/000009", 9)


def own_archives(folder: Path) -> dict[Place, list[Row]]:
    """What tarfile reads, by the keys that files share: https://github.com/webdataset/webdataset."""
    found: dict[Place, list[Row]] = {TRAIN: [], TEST: []}
    for path in sorted(folder.glob("*.tar")):
        samples: dict[str, Row] = {}
        with tarfile.open(path) as archive:
            for member in archive:
                key, _, ending = member.name.partition(".")
                data = archive.extractfile(member)
                assert data is not None
                samples.setdefault(key, {"__key__": key, "__url__": str(path)})[ending] = value_of(ending, data.read())
        found["default", path.name.partition("-")[0]] += samples.values()
    return found


def value_of(ending: str, data: bytes) -> Any:
    """A member as its ending says."""
    kinds: dict[str, Any] = {"cls": int, "json": json.loads, "txt": bytes.decode}
    return kinds.get(ending, File)(data)


def archives_cut(folder: Path) -> None:
    """A shard that broke off."""
    archives(folder)
    path = folder / "train-000000.tar"
    path.write_bytes(path.read_bytes()[:6_000])


BOXES = {
    "id": "int64",
    "bbox": ["float64"],
    "area": "float64",
    "iscrowd": "int64",
    "segmentation": "string",
    "category": "ClassLabel(cat, tooth brush)",
}
COCO = {"image": "Image", "image_id": "int64", "width": "int64", "height": "int64", "objects": [BOXES]}
YOLO = {
    "image": "Image",
    "objects": [{"category": "ClassLabel(cat, dog)", "bbox": ["float64"], "polygon": ["float64"]}],
}
SAMPLE = {
    "cls": "int64",
    "json": {"score": "float64", "tags": ["string"]},
    "png": "Image",
    "txt": "string",
    "__key__": "string",
    "__url__": "string",
}

MEDIA = (
    Layout(
        "Folder of images", Writer("pillow"),
        Healthy(pictures, own_pictures, {TRAIN: 5, TEST: 4}, {"default": {"image": "Image", "label": "ClassLabel(cat, dog)"}}, "classes in folders, four kinds, one turned by Exif"),
        Ill(pictures_cut, "a picture is cut off", 0, ("undecodable-image",), TRAIN),
    ),
    Layout(
        "Folder of audio with metadata", Writer("soundfile"),
        Healthy(sounds, own_sounds, {TRAIN: 4, TEST: 4}, {"default": {"audio": "Audio", "text": "string", "speaker": "int64"}}, "four kinds, lines of metadata appended"),
        Ill(sounds_without_one, "a recording that the metadata names is missing", 0, ("missing-media",), TRAIN),
    ),
    Layout(
        "COCO", Writer(after="cocodataset.org/#format-data"), Healthy(coco, own_coco, {TRAIN: 3, VALIDATION: 3}, {"default": COCO}, "ids with gaps, run-length masks, a picture without boxes"),
        Ill(coco_without_picture, "a picture that the annotations name is missing", 0, ("missing-media",), TRAIN), differs=True,
    ),
    Layout(
        "YOLO", Writer(after="docs.ultralytics.com/datasets"), Healthy(yolo, own_yolo, {TRAIN: 3, VALIDATION: 2}, {"default": YOLO}, "boxes and polygons, pictures without labels"),
        Ill(yolo_with_words, "the name of a class in the place of its number", 6, ("load-failed",), TRAIN), differs=True,
    ),
    Layout(
        "WebDataset", Writer("Python", "github.com/webdataset"), Healthy(archives, own_archives, {TRAIN: 6, TEST: 2}, {"default": SAMPLE}, "two shards, one appended to"),
        Ill(archives_cut, "a shard is cut off", 6, ("load-failed",), TRAIN),
    ),
)  # fmt: skip
"""These layouts."""
