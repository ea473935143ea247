"""Questions that are wrong, too long or too heavy, files that change or are broken: one line, a code, nothing lost."""

from __future__ import annotations

import os
import re
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dspreview.errors import PreviewError, QueryLimitError, UnreadableDataError, UsageError
from dspreview.query.engine.filter import resolve
from dspreview.settings import resolve as settings_of
from tests.support.data import parquet, write
from tests.support.program import Program
from tests.support.tables import engine_on, matching, write_table

ROWS = {
    "age": [35, 30, 25], "name": ["Marie", "Paul", "Leo"], "size": [1.5, 2.5, None], "ok": [True, False, None],
    "list": [[1], [], None], "s": [{"x": 1}, {"x": 2}, None],
    "day": pa.array([1, 2, 3], pa.date32()), "at": pa.array([1, 2, 3], pa.timestamp("us")),
    "zoned": pa.array([1, 2, 3], pa.timestamp("us", tz="UTC")), "raw": [b"a", b"b", b"c"], "none": pa.nulls(3),
}  # fmt: skip

WRONG = [
    ("(age = 1", 1, "never closed"), ("age = 1)", 8, "closes nothing"), ("age = 'x", 7, "never closed"), ('age = "x', 7, "never closed"),
    ("age = 1; DROP TABLE t", 8, "no statements"), ("age = 1 -- x", 9, "no number"), ("age = 1 /* x */", 9, "no meaning"),
    ("lower(name) = 'x'", 6, "functions are not supported"), ("age = abs(1)", 7, "functions are not supported"),
    ("age = (SELECT 1)", 7, "value was expected"), ("EXISTS (SELECT 1)", 8, "functions are not supported"), ("SELECT 1", 8, "operator was expected"),
    ("agee = 1", 1, "did you mean 'age'?"), ("Age = 1", 1, "did you mean 'age'?"), ("age = NULL", 7, "IS NULL"), ("name = 3", 8, '"name" (a text)'), ("age > 'x'", 7, '"age" (a number)'),
    ("ok = 1", 6, "TRUE or FALSE"), ("age = TRUE", 7, "a number"), ("day = '2024'", 7, "2024-01-31"), ("day > '2024-02-30'", 7, "a date"),
    ("at = 'noon'", 6, "2024-01-31 12:30:00"), ("at = '2024-01-01T00:00:00+01:00'", 6, "has a time zone"), ("list = 1", 1, "a list"), ("s = 1", 1, "a struct"),
    ("raw = 'x'", 1, "binary"), ("s.y = 1", 1, "no field 'y'"), ("age.x = 1", 1, "no field 'x'"), ("age LIKE '1%'", 1, "compares text"),
    (r"name LIKE 'a\'", 11, "lone backslash"), ("age IS NAN", 1, "can never be NaN"), ("age = name", 7, "do not compare"), ("day = at", 7, "do not compare"),
    ("at = zoned", 6, "do not compare"), ("name GLOB 'x'", 6, "operator was expected"), ("name ~ 'x'", 6, "no meaning"), ("age = 1 age = 2", 9, "AND or OR"),
    ('"age.length" > 1', 1, "no column"), ('"name.width" = 1', 1, "no column"), ("age IN ()", 9, "value was expected"), ("age BETWEEN 1", 14, "BETWEEN needs AND"),
]  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Any:
    """A table with a column of each kind."""
    return write_table(tmp_path / "d", pa.table(ROWS), [])


@pytest.mark.parametrize(("where", "place", "why"), WRONG)
def test_a_wrong_predicate_is_told_with_its_place(table: Any, where: str, place: int, why: str) -> None:
    with pytest.raises(UsageError) as told:
        resolve(table, where, "")
    first, text, caret = str(told.value).split("\n")
    assert first.startswith(f"where: at character {place}: ")
    assert why in first
    assert (text, len(caret)) == (f"  {where}", 2 + place)


@pytest.mark.parametrize(
    ("order", "why"),
    [("random()", "not by functions"), ("1", "a column was expected"), ("age + 1", "no number"), ("list", "no order"), ("s", "no order"), ("agee", "did you mean"), ("age,", "a column was expected"), ("age NULLS", "FIRST or LAST")],
)  # fmt: skip
def test_a_wrong_order_is_told(table: Any, order: str, why: str) -> None:
    with pytest.raises(UsageError, match=re.escape(why)):
        resolve(table, "", order)


