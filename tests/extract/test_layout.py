"""Which files belong to which split: the same as `datasets` finds, wherever an answer is given without it."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path
from typing import Any

import pytest
from datasets import data_files, naming
from fsspec.utils import glob_translate
from hypothesis import assume, given
from hypothesis import settings as searched
from hypothesis import strategies as st

from dspreview.errors import DatasetError
from dspreview.extract.direct import open_direct
from dspreview.extract.hub.description import Description
from dspreview.extract.layout import split_files as layout
from dspreview.extract.layout.direct import find_source
from dspreview.extract.layout.globs import expression, names_of
from dspreview.extract.reader import NOT_MINE
from dspreview.local import identify, resolve
from dspreview.models import Listing
from dspreview.settings import Settings
from dspreview.settings import resolve as settings_of
from tests.support.data import picture, write
from tests.support.extraction import extract, listing_of, opening

WORDS = [
    "train",
    "test",
    "dev",
    "val",
    "validation",
    "eval",
    "data",
    "a",
    "b-train",
    "train_1",
    "x test",
    "testing",
    "raw",
]
FOLDERS = ["", "data/", "train/", "test/", "a/b/", ".hidden/", "__cache__/", "my train/", "default/", "c0/", "a.b/"]
ENDINGS = [".parquet"] * 8 + [
    "-00000-of-00002.parquet",
    "-00001-of-00002.parquet",
    ".v1.parquet",
    "",
    ".csv",
    ".txt",
    ".py",
]
PATTERNS = [
    "data/*",
    "**",
    "*.parquet",
    "**/*.parquet",
    "train/*",
    "a/**",
    "*/x*",
    "data/train-*",
    "c0/*",
    "nothing/*",
    "?.parquet",
]
NAMES = st.builds("{}{}{}".format, st.sampled_from(FOLDERS), st.sampled_from(WORDS), st.sampled_from(ENDINGS))


def test_the_patterns_are_those_of_datasets() -> None:
    assert [layout.SHARDED] == data_files.ALL_SPLIT_PATTERNS
    assert layout.SPLIT.pattern == naming._split_re
    assert frozenset(data_files.FILES_TO_IGNORE) == layout.IGNORED
    forms = (layout.IN_FOLDER_NAME, layout.IN_FILE_NAME)
    ours = [
        {
            split: [form.format(word=word, sep=layout.SEPARATORS) for word in words for form in group]
            for split, words in layout.KEYWORDS.items()
        }
        for group in forms
    ]
    theirs = [{str(split): patterns for split, patterns in one.items()} for one in data_files.ALL_DEFAULT_PATTERNS]
    assert theirs == [
        {"logs": ["**/*.eval"]},
        {"test": ["**/task.toml", "**/instruction.md"]},
        *ours,
        {"train": ["**"]},
    ]


ALL_PATTERNS = [layout.SHARDED.replace("{split}", "*"), *PATTERNS, *(
    form.format(word=word, sep=layout.SEPARATORS)
    for forms in (layout.IN_FOLDER_NAME, layout.IN_FILE_NAME) for words in layout.KEYWORDS.values() for word in words for form in forms
)]  # fmt: skip
PARTS = st.text(st.sampled_from("ab-._ 01train/é\n\\"), max_size=20)


@searched(max_examples=300)
@given(st.sampled_from(ALL_PATTERNS) | st.text(st.sampled_from("ab*?/.-é+$"), max_size=8), PARTS | NAMES)
def test_a_pattern_matches_what_fsspec_matches(pattern: str, name: str) -> None:
    try:
        expected = re.compile(glob_translate(pattern))
    except ValueError:
        with pytest.raises(ValueError, match="whole part"):
            expression(pattern)
        return
    assert bool(expression(pattern).match(name)) == bool(expected.match(name))


def both(folder: Path, chosen: Settings) -> tuple[Listing | None, Listing | None]:
    """The listing without and with `datasets`; None where there is none."""
    direct = open_direct(opening(folder, chosen))
    listing = NOT_MINE if direct is NOT_MINE else direct.listing()
    found = None if listing is NOT_MINE else listing
    try:
        return found, listing_of(folder, chosen)
    except DatasetError:
        return found, None


def can_be_files(names: set[str]) -> bool:
    """Whether no name is another one's folder."""
    return not any(other.startswith(name + "/") for name in names for other in names)


