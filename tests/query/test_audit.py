"""What fresh eyes found: each of these answers was wrong once."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dspreview.errors import ChangedDataError, UsageError
from dspreview.query.engine.filter import resolve
from dspreview.query.search.words import spaced
from dspreview.query.statistics.summary import statistics_of
from tests.support.data import parquet, picture, write
from tests.support.program import Program
from tests.support.tables import engine_on, matching, write_table

FILES = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def found_by(folder: Path, table: pa.Table, where: str, group: int = 1_000) -> list[int]:
    """The rows of a table that match."""
    with engine_on(write_table(folder / "d", table, [], group), folder) as engine:
        return matching(engine, where)


@pytest.mark.parametrize("values", [[1.5, float("nan")], [2.0, 2.0, float("nan"), 2.0]])
@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_nan_beside_one_value(tmp_path: Path, values: list[float], kind: pa.DataType) -> None:
    nans = [n for n, value in enumerate(values) if value != value]  # noqa: PLR0124 - that is what NaN is
    rest = [n for n in range(len(values)) if n not in nans]
    table = pa.table({"f": pa.array(values, kind), "s": [{"x": value} for value in values]})
    for number, (where, expected) in enumerate(
        [("f IS NAN", nans), ("f IS NOT NAN", rest), (f"f = {values[0]}", rest), ("f > 1", rest), ("f <> 7", rest),
         ("NOT f = 7", rest), ("f IN (1.5, 2)", rest), ("f NOT IN (7)", rest), ("s.x IS NAN", nans), ("s.x > 1", rest)]
    ):  # fmt: skip
        assert found_by(tmp_path / str(number), table, where) == expected, where


NANOS = pa.table(
    {
        "n": pa.array([0, 5, 149, None], pa.timestamp("ns")),
        "z": pa.array([0, 5, 149, None], pa.timestamp("ns", tz="UTC")),
        "t": pa.array([0, 1_001, 145_000, None], pa.time64("ns")),
        "u": pa.array([0, 1_001, 145_000, None], pa.time64("us")),
    }
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("n = '1970-01-01T00:00:00.000000005'", [1]), ("n < '9999-12-31'", [0, 1, 2]), ("n > '0001-01-01'", [0, 1, 2]), ("n > '9999-12-31'", []),
        ("z = '1970-01-01T00:00:00.000000005Z'", [1]), ("z > '1970-01-01T00:00:00.000000005+00:00'", [2]), ("z < '2020-06-01'", [0, 1, 2]),
        ("z BETWEEN '1970-01-01' AND '1970-01-02'", [0, 1, 2]), ("t > '00:00:00.000144'", [2]), ("t = '00:00:00.000001001'", [1]),
        ("u = '00:00:00.001001'", [1]), ("u > '00'", [1, 2]), ("u > 'T00:00'", [1, 2]), ("u > '0000'", [1, 2]), ("n IN ('1970-01-01')", [0]),
    ],
)  # fmt: skip
def test_nanoseconds_and_odd_ways_to_write_times(tmp_path: Path, where: str, expected: list[int]) -> None:
    assert found_by(tmp_path, NANOS, where) == expected


DECIMALS = pa.table(
    {
        "d": pa.array([Decimal("0.1"), Decimal("0.10000000000000001"), None], pa.decimal128(30, 20)),
        "w": pa.array([Decimal(1234567890123456789012345678901234567), Decimal(1234567890123456789012345678901234568), None], pa.decimal128(38, 0)),
        "i": pa.array([2**53, 2**53 + 1, None], pa.int64()),
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("d = 0.10000000000000001", [1]), ("d = 0.1", [0]), ("d > 0.100000000000000001", [1]), ("d < 0.1000000000000000000000001", [0]),
        ("w = 1234567890123456789012345678901234567", [0]), ("w > 1234567890123456789012345678901234567.5", [1]), ("w < 1e50", [0, 1]),
        ("i = 9007199254740993.0", [1]), ("i = 9007199254740992.5", []), ("i < 1e400", [0, 1]), ("i > -1e999999999", [0, 1]), ("i > 1e-999999999", [0, 1]),
        (f"i IN (1{'0' * 400})", []), (f"i NOT IN (1{'0' * 400})", [0, 1]), (f"i < 1{'0' * 400}", [0, 1]),
    ],
)  # fmt: skip
def test_numbers_mean_what_is_written(tmp_path: Path, where: str, expected: list[int]) -> None:
    assert found_by(tmp_path, DECIMALS, where) == expected


def test_a_dotted_column_needs_no_quotes_and_wins(tmp_path: Path) -> None:
    table = pa.table({"x.y": [1, 2], "s": ["ab", "c"], "s.length": [9, 9]})
    assert found_by(tmp_path / "a", table, "x.y > 1") == [1]
    assert found_by(tmp_path / "b", table, "s.length = 9") == [0, 1]


def test_many_alternatives_of_one_column(tmp_path: Path) -> None:
    table = write_table(tmp_path / "d", pa.table({"n": list(range(50))}), [])
    question = resolve(table, " OR ".join(f"n = {n}" for n in range(0, 20_000, 2)), "")
    assert question.where.count(" IN ") == 1
    with engine_on(table, tmp_path) as engine:
        assert matching(engine, "n = 3 OR n = 5 OR n > 48") == [3, 5, 49]
    with pytest.raises(UsageError, match="at character 10"):
        resolve(table, "n = 1 OR m = 2", "")


def test_media_in_the_order_of_the_split(tmp_path: Path, dspreview: Program) -> None:
    images = [{"bytes": picture(size=(5 + n % 20, 3)), "path": None} for n in range(20)] * 200
    info = {"info": {"features": {"k": {"dtype": "int64", "_type": "Value"}, "im": {"_type": "Image"}}}}
    table = pa.table({"k": list(range(4_000)), "im": pa.array(images, FILES)}).replace_schema_metadata(
        {"huggingface": json.dumps(info)}
    )
    folder = tmp_path / "d"
    folder.mkdir()
    pq.write_table(table, folder / "a.parquet", row_group_size=500)
    lines = dspreview("filter", folder, "--where", '"im.width" > 11', "--length", "all", "--format", "jsonl").documents
    assert [row["k"] for row in lines] == [n for n in range(4_000) if 5 + n % 20 > 11]
    page = dspreview("filter", folder, "--where", '"im.width" > 11', "--offset", "1000", "--json").json
    assert [row["row"]["k"] for row in page["rows"]] == [row["k"] for row in lines[1_000 : 1_000 + len(page["rows"])]]


def test_late_columns_of_json_lines_in_csv(tmp_path: Path, dspreview: Program) -> None:
    rows = [{"a": n, "pad": "x" * 500} for n in range(30_000)] + [{"a": 1, "late": 7}]
    folder = write(tmp_path / "d", {"a.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    out = dspreview("rows", folder, "--length", "all", "--format", "csv").out.splitlines()
    assert (out[0], out[-1], len(out)) == ("a,pad,late", "1,,7", 30_002)
    chosen = dspreview("rows", folder, "--length", "all", "--format", "jsonl", "--columns", "late", "--offset", "29999")
    assert chosen.documents == [{"late": None}, {"late": 7}]


def test_headers_without_rows(tmp_path: Path, dspreview: Program) -> None:
    header = write(tmp_path / "h", {"a.csv": "a,b\n"})
    assert dspreview("rows", header, "--length", "all", "--format", "csv").out == "a,b\n"
    empty = write(tmp_path / "e", {"a.json": "[]"})
    for command in ("rows", "filter"):
        found = dspreview(command, empty, "--length", "all", "--format", "jsonl")
        assert (found.code, found.out) == (0, ""), found.err


def test_notes_are_about_the_cells_that_are_shown(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"n": [1, 2], "f": [1.0, float("nan")]})})
    assert "special_cells" not in dspreview("rows", folder, "--length", "1", "--json").json
    assert "special_cells" not in dspreview("rows", folder, "--columns", "n", "--json").json
    assert dspreview("rows", folder, "--json").json["special_cells"][0]["row_idx"] == 1


def test_a_csv_that_changes_its_mind_names_the_column(tmp_path: Path, dspreview: Program) -> None:
    text = "a\n" + "".join(f"{n}\n" for n in range(30_000)) + "z\n" * 30_000
    found = dspreview("filter", write(tmp_path / "d", {"late.csv": text}), "--where", "a = 1", "--json")
    assert (found.code, found.json["exception"]) == (6, "DisagreeingFilesError")
    assert "late.csv has other types in its later rows" in found.err


def test_a_line_break_in_a_path_is_refused(tmp_path: Path, dspreview: Program) -> None:
    path = tmp_path / "new\nline.csv"
    path.write_text("a\n1\n")
    assert dspreview("rows", path, "--json").code == 3


def test_limits_are_part_of_what_is_kept(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "id\n" + "".join(f"{n}\n" for n in range(40_000))})
    small = dspreview("stats", folder, "--json", PARQUET_MAX_BYTES="100_000").json
    whole = dspreview("stats", folder, "--json").json
    assert small["num_examples"] < whole["num_examples"] == 40_000
    assert dspreview("filter", folder, PARQUET_MAX_BYTES="0").code == 2


def test_what_is_in_use_is_not_removed(tmp_path: Path, dspreview: Program) -> None:
    rows = "".join(json.dumps({"t": f"word {n} {n * 7919}"}) + "\n" for n in range(20_000))
    folder = write(tmp_path / "d", {"a.jsonl": rows})
    dspreview.env["DERIVED_MAX_BYTES"] = "1_000"
    assert dspreview("filter", folder, "--length", "0").code == 0
    found = dspreview("search", folder, "word", "--json")
    assert (found.code, found.json["num_rows_total"]) == (0, 20_000), found.err
    assert dspreview("stats", folder).code == 0


def test_damaged_derived_files_are_seen_and_made_again(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.csv": "t\nx y\nz\n"})
    dspreview("search", folder, "x")
    dspreview("stats", folder)
    for name in ("index.sqlite", "data.parquet", "statistics.json"):
        (file,) = dspreview.assets.glob(f".derived/*/{name}")
        file.write_bytes(b"")
        verified = dspreview("cache", "verify", "--json")
        assert (verified.code, verified.json["findings"][0]["code"]) == (1, "derived")
        assert dspreview("search", folder, "x", "--json").json["num_rows_total"] == 1
        assert dspreview("stats", folder, "--json").json["num_examples"] == 2
        assert dspreview("cache", "verify").code == 0


def test_a_source_that_moves_poisons_nothing(tmp_path: Path) -> None:
    from dspreview.preview.opening import SplitTable

    table = write_table(tmp_path / "d", pa.table({"n": [1, 2, 3]}), [])
    found = SplitTable(table, lambda number: None, None)  # type: ignore[arg-type]
    found.check("d")
    Path(table.parts[0].path).write_bytes(parquet({"n": [1]}))
    with pytest.raises(ChangedDataError):
        found.check("d")


def numbers(folder: Path, values: pa.Array) -> dict[str, Any]:
    """The statistics of a column."""
    with engine_on(write_table(folder / "d", pa.table({"x": values}), []), folder) as engine:
        found: dict[str, Any] = statistics_of(engine, [0])["statistics"][0]["column_statistics"]
    return found


def test_the_deviation_of_large_numbers(tmp_path: Path) -> None:
    steps = np.arange(20_000) * 3
    found = numbers(tmp_path / "a", pa.array(1_700_000_000_000_000_000 + steps))
    assert found["std"] == pytest.approx(steps.std(ddof=1), rel=1e-9)
    found = numbers(tmp_path / "b", pa.array([2**64 - 1 - n for n in range(16)], pa.uint64()))
    assert found["std"] == pytest.approx(np.arange(16).std(ddof=1), abs=1e-5)
    found = numbers(tmp_path / "c", pa.array([1234567890.1234567] * 1_000))
    assert found["min"] == found["max"] == pytest.approx(found["mean"], abs=1e-5)
    assert numbers(tmp_path / "e", pa.array([-1e308, 1e308, 1.7e308]))["mean"] == pytest.approx(1.7e308 / 3)


def test_different_values_are_counted_before_they_are_rounded(tmp_path: Path) -> None:
    values = [Decimal(10**37 - n) for n in range(50)]
    assert numbers(tmp_path / "a", pa.array(values, pa.decimal128(38, 0)))["distinct_count"] == 50
    assert numbers(tmp_path / "b", pa.array(range(50), pa.timestamp("ns")))["distinct_count"] == 50


def test_unreadable_pictures_are_no_nulls(tmp_path: Path, dspreview: Program) -> None:
    images = [{"bytes": picture(), "path": None}, {"bytes": b"junk", "path": None}, None]
    info = {"info": {"features": {"im": {"_type": "Image"}}}}
    table = pa.table({"im": pa.array(images, FILES)}).replace_schema_metadata({"huggingface": json.dumps(info)})
    folder = tmp_path / "d"
    folder.mkdir()
    pq.write_table(table, folder / "a.parquet")
    (column,) = dspreview("stats", folder, "--json").json["statistics"]
    found = column["column_statistics"]
    assert (found["nan_count"], found["null_count"], found["unreadable_count"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("елка", "Ёлка"), ("محمد", "مُحَمَّد"), ("שלום", "שָׁלוֹם"), ("lodz", "Łódź"), ("ore", "Øre"), ("full", "ＦＵＬＬ"), ("fine", "ﬁne"), ("strasse", "Straße"),
        ("👍", "good👍day"), ("мой", "мой"),
    ],
)  # fmt: skip
def test_letters_are_found_however_they_are_written(tmp_path: Path, dspreview: Program, query: str, text: str) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"t": ["other", text]})})
    found = dspreview("search", folder, query, "--json").json
    assert [row["row_idx"] for row in found["rows"]] == [1]
    assert spaced("мой") != spaced("мои")


def test_phrases_stay_within_a_text(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"a.parquet": parquet({"t": [["alpha", "beta"], ["alpha beta"]]})})
    found = dspreview("search", folder, "alpha beta", "--match", "phrase", "--json").json
    assert [row["row_idx"] for row in found["rows"]] == [1]
    nothing = dspreview("search", folder, "***", "--json")
    assert (nothing.code, "no word to search for" in nothing.err) == (0, True)


def test_damage_is_told_by_search_too(tmp_path: Path, dspreview: Program) -> None:
    data = bytearray(parquet({"t": [f"x{n}" for n in range(2_000)]}, compression="snappy", use_dictionary=False))
    data[10:2_000] = b"\xfe" * 1_990
    folder = write(tmp_path / "d", {"a.parquet": bytes(data)})
    found = dspreview("search", folder, "x1", "--json")
    assert (found.code, found.json["exception"]) == (6, "UnreadableDataError"), found.err
    good = write(tmp_path / "e", {"a.parquet": parquet({"t": ["x"]})})
    far = dspreview("search", good, "x", "--offset", "99999999999999999999", "--json")
    assert (far.code, far.json["rows"]) == (0, [])


def test_statistics_fit_a_narrow_terminal(tmp_path: Path, dspreview: Program) -> None:
    rows = {
        "tiny": [1e-300, 2.69276e-300, None], "large": pa.array([2**64 - 1, 2**64 - 9, None], pa.uint64()),
        "名前" * 30: ["a b", "a\nb", "a\nb"], "when": pa.array([0, 10**15, None], pa.timestamp("us")),
        "labels": ["日本語" * 20, "x", "x"],
    }  # fmt: skip
    folder = write(tmp_path / "d", {"a.parquet": parquet(rows)})
    for width in (40, 80):
        shown = dspreview("stats", folder, COLUMNS=str(width)).out
        from rich.cells import cell_len

        assert max(cell_len(line) for line in shown.splitlines() if "/d " not in line) <= width
        assert "e-300" in shown
        assert "18,446,744,073,709,551,615" in shown
        assert "a\\nb" in shown


def test_folders_whose_names_look_like_patterns(tmp_path: Path, dspreview: Program) -> None:
    info = {"info": {"features": {"im": {"_type": "Image"}, "n": {"dtype": "int64", "_type": "Value"}}}}
    images = pa.array([{"bytes": picture(size=(5 + n, 3)), "path": None} for n in range(3)], FILES)
    table = pa.table({"im": images, "n": [1, 2, 3]}).replace_schema_metadata({"huggingface": json.dumps(info)})
    folder = tmp_path / "a*b"
    folder.mkdir()
    pq.write_table(table, folder / "one [1].parquet")
    dspreview.env["ASSETS_DIRECTORY"] = str(tmp_path / "as [x]{y}?")
    path = folder / "one [1].parquet"
    found = dspreview("filter", path, "--where", '"im.width" > 5 AND n < 3', "--json")
    assert [row["row"]["n"] for row in found.json["rows"]] == [2], found.err
    csv = write(tmp_path / "c", {"it's.csv": "t,n\nx,1\ny,2\n"}) / "it's.csv"
    assert dspreview("filter", csv, "--where", "n = 2", "--json").json["rows"][0]["row_idx"] == 1
    assert dspreview("search", csv, "x", "--json").json["rows"][0]["row_idx"] == 0
    folder = write(tmp_path / "[br] *", {"train.csv": "t,n\nx,1\n", "sub/test.csv": "t,n\ny,2\n"})
    for split, text in (("train", "x"), ("test", "y")):
        found = dspreview("rows", folder, "default", split, "--json")
        assert found.row_values == [{"t": text, "n": 1 if text == "x" else 2}], found.err
