"""Which files belong to which split: the same as `datasets` finds, wherever an answer is given without it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from datasets import data_files, naming
from hypothesis import given, settings
from hypothesis import strategies as st

from dspreview.errors import DatasetError
from dspreview.extract import layout
from dspreview.extract.direct import direct_listing, open_direct
from dspreview.extract.hub import Description
from dspreview.extract.local import identify, resolve
from dspreview.models import Listing
from dspreview.settings import Settings
from dspreview.settings import resolve as settings_of
from tests.support.data import write
from tests.support.extraction import listing_of

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


def both(folder: Path, chosen: Settings) -> tuple[Listing | None, Listing | None]:
    """The listing without and with `datasets`; None where there is none."""
    source = open_direct(str(folder), Description(resolve(identify(str(folder))), {}))
    try:
        return source and direct_listing(source, chosen), listing_of(folder, chosen)
    except DatasetError:
        return source and direct_listing(source, chosen), None


@settings(max_examples=60, deadline=None)
@given(names=st.sets(NAMES, min_size=1, max_size=8), seed=st.integers(0, 2**32))
def test_any_names(names: set[str], seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = write(tmp_path_factory.mktemp("d"), dict.fromkeys(names, b"PAR1"))
    shuffled = sorted(names)
    random.Random(seed).shuffle(shuffled)
    direct, long = both(folder, settings_of({"DSPREVIEW_DATABASE": str(folder / "x.sqlite")}, {"HOME": str(folder)}))
    assert direct is None or direct == long
    assert layout.parquet_files(shuffled, None) == layout.parquet_files(sorted(names), None)


@settings(max_examples=60, deadline=None)
@given(
    names=st.sets(NAMES, min_size=1, max_size=8),
    patterns=st.lists(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2), min_size=1, max_size=3),
    folder=st.sampled_from(["", "", "", "data", "a", "./c0/", "train"]),
)
def test_any_patterns(
    names: set[str], patterns: list[list[str]], folder: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
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
        (["a.zip.parquet", "metadata.parquet"], None),
        (["data/no-dash-00000-of-00001.parquet"], None),
        (["logs/a.eval", "a.parquet"], None),
        ([], None),
    ],
)  # fmt: skip
def test_known_layouts(names: list[str], expected: Any) -> None:
    assert layout.parquet_files(names, None) == expected


@pytest.mark.parametrize(
    "pattern", ["../x/*", "/a/*", "a/../b", "hf://x", "zip://a::b.zip", "[ab].parquet", "a//b", "~/x", "**.parquet", ""]
)
def test_doubtful_patterns_take_the_long_way(pattern: str) -> None:
    assert layout.parquet_files(["a.parquet", "b/x.parquet"], {"train": [pattern]}) is None