@searched(max_examples=60)
@given(names=st.sets(NAMES, min_size=1, max_size=8), seed=st.integers(0, 2**32))
def test_any_names(names: set[str], seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    assume(can_be_files(names))
    folder = write(tmp_path_factory.mktemp("d"), dict.fromkeys(names, b"PAR1"))
    shuffled = sorted(names)
    random.Random(seed).shuffle(shuffled)
    direct, long = both(folder, settings_of({"DSPREVIEW_DATABASE": str(folder / "x.sqlite")}, {"HOME": str(folder)}))
    assert direct is None or direct == long
    assert layout.find_layout(shuffled, None) == layout.find_layout(sorted(names), None)


@searched(max_examples=60)
@given(
    names=st.sets(NAMES, min_size=1, max_size=8),
    patterns=st.lists(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2), min_size=1, max_size=3),
    folder=st.sampled_from(["", "", "", "data", "a", "./c0/", "train"]),
)
def test_any_patterns(
    names: set[str], patterns: list[list[str]], folder: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assume(can_be_files(names))
    files: dict[str, bytes | str] = dict.fromkeys(names, b"PAR1")
    lines = [f"  - {{split: s{n}, path: {group!r}}}" for n, group in enumerate(patterns)]
    placed = [f"  data_dir: {folder}"] if folder else []
    head = "\n".join(["---", "configs:", "- config_name: one", *placed, "  data_files:", *lines, "---", ""])
    root = write(tmp_path_factory.mktemp("d"), {"README.md": head, **files})
    direct, long = both(root, settings_of({"DSPREVIEW_DATABASE": str(root / "x.sqlite")}, {"HOME": str(root)}))
    assert direct is None or direct == long


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["data/train-00000-of-00001.parquet", "data/test-00000-of-00001-0a1b.parquet"],
         {"train": ["data/train-00000-of-00001.parquet"], "test": ["data/test-00000-of-00001-0a1b.parquet"]}),
        (["b.parquet", "a.parquet", "LICENSE", ".gitattributes", "README.md"], {"train": ["a.parquet", "b.parquet"]}),
        (["train/0.parquet", "val/0.parquet"], {"train": ["train/0.parquet"], "validation": ["val/0.parquet"]}),
        (["a.parquet", "b.csv"], None),
        (["a.1.png", "b/c.jpg"], {"train": ["a.1.png", "b/c.jpg"]}),
        (["a.csv.png", "b/c.jpg"], None),
        (["a.png", "metadata.csv"], None),
        (["a.png", "b.parquet"], None),
        (["a.zip.parquet", "metadata.parquet"], None),
        (["data/no-dash-00000-of-00001.parquet"], None),
        (["logs/a.eval", "a.parquet"], None),
        ([], None),
    ],
)  # fmt: skip
def test_known_layouts(names: list[str], expected: Any) -> None:
    found = layout.find_layout(names, None)
    assert (None if found is None else found.files) == expected


@pytest.mark.parametrize(
    "pattern", ["../x/*", "/a/*", "a/../b", "hf://x", "zip://a::b.zip", "[ab].parquet", "a//b", "~/x", "**.parquet", ""]
)
def test_doubtful_patterns_take_the_long_way(pattern: str) -> None:
    assert layout.find_layout(["a.parquet", "b/x.parquet"], {"train": [pattern]}) is None


PICTURE = picture()
FOLDERS_OF_PICTURES: dict[str, tuple[list[str], bool]] = {
    "flat": (["a.png", "b.jpg", "c.gif"], True),
    "classes": (["cat/1.png", "dog/1.png", "cat/2.png"], True),
    "splits and classes": (["train/cat/1.png", "train/dog/1.png", "test/dog/1.png", "test/cat/2.png"], True),
    "one class": (["cat/1.png", "cat/2.png"], True),
    "depths": (["cat/1.png", "dog/a/2.png"], True),
    "another class later": (["train/1.png", "test/2.png"], False),
    "broken": (["a.png", "b.png"], True),
    "with metadata": (["a.png", "metadata.csv"], False),
    "with others": (["a.png", "b.mp3"], False),
}


@pytest.mark.parametrize("name", FOLDERS_OF_PICTURES)
def test_a_folder_of_pictures(name: str, tmp_path: Path, settings: Any) -> None:
    names, direct = FOLDERS_OF_PICTURES[name]
    contents: dict[str, bytes | str] = dict.fromkeys(names, PICTURE)
    if name == "broken":
        contents["b.png"] = b"none"
    if name == "with metadata":
        contents["metadata.csv"] = "file_name,n\na.png,1\n"
    folder = write(tmp_path / "d", contents)
    found = extract(folder, settings(), tmp_path / "s")
    assert found.direct is direct
    assert len(found.rows) >= 1


def test_pipes_and_links_to_nowhere_are_no_files(tmp_path: Path, settings: Any) -> None:
    folder = write(tmp_path / "d", {"a.png": PICTURE})
    os.mkfifo(folder / "b.png")
    (folder / "c.png").symlink_to(folder / "none.png")
    found = extract(folder, settings(), tmp_path / "s")
    assert len(found.rows) == 1


def test_names_that_readers_take_for_something_else(tmp_path: Path, settings: Any) -> None:
    for number, name in enumerate(("a\nb/1.png", "x::y.png")):
        folder = write(tmp_path / f"d{number}", {name: PICTURE, "c/1.png": PICTURE})
        described = Description(resolve(identify(str(folder))), {})
        source = find_source(str(folder), described, names_of(described))
        assert source is None


def test_many_pictures_are_counted(tmp_path: Path, settings: Any) -> None:
    folder = write(tmp_path / "d", {f"{n:03d}.png": PICTURE for n in range(130)})
    found = extract(folder, settings(), tmp_path / "s")
    assert found.direct
    assert (found.page.num_rows, found.page.num_rows_total) == (100, 130)