def test_from_the_shell(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"age": [1, 2], "name": ["a", "b"]})})
    found = dspreview("filter", folder, "--where", "age = 1 AND naem = 'x'", "--json")
    assert (found.code, found.json["status_code"], found.json["exception"]) == (2, 422, "UsageError")
    line, text, caret = found.err.splitlines()
    assert "at character 13: no column 'naem'; did you mean 'name'?" in line
    assert (text, caret.index("^")) == ("  age = 1 AND naem = 'x'", 2 + 12)
    big = tmp_path / "big.txt"
    big.write_text("age = 1 OR " * 100_000 + "age = 1")
    for words, why in (
        (("--where", f"@{big}"), "1,000,000"), (("--where", f"@{tmp_path}/none"), "No such file"),
        (("--where", "(" * 10_000 + "age = 1" + ")" * 10_000), "nested deeper"), (("--offset", "-1"), "-1"),
        (("--length", "101"), "101"), (("--length", "x"), "'x'"), (("--length", "all"), "jsonl or csv"),
        (("--orderby", "age + 1"), "no number"), (("--where", "age = 1", "--columns", "aeg"), "did you mean 'age'"),
    ):  # fmt: skip
        refused = dspreview("filter", folder, *words)
        assert (refused.code, why in refused.err, refused.out) == (2, True, ""), (words[0], refused.err[:300])
        assert "Traceback" not in refused.err
    assert dspreview("filter", folder, "--where", "-", stdin="age = 2\n").out.count("b") >= 1
    both = dspreview("filter", folder, "--where", "-", "--orderby", "-", stdin="age")
    assert both.code == 2
    past = dspreview("filter", folder, "--where", "age > 0", "--offset", "5", "--json").json
    assert (past["rows"], past["num_rows_total"]) == ([], 2)
    none = dspreview("filter", folder, "--where", "age > 0", "--length", "0", "--json").json
    assert (none["rows"], len(none["features"]), none["num_rows_total"]) == ([], 2, 2)
    assert dspreview("stats", folder, "--column", "aeg").code == 2
    assert dspreview("search", folder).code == 2
    numbers = write(tmp_path / "n", {"a.parquet": parquet({"n": [1]})})
    assert "no column holds text" in dspreview("search", numbers, "x").err
    assert dspreview("filter", tmp_path / "nowhere").code == 3
    assert dspreview("filter", folder, "default", "trani").code == 3


SQL_WORDS = re.compile(
    r"\b(?:c\d+|struct_extract_at|isfinite|isinf|length|len|AND|OR|NOT|IS|NULL|IN|LIKE|ILIKE|ESCAPE|CAST|AS|DATE|TIME|TIMESTAMP"
    r"|TIMESTAMPTZ|TIMESTAMP_NS|FALSE|ASC|DESC|NULLS|FIRST|LAST|\d+)\b|'\\'|[?(),<>=]|\s+"
)
PIECES = st.sampled_from(
    ["age", '"name"', "s", ".", "x", "list", "size", "'a'", "''", "1", "-2.5e3", "(", ")", "=", "<", ">=", "<>", " AND ", " or ",
     " NOT ", " IS ", " NULL ", " NAN ", " IN ", ",", " BETWEEN ", " LIKE ", ";", "--", "/*", "\\", "read_text", "%", '"', "'"]
)  # fmt: skip


