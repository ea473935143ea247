"""Geometries as well-known text: from the well-known binary of OGC 06-103r4 (and ISO 13249-3), and of PostGIS with an SRID."""

from __future__ import annotations

import math
import struct

NAMES = {
    1: "POINT", 2: "LINESTRING", 3: "POLYGON", 4: "MULTIPOINT", 5: "MULTILINESTRING", 6: "MULTIPOLYGON", 7: "GEOMETRYCOLLECTION",
    8: "CIRCULARSTRING", 9: "COMPOUNDCURVE", 10: "CURVEPOLYGON", 11: "MULTICURVE", 12: "MULTISURFACE", 15: "POLYHEDRALSURFACE",
    16: "TIN", 17: "TRIANGLE",
}  # fmt: skip


DIMENSIONS = {0: "", 1: "Z", 2: "M", 3: "ZM"}


LINES, RINGS = {2, 8}, {3, 17}


UNTAGGED = {4: {1}, 5: {2}, 6: {3}, 9: {2}, 10: {2}, 11: {2}, 12: {3}, 15: {3}, 16: {17}, 7: set()}
"""What stands in a geometry without its own name, as the name follows from the outer one."""


HAS_Z, HAS_M, HAS_SRID = 1 << 31, 1 << 30, 1 << 29


DEEPEST = 32


def wkt(data: bytes) -> str:
    """A geometry as text; an SRID stands before it, as PostGIS writes it. Raises ValueError."""
    try:
        reader = Wkb(data)
        text = reader.geometry()
    except struct.error as error:
        raise ValueError(f"a geometry that is cut off after {len(data):,} bytes") from error
    if reader.place != len(data):
        raise ValueError(f"a geometry with {len(data) - reader.place:,} bytes behind its end")
    return text if reader.srid is None else f"SRID={reader.srid};{text}"


class Wkb:
    """Reads one geometry from its bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0
        self.srid: int | None = None

    def take(self, form: str) -> tuple[float, ...]:
        """Some numbers. Raises struct.error where they are not there."""
        found = struct.unpack_from(form, self.data, self.place)
        self.place += struct.calcsize(form)
        return found

    def geometry(self, depth: int = 0, untagged: frozenset[int] | set[int] = frozenset()) -> str:
        """The geometry that begins here, with its name unless it is of an `untagged` kind."""
        if depth > DEEPEST:
            raise ValueError("a geometry that is nested too deep")
        (order,) = self.take("B")
        if order not in {0, 1}:
            raise ValueError(f"no geometry: its first byte is {order}")
        end = "<" if order else ">"
        code = int(self.take(f"{end}I")[0])
        if code & HAS_SRID:
            self.srid = int(self.take(f"{end}I")[0])
        kind, more = code & 0xFFFF, 0
        kind, more = kind % 1000, kind // 1000
        more |= bool(code & HAS_Z) | 2 * bool(code & HAS_M)
        if kind not in NAMES or more not in DIMENSIONS:
            raise ValueError(f"a geometry of type {code & 0xFFFF}, which is unknown")
        body = self.body(kind, end, 2 + more.bit_count(), depth)
        name = " ".join(filter(None, [NAMES[kind], DIMENSIONS[more]]))
        return body if kind in untagged else f"{name} {body}"

    def body(self, kind: int, end: str, width: int, depth: int) -> str:
        """What stands behind the name."""
        if kind == 1:
            values = self.take(f"{end}{width}d")
            return "EMPTY" if all(map(math.isnan, values)) else f"({point(values)})"
        if kind in LINES:
            return self.line(end, width)
        if kind in RINGS:
            return enclosed([self.line(end, width) for _ in range(self.count(end, 4))])
        return enclosed([self.geometry(depth + 1, UNTAGGED[kind]) for _ in range(self.count(end, 5))])

    def line(self, end: str, width: int) -> str:
        """Some points."""
        values = [self.take(f"{end}{width}d") for _ in range(self.count(end, 8 * width))]
        return enclosed([point(one) for one in values])

    def count(self, end: str, size: int) -> int:
        """How many parts follow, of so many bytes at least."""
        number = int(self.take(f"{end}I")[0])
        if number * size > len(self.data) - self.place:
            raise ValueError(f"a geometry of {number:,} parts in {len(self.data):,} bytes")
        return number


def point(values: tuple[float, ...]) -> str:
    """Coordinates with all their digits."""
    return " ".join(repr(float(one)).removesuffix(".0") for one in values)


def enclosed(parts: list[str]) -> str:
    """Parts in parentheses."""
    return f"({', '.join(parts)})" if parts else "EMPTY"
