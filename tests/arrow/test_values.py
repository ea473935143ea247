"""Arrow arrays as plain values; expected texts by Python's own datetime, or by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from dspreview.arrow.values import to_python


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([1, None, -(2**63)], pa.int64()), [1, None, -(2**63)]),
        (pa.array([2**64 - 1], pa.uint64()), [18446744073709551615]),
        (pa.array([np.float16(-3.14)], pa.float16()), [-3.140625]),
        (pa.array([b"ab", None]), [b"ab", None]),
        (pa.array(["x", None], pa.string_view()), ["x", None]),
        (pa.array([date(2020, 1, 1), None]), ["2020-01-01", None]),
        (pa.array([date(2020, 1, 1)], pa.date64()), ["2020-01-01"]),
        (pa.array([3_000_000], pa.int32()).view(pa.date32()), [f"+{np.datetime64(3_000_000, 'D')}"]),
        (
            pa.array([-800_000], pa.int32()).view(pa.date32()),
            [str(np.datetime64(-800_000, "D")).replace("-221", "-0221")],
        ),
        (pa.array([time(1, 1, 1)]), ["01:01:01"]),
        (pa.array([3_661_000_000_001], pa.time64("ns")), ["01:01:01.000000001"]),
        (pa.array([500], pa.time32("ms")), ["00:00:00.500000"]),
        (pa.array([Decimal("1.10"), None]), ["1.10", None]),
        (pa.array([Decimal("-0.0000001")], pa.decimal256(40, 7)), ["-0.0000001"]),
        (pa.array([0, 90_061, -1], pa.duration("s")), ["PT0S", "P1DT1H1M1S", "-PT1S"]),
        (pa.array([123_456_789], pa.duration("ns")), ["PT0.123456789S"]),
        (pa.array([86_400_000], pa.duration("ms")), ["P1D"]),
        (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
        (pa.array([1, 1, 2], pa.int8()), [1, 1, 2]),
        (pa.RunEndEncodedArray.from_arrays([2, 3], ["x", "y"]), ["x", "x", "y"]),
        (pa.array([None, None], pa.null()), [None, None]),
        (pa.array([[1, None], None, []], pa.list_(pa.int8())), [[1, None], None, []]),
        (pa.array([[1, 2], None], pa.list_(pa.int8(), 2)), [[1, 2], None]),
        (pa.array([[1], [2, 3]], pa.large_list(pa.int8())), [[1], [2, 3]]),
        (pa.array([[1], None, [2, 3]], pa.list_view(pa.int8())), [[1], None, [2, 3]]),
        (pa.array([{"a": 1, "b": [None]}, None]), [{"a": 1, "b": [None]}, None]),
        (pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int8())), [{"k": 1}, None]),
        (pa.array([[(1, "v")]], pa.map_(pa.int8(), pa.string())), [[[1, "v"]]]),
        (pa.array([[("k", 1), ("k", 2)]], pa.map_(pa.string(), pa.int8())), [[["k", 1], ["k", 2]]]),
    ],
)
def test_a_value_loses_nothing(array: pa.Array, expected: list[object]) -> None:
    assert to_python(array) == expected


def test_sliced_arrays_give_their_own_part() -> None:
    nested = pa.array([[1], [2, 3], None, [4]], pa.list_(pa.int8()))
    fixed = pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.int8(), 2))
    structs = pa.array([{"a": 1}, {"a": 2}, None])
    assert to_python(nested.slice(1, 3)) == [[2, 3], None, [4]]
    assert to_python(fixed.slice(1, 1)) == [[3, 4]]
    assert to_python(structs.slice(1)) == [{"a": 2}, None]
    assert to_python(pa.chunked_array([nested.slice(0, 1), nested.slice(3)])) == [[1], [4]]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_naive_timestamps_are_iso_text(unit: str) -> None:
    moment = datetime(2017, 12, 16, 3, 2, 35, 500_000 if unit != "s" else 0)
    assert to_python(pa.array([moment], pa.timestamp(unit))) == [moment.isoformat()]


@pytest.mark.parametrize("zone", ["US/Pacific", "Asia/Kolkata", "+05:30", "Europe/Paris"])
def test_timestamps_keep_their_zone(zone: str) -> None:
    instant = datetime(2020, 1, 1, tzinfo=UTC)
    expected = instant.astimezone(ZoneInfo("Asia/Kolkata" if zone == "+05:30" else zone)).isoformat()
    assert to_python(pa.array([instant], pa.timestamp("us", tz=zone))) == [expected]


def test_utc_is_z_and_nanoseconds_stay() -> None:
    count = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 10**9 + 123_456_789
    assert to_python(pa.array([count], pa.timestamp("ns", tz="UTC"))) == ["2020-01-01T00:00:00.123456789Z"]


def test_years_beyond_python_have_a_sign() -> None:
    far = int((datetime(9999, 12, 31, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)) + 86_400
    assert to_python(pa.array([far], pa.timestamp("s"))) == ["+10000-01-01T00:00:00"]