@settings(max_examples=400)
@given(
    st.one_of(
        st.text(max_size=80), st.lists(PIECES, max_size=14).map(" ".join), st.lists(PIECES, max_size=14).map("".join)
    )
)
def test_whatever_is_typed_parses_or_is_wrong(text: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        table = write_table(Path(name), pa.table(ROWS), [])
        for where, order in ((text, ""), ("", text)):
            try:
                found = resolve(table, where, order)
            except UsageError:
                continue
            sql = " ".join([found.where, *found.keys])
            assert SQL_WORDS.sub("", sql) == "", sql
            assert sql.count("?") == len(found.values)
            with engine_on(table, Path(name)) as engine:
                matching(engine, where, order)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/hostname')", "SELECT * FROM glob('/*')", "COPY (SELECT 1) TO '/tmp/x.csv'",
        "ATTACH '/tmp/x.db'", "SET memory_limit = '10GB'", "SET enable_external_access = true", "INSTALL httpfs",
        "LOAD httpfs", "SELECT * FROM read_parquet('{other}')", "SELECT * FROM statement", "SET lock_configuration = false",
    ],
)  # fmt: skip
def test_the_engine_is_locked(table: Any, tmp_path: Path, statement: str) -> None:
    other = tmp_path / "other.parquet"
    other.write_bytes(parquet({"secret": [1]}))
    spill = tmp_path / "spill"
    spill.mkdir()
    with engine_on(table, spill) as engine, pytest.raises(duckdb.Error):
        engine.connection.execute(statement.format(other=other)).fetchall()


def test_a_query_ends_in_time(tmp_path: Path) -> None:
    table = write_table(tmp_path / "d", pa.table({"t": ["a" * 40_000 + "b"] * 300}), [])
    limits = settings_of({"QUERY_MAX_SECONDS": 1}, {"HOME": str(tmp_path)})
    started = time.monotonic()
    endless = "SELECT count(*) FROM range(100000000000) a, range(1000) b WHERE a.range % 7 = b.range % 5"
    with engine_on(table, tmp_path, limits) as engine, pytest.raises(QueryLimitError, match="QUERY_MAX_SECONDS"):
        engine.rows(endless, [])
    assert time.monotonic() - started < 60


def test_a_query_has_so_much_memory(tmp_path: Path) -> None:
    table = write_table(tmp_path / "d", pa.table({"n": np.arange(3_000_000)}), [], 200_000)
    limits = settings_of({"QUERY_MAX_MEMORY": 1}, {"HOME": str(tmp_path)})
    with engine_on(table, tmp_path, limits) as engine, pytest.raises(QueryLimitError, match="QUERY_MAX_MEMORY"):
        engine.rows(f"SELECT list(c0 || repeat('x', 100)) FROM {engine.source}", [])


def test_ctrl_c_stops_at_once(tmp_path: Path, dspreview: Program) -> None:
    text = pa.array([f"{n}" + "ab" * 30_000 for n in range(3_000)])
    folder = tmp_path / "d"
    folder.mkdir()
    pq.write_table(pa.table({"t": text}), folder / "a.parquet", row_group_size=100, use_dictionary=False)
    where = " OR ".join(f"t ILIKE '%x{n}%'" for n in range(300))
    dspreview("splits", folder)
    process = dspreview.start("filter", folder, "--where", where, stderr=-1)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline and cpu_seconds(process.pid) < 1.5:
        time.sleep(0.02)
    assert process.poll() is None, "the query was too short to be interrupted"
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert told.decode().strip().endswith("interrupted")


def cpu_seconds(pid: int) -> float:
    """What a process has used."""
    import psutil

    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"n": [1, 2, 3]})})
    first = dspreview("filter", folder, "--where", "n > 1", "--json").json
    assert first["num_rows_total"] == 2
    write(folder, {"a.parquet": parquet({"n": [5, 6, 7, 8]})})
    assert dspreview("filter", folder, "--where", "n > 1", "--json").json["num_rows_total"] == 4
    os.truncate(folder / "a.parquet", 100)
    broken = dspreview("filter", folder, "--where", "n > 1", "--json")
    assert (broken.code, broken.json["exception"]) == (6, "UnreadableDataError"), broken.err
    assert "a.parquet" in broken.err


def test_a_file_that_is_replaced_under_way(tmp_path: Path) -> None:
    table = write_table(tmp_path / "d", pa.table({"n": list(range(10_000))}), [], 1_000)
    path = Path(table.parts[0].path)
    with engine_on(table, tmp_path) as engine:
        assert matching(engine, "n = 77") == [77]
        data = bytearray(path.read_bytes())
        data[4:2_000] = b"\xff" * 1_996
        path.write_bytes(data)
        with pytest.raises((UnreadableDataError, PreviewError)):
            matching(engine, "n = 177")


def test_a_column_chunk_that_is_damaged(tmp_path: Path, dspreview: Program) -> None:
    data = bytearray(parquet({"n": list(range(1_000)), "t": [f"x{n}" for n in range(1_000)]}, compression="snappy"))
    data[10:600] = b"\xfe" * 590
    folder = write(tmp_path / "d", {"a.parquet": bytes(data)})
    found = dspreview("filter", folder, "--where", "n = 5", "--json")
    assert found.code == 6, found.err
    assert "a.parquet" in found.err
    assert "Traceback" not in found.err
