"""Table formats and array stores, wherever they lie: a Delta table that is the dataset, or one for each split of it."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.layout.split_files import splits_of
from dspreview.extract.recognised.signs import kinds_of


class StoreKind(NamedTuple):
    """What tells a kind of store."""

    mark: re.Pattern[str]
    """The names of files that each has; the first group is the folder of the store."""
    words: tuple[str, ...]
    """Such a name has one of these: where no name does, the others are not looked at."""
    told: str = ""
    """What the file that tells it is called."""


DELTA = StoreKind(re.compile(r"((?:.*/)?)_delta_log/[^/]*(?:\.json|\.checkpoint\.parquet)"), ("_delta_log/",), "log ")
ICEBERG = StoreKind(re.compile(r"((?:.*/)?)metadata/v?\d+[^/]*\.metadata\.json(?:\.gz)?"), (".metadata.json",))
ZARR = StoreKind(
    re.compile(r"((?:.*/)?)(?:zarr\.json|\.zgroup|\.zarray|\.zmetadata)"), ("zarr.json", ".zgroup", ".zarray")
)
LANCE = StoreKind(re.compile(r"((?:.*/)?[^/]+\.lance/)_versions/[^/]+"), (".lance/_versions/",))


def stores_in(folder: Folder, kind: StoreKind) -> dict[str, str]:
    """The folders that are stores of a kind, `` for the dataset itself, and the last file that tells each.

    A store lies in no other one, and it is the dataset: there are no more data files beside the stores than files in them.
    """
    if not any(word in folder.text for word in kind.words):
        return {}
    marks: dict[str, str] = {}
    for name in folder.names:
        if any(word in name for word in kind.words) and (found := kind.mark.fullmatch(name)):
            marks[found[1].rstrip("/")] = name
    outermost = {root: name for root, name in marks.items() if not any(above in marks for above in folders_above(root))}
    if not outermost or "" in outermost:
        return outermost
    inside = {name for root in outermost for name in folder.below(root)}
    return outermost if kinds_of(folder.known - inside).total() <= len(inside) else {}


def folders_above(path: str) -> Iterator[str]:
    """The folders that one lies in, the dataset's own at last."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def sign_of(folder: Folder, kind: StoreKind) -> str | None:
    """What tells that a dataset consists of stores of a kind."""
    found = stores_in(folder, kind)
    if not found:
        return None
    others = f", and {len(found) - 1} more such" if len(found) > 1 else ""
    return f"its {kind.told}{next(iter(found.values()))}{others}"


def is_below(folders: tuple[str, ...], name: str) -> bool:
    """Whether a file lies in one of some folders, each with its slash."""
    return name.startswith(folders)


def lance_without_data(folder: Folder) -> str | None:
    """A table of Lance of which only the versions are there: its other reader takes these for rows."""
    found = (root for root in stores_in(folder, LANCE) if not folder.below(f"{root}/data"))
    return next((f"{root} has versions, and no data" for root in found), None)


def store_configs(folder: Folder, kind: StoreKind, read: Callable[[Folder], Configs]) -> Configs:
    """The configs of each store: those of the one there is, splits where the names of several tell splits, else a config each."""
    roots = sorted(stores_in(folder, kind))
    if roots == [""]:
        return read(folder)
    found = {root: configs_below(root, read(folder.within(root))) for root in roots}
    if len(roots) == 1:
        return found[roots[0]]
    if all([*configs] == ["default"] and [*configs["default"]] == ["train"] for configs in found.values()):
        splits = splits_of([f"{root}/rows" for root in roots])
        if len(splits) == len(roots) and all(len(group) == 1 for group in splits.values()):
            return {
                "default": {
                    split: found[os.path.dirname(group[0])]["default"]["train"] for split, group in splits.items()
                }
            }
    names = config_names(roots)
    return {
        names[root] if config == "default" else f"{names[root]}-{config}": splits
        for root, configs in found.items()
        for config, splits in configs.items()
    }


def config_names(roots: Sequence[str]) -> dict[str, str]:
    """A name for each folder: its own where no other one is called so, else its path."""
    called = defaultdict(list)
    for root in roots:
        called[os.path.basename(root).partition(".")[0] or os.path.basename(root)].append(root)
    return {
        root: name if len(group) == 1 else root.replace("/", "--") for name, group in called.items() for root in group
    }


def configs_below(root: str, configs: Configs) -> Configs:
    """Configs of a folder in a dataset, their files by the names they have there."""
    return {config: {split: rows_below(root, rows) for split, rows in splits.items()} for config, splits in configs.items()}  # fmt: skip


def rows_below(root: str, rows: SplitRows) -> SplitRows:
    """The rows of one split of it."""
    return rows._replace(files=tuple(f"{root}/{name}" for name in rows.files), read=partial(read_below, root, rows))


def read_below(root: str, rows: SplitRows, batch: int) -> Iterator[NamedTable]:
    """Its tables."""
    for name, table in rows.read(batch):
        yield f"{root}/{name}" if name else "", table
