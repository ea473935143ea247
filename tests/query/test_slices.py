"""Slices of splits in every command that takes a split."""

from __future__ import annotations

import decimal
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import load_dataset

from tests.support.data import parquet, write
from tests.support.program import Program


def numbers(first: int, count: int) -> pa.Table:
    """Rows of several types."""
    places = range(first, first + count)
    return pa.table(
        {
            "n": pa.array(places, pa.int64()),
            "text": [f"row {place}" for place in places],
            "price": pa.array([decimal.Decimal(place) / 100 for place in places], pa.decimal128(20, 2)),
            "tags": [[f"t{place % 3}", None] if place % 2 else [] for place in places],
            "when": pa.array(
                [datetime(2026, 1, 1 + place % 28, tzinfo=UTC) for place in places], pa.timestamp("us", "UTC")
            ),
            "pair": [{"a": place, "b": None if place % 5 else "x"} for place in places],
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(
        tmp_path / "d",
        {
            "data/train-00000-of-00003.parquet": parquet(numbers(0, 400), row_group_size=50),
            "data/train-00001-of-00003.parquet": parquet(numbers(400, 3)),
            "data/train-00002-of-00003.parquet": parquet(numbers(403, 200), row_group_size=64),
            "data/test-00000-of-00001.parquet": parquet(numbers(5_000, 40)),
        },
    )


EXPRESSIONS = [
    "train[10:20]", "train[-5:]", "train[:10%]", "train[45%:50%]", "train[390:410]", "train+test", "test+train[:3]",
    "train[598:]+test[:2]+train[:2]", "train[:-600]", "train[20:10]", "test[90%:](pct1_dropremainder)",
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS[:-1])
def test_the_rows_are_those_that_the_library_gives(expression: str, folder: Path, dspreview: Program) -> None:
    theirs: Any = load_dataset(str(folder), split=expression, cache_dir=str(dspreview.home / "theirs"))
    ran = dspreview("rows", folder, "default", expression, "--length", "all", "--format", "jsonl")
    assert ran.code == 0, ran.err
    ours = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["n"] for row in ours] == theirs["n"]
    assert [row["tags"] for row in ours] == theirs["tags"]
    assert [row["pair"] for row in ours] == theirs["pair"]
    assert [decimal.Decimal(row["price"]) for row in ours] == theirs["price"]


def test_each_row_names_its_split_and_its_place_there(folder: Path, dspreview: Program) -> None:
    document = dspreview("rows", folder, "default", "train[601:]+test[:2]", "--json").json
    assert [(row["split"], row["row_idx"], row["row"]["n"]) for row in document["rows"]] == [
        ("train", 601, 601), ("train", 602, 602), ("test", 0, 5_000), ("test", 1, 5_001),
    ]  # fmt: skip
    assert document["num_rows_total"] == 4
    later = dspreview("rows", folder, "default", "train[601:]+test[:2]", "--json", "--offset", "3").json
    assert [(row["split"], row["row_idx"]) for row in later["rows"]] == [("test", 1)]


def test_every_command_takes_one(folder: Path, dspreview: Program, tmp_path: Path) -> None:
    named = (folder, "default", "train[398:405]+test[:2]")
    found = dspreview("filter", *named, "--where", "n > 403", "--orderby", "n DESC", "--json").json
    assert [(row["split"], row["row_idx"]) for row in found["rows"]] == [("test", 1), ("test", 0), ("train", 404)]
    assert found["num_rows_total"] == 3
    words = dspreview("search", *named, "400", "--json").json
    assert [(row["split"], row["row_idx"]) for row in words["rows"]] == [("train", 400)]
    stats = dspreview("stats", *named, "--json", "--column", "n").json
    assert (stats["num_examples"], stats["statistics"][0]["column_statistics"]["min"]) == (9, 398)
    lot = dspreview("rows", *named, "--sample", "9", "--seed", "1", "--json").json
    assert len(lot["rows"]) == 9
    answer = dspreview(
        "sql", folder, 'SELECT count(*) AS c, max(n) AS m FROM "train[398:405]+test[:2]"', "--format", "csv"
    )
    assert answer.out == "c,m\n9,5001\n"
    target = tmp_path / "out.jsonl"
    assert dspreview("export", *named, "--to", target).code == 0
    assert [json.loads(line)["n"] for line in target.read_text().splitlines()] == [*range(398, 405), 5_000, 5_001]


def test_the_table_says_which_split_a_row_is_of(folder: Path, dspreview: Program) -> None:
    ran = dspreview("rows", folder, "train[602:]+test[:1]")
    assert [line.split()[0] for line in ran.out.splitlines()[3:5]] == ["train:602", "test:0"]
    card = dspreview("rows", folder, "default", "train[602:]+test[:1]", "--row", "1")
    assert "default/test, row 0" in card.out


def test_text_files_and_splits_of_other_columns(tmp_path: Path, dspreview: Program) -> None:
    folder = write(
        tmp_path / "t",
        {"train.csv": "a,b\n" + "".join(f"{n},x{n}\n" for n in range(30)), "test.csv": "a,b\n100,y\n", "validation.csv": "a\n1\n"},
    )  # fmt: skip
    ran = dspreview("rows", folder, "default", "train[-2:]+test", "--format", "csv")
    assert ran.out == "a,b\n28,x28\n29,x29\n100,y\n"
    other = dspreview("rows", folder, "default", "train+validation")
    assert (other.code, other.out) == (6, "")
    assert "train and validation have different columns" in other.err


@pytest.mark.parametrize(
    ("expression", "code", "told"),
    [
        ("train[5]", 2, "is no split: write train"),
        ("train[:101%]", 2, "percents are between -100 and 100"),
        ("traim[:5]", 3, "no split 'traim'; did you mean 'train'?"),
        ("test[:10%](pct1_dropremainder)", 2, "is for splits of 100 rows and more"),
    ],
)
def test_what_is_wrong_is_one_line(expression: str, code: int, told: str, folder: Path, dspreview: Program) -> None:
    ran = dspreview("rows", folder, "default", expression)
    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_splits_of_which_one_is_converted(tmp_path: Path, dspreview: Program) -> None:
    times = pa.table({"t": pa.array([1, 2], pa.time64("ns")), "s": ["a", "b"]})
    nothing = pa.table({"t": pa.array([], pa.time64("ns")), "s": pa.nulls(0)})
    folder = write(tmp_path / "d", {"train-0.parquet": parquet(times), "train-1.parquet": parquet(nothing), "test-0.parquet": parquet(times)})  # fmt: skip
    ran = dspreview("rows", folder, "default", "train+test", "--json")
    assert ran.code == 0, ran.err
    assert ran.row_values == [{"t": "00:00:00.000000001", "s": "a"}, {"t": "00:00:00.000000002", "s": "b"}] * 2
    later = dspreview("filter", folder, "default", "test[1:]+train[:1]", "--where", "s >= 'a'", "--json")
    assert [row["s"] for row in later.row_values] == ["b", "a"]


@pytest.mark.parametrize(("words", "told"), [(["refresh"], "is a part of what is read here"), (["describe"], "is a part of what is read here")])  # fmt: skip
def test_commands_about_whole_splits_take_no_part(
    words: list[str], told: str, folder: Path, dspreview: Program
) -> None:
    ran = dspreview(*words, folder, "default", "train[1:2]")
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_a_row_behind_the_end_is_named_as_it_was_asked_for(folder: Path, dspreview: Program) -> None:
    assert (
        "train[5:9] has no row 6; it has 4 rows" in dspreview("rows", folder, "default", "train[5:9]", "--row", "6").out
    )


def test_a_part_of_a_file_is_written_once(folder: Path, dspreview: Program) -> None:
    named = (folder, "default", "train[10:20]")
    first = dspreview("rows", *named, "--json").out
    (kept,) = (dspreview.assets / ".derived").glob("*/rows.parquet")
    written = kept.stat().st_ino
    assert dspreview("rows", *named, "--json").out == first
    assert [one.stat().st_ino for one in (dspreview.assets / ".derived").glob("*/rows.parquet")] == [written]
    assert dspreview("cache", "verify").code == 0


def test_a_part_of_what_was_converted_in_part_says_so(tmp_path: Path, dspreview: Program) -> None:
    long = "".join(f"{n}\n" for n in range(50_000))
    folder = write(tmp_path / "t", {"train.csv": f"n\n{long}", "test.csv": "n\n-1\n"})
    some = {"PARQUET_MAX_BYTES": "100_000"}
    for expression in ("test+train", "train[5:7]"):
        ran = dspreview("filter", folder, "default", expression, "--where", "n < 7", "--json", **some)
        assert ran.code == 0, ran.err
        assert ran.json["partial"] is True
    for expression in ("train[-2:]", "train[:50%]"):
        ran = dspreview("filter", folder, "default", expression, "--where", "n < 7", **some)
        assert (ran.code, ran.out) == (2, "")
        assert "were converted, and its end is not known; raise PARQUET_MAX_BYTES" in ran.err
    assert dspreview("rows", folder, "default", "train[-2:]", "--json").row_values[-1]["n"] == 49_999
