"""Rows of a dataset that is recognised by its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from dspreview.api.guest import GuestExtractor
from dspreview.local import identify
from dspreview.models import Listing, Page, SplitId
from dspreview.page.staging import Staging
from dspreview.settings import Settings


class Seen:
    """A local dataset as the extractor reads it."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self.ref, self.extractor = identify(str(path)), GuestExtractor(settings)
        self.work = path.parent.with_name(f"{path.parent.name}-work") / path.name
        self.listing: Listing = self.extractor.list(self.ref)

    @property
    def splits(self) -> dict[str, list[str]]:
        """The splits of each config."""
        return {one.config: [split.split for split in one.splits] for one in self.listing.configs}

    @property
    def taken_for(self) -> str:
        """What it was taken for."""
        found = self.extractor.recognised(self.ref, self.listing.dataset)
        return "" if found is None else found.recognition.name

    def page(self, config: str = "default", split: str = "train") -> Page:
        """The first rows of a split."""
        for folder in ("assets", "work"):
            (self.work / folder).mkdir(parents=True, exist_ok=True)
        staging = Staging(self.work / "assets", self.work / "work")
        return self.extractor.page(self.ref, self.listing.dataset, SplitId(config, split), staging)

    def rows(self, config: str = "default", split: str = "train") -> list[dict[str, Any]]:
        """Their cells."""
        return [row["row"] for row in json.loads(self.page(config, split).rows)]


def picture(path: Path) -> None:
    """A small picture in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 3), "red").save(path)


def write(path: Path, text: str | dict[str, Any]) -> None:
    """A file of text, or of JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")


def without_sources(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows whose pictures are their sizes."""
    return [row | {"image": row["image"] and (row["image"]["width"], row["image"]["height"])} for row in rows]
