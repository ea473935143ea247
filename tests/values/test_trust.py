"""`filter` believes no statistics that the format calls undefined: its answer is that of a scan.

https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift: the old `min` and `max` have no order for
anything but signed numbers; the new ones have one where the file names its column orders.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.footers import BINARY, LIST, STRUCT, Fields, changed, columns
from tests.values.conftest import Places

STATISTICS, COLUMN_ORDERS, NUM_ROWS, CREATED_BY = 12, 7, 3, 6
OLD_MAX, OLD_MIN, NEW_MAX, NEW_MIN = 1, 2, 5, 6
TEXTS = ["a", "é", "z", "日"]
ASKED = {
    "t = 'a'": [0], "t > 'z'": [1, 3], "t < 'b'": [0], "t IN ('日')": [3], "t BETWEEN 'a' AND 'b'": [0], "t LIKE '日%'": [3],
    "t <> 'a'": [1, 2, 3], "t IS NULL": [], "t IS NOT NULL": [0, 1, 2, 3],
}  # fmt: skip


def file(folder: Path, array: Any) -> Path:
    """A file of one column."""
    folder.mkdir()
    pq.write_table(pa.table({"t": array}), folder / "train.parquet", use_dictionary=False)
    return folder / "train.parquet"


def old_ones(low: bytes, high: bytes) -> Any:
    """Only the old statistics, by an order of signed bytes, as parquet-mr wrote them up to 1.8."""

    def change(footer: Fields) -> None:
        del footer[COLUMN_ORDERS]
        footer[CREATED_BY] = (BINARY, b"parquet-mr version 1.8.2 (build c6522788629e590a53eb79874b95f6c3ff11f16c)")
        for column in columns(footer)[0]:
            column[STATISTICS] = (STRUCT, {OLD_MIN: (BINARY, low), OLD_MAX: (BINARY, high)})

    return change


def new_ones(low: bytes, high: bytes, orders: Any) -> Any:
    """The new statistics, by that order, and what is said of orders."""

    def change(footer: Fields) -> None:
        if orders is None:
            del footer[COLUMN_ORDERS]
        else:
            footer[COLUMN_ORDERS] = (LIST, (STRUCT, orders))
        for column in columns(footer)[0]:
            column[STATISTICS] = (STRUCT, {NEW_MIN: (BINARY, low), NEW_MAX: (BINARY, high)})

    return change


CHANGES = {
    "old": old_ones("é".encode(), b"z"),
    "no orders": new_ones(b"z", "é".encode(), None),
    "an unknown order": new_ones(b"z", "é".encode(), [{2: (STRUCT, {})}]),
    "no order at all": new_ones(b"z", "é".encode(), [{}]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_texts_are_found_whatever_the_ends_say(name: str, tmp_path: Path, places: Places) -> None:
    path = file(tmp_path / "d", pa.array(TEXTS))
    changed(path, CHANGES[name])
    for where, expected in ASKED.items():
        assert places(path.parent, where) == expected, where
    assert places(path.parent, orderby="t DESC") == [3, 1, 2, 0]


def test_old_ends_of_decimals_in_bytes_are_no_order(tmp_path: Path, places: Places) -> None:
    """Signed decimals by unsigned bytes: what Spark 2 and Hive wrote."""
    path = file(tmp_path / "d", pa.array([Decimal("1.00"), Decimal("-1.00"), Decimal("3.00")], pa.decimal128(20, 2)))
    changed(path, old_ones(b"\x02" * 9, b"\x03" * 9))
    for where, expected in {"t = 1": [0], "t < 2": [0, 1], "t <= 1": [0, 1], "t > 2": [2], "t = -1": [1]}.items():
        assert places(path.parent, where) == expected, where


def test_a_footer_whose_sum_of_rows_is_wrong(tmp_path: Path, places: Places, ask: Any) -> None:
    """The row groups tell."""
    path = file(tmp_path / "d", pa.array(TEXTS))

    def change(footer: Fields) -> None:
        footer[NUM_ROWS] = (6, 0)

    changed(path, change)
    assert len(ask("rows", path.parent, "--json").json["rows"]) == 4
    assert places(path.parent) == [0, 1, 2, 3]
    document = ask("stats", path.parent, "--json").json
    assert document["num_examples"] == 4
    assert document["statistics"][0]["column_statistics"]["null_count"] == 0
    assert "empty-split" not in ask("check", path.parent, "--json").out


def test_what_may_be_believed_is(tmp_path: Path, places: Places) -> None:
    """Statistics of today's writers still let row groups be passed over: nothing of these is doubted."""
    from dspreview.query.engine.engine import TRUSTING
    from tests.support.tables import engine_on, write_table

    with engine_on(write_table(tmp_path / "own", pa.table({"t": TEXTS}), []), tmp_path) as engine:
        (disabled,) = engine.connection.execute("SELECT current_setting('disabled_optimizers')").fetchone() or ("",)
        assert not set(TRUSTING) & set(disabled.split(","))
