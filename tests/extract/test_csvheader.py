"""Headers of packed CSV files. Expected values: those of the same bytes, not packed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable

import pytest

from dspreview.extract.library.csvheader import short_header

SHORT, RIGHT = b"a,b\n1,2,\n3,4,\n", b"a,b\n1,2\n3,4\n"


def zipped(data: bytes, method: int, when: tuple[int, int, int, int, int, int] = (2026, 1, 2, 3, 4, 6)) -> bytes:
    """A zip with one file of that time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.csv", when), data, method)
    return buffer.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress,
    "zip": lambda data: zipped(data, zipfile.ZIP_DEFLATED), "stored zip": lambda data: zipped(data, zipfile.ZIP_STORED),
}  # fmt: skip


@pytest.mark.parametrize("name", PACKED)
def test_a_packed_header_is_what_it_is_without(name: str) -> None:
    assert short_header(SHORT, {}) is not None
    assert short_header(PACKED[name](SHORT), {}) == short_header(SHORT, {})
    assert short_header(PACKED[name](RIGHT), {}) is None


@pytest.mark.parametrize("second", range(0, 60, 2))
def test_no_bytes_of_a_zip_are_taken_for_fields(second: int) -> None:
    """Its times and sizes may be commas and line ends."""
    for hour in range(24):
        data = zipped(b"n,t\n" + b"".join(b"%d,x%d\n" % (n, n) for n in range(30)), 8, (2026, 11, 30, hour, 33, second))
        assert short_header(data, {}) is None


def test_other_bytes_are_no_text() -> None:
    assert short_header(b"\x28\xb5\x2f\xfd\0,\n,,\n,,\n", {}) is None
    assert short_header("a,b\n1,2,\n".encode("utf-16"), {"encoding": "utf-16"}) is not None
