"""Extraction alone, in the test's own process: a local dataset in, a page out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspreview.extract.direct import open_direct
from dspreview.extract.formats.single_file import SingleFile
from dspreview.extract.hub.description import describe
from dspreview.extract.layout.globs import names_of
from dspreview.extract.library.rows import read_rows
from dspreview.extract.library.source import make_plan
from dspreview.extract.library.splits import find_config, list_splits, open_dataset
from dspreview.extract.reader import NOT_MINE, Opening, Reader, Window
from dspreview.local import identify, resolve
from dspreview.models import Listing, Page, Resolved, SplitId
from dspreview.page.staging import Staging
from dspreview.settings import Settings


@dataclass(frozen=True)
class Extracted:
    """A page, and the folder of its assets."""

    page: Page
    staging: Path
    direct: bool
    """Whether there is a way without `datasets`, which gave the same."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The cells of each row."""
        return [row["row"] for row in json.loads(self.page.rows)]

    @property
    def types(self) -> dict[str, str]:
        """The type of each column."""
        return {column.name: column.type for column in self.page.columns}

    @property
    def features(self) -> dict[str, Any]:
        """The feature of each column."""
        return {feature["name"]: feature["type"] for feature in self.page.features}

    def asset(self, src: str) -> bytes:
        """The bytes behind a URL."""
        asset = next(asset for asset in self.page.assets if asset.url == src)
        return (self.staging / asset.file).read_bytes()


def extract(
    dataset: Path, settings: Settings, staging: Path, config: str | None = None, split: str | None = None
) -> Extracted:
    """The page of a split; config and split may be left out where there is one.

    It is that of the way through `datasets`; wherever there is a direct one, that gives the same to the byte.
    """
    ref = identify(str(dataset))
    source = open_dataset(ref, settings)
    listing = list_splits(source, settings)
    chosen = listing.configs[0] if config is None else next(one for one in listing.configs if one.config == config)
    split = split or chosen.splits[0].split
    plan = make_plan(source, find_config(source, chosen.config))
    work = staging.with_name(staging.name + "-work")
    for folder in (staging, work):
        folder.mkdir(exist_ok=True)
    page = read_rows(source, plan, split, staging, work, settings)
    direct = open_direct(opening(dataset, settings))
    found = None
    if direct is not NOT_MINE:
        assert direct.listing() == listing
        beside = staging.with_name(staging.name + "-direct")
        found = page_of(direct, SplitId(chosen.config, split), beside)
        assert found is None or (found, contents(beside)) == (page, contents(staging))
    return Extracted(page, staging, direct=found is not None)


def opening(dataset: Path, settings: Settings, at: Resolved | None = None) -> Opening:
    """What a reader of a local dataset is opened with."""
    ref = identify(str(dataset))
    return Opening(
        ref,
        at,
        settings,
        lambda: describe(ref, settings, at),
        lambda: names_of(describe(ref, settings, at)),
        lambda: None,
    )


def single_file(file: Path, settings: Settings) -> SingleFile:
    """The reader of one file, as it is now."""
    return SingleFile(opening(file, settings, resolve(identify(str(file)))))


def page_of(reader: Reader, split: SplitId, folder: Path) -> Page | None:
    """The page that a reader gives, its assets in the folder; None where it declines."""
    work = folder.with_name(folder.name + "-work")
    for place in (folder, work):
        place.mkdir(exist_ok=True)
    found = reader.page(split, Staging(folder, work), Window())
    return None if found is NOT_MINE else found


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def listing_of(dataset: Path, settings: Settings) -> Listing:
    """The configs and splits of a dataset."""
    return list_splits(open_dataset(identify(str(dataset)), settings), settings)
