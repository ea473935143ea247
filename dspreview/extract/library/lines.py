"""The first broken line of a text file."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable
from itertools import islice
from typing import Any

from dspreview.extract.files.door import Door

LINES_LOOKED_AT = 200_000


def bad_line(arguments: dict[str, Any], door: Door) -> int | None:
    """The first line of a JSON Lines or text file that is none, counted from 1; readers count within their blocks."""
    for name in next(iter(arguments.get("files_iterables", ())), ()):
        try:
            with door.open(name) as stream:
                return first_bad_line(stream, as_json=".json" in os.path.basename(name.split("::")[0]))
        except (OSError, EOFError, zlib.error):  # cut off: there is no bad line to name
            return None
    return None


def extra(line: bytes) -> str | None:
    """What stands behind the object of a line; None where that is not one whole object."""
    try:
        value, end = json.JSONDecoder().raw_decode(text := line.decode("utf-8-sig").strip())
    except (ValueError, RecursionError):
        return None
    return text[end:].strip() if isinstance(value, dict) else None


def comma_at(arguments: dict[str, Any], number: int, door: Door) -> bool:
    """Whether the line of that number is an object and a comma."""
    for name in next(iter(arguments.get("files_iterables", ())), ()):
        with door.open(name) as stream:
            return extra(next(islice(stream, number - 1, None), b"")) == ","
    return False


def first_bad_line(stream: Iterable[bytes], *, as_json: bool) -> int | None:
    """The first line that is not text in UTF-8, or (as JSON Lines) no object that pyarrow takes; None for one document over many lines."""
    for number, line in enumerate(islice(stream, LINES_LOOKED_AT), 1):
        if number == 1 and line.strip() and not line.rstrip().endswith(b"}") and extra(line) is None:
            as_json = is_scalar(line)
        try:
            text = line.decode()
            if as_json and text.strip():
                row = json.loads(text, object_pairs_hook=once)
                if not isinstance(row, dict):
                    return number
                json.dumps(row, ensure_ascii=False).encode()  # refuses half of a letter, as pyarrow does
        except (ValueError, RecursionError):
            return number
    return None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Raises ValueError where a key stands in it twice, which pyarrow refuses."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def is_scalar(line: bytes) -> bool:
    """Whether a line is one JSON value that is neither an object nor a list."""
    try:
        return not isinstance(json.loads(line), (dict, list))
    except (ValueError, RecursionError):
        return False


def told_otherwise(error: BaseException, message: str) -> ValueError:
    """A failure in our words, with the file and line of another."""
    told = ValueError(message)
    told.__notes__ = error.__notes__
    return told
