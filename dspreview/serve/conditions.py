"""What a client asks of a file: only if it changed, only a part of it."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import NamedTuple

RANGE = re.compile(r"bytes=(\d{0,1000})-(\d{0,1000})", re.ASCII)
ASKED = frozenset({b"host", b"origin", b"range", b"if-range", b"if-none-match", b"if-modified-since"})
"""The headers that matter for a file."""

Asked = dict[bytes, str]


class ByteRange(NamedTuple):
    """What of a file is sent."""

    status: int
    start: int
    length: int


def is_unchanged(asked: Asked, tag: str, modified: float) -> bool:
    """Whether the client has the file already."""
    if (known := asked.get(b"if-none-match")) is not None:
        return known.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in known.split(",")]
    if (since := asked.get(b"if-modified-since")) is not None:
        try:
            return int(modified) <= parsedate_to_datetime(since).timestamp()
        except (ValueError, TypeError, OverflowError):
            return False
    return False


def wanted_part(asked: Asked, tag: str, modified: str, size: int) -> ByteRange:
    """The part that is asked for; all of it where the question makes no sense, names several, or is about another version."""
    whole = ByteRange(200, 0, size)
    match = RANGE.fullmatch(asked.get(b"range", "").strip())
    if match is None or asked.get(b"if-range", tag).strip() not in {tag, modified}:
        return whole
    first, last = match.groups()
    if not first and not last:
        return whole
    if not first:
        start, end = max(0, size - int(last)), size - 1
        if not int(last):
            return ByteRange(416, 0, 0)
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < int(first):
            return whole
    return ByteRange(206, start, end - start + 1) if start < size else ByteRange(416, 0, 0)
