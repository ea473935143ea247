"""What was handed to a writer, as the cells of a page: by plain Python, without any reader."""

from __future__ import annotations

import base64
import math
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

SPECIAL = {math.inf: "Infinity", -math.inf: "-Infinity"}


@dataclass(frozen=True)
class Special:
    """A value that JSON has none for, and its name."""

    name: str


@dataclass(frozen=True)
class Case:
    """One dataset of the corpus: the columns that its writer was given, and where its files lie."""

    name: str
    columns: dict[str, list[Any]]
    refused: str = ""
    """Words of the refusal, where nothing that dspreview is made of reads the file."""
    unread: str = ""
    """Words of pyarrow, where it does not read the file, and DuckDB does: `rows` refuses, and `filter` answers."""

    def document(self) -> dict[str, Any]:
        """Its part of expected.json."""
        noted = Noted()
        count = len(next(iter(self.columns.values())))
        rows = [
            {name: noted.cell(values[row], row, name, []) for name, values in self.columns.items()}
            for row in range(count)
        ]
        told = {"refused": self.refused, "unread": self.unread}
        return {"rows": rows, "special": noted.special} | {key: words for key, words in told.items() if words}


@dataclass
class Noted:
    """Makes cells, and keeps the special ones."""

    special: list[list[Any]] = field(default_factory=list)

    def cell(self, value: Any, row: int, column: str, path: list[str | int]) -> Any:
        """The cell of a value."""
        if isinstance(value, float) and not math.isfinite(value):
            value = Special(SPECIAL.get(value, "NaN"))
        if isinstance(value, Special):
            self.special.append([row, column, path, value.name])
            return None
        if isinstance(value, (list, tuple)):
            return [self.cell(item, row, column, [*path, place]) for place, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self.cell(item, row, column, [*path, key]) for key, item in value.items()}
        return plain(value)


def plain(value: Any) -> Any:
    """The cell of a value that holds no others."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration((value // timedelta(microseconds=1)) * 1000)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, uuid.UUID) else value


def duration(nanoseconds: int) -> str:
    """A length of time in ISO 8601."""
    seconds, rest = divmod(abs(nanoseconds), 10**9)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    below = f".{rest:09d}".rstrip("0") if rest else ""
    clock = f"{hour}H" * bool(hour) + f"{minute}M" * bool(minute)
    if second or rest or not (days or clock):
        clock += f"{second}{below}S"
    return "-" * (nanoseconds < 0) + "P" + f"{days}D" * bool(days) + f"T{clock}" * bool(clock)


def place(data: Path, name: str) -> Path:
    """The empty folder of a case."""
    folder = data / name
    folder.mkdir(parents=True)
    return folder
