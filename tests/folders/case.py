"""What one folder is: who writes it, how it is made, and what must be said of it."""

from __future__ import annotations

import base64
import datetime as dt
import math
import platform
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Place = tuple[str, str]
"""A config and a split."""
Row = dict[str, Any]
Types = Mapping[str, Any]
"""The type of each column, in their order, as `plain_type` shortens the features of `rows --json`."""
TRAIN: Place = ("default", "train")
TEST: Place = ("default", "test")


class File(NamedTuple):
    """A cell that holds a file: what is in it."""

    data: bytes


class Writer(NamedTuple):
    """Who writes a layout: a package, or a hand that follows a specification."""

    package: str = ""
    """The name of its distribution, or `Python` or `SQLite`."""
    after: str = ""
    """The specification that was followed by hand."""

    @property
    def words(self) -> str:
        """The package and its version, or the specification."""
        known = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
        packed = f"{self.package} {known.get(self.package) or version(self.package)}" if self.package else ""
        return ", ".join(filter(None, (packed, f"by hand after {self.after}" if self.after else "")))


@dataclass(frozen=True)
class Healthy:
    """A folder that is in order after an ordinary life."""

    make: Callable[[Path], None]
    own: Callable[[Path], Mapping[Place, list[Row]]]
    """Its rows, read by the format's own reader."""
    rows: Mapping[Place, int]
    types: Mapping[str, Types]
    """The types of the columns of each config."""
    life: str
    """What happened to it, in a few words."""
    ordered: bool = True
    """Whether its rows have an order; those of a table in a store have none."""


@dataclass(frozen=True)
class Ill:
    """A folder that is out of order in one way."""

    make: Callable[[Path], None]
    what: str
    """The illness, in a few words."""
    exit: int
    """How `rows` ends for `place`."""
    findings: tuple[str, ...] = ()
    """The code of each finding of `check --all-rows`, but for what `datasets` makes of the layout."""
    place: Place | tuple[()] = ()
    """The config and split that rows are asked of; none where there is but one."""


@dataclass(frozen=True)
class Layout:
    """A layout or format, in both states."""

    name: str
    """As docs/formats.md names it."""
    writer: Writer
    healthy: Healthy
    ill: Ill
    differs: bool = False
    """Whether `check` tells, as information, that `datasets` takes folders of it for something else."""


def plain_type(feature: Any) -> Any:
    """A feature without what is the same in all: the name of a value's type, the item of a list in brackets.

    Text is `string`, whatever the length of its offsets: that is up to the version of pandas or pyiceberg that reads it.
    """
    if not isinstance(feature, dict):
        return feature
    kind = feature.get("_type")
    if kind == "Value":
        return str(feature["dtype"]).removeprefix("large_")
    if kind == "ClassLabel":
        return f"ClassLabel({', '.join(feature['names'])})"
    if kind in {"List", "LargeList"}:
        return [plain_type(feature["feature"])]
    return kind if isinstance(kind, str) else {name: plain_type(one) for name, one in feature.items()}


def plain_value(value: Any) -> Any:
    """A value as JSON has it, by docs/json.md: times in ISO 8601, bytes in base64, decimals as text, no NaN."""
    if isinstance(value, File):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return plain_value(value.tolist())
    if isinstance(value, dict):
        return {str(name): plain_value(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(one) for one in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
