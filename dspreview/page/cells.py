"""A value and its feature to a JSON cell; files in it become assets, and what cannot be decoded becomes null."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dspreview.errors import AccessError, HubError, StoreFullError
from dspreview.feature import JSON, VALUE, Feature
from dspreview.models import Asset, Json, Resolved
from dspreview.page.broken_text import BrokenText
from dspreview.page.media import convert
from dspreview.page.media_file import Media, UndecodableError
from dspreview.page.pictures import pixels
from dspreview.page.urls import asset_url
from dspreview.page.wkt import wkt

UNKNOWN = Feature(None)
CellPath = tuple[str | int, ...]
ADDRESS = re.compile(r" ?<[\w. ]+ object at 0x[0-9a-f]+>")
"""Where an object lies in memory, which is news to nobody."""
SPECIAL = {math.inf: "Infinity", -math.inf: "-Infinity"}


@dataclass(frozen=True, slots=True)
class AssetLimits:
    """How much is fetched for the cells of a page."""

    max_bytes: int
    page_max_bytes: int


@dataclass(slots=True)
class CellWriter:
    """Writes the cells of one page, and keeps what they leave behind."""

    dataset: Resolved
    config: str
    split: str
    staging: Path
    """The folder that new assets are written to."""
    fetch: Callable[[str, int], bytes]
    """The bytes of a file that a cell names, at most so many; raises OSError or UndecodableError."""
    limits: AssetLimits
    assets: list[Asset] = field(default_factory=list)
    errors: list[dict[str, Json]] = field(default_factory=list)
    special: list[dict[str, Json]] = field(default_factory=list)
    names: set[tuple[int, str, str]] = field(default_factory=set)
    fetched: int = 0

    def write(self, value: Any, feature: Feature, row_idx: int, column: str, *, as_pixels: bool = False) -> Json:
        """The JSON of one cell."""
        place = (row_idx, column)
        if as_pixels:
            return None if value is None else self._asset(place, (), "Image", lambda: pixels(value))
        return self._convert(value, feature, place, ())

    def _convert(self, value: Any, feature: Feature, place: tuple[int, str], path: CellPath) -> Json:  # noqa: PLR0911 - one case a line, each simple
        if value is None:
            return None
        kind = feature.asset
        if kind is not None:
            return self._asset(place, path, kind, lambda: self._media(kind, value))
        if feature.tree == {}:
            return {}  # whatever stands for it where structs have fields
        within_json = feature.holds_json_text and feature.kind == VALUE
        inside = feature if within_json else UNKNOWN
        if feature.kind == JSON or (within_json and isinstance(value, str)):
            return self._json(value, place, path)
        if isinstance(value, float):
            return self._float(value, place, path)
        if isinstance(value, BrokenText):
            self._note(place, path, value.reason)
            return None
        if isinstance(value, (bytes, bytearray, memoryview)):
            if feature.is_geometry:
                return self._geometry(bytes(value), place, path)
            return base64.b64encode(value).decode("ascii")
        if isinstance(value, list):
            inner = feature if within_json else feature.item
            return [self._convert(item, inner, place, (*path, number)) for number, item in enumerate(value)]
        if isinstance(value, dict):
            return {
                str(key): self._convert(item, feature.fields.get(key, inside), place, (*path, str(key)))
                for key, item in value.items()
            }
        if isinstance(value, (str, bool, int)):
            return value
        return str(value)

    def _float(self, value: float, place: tuple[int, str], path: CellPath) -> float | None:
        """A number, or null with a note where JSON has none for it."""
        if math.isfinite(value):
            return value
        name = SPECIAL.get(value, "NaN")
        self.special.append({"row_idx": place[0], "column": place[1], "path": list(path), "value": name})
        return None

    def _json(self, value: Any, place: tuple[int, str], path: CellPath) -> Json:
        """A cell that holds JSON text: its value, or the text itself where it is none."""
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return value
        try:
            return self._convert(value, UNKNOWN, place, path)
        except RecursionError:
            self._note(place, path, "nested too deep to be shown")
            return None

    def _note(self, place: tuple[int, str], path: CellPath, message: str) -> None:
        """Keep the reason why a cell, or a value in it, is null."""
        self.errors.append({"row_idx": place[0], "column": place[1], "path": list(path), "message": message})

    def _geometry(self, value: bytes, place: tuple[int, str], path: CellPath) -> str | None:
        """A geometry as text; null and a reason where it is none."""
        try:
            return wkt(value)
        except ValueError as error:
            self._note(place, path, str(error))
            return None

    def _media(self, kind: str, value: Any) -> Media:
        """The file behind an asset's value: its bytes, or the path where they lie."""
        data, path = value_parts(value)
        if data is None:
            if not path:
                raise UndecodableError("neither bytes nor a path")
            data = self.fetch(path, self.limits.max_bytes)
        if len(data) > self.limits.max_bytes:
            raise too_large(len(data), self.limits.max_bytes)
        if self.fetched + len(data) > self.limits.page_max_bytes:
            raise UndecodableError(
                f"the assets of this page are over PAGE_ASSETS_MAX_BYTES ({self.limits.page_max_bytes:,})"
            )
        self.fetched += len(data)
        return convert(kind, data, path)

    def _asset(self, place: tuple[int, str], path: CellPath, kind: str, make: Callable[[], Media]) -> Json:
        """Store a file and refer to it; null and a reason where that fails."""
        row_idx, column = place
        try:
            media = make()
        except (AccessError, HubError):
            raise  # says nothing of the file: the next try may find it
        except Exception as error:  # noqa: BLE001 - decoders fail in a hundred ways: each costs its cell, none the page
            self._note(place, path, reason(error))
            return None
        name = self._unique(row_idx, column, media.name)
        file = f"{len(self.assets)}{Path(name).suffix}"
        try:
            (self.staging / file).write_bytes(media.data)
        except OSError as error:
            raise StoreFullError(f"{self.staging.parent}: {error.strerror}") from error
        url = asset_url(self.dataset, self.config, self.split, row_idx, column, name)
        self.assets.append(Asset(url, file, row_idx, column, len(media.data)))
        cell = {"src": url} | media.facts
        return [cell] if kind == "Audio" else cell

    def _unique(self, row_idx: int, column: str, name: str) -> str:
        """The name, or a numbered one where another file of the cell has it; letter case does not tell files apart."""
        stem, dot, extension = name.rpartition(".")
        number, candidate = 0, name
        while (row_idx, column, candidate.lower()) in self.names:
            number += 1
            candidate = f"{stem}-{number}{dot}{extension}"
        self.names.add((row_idx, column, candidate.lower()))
        return candidate


def reason(error: Exception) -> str:
    """Why a cell cannot be shown."""
    if isinstance(error, UndecodableError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}"
    told = ADDRESS.sub("", str(error).strip().partition("\n")[0])
    return f"{told} ({type(error).__name__})"


def too_large(found: int, limit: int) -> UndecodableError:
    """The reason why a file was not fetched."""
    return UndecodableError(f"a file of {found:,} bytes, over ASSET_MAX_BYTES ({limit:,})")


def value_parts(value: Any) -> tuple[bytes | None, str | None]:
    """The bytes and the path of an asset's value, in any of the forms that datasets have used."""
    if isinstance(value, dict):
        data, path = value.get("bytes"), value.get("path")
        return (bytes(data) if data is not None else None), (str(path) if path else None)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value), None
    if isinstance(value, str):
        return None, value
    raise UndecodableError(f"a {type(value).__name__} where a file was expected")
