"""The first pictures of a folder as a page, without `datasets`: a column of pictures, and labels where folders name the classes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dspreview.extract.files.fetch import Fetcher
from dspreview.feature import asset_tree, label_tree
from dspreview.models import Page, SplitId
from dspreview.page.pages import Cells, PageMaker
from dspreview.settings import Settings

if TYPE_CHECKING:
    from dspreview.extract.layout.direct import DirectConfig, DirectSource


def pictures_page(
    source: DirectSource, config: DirectConfig, split: SplitId, staging: Path, settings: Settings
) -> Page | None:
    """The page of a split; None where its splits would be labelled unlike each other."""
    labels = labels_of(source.root, config.files)
    if labels is None:
        return None
    files = config.files[split.split]
    paths = [f"{source.root}/{name}" for name in files[: settings.rows_max_number]]
    values: list[Any] = [{"bytes": None, "path": path} for path in paths]
    cells = [Cells("image", asset_tree("Image"), values, plain=False, declared=True)]
    if labels:
        numbers = [labels.index(class_of(path)) for path in paths]
        cells.append(Cells("label", label_tree(labels), numbers, plain=True, declared=True))
    fetch = Fetcher(source, settings, str(staging)).fetch
    maker = PageMaker(source.dataset, source.asked, *split, settings, staging, fetch)
    return maker.make(cells, range(len(paths)), whole=False)._replace(num_rows_total=len(files))


def labels_of(root: str, splits: dict[str, list[str]]) -> list[str] | None:
    """The names of the classes: folders that lie at the same depth, if there are several; None where splits differ in that.

    `datasets` goes through the splits in order, and decides for each by what it has seen so far.
    """
    seen: set[str] = set()
    depths: set[int] = set()
    decided = set()
    for files in splits.values():
        seen |= {class_of(f"{root}/{name}") for name in files}
        depths |= {name.count("/") for name in files}
        decided.add(len(seen) > 1 and len(depths) == 1)
    if len(decided) > 1:
        return None
    return sorted(seen) if True in decided else []


def class_of(path: str) -> str:
    """The folder of a file."""
    return os.path.basename(os.path.dirname(path))
