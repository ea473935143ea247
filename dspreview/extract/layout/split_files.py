"""Which files belong to which split, by their names alone, as `datasets` finds them: without it, and without asking anybody.

`tests/extract/test_layout.py` pins the patterns, and compares both on folders of all sorts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from dspreview.extract.format import BY_EXTENSION, Format
from dspreview.extract.layout.globs import expression, literal

SHARDED = "data/{split}-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9]*.*"
SHARD = re.compile(r"(.+)-[0-9]{5}-of-[0-9]{4}[0-9]*.*")
SPLIT = re.compile(r"^\w+(\.\w+)*$")
KEYWORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
SEPARATORS = "-._ 0-9"
IN_FOLDER_NAME = ("**/{word}/**", "**/{word}[{sep}]*/**", "**/*[{sep}]{word}/**", "**/*[{sep}]{word}[{sep}]*/**")
IN_FILE_NAME = ("**/{word}[{sep}]*", "**/*[{sep}]{word}[{sep}]*")
IGNORED = frozenset({
    "README.md", "config.json", "dataset_info.json", "dataset_infos.json", "dummy_data.zip", "dataset_dict.json",
})  # fmt: skip
SPECIAL = re.compile(
    r"(?:^|/)(?:[^/\n]*\.eval|task\.toml|instruction\.md|dataset_dict\.json|state\.json|\.huggingface\.yaml)$",
    re.MULTILINE,
)
"""Names that lead elsewhere: logs, tasks, what `save_to_disk` writes, a description in a file of its own."""
UNREADABLE = re.compile(r"::|[\x00-\x1f\x7f]|[\ud800-\udfff]")
"""Signs in names that the readers of `datasets` take for something else, or cannot take."""
PLAIN_PATTERN = re.compile(r"[^\[\]{}?:\\~]+")
METADATA = re.compile(r"metadata\.(?:csv|jsonl|parquet)")


class Layout(NamedTuple):
    """The files of each split, all of one kind."""

    format: Format
    files: dict[str, list[str]]


def find_layout(names: Sequence[str], declared: Mapping[str, Sequence[str]] | None) -> Layout | None:
    """The files of each split; None where these are of no kind that names tell, or the names leave any doubt.

    Args:
        names: all files, `folder/file`.
        declared: the patterns of each split, where a README has them.

    """
    if declared is not None and not all(plain(pattern) for group in declared.values() for pattern in group):
        return None
    lines = "\n".join(names)
    if lines.count("\n") >= max(len(names), 1) or SPECIAL.search(lines) or UNREADABLE.search(lines.replace("\n", "/")):
        return None
    patterns = default_patterns(names) if declared is None else declared
    found: dict[str, list[str]] = {}
    for split, group in (patterns or {}).items():
        each = [matches(pattern, names) for pattern in group]
        if declared is not None and not all(each):  # `datasets` loads nothing then
            return None
        matched = [name for one in each for name in one]
        files = [name for name in matched if "." in basename(name)]  # no reader takes a file without an extension
        if not files or len(set(files)) < len(files) or not SPLIT.match(split):
            return None
        found[split] = files
    kinds = {kind_of_file(name) for files in found.values() for name in files}
    formats = [format_of_file(name) for name in kinds]
    first = formats[0] if formats else None
    return None if first is None or any(one is not first for one in formats) else Layout(first, found)


def kind_of_file(name: str) -> str:
    """The last part of a name from its first dot on; what may be metadata is whole."""
    last = basename(name)
    return last if last.startswith("metadata.") else last[last.find(".") :]


def plain(pattern: str) -> bool:
    """Whether a pattern means the same to everybody: names, `*` and `**` below the dataset."""
    parts = pattern.split("/")
    return bool(PLAIN_PATTERN.fullmatch(pattern)) and not any(
        part in {"", ".", ".."} or ("**" in part and part != "**") for part in parts
    )


def format_of_file(name: str) -> Format | None:
    """The format of a file, by all of its extensions; None for other kinds, and where these contradict each other."""
    last = basename(name)
    *others, kind = last.split(".")[1:]
    if METADATA.fullmatch(last) or len(set(others)) < len(others):
        return None
    found = BY_EXTENSION.get(kind)
    if found is not None and found.is_parquet and kind not in others:
        return found
    return found if all(map(str.isdigit, others)) else None


def default_patterns(names: Sequence[str]) -> dict[str, list[str]] | None:
    """The patterns of each split where nobody declared any; None where a split cannot have its name."""
    sharded = matches(SHARDED.replace("{split}", "*"), names)
    if sharded:
        told = [SHARD.search(basename(name)) for name in sharded]
        splits = {one[1] for one in told if one is not None}
        if None in told or not all(map(SPLIT.match, splits)):
            return None
        ordered = [split for split in KEYWORDS if split in splits] + sorted(splits - set(KEYWORDS))
        return {split: [SHARDED.replace("{split}", split)] for split in ordered}
    text = "\n".join(names)
    for forms in (IN_FOLDER_NAME, IN_FILE_NAME):
        found = {}
        for split, words in KEYWORDS.items():
            patterns = [form.format(word=word, sep=SEPARATORS) for word in words for form in forms]
            if any(literal(pattern) in text and matches(pattern, names) for pattern in patterns):
                found[split] = patterns
        if found:
            return found
    return {"train": ["**"]}


def splits_of(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The files of each split, as their names tell."""
    if len(names) == 1:
        return {"train": tuple(names)}
    patterns = default_patterns(names) or {"train": ["**"]}
    found = {
        split: tuple(dict.fromkeys(name for pattern in group for name in matches(pattern, names)))
        for split, group in patterns.items()
    }
    return {split: group for split, group in found.items() if group}


def matches(pattern: str, names: Iterable[str]) -> list[str]:
    """The names that a pattern finds, sorted; hidden ones and those of caches only where it names them."""
    fits, last, odd = expression(pattern).match, basename(pattern), odd_parts(pattern)
    found = names if pattern == "**" else filter(fits, names)
    return sorted(
        name
        for name in found
        if ((file := name.rpartition("/")[2]) not in IGNORED or file == last) and odd_parts(name) == odd
    )


def odd_parts(path: str) -> tuple[int, int]:
    """How many parts of a path begin with a dot, and how many of its folders with two underscores."""
    if "__" not in path and "/." not in path and not path.startswith("."):  # of a hundred thousand nearly all
        return 0, 0
    parts = PurePosixPath(path).parts
    return (
        sum(part.startswith(".") and set(part) != {"."} for part in parts),
        sum(part.startswith("__") for part in parts[:-1]),
    )


def basename(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]
